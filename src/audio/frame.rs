//! The unit of captured sound.

/// Samples a second of all captured sound, Hz.
pub const SAMPLE_RATE: u32 = 16_000;

/// Samples in one frame: 16 ms at 16 kHz, which is what the voice activity detector takes.
pub const FRAME_SAMPLES: usize = 256;

/// One frame of 16 kHz mono sound, samples from -1 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame(pub [f32; FRAME_SAMPLES]);

impl Frame {
    /// A frame of silence.
    pub const SILENCE: Self = Self([0.0; FRAME_SAMPLES]);

    /// Root mean square of the samples, 0 to 1.
    #[must_use]
    pub fn rms(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "256 is exact")]
        let count = FRAME_SAMPLES as f32;
        (self.0.iter().map(|sample| sample * sample).sum::<f32>() / count).sqrt()
    }
}
