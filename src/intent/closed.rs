//! A domain whose sentences can all be listed: what was heard is one of them, or nothing.
//!
//! A recogniser that listens for everything writes "ice cooker" for "iced mocha". The sentences that
//! sound the most like its words are proposed, the recogniser weighs them against the sound itself,
//! and the two measures together choose. What fits neither is refused, never bent into a sentence.

use super::grammar::Grammar;
use super::nearest::{Automaton, Near};
use super::transcript::Transcript;

/// A sentence that is farther than this from what was heard was not said: the mean cost of one sound.
const MOST_DISTANCE: f32 = 0.26;
/// The same for its farthest word: "I want a dog" is no latte, near as the rest may be.
const WORST_WORD: f32 = 0.5;
/// Nats that one letter's part of the distance by sound is worth beside the weight by the decoder.
const A_LETTER: f32 = 0.3;

/// A closed domain.
#[derive(Debug)]
pub struct Closed {
    automaton: Automaton,
}

impl Closed {
    /// `None` where a slot's values are not listed.
    pub fn of(grammar: &Grammar) -> Option<Self> {
        Some(Self { automaton: Automaton::of(grammar)? })
    }

    /// The sentences that sound the most like this text, the nearest first.
    pub fn likely(&self, text: &str) -> Vec<String> {
        self.automaton.nearest(&spoken_words(text)).into_iter().map(|near| near.sentence).collect()
    }

    /// The sentence that was meant, with how surely (0 to 1); nothing where none is near enough.
    pub fn meant(&self, transcript: &Transcript) -> Option<(Near, f32)> {
        let found = self.automaton.nearest(&spoken_words(&transcript.text));
        let weighed = |near: &Near| {
            let weighed = transcript.alternatives.iter().find(|other| other.text == near.sentence);
            weighed.map_or(if transcript.alternatives.is_empty() { 0.0 } else { f32::INFINITY }, |other| other.behind)
        };
        #[expect(clippy::cast_precision_loss, reason = "a sentence is short")]
        let cost = |near: &Near| weighed(near) + A_LETTER * near.distance * near.sentence.len() as f32;
        let near = found.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)))?;
        let behind = weighed(&near);
        tracing::debug!(target: "intent.closed", distance = near.distance, worst = near.worst, behind, sentence = %near.sentence);
        if near.distance > MOST_DISTANCE || near.worst > WORST_WORD {
            return None;
        }
        let confidence = transcript.confidence * (1.0 - near.distance / MOST_DISTANCE).max(0.0);
        Some((near, confidence))
    }
}

/// Words for comparing by sound: lower case, numbers apart from what follows them ("12oz").
fn spoken_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for c in text.chars().flat_map(char::to_lowercase) {
        let goes_on =
            before.is_some_and(|before| before.is_alphanumeric() && before.is_ascii_digit() == c.is_ascii_digit());
        if c.is_alphanumeric() {
            match words.last_mut().filter(|_| goes_on) {
                Some(word) => word.push(c),
                None => words.push(c.to_string()),
            }
        }
        if c != '\'' {
            before = Some(c);
        }
    }
    words
}
