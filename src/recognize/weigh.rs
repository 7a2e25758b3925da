//! How well sentences that can be said explain what was heard: each is weighed against the sound.
//!
//! The decoder is asked for the probability of each sentence's tokens, on the sound that was encoded
//! for the transcript already. Sentences that begin alike share the arithmetic: they are walked as a
//! trie, depth first, and whisper.cpp forgets what lies behind the point of branching. A sentence
//! that has fallen far behind the best is left. Nothing is chosen here.

use std::collections::BTreeMap;
use std::ffi::c_int;

use tokio_util::sync::CancellationToken;

use super::RecognizeError;
use super::whisper::Recognizer;
use crate::intent::{Hypothesis, Transcript};

/// Nats behind the best at which a sentence is given up: one in 160,000.
const BEHIND: f32 = 12.0;
/// Tokens of the longest sentence that is weighed; the longest of the coffee shop has 34.
const LONGEST: usize = 64;

/// A point of the trie: what may come next, and which sentences end here.
#[derive(Default)]
struct Node {
    next: BTreeMap<c_int, Node>,
    /// The order in which they were first reached: the likely ones are walked first.
    order: Vec<c_int>,
    ends: Vec<usize>,
}

/// A walk down the trie.
struct Walk<'a> {
    recognizer: &'a mut Recognizer,
    cancel: &'a CancellationToken,
    threads: usize,
    /// The tokens after which a sentence is over: a full stop and its like, as the model writes them.
    stops: Vec<usize>,
    found: Vec<Option<f32>>,
    best: f32,
    decoded: usize,
}

impl Recognizer {
    /// Weighs sentences against the utterance that was recognised last, and adds those that are not far behind
    /// the best to its transcript. Takes some milliseconds a token.
    pub fn weigh(
        &mut self,
        transcript: &mut Transcript,
        sentences: &[String],
        cancel: &CancellationToken,
    ) -> Result<(), RecognizeError> {
        // What was heard is the measure of all: it is weighed in the same way, and whatever comes.
        let heard = plain(&transcript.text);
        let weights = self.weights(&heard, sentences, cancel)?;
        let Some((Some(heard), weights)) = weights.split_first() else { return Ok(()) };
        let found = sentences
            .iter()
            .zip(weights)
            .filter_map(|(sentence, weight)| Some(Hypothesis { text: sentence.clone(), behind: heard - (*weight)? }));
        transcript.alternatives = found.collect();
        transcript.alternatives.sort_by(|a, b| a.behind.total_cmp(&b.behind));
        Ok(())
    }

    /// The natural log-probability of each sentence's tokens, that of `heard` first.
    fn weights(
        &mut self,
        heard: &str,
        sentences: &[String],
        cancel: &CancellationToken,
    ) -> Result<Vec<Option<f32>>, RecognizeError> {
        let (mut first, mut trie) = (Node::default(), Node::default());
        for (place, sentence) in std::iter::once(heard).chain(sentences.iter().map(String::as_str)).enumerate() {
            let mut tokens = self.tokens().encode(&written(sentence));
            tokens.truncate(LONGEST);
            let mut at = if place == 0 { &mut first } else { &mut trie };
            for token in tokens {
                if !at.next.contains_key(&token) {
                    at.order.push(token);
                }
                at = at.next.entry(token).or_default();
            }
            at.ends.push(place);
        }
        let began = std::time::Instant::now();
        let stops = self.tokens().encode(".?!");
        let threads = usize::try_from(self.threads()).unwrap_or(1);
        let mut walk = Walk {
            threads,
            cancel,
            stops: stops.into_iter().filter_map(|token| usize::try_from(token).ok()).collect(),
            found: vec![None; sentences.len() + 1],
            best: f32::NEG_INFINITY,
            decoded: 0,
            recognizer: self,
        };
        let start = walk.recognizer.start();
        let (last, before) = start.split_last().ok_or_else(|| RecognizeError::Failed("no start".to_owned()))?;
        for (at, token) in before.iter().enumerate() {
            walk.decode(*token, at)?;
        }
        walk.down(*last, before.len(), &first, 0.0)?;
        walk.best = f32::NEG_INFINITY;
        walk.down(*last, before.len(), &trie, 0.0)?;
        let (found, decoded) = (walk.found, walk.decoded);
        tracing::debug!(target: "recognize.weigh", sentences = sentences.len(), decoded, micros = began.elapsed().as_micros());
        Ok(found)
    }

    /// What a text begins with: its language, its task, and the time zero.
    pub(super) fn start(&self) -> Vec<c_int> {
        let mut start = vec![self.context.token_sot()];
        if self.context.is_multilingual() {
            // English is the first of the languages.
            start.extend([self.context.token_lang(0), self.context.token_transcribe()]);
        }
        start.push(self.context.token_beg());
        start
    }
}

/// Words without the marks that Whisper puts between them: as sentences that can be said are written.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect()
}

/// A sentence as Whisper writes one: with a blank and a capital before it.
pub(super) fn written(sentence: &str) -> String {
    let mut text = String::with_capacity(sentence.len() + 1);
    for (place, word) in sentence.split_whitespace().enumerate() {
        text.push(' ');
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if place == 0 || word == "i" || word.starts_with("i'") => text.extend(first.to_uppercase()),
            Some(first) => text.push(first),
            None => {}
        }
        text.push_str(letters.as_str());
    }
    text
}

impl Walk<'_> {
    fn decode(&mut self, token: c_int, at: usize) -> Result<(), RecognizeError> {
        if self.cancel.is_cancelled() {
            return Err(RecognizeError::Cancelled);
        }
        self.decoded += 1;
        let done = self.recognizer.state.decode(&[token], at, self.threads);
        done.map_err(|error| RecognizeError::Failed(error.to_string()))
    }

    /// Goes to the point behind `token`, which stands at `at`, and on from there.
    fn down(&mut self, token: c_int, at: usize, node: &Node, so_far: f32) -> Result<(), RecognizeError> {
        self.decode(token, at)?;
        let logits = self.recognizer.state.get_logits().map_err(|error| RecognizeError::Failed(error.to_string()))?;
        let end = usize::try_from(self.recognizer.context.token_eot()).unwrap_or_default();
        let first_time = usize::try_from(self.recognizer.context.token_beg()).unwrap_or_default();
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mass = |logits: &[f32]| logits.iter().map(|logit| (logit - most).exp()).sum::<f32>();
        let times = mass(logits.get(first_time..).unwrap_or_default());
        let (words, marks) = logits.split_at_checked(end).unwrap_or_default();
        let ended = times + marks.first().map_or(0.0, |logit| (logit - most).exp());
        let all = mass(words) + ended;
        let stopped = self.stops.iter().filter_map(|stop| words.get(*stop)).map(|logit| (logit - most).exp());
        let over = so_far + ((ended + stopped.sum::<f32>()) / all).ln();
        let next: Vec<(c_int, f32)> = node
            .order
            .iter()
            .filter_map(|token| Some((*token, words.get(usize::try_from(*token).ok()?)?)))
            .map(|(token, logit)| (token, so_far + logit - most - all.ln()))
            .collect();
        for place in &node.ends {
            if let Some(found) = self.found.get_mut(*place) {
                *found = Some(over);
            }
            self.best = self.best.max(over);
        }
        for (token, sum) in next {
            if sum >= self.best - BEHIND
                && let Some(node) = node.next.get(&token)
            {
                self.down(token, at + 1, node, sum)?;
            }
        }
        Ok(())
    }
}
