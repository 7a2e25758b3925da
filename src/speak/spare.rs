//! The spare voice: espeak-ng's own, which is part of the program. It is used where Piper's voice is missing or
//! damaged, for a machine that falls silent leaves a blind person alone with it.

use std::ffi::c_int;
use std::path::PathBuf;

use super::{SpeakError, espeak, stretch};

const LANGUAGE: &str = "en-us";
/// Words a minute at the rate 1 (espeak-ng's own usual rate), and the most that it does itself (`speak_lib.h`).
const USUAL: u8 = 175;
const FASTEST: f32 = 450.0;

/// The spare voice, ready.
#[derive(Debug)]
pub struct Spare {
    sample_rate: u32,
}

impl Spare {
    /// Makes it ready: some milliseconds. `espeak_data` are folders that may hold `espeak-ng-data`.
    pub fn load(espeak_data: &[PathBuf]) -> Result<Self, SpeakError> {
        espeak::prepare(espeak_data)?;
        let (_, sample_rate) = espeak::synthesize("", LANGUAGE, c_int::from(USUAL))?;
        Ok(Self { sample_rate })
    }

    /// Samples a second.
    #[must_use]
    pub const fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// One sentence or clause as mono samples from -1 to 1; `rate` is 0.5 (slow) to 3 (fast).
    pub fn say(&self, text: &str, rate: f32) -> Result<Vec<f32>, SpeakError> {
        let wanted = f32::from(USUAL) * rate.clamp(0.5, 3.0);
        let own = wanted.min(FASTEST);
        #[expect(clippy::cast_possible_truncation, reason = "at most 450")]
        let (samples, _) = espeak::synthesize(text, LANGUAGE, own.round() as c_int)?;
        let samples = samples.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();
        Ok(stretch::faster(samples, self.sample_rate, wanted / own))
    }
}
