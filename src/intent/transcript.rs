//! What the recogniser heard.

use serde::Serialize;

/// A sentence that may have been said, weighed against the sound.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hypothesis {
    pub text: String,
    /// How much less likely the sound makes it than the words that were heard: difference of the natural
    /// log-probabilities of the whole texts. 0 is as likely.
    pub behind: f32,
}

/// The words of one utterance, or none if nobody spoke.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transcript {
    /// The best reading; empty when there was no speech.
    pub text: String,
    /// What may have been said instead, the likeliest first; empty where nothing was weighed.
    pub alternatives: Vec<Hypothesis>,
    /// 0 (a guess) to 1 (certain); 1 for typed text.
    pub confidence: f32,
    /// Probability that the utterance holds no speech, 0 to 1.
    pub no_speech_prob: f32,
    /// It came by a key or another program, and not by a voice that anybody may have.
    #[serde(skip)]
    pub typed: bool,
}

impl Transcript {
    /// Text that was typed: certain.
    #[must_use]
    pub fn typed(text: impl Into<String>) -> Self {
        Self { text: text.into(), alternatives: Vec::new(), confidence: 1.0, no_speech_prob: 0.0, typed: true }
    }

    /// Nobody spoke.
    #[must_use]
    pub fn silence(no_speech_prob: f32) -> Self {
        Self { text: String::new(), alternatives: Vec::new(), confidence: 0.0, no_speech_prob, typed: false }
    }

    /// Whether there is nothing to understand.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        self.text.trim().is_empty()
    }
}
