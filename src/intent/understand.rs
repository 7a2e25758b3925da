//! From a transcript to an intent.

use std::sync::Arc;

use strsim::osa_distance;

use super::grammar::{Fit, Grammar};
use super::words::words;
use super::{Candidate, Context, Intent, Names, Transcript, Understanding, Why};
use crate::command::Slots;

/// A name this much like what was heard is taken without asking.
const SURE: f32 = 0.9;
/// A name less alike than this is no candidate.
const POSSIBLE: f32 = 0.5;
/// The best name must be this much better than the next, or the user chooses.
const LEAD: f32 = 0.08;
/// Names offered for a choice.
const CHOICES: usize = 3;
/// What a corrected word costs in confidence.
const CORRECTION: f32 = 0.85;
/// What a hypothesis other than the best costs in confidence.
const ALTERNATIVE: f32 = 0.8;

/// Understands utterances by one grammar.
#[derive(Debug, Clone)]
pub struct Understander {
    grammar: Arc<Grammar>,
    /// Whether `{package}` slots are looked up among real names; another domain has none.
    names: bool,
}

impl Understander {
    /// Understands by the grammar of ask-nix: package slots become real names.
    #[must_use]
    pub fn new(grammar: Arc<Grammar>) -> Self {
        Self { grammar, names: true }
    }

    /// Understands by another domain's grammar alone.
    #[must_use]
    pub fn of_domain(grammar: Arc<Grammar>) -> Self {
        Self { grammar, names: false }
    }

    /// The grammar.
    #[must_use]
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// What is meant by an utterance, if anything.
    #[must_use]
    pub fn understand(&self, transcript: &Transcript, context: &Context, names: &dyn Names) -> Understanding {
        if transcript.is_silence() {
            return Understanding::Nothing { why: Why::Silence, nearest: Vec::new() };
        }
        let readings = std::iter::once((transcript.text.as_str(), 1.0))
            .chain(transcript.alternatives.iter().map(|other| (other.text.as_str(), ALTERNATIVE)));
        let mut refused = true;
        for (text, worth) in readings {
            let Some(words) = words(text) else { continue };
            refused = false;
            if let Some(understanding) = self.reading(&words, worth * transcript.confidence, context, names) {
                return understanding;
            }
        }
        let why = if refused { Why::Refused } else { Why::NotUnderstood };
        Understanding::Nothing {
            why,
            nearest: words(&transcript.text).map_or_else(Vec::new, |words| self.nearest(&words)),
        }
    }

    fn reading(
        &self,
        words: &[String],
        confidence: f32,
        context: &Context,
        names: &dyn Names,
    ) -> Option<Understanding> {
        let words = words.get(self.grammar.bare(words))?;
        if let Some(fit) = self.grammar.fits(words).into_iter().next() {
            return Some(self.intent(fit, confidence, context, names));
        }
        let (corrected, wrong) = self.corrected(words);
        if wrong == 0 {
            return None;
        }
        let fit = self.grammar.fits(&corrected).into_iter().next()?;
        let fit = with_original_slots(fit, &corrected, words);
        let worth = (0..wrong).fold(confidence, |confidence, _| confidence * CORRECTION);
        Some(self.intent(fit, worth, context, names))
    }

    /// The words with each unknown one replaced by the grammar's nearest, and how many were replaced.
    fn corrected(&self, words: &[String]) -> (Vec<String>, usize) {
        let mut count = 0;
        let corrected = words
            .iter()
            .map(|word| match self.correction(word) {
                Some(better) => {
                    count += 1;
                    better
                }
                None => word.clone(),
            })
            .collect();
        (corrected, count)
    }

    fn correction(&self, word: &str) -> Option<String> {
        let length = word.chars().count();
        if length < 4 || self.grammar.has_word(word) {
            return None;
        }
        let allowed = if length < 8 { 1 } else { 2 };
        let (distance, best) = self
            .grammar
            .words()
            .filter(|known| known.len().abs_diff(word.len()) <= allowed && known.len() >= 4)
            .map(|known| (osa_distance(known, word), known))
            .min()?;
        (distance <= allowed).then(|| best.to_owned())
    }

    fn intent(&self, fit: Fit, confidence: f32, context: &Context, names: &dyn Names) -> Understanding {
        let intent = Intent { command: fit.command, slots: fit.slots, confidence };
        let _ = context;
        let Some(heard) = intent.slots.first("package").filter(|_| self.names).map(str::to_owned) else {
            return Understanding::Intent(intent);
        };
        resolve(intent, &heard, names)
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
        near.into_iter().take(CHOICES).map(|(_, example)| example).collect()
    }
}

/// Slot values as they were said: a correction is for the grammar's words alone.
fn with_original_slots(mut fit: Fit, corrected: &[String], said: &[String]) -> Fit {
    let mut slots = Slots::default();
    for (name, values) in fit.slots.iter() {
        for value in values {
            let length = value.split(' ').count();
            let place = corrected.windows(length).position(|window| window.join(" ") == *value);
            let original = place.and_then(|place| said.get(place..place + length)).map(|words| words.join(" "));
            slots.push(name, original.unwrap_or_else(|| value.clone()));
        }
    }
    fit.slots = slots;
    fit
}

/// Puts the real name in the place of what was heard, or asks which one was meant.
fn resolve(mut intent: Intent, heard: &str, names: &dyn Names) -> Understanding {
    let slot = "package".to_owned();
    let Some(known) = names.packages(heard, CHOICES) else {
        // Without an index the name stands as it was said; validation still refuses what cannot be one.
        intent.slots.set(&slot, vec![heard.replace(' ', "-")]);
        return Understanding::Intent(intent);
    };
    let found: Vec<Candidate> = known.into_iter().filter(|candidate| candidate.score >= POSSIBLE).collect();
    let lead = match found.as_slice() {
        [] => {
            let question = format!("I know no package called {heard}. Which package do you mean?");
            return Understanding::Ask { intent, slot, question, choices: Vec::new() };
        }
        [only] => only.score,
        [first, second, ..] => first.score - second.score,
    };
    match found.first() {
        Some(best) if best.score >= 1.0 || (best.score >= SURE && lead >= LEAD) => {
            intent.confidence *= best.score;
            intent.slots.set(&slot, vec![best.name.clone()]);
            Understanding::Intent(intent)
        }
        _ => Understanding::Ask {
            intent,
            slot,
            question: format!("I heard {heard}. Which package do you mean?"),
            choices: found,
        },
    }
}
