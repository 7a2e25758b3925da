//! Short tones, made and not stored: what an earcon sounds like.
//!
//! Knows notes and fades, not what they mean.

use std::f32::consts::{PI, TAU};
use std::time::Duration;

/// Samples a second of the tones, Hz: the rate that sound cards run at, so nothing is resampled.
const RATE: u32 = 48_000;

/// Rise and fall of each note: shorter ones click.
const FADE: Duration = Duration::from_millis(8);

/// A row of notes on its way to samples.
#[derive(Debug, Clone, Default)]
pub struct Tones {
    samples: Vec<f32>,
}

impl Tones {
    /// Adds a sine of `hz` (0 is a rest) with a raised-cosine fade at both ends; `gain` is its peak, 0 to 1.
    #[must_use]
    pub fn note(mut self, hz: f32, length: Duration, gain: f32) -> Self {
        let count = samples(length);
        let fade = samples(FADE).min(count / 2).max(1);
        #[expect(clippy::cast_precision_loss, reason = "notes are fractions of a second")]
        self.samples.extend((0..count).map(|n| {
            let edge = n.min(count - 1 - n);
            let envelope = if edge < fade { 0.5 - 0.5 * (PI * edge as f32 / fade as f32).cos() } else { 1.0 };
            gain * envelope * (TAU * hz * n as f32 / RATE as f32).sin()
        }));
        self
    }

    /// The samples and their rate in Hz.
    #[must_use]
    pub fn finish(self) -> (Vec<f32>, u32) {
        (self.samples, RATE)
    }
}

fn samples(length: Duration) -> usize {
    usize::try_from(length.as_micros() * u128::from(RATE) / 1_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_have_their_length_and_level_and_do_not_click() {
        let (samples, rate) = Tones::default()
            .note(440.0, Duration::from_millis(100), 0.1)
            .note(0.0, Duration::from_millis(50), 0.1)
            .note(880.0, Duration::from_millis(1), 0.1)
            .note(880.0, Duration::ZERO, 0.1)
            .finish();
        assert_eq!(samples.len(), rate as usize * 151 / 1000);
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.09..=0.1).contains(&peak), "{peak}");
        let jump =
            samples.windows(2).map(|pair| pair.iter().fold(0.0, |a, b| b - a)).fold(0.0_f32, |a, b| a.max(b.abs()));
        assert!(jump < 0.02, "{jump}");
    }
}
