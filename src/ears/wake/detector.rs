//! Hearing the word in a stream of frames: score, threshold, and a rest after it.

use std::collections::VecDeque;
use std::time::Duration;

use super::features::{Features, HOP, WIDTH};
use super::{Network, WakeError, WakeFiles};
use crate::audio::{FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// One word is heard once: what scores within this after it belongs to it.
const REFRACTORY: Duration = Duration::from_millis(1500);

/// How surely the word must be heard, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold(f32);

impl Threshold {
    /// From a sensitivity of 0 (hears only what is very sure) to 1 (hears whispers, and at times what is not the word).
    ///
    /// The logits are those of `models/wake/README.md`: the middle is measured at 0.5 false alarms an hour, before the second stage.
    #[must_use]
    pub fn of_sensitivity(sensitivity: f32) -> Self {
        let logit = MIDDLE + (0.5 - sensitivity.clamp(0.0, 1.0)) * SPAN;
        Self(probability(logit))
    }

    /// A score itself; what is no number counts as 1.
    #[must_use]
    pub fn of_score(score: f32) -> Self {
        Self(if score.is_finite() { score.clamp(0.0, 1.0) } else { 1.0 })
    }

    /// Whether this score is the word.
    #[must_use]
    pub fn is_reached(self, score: f32) -> bool {
        score >= self.0
    }
}

/// Logits by which less is enough where a second stage looks again: at the middle sensitivity that is 5 to 10 false
/// alarms an hour of speech (`models/wake/README.md`).
const SECOND_STAGE: f32 = 3.0;

/// The logit of the middle sensitivity, and how far the ends lie apart.
const MIDDLE: f32 = 2.0;
const SPAN: f32 = 6.0;

/// The word was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// When it had been spoken, from the first sample on.
    pub at: Duration,
    /// 0 to 1.
    pub score: f32,
}

impl Detection {
    /// The network's own number behind the score.
    #[must_use]
    pub fn logit(self) -> f32 {
        let score = self.score.clamp(1e-6, 1.0 - 1e-6);
        2.0 * (score / (1.0 - score)).ln()
    }
}

/// An ear for some words: the shipped one, or those that were enrolled.
pub struct Detector {
    features: Features,
    networks: Vec<Network>,
    /// The last embeddings, enough for the longest window.
    window: VecDeque<[f32; WIDTH]>,
    /// The hop before, of each word: two hops are judged together, which a click does not survive.
    before: Vec<Option<f32>>,
    threshold: Threshold,
    /// From here on it is the word, whatever a second stage says.
    alone: Threshold,
    frames: u64,
    /// No word is heard before this frame.
    rested: u64,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.networks.iter().map(Network::word).collect();
        f.debug_struct("Detector").field("words", &words).field("threshold", &self.threshold).finish_non_exhaustive()
    }
}

impl Detector {
    /// Loads the embedding, about 100 ms.
    ///
    /// # Errors
    /// [`WakeError::Missing`] and [`WakeError::Unusable`].
    pub fn load(files: &WakeFiles, networks: Vec<Network>, threshold: Threshold) -> Result<Self, WakeError> {
        let features = Features::load(files)?;
        let before = vec![None; networks.len()];
        let window = VecDeque::new();
        Ok(Self { features, networks, window, before, threshold, alone: threshold, frames: 0, rested: 0 })
    }

    /// Hears more, for what it hears is looked at again by others.
    #[must_use]
    pub fn with_second_stage(mut self) -> Self {
        self.threshold =
            Threshold(probability(Detection { at: Duration::ZERO, score: self.alone.0 }.logit() - SECOND_STAGE));
        self
    }

    /// Whether this is the word without a second stage.
    #[must_use]
    pub fn is_sure(&self, found: Detection) -> bool {
        self.alone.is_reached(found.score)
    }

    /// The first of its words.
    #[must_use]
    pub fn word(&self) -> &str {
        self.networks.first().map_or("", Network::word)
    }

    /// Forgets all sound, as after our own voice; time goes on.
    pub fn reset(&mut self) {
        self.features.reset();
        self.window.clear();
        self.before.fill(None);
    }

    /// Takes the next frame; tells when a word has just been heard.
    pub fn next(&mut self, frame: &Frame) -> Option<Detection> {
        let score = self.score(frame)?;
        if self.frames < self.rested || !self.threshold.is_reached(score) {
            return None;
        }
        self.rested = self.frames + frames(REFRACTORY);
        tracing::info!(target: "ears.wake", score, "the wake word");
        Some(Detection { at: self.at(), score })
    }

    /// Takes the next frame; gives the best score of any word where an embedding was completed.
    fn score(&mut self, frame: &Frame) -> Option<f32> {
        self.frames += 1;
        let embedding = self.features.next(&frame.0)?;
        self.window.push_back(embedding);
        let longest = self.networks.iter().map(Network::hops).max()?;
        while self.window.len() > longest {
            self.window.pop_front();
        }
        let window = &self.window;
        self.networks
            .iter()
            .zip(&mut self.before)
            .filter(|(network, _)| window.len() >= network.hops())
            .map(|(network, before)| {
                let now = network.score(window.iter().skip(window.len() - network.hops()));
                let mean = before.map_or(now, |before| f32::midpoint(now, before));
                *before = Some(now);
                probability(mean)
            })
            .max_by(f32::total_cmp)
    }

    fn at(&self) -> Duration {
        Duration::from_micros(self.frames * FRAME_SAMPLES as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
    }

    /// Every place of a recording where a word is, with the best score of each: for files, where nothing is in a hurry.
    pub fn spot(&mut self, recording: &[Frame]) -> Vec<Detection> {
        self.reset();
        (self.frames, self.rested) = (0, 0);
        let mut found: Vec<Detection> = Vec::new();
        // The embeddings look back 1.5 s: a word at the very end is judged together with what follows it.
        let silence = std::iter::repeat_n(&Frame::SILENCE, AFTER);
        for frame in recording.iter().chain(silence) {
            let Some(score) = self.score(frame).filter(|score| self.threshold.is_reached(*score)) else { continue };
            let now = Detection { at: self.at(), score };
            match found.last_mut().filter(|last| now.at.saturating_sub(last.at) < REFRACTORY) {
                Some(last) if last.score >= score => {}
                Some(last) => *last = now,
                None => found.push(now),
            }
        }
        found
    }
}

/// Half a second: what the windows of a word that ends a recording still need.
const AFTER: usize = 6 * HOP / FRAME_SAMPLES;

fn frames(time: Duration) -> u64 {
    u64::try_from(super::super::endpoint::frames(time)).unwrap_or(u64::MAX)
}

/// The network is surer than it is right: at half its logits the scores of sure words still differ.
fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit / 2.0).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_sensitivity_is_a_lower_threshold() {
        let scores: Vec<f32> = [0.0, 0.5, 1.0].map(|sensitivity| Threshold::of_sensitivity(sensitivity).0).to_vec();
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
        assert!(!Threshold::of_score(f32::NAN).is_reached(0.99));
    }
}
