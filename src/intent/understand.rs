//! From a transcript to an intent.
//!
//! What the templates say comes first (`reading`), then names and sentences that the sound bears out, then what is
//! nearly or likely meant (`guess`), of which the user is asked. What is none of these is nothing.

use std::sync::{Arc, OnceLock};

use super::closed::{self, Closed};
use super::grammar::Grammar;
use super::likeness::Likeness;
use super::named::Doubt;
use super::reading::Reading;
use super::wellknown::WellKnown;
use super::words::{Said, said};
use super::{Context, Intent, Names, Transcript, Understanding, Why, talk};

/// Sentences named when nothing was understood.
const NEAREST: usize = 3;
/// Longest command, in words: the longest of the corpus has 22.
const LONGEST: usize = 40;
/// Understands utterances by one grammar.
#[derive(Debug, Clone)]
pub struct Understander {
    grammar: Arc<Grammar>,
    /// Where all sentences are known: what is said otherwise is taken by its sound.
    closed: Option<Arc<Closed>>,
    /// Read when a name is in doubt first.
    known: Arc<OnceLock<WellKnown>>,
    /// Read when a sentence fits no template first.
    likeness: Arc<OnceLock<Likeness>>,
}

impl Understander {
    /// Understands by the grammar of ask-nix: package slots become real names.
    #[must_use]
    pub fn new(grammar: Arc<Grammar>) -> Self {
        Self { grammar, closed: None, known: Arc::default(), likeness: Arc::default() }
    }

    /// Understands by another domain's grammar alone.
    #[must_use]
    pub fn of_domain(grammar: Arc<Grammar>) -> Self {
        let closed = Closed::of(&grammar).map(Arc::new);
        Self { grammar, closed, known: Arc::default(), likeness: Arc::default() }
    }

    /// The grammar.
    #[must_use]
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// Sentences that may have been said, for the recogniser to weigh against the sound; none where the words
    /// leave no doubt.
    #[must_use]
    pub fn likely(&self, transcript: &Transcript, names: &dyn Names) -> Vec<String> {
        let context = Context::default();
        let reading = Reading { grammar: &self.grammar, context: &context, names, confidence: 1.0 };
        let Some(said) = said(&transcript.text).filter(|said| said.words.len() <= LONGEST) else { return Vec::new() };
        match &self.closed {
            // Words that fit just so were right in all of 108 orders, whatever the noise.
            Some(closed) if reading.whole(&said).is_none() => closed.likely(&transcript.text),
            Some(_) => Vec::new(),
            None => self.doubt(&reading, &said, &transcript.text).map_or_else(Vec::new, |doubt| doubt.sentences()),
        }
    }

    /// What is meant by an utterance, if anything.
    #[must_use]
    pub fn understand(&self, transcript: &Transcript, context: &Context, names: &dyn Names) -> Understanding {
        if transcript.is_silence() {
            return Understanding::Nothing { why: Why::Silence, nearest: Vec::new() };
        }
        let said = said(&transcript.text);
        if let Some(said) = said.as_ref().filter(|said| said.words.len() <= LONGEST) {
            let reading = Reading { grammar: &self.grammar, context, names, confidence: transcript.confidence };
            if let Some(understanding) = reading.whole(said) {
                let weighed = &transcript.alternatives;
                let doubt = if weighed.is_empty() || self.closed.is_some() {
                    None
                } else {
                    self.doubt(&reading, said, &transcript.text)
                };
                return match (doubt, understanding) {
                    (Some(doubt), found) => doubt.borne_out(found, weighed),
                    (None, Understanding::Intent(mut intent)) if self.closed.is_some() => {
                        intent.confidence = closed::exactly(transcript.confidence);
                        Understanding::Intent(intent)
                    }
                    (None, found) => found,
                };
            }
        }
        if !transcript.alternatives.is_empty()
            && self.closed.is_none()
            && let Some(said) = &said
        {
            let reading = Reading { grammar: &self.grammar, context, names, confidence: transcript.confidence };
            let doubt = self.doubt(&reading, said, &transcript.text);
            let asked = doubt.and_then(|doubt| doubt.asked_about(transcript.confidence, &transcript.alternatives));
            if let Some(asked) = asked {
                return asked;
            }
        }
        if let Some((near, confidence)) = self.closed.as_ref().and_then(|closed| closed.meant(transcript)) {
            return Understanding::Intent(Intent { command: near.command, slots: near.slots, confidence });
        }
        if let Some(said) = said.as_ref().filter(|_| self.grammar.is_own()) {
            let reading = Reading { grammar: &self.grammar, context, names, confidence: transcript.confidence };
            if let Some(meant) = reading.loosely(said).or_else(|| reading.likely(said, &self.likeness)) {
                return meant;
            }
        }
        let Some(said) = said else {
            return Understanding::Nothing { why: Why::Refused, nearest: Vec::new() };
        };
        let why = if talk::tells(&said.words) { Why::NotAddressed } else { Why::NotUnderstood };
        Understanding::Nothing { why, nearest: self.nearest(&said.words) }
    }

    /// The name that was not heard surely, if the words are a wish about one.
    fn doubt(&self, reading: &Reading, said: &Said, text: &str) -> Option<Doubt> {
        let known = self.known.get_or_init(|| WellKnown::of(&reading.names.well_known()));
        match reading.bared(said) {
            Some(fit) => {
                let [heard] = fit.slots.all("package") else { return None };
                Doubt::of(&said.words.join(" "), heard, text, known, reading.names)
            }
            None => Doubt::unfit(text, known, reading.names),
        }
    }

    /// Sentences that can be said and are the most like these words.
    fn nearest(&self, words: &[String]) -> Vec<String> {
        let mut near: Vec<(usize, String)> = self
            .grammar
            .examples()
            .into_iter()
            .map(|example| (example.split(' ').filter(|word| words.iter().any(|said| said == word)).count(), example))
            .filter(|(shared, _)| *shared > 0)
            .collect();
        near.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        near.into_iter().take(NEAREST).map(|(_, example)| example).collect()
    }
}
