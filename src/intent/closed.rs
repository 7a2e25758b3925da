//! A domain whose sentences can all be listed: what was heard is one of them, or nothing.
//!
//! A recogniser that listens for everything writes "ice cooker" for "iced mocha". The sentences that
//! sound the most like its words are proposed, the recogniser weighs them against the sound itself,
//! and the two measures together choose. What fits neither is refused, never bent into a sentence.

use super::grammar::Grammar;
use super::nearest::{Automaton, Near};
use super::transcript::Transcript;

/// A sentence that is farther than this from what was heard was not said: the mean cost of one sound. Talk that
/// is no order is farther than 0.38 from all of them.
const MOST_DISTANCE: f32 = 0.3;
/// The same where there is no sound to weigh it against.
const MOST_UNWEIGHED: f32 = 0.26;
/// The same for its farthest word: "I want a dog" is no latte, near as the rest may be.
const WORST_WORD: f32 = 0.5;
/// Such a word is believed all the same where the sound makes the sentence this likely: in noise a recogniser writes
/// "smoking" for "mocha", and the sound fits both.
const BEHIND_WITH_IT: f32 = 13.0;
/// Nats a letter that the sound may be less likely than by the words that were heard. Orders in noise stay below 0.5,
/// talk is beyond 1.
const MOST_BEHIND: f32 = 0.5;
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
        let mut found: Vec<(f32, Near)> = found.into_iter().map(|near| (cost(&near), near)).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut found = found.into_iter();
        let (least, near) = found.next()?;
        let lead = found.next().map_or(f32::INFINITY, |(next, _)| next - least);
        let behind = weighed(&near);
        #[expect(clippy::cast_precision_loss, reason = "a sentence is short")]
        let a_letter = behind.max(0.0) / near.sentence.len().max(1) as f32;
        tracing::debug!(target: "intent.closed", distance = near.distance, worst = near.worst, behind, lead, sentence = %near.sentence);
        let fits = if transcript.alternatives.is_empty() {
            near.distance <= MOST_UNWEIGHED && near.worst <= WORST_WORD
        } else {
            near.distance <= MOST_DISTANCE
                && a_letter <= MOST_BEHIND
                && (near.worst <= WORST_WORD || behind <= BEHIND_WITH_IT)
        };
        if !fits {
            return None;
        }
        // A logistic fit by eye to 57 orders that were not heard word for word; the lead tells the most.
        let odds = 1.2 + lead.clamp(0.0, 8.0) - 2.0 * a_letter - 3.0 * near.distance;
        Some((near, 1.0 / (1.0 + (-odds).exp())))
    }
}

/// How surely an order is right whose words fit just so, by the recogniser's confidence in them: of 108 such orders
/// none was wrong, in noise neither.
pub fn exactly(confidence: f32) -> f32 {
    1.0 - 0.3 * (1.0 - confidence).powi(2)
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
