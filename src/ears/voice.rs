//! How much a frame sounds like a voice, at any level of speaker and noise.
//!
//! The detector judges by level too: loud rain is a voice to it, and a quiet speaker is not. So each
//! frame is first brought to the level of near speech, but noise is never raised above the room's.

use earshot::Detector;

use crate::audio::{FRAME_SAMPLES, Frame};

/// Where the loudest frames are brought, decibels of full scale: near speech in read recordings is at -20 to -30.
const TARGET: f32 = -25.0;
/// No boost brings the noise floor above this: where the detector takes noise for voice.
const QUIET_ROOM: f32 = -50.0;
const MAX_BOOST: f32 = 30.0;
const MAX_CUT: f32 = 20.0;
/// Nothing below is told from digital silence, decibels.
const BOTTOM: f32 = -80.0;

/// Follows level and noise floor, and scores frames.
pub(super) struct Voice {
    detector: Box<Detector>,
    /// Slow peak, decibels.
    level: f32,
    /// Slow minimum, decibels.
    floor: f32,
}

impl Voice {
    pub fn new() -> Self {
        Self { detector: Box::new(Detector::default()), level: TARGET, floor: QUIET_ROOM }
    }

    /// How much the frame sounds like a voice, 0 to 1.
    pub fn score(&mut self, frame: &Frame) -> f32 {
        self.follow(frame);
        let gain = 10.0_f32.powf(self.gain() / 20.0);
        let mut samples = [0.0; FRAME_SAMPLES];
        for (scaled, sample) in samples.iter_mut().zip(&frame.0) {
            *scaled = (sample * gain).clamp(-1.0, 1.0);
        }
        self.detector.predict_f32(&samples)
    }

    fn follow(&mut self, frame: &Frame) {
        let now = (20.0 * frame.rms().max(1e-9).log10()).max(BOTTOM);
        // A frame is 16 ms. The peak rises within three frames and falls by 4 dB a second, so that it
        // lasts over a pause. The floor falls within some frames and rises by 1.5 dB a second.
        self.level = if now > self.level { self.level + 0.3 * (now - self.level) } else { self.level - 0.064 };
        self.floor = if now < self.floor { self.floor + 0.2 * (now - self.floor) } else { self.floor + 0.024 };
        self.level = self.level.max(self.floor);
    }

    fn gain(&self) -> f32 {
        let wanted = TARGET - self.level;
        let allowed = (QUIET_ROOM - self.floor).max(0.0);
        wanted.clamp(-MAX_CUT, MAX_BOOST).min(allowed)
    }
}
