//! Whether somebody spoke: what silence, noise and music must not get past.
//!
//! No single figure tells. A confident text passes with weak sound, and a doubtful one only with
//! good sound; so the gates are few and each asks for more where the others found less.

use std::io::Write;
use std::time::Duration;

use flate2::{Compression, write::ZlibEncoder};

use super::text::often_invented;
use crate::audio::SAMPLE_RATE;

/// Loudest 32 ms below this RMS (-60 dB of full scale) is silence: a quiet room through a laptop's microphone.
const LEAST_LEVEL: f32 = 0.001;
/// Shorter than the shortest syllable.
const LEAST_VOICED: Duration = Duration::from_millis(60);
/// Whisper's own thresholds (its paper, section 4.5; `transcribe.py`).
const LEAST_LOG_PROB: f32 = -1.0;
const NO_SPEECH: f32 = 0.6;
/// Names of programs are no English: "install librewolf" is right at -1.4. So much is believed where the model is this
/// sure of speech, and the voice detector heard a word.
const LEAST_OF_SPEECH: f32 = -2.0;
const SURELY_SPEECH: f32 = 0.001;
const A_WORD: Duration = Duration::from_millis(300);
const MOST_COMPRESSION: f32 = 2.4;
/// With one sign of silence the words must be this sure.
const SURE_LOG_PROB: f32 = -0.5;

/// What is known of one recognition beside its words.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// How much the voice detector found.
    pub voiced: Duration,
    /// Mean natural log-probability of the words' tokens.
    pub mean_log_prob: f32,
    /// Whisper's probability that nobody spoke.
    pub no_speech: f32,
}

impl Evidence {
    /// Whether the words were spoken, and not made up from silence, noise or music.
    #[must_use]
    pub fn speaks_for(&self, text: &str) -> bool {
        let speech = self.no_speech < SURELY_SPEECH && self.voiced >= A_WORD;
        let least = if speech { LEAST_OF_SPEECH } else { LEAST_LOG_PROB };
        if !text.chars().any(char::is_alphanumeric) || self.mean_log_prob < least {
            return false;
        }
        let doubtful = self.no_speech > NO_SPEECH || self.voiced < LEAST_VOICED;
        if doubtful && self.mean_log_prob < SURE_LOG_PROB {
            return false;
        }
        if often_invented(text) && (self.no_speech > NO_SPEECH / 2.0 || doubtful || self.mean_log_prob < SURE_LOG_PROB)
        {
            return false;
        }
        compression(text) <= MOST_COMPRESSION
    }
}

/// Whether there is any sound at all.
#[must_use]
pub fn has_sound(samples: &[f32]) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "512 is exact")]
    let rms = |chunk: &[f32]| (chunk.iter().map(|s| s * s).sum::<f32>() / chunk.len().max(1) as f32).sqrt();
    samples.chunks((SAMPLE_RATE as usize) * 32 / 1000).map(rms).any(|level| level >= LEAST_LEVEL)
}

/// Bytes of the text over bytes of it compressed; a text that loops is far above that of speech.
fn compression(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    #[expect(clippy::cast_precision_loss, reason = "a sentence is short")]
    written.map_or(0.0, |packed| text.len() as f32 / packed.len().max(1) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(mean_log_prob: f32, no_speech: f32, voiced_ms: u64) -> Evidence {
        Evidence { voiced: Duration::from_millis(voiced_ms), mean_log_prob, no_speech }
    }

    #[test]
    fn clear_speech_passes() {
        assert!(evidence(-0.2, 0.02, 900).speaks_for("list generations"));
        assert!(evidence(-0.2, 0.02, 900).speaks_for("thank you"));
    }

    #[test]
    fn guesses_do_not() {
        assert!(!evidence(-1.3, 0.1, 900).speaks_for("list generations"));
        assert!(!evidence(-0.8, 0.8, 900).speaks_for("roll back"));
        assert!(!evidence(-0.8, 0.1, 0).speaks_for("roll back"));
        assert!(!evidence(-0.1, 0.5, 900).speaks_for("Thank you for watching!"));
        assert!(!evidence(-0.1, 0.0, 900).speaks_for("..."));
        assert!(!evidence(-0.1, 0.0, 900).speaks_for(&"on and ".repeat(30)));
    }

    #[test]
    fn silence_has_no_sound() {
        assert!(!has_sound(&[]));
        assert!(!has_sound(&vec![0.0005; 16_000]));
        assert!(has_sound(&[0.1; 600]));
    }
}
