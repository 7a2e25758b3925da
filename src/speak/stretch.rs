//! Faster speech at the same pitch, by libsonic, which was made for people who listen fast.
//!
//! Piper's own speaking rate gives no sound less than one frame (11 ms), so that beyond about 1.3 it
//! lags more and more behind what was asked for: 3 gives 2. espeak-ng links libsonic anyway.

use std::ffi::c_int;

/// The rate up to which the voice itself speaks faster.
const OWN: f32 = 1.3;

// `sonic.h`, libsonic 0.2: in place; returns how many samples are left of `count`.
unsafe extern "C" {
    fn sonicChangeFloatSpeed(
        samples: *mut f32,
        count: c_int,
        speed: f32,
        pitch: f32,
        rate: f32,
        volume: f32,
        chord_pitch: c_int,
        sample_rate: c_int,
        channels: c_int,
    ) -> c_int;
}

/// A wanted rate as what the voice does itself, and the factor that is left for [`faster`].
pub(super) fn split(rate: f32) -> (f32, f32) {
    let own = rate.min(OWN);
    (own, rate / own)
}

/// Mono samples, `factor` times as fast. A factor of 1 or less changes nothing.
pub(super) fn faster(mut samples: Vec<f32>, sample_rate: u32, factor: f32) -> Vec<f32> {
    let (Ok(count), Ok(hertz)) = (c_int::try_from(samples.len()), c_int::try_from(sample_rate)) else {
        return samples;
    };
    if factor <= 1.01 || !factor.is_finite() || samples.is_empty() {
        return samples;
    }
    // SAFETY: the pointer is to `count` floats that nobody else holds; libsonic works on a copy and writes
    // back at most `count` of them, for it only ever drops samples at a speed above 1.
    let left = unsafe { sonicChangeFloatSpeed(samples.as_mut_ptr(), count, factor, 1.0, 1.0, 1.0, 0, hertz, 1) };
    samples.truncate(usize::try_from(left).unwrap_or(0));
    samples
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_tone_becomes_shorter_and_keeps_its_pitch() {
        let tone: Vec<f32> =
            (0..22_050).map(|at| (at as f32 * 220.0 * std::f32::consts::TAU / 22_050.0).sin() * 0.5).collect();
        let fast = faster(tone.clone(), 22_050, 2.0);
        assert!((10_000..12_500).contains(&fast.len()), "{}", fast.len());
        let crossings = |samples: &[f32]| samples.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
        let (before, after) = (crossings(&tone) as f32 / 1.0, crossings(&fast) as f32 / (fast.len() as f32 / 22_050.0));
        assert!((before - after).abs() < 12.0, "{before} {after}");
        assert_eq!(faster(tone.clone(), 22_050, 1.0), tone);
        assert!(faster(Vec::new(), 22_050, 2.0).is_empty());
    }

    #[test]
    fn a_rate_is_split_without_loss() {
        for rate in [0.5, 1.0, 1.3, 2.0, 3.0] {
            let (own, factor) = split(rate);
            assert!((own * factor - rate).abs() < 1e-5 && own <= OWN);
        }
    }
}
