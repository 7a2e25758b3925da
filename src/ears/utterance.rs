//! One stretch of speech.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::audio::SAMPLE_RATE;

/// How an utterance began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Voice activity alone.
    Voice,
    /// The wake word, which is still in it.
    Wake,
    /// A key or Enter.
    Push,
    /// A sound file.
    File,
}

/// One stretch of speech with its pre-roll and tail.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// 16 kHz mono, -1 to 1.
    pub samples: Vec<f32>,
    pub start: Start,
    /// When the last voiced sample was captured: latency is counted from here.
    pub speech_ended: Instant,
    /// How much of the samples is voiced, as the detector says.
    pub voiced: Duration,
    /// The sample at which the wake word had been spoken, where it is in it.
    pub word_ends: Option<usize>,
}

impl Utterance {
    /// Length of the samples.
    #[must_use]
    pub fn duration(&self) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "utterances are seconds long")]
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(SAMPLE_RATE))
    }
}
