//! Any sound to frames: downmix, resample to 16 kHz, take the direct-current offset out, cut.
//!
//! The one path for microphones and files. Keeps its buffers, so a steady stream does not allocate
//! once they have grown; must never drop or repeat a sample.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::{AudioError, FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// Samples a second that a source may have: from telephone's half to studio sound.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;
const MAX_CHANNELS: usize = 64;

/// Converts interleaved samples of one rate and number of channels to [`Frame`]s.
pub struct Converter {
    channels: usize,
    resampler: Option<Rate>,
    blocker: DcBlocker,
    /// Mono at the source's rate, not yet resampled.
    pending: Vec<f32>,
    /// 16 kHz mono, not yet a whole frame.
    ready: Vec<f32>,
}

struct Rate {
    fft: Fft<f32>,
    out: Vec<f32>,
    /// What the resampler's delay still owes: cut from the start, made up for at the end.
    skip: usize,
    delay: usize,
    taken: u64,
    given: u64,
    from: u32,
}

impl Converter {
    /// A converter for sound of `rate` Hz with `channels` interleaved channels.
    pub fn new(rate: u32, channels: usize) -> Result<Self, AudioError> {
        let wrong = || AudioError::Unconvertible { rate, channels };
        if !RATES.contains(&rate) || channels == 0 || channels > MAX_CHANNELS {
            return Err(wrong());
        }
        let resampler = if rate == SAMPLE_RATE { None } else { Some(Rate::new(rate).ok_or_else(wrong)?) };
        let (pending, ready) = (Vec::with_capacity(rate as usize / 10), Vec::with_capacity(2 * FRAME_SAMPLES));
        Ok(Self { channels, resampler, blocker: DcBlocker::default(), pending, ready })
    }

    /// Takes interleaved samples and gives each frame that is whole.
    pub fn push(&mut self, interleaved: &[f32], mut give: impl FnMut(Frame)) {
        #[expect(clippy::cast_precision_loss, reason = "at most 64 channels")]
        let scale = 1.0 / self.channels as f32;
        // A sample that is no number would stay in the filters for ever.
        let clean = |sample: &f32| if sample.is_finite() { *sample } else { 0.0 };
        let mono = interleaved.chunks_exact(self.channels).map(|moment| moment.iter().map(clean).sum::<f32>() * scale);
        self.pending.extend(mono);
        match &mut self.resampler {
            None => self.ready.append(&mut self.pending),
            Some(rate) => rate.run(&mut self.pending, &mut self.ready),
        }
        self.cut(&mut give);
    }

    /// Ends the sound: what is left comes as a last frame, filled up with silence.
    pub fn finish(mut self, mut give: impl FnMut(Frame)) {
        if let Some(rate) = &mut self.resampler {
            rate.flush(&mut self.pending, &mut self.ready);
        }
        self.cut(&mut give);
        if !self.ready.is_empty() {
            let mut last = self.ready.clone();
            for sample in &mut last {
                *sample = self.blocker.next(*sample);
            }
            last.resize(FRAME_SAMPLES, 0.0);
            if let Ok(samples) = <[f32; FRAME_SAMPLES]>::try_from(last.as_slice()) {
                give(Frame(samples));
            }
        }
    }

    fn cut(&mut self, give: &mut impl FnMut(Frame)) {
        let mut used = 0;
        for chunk in self.ready.chunks_exact(FRAME_SAMPLES) {
            if let Ok(mut samples) = <[f32; FRAME_SAMPLES]>::try_from(chunk) {
                for sample in &mut samples {
                    *sample = self.blocker.next(*sample);
                }
                give(Frame(samples));
            }
            used += FRAME_SAMPLES;
        }
        self.ready.drain(..used);
    }
}

impl Rate {
    fn new(from: u32) -> Option<Self> {
        // 10 ms a call keeps the delay low. Rates without a common divisor need longer calls; rubato sees to it.
        let fft = Fft::new(from as usize, SAMPLE_RATE as usize, from as usize / 100, 1, FixedSync::Both).ok()?;
        let delay = fft.output_delay();
        Some(Self { out: vec![0.0; fft.output_frames_max()], fft, skip: delay, delay, taken: 0, given: 0, from })
    }

    fn run(&mut self, pending: &mut Vec<f32>, ready: &mut Vec<f32>) {
        let mut at = 0;
        loop {
            let need = self.fft.input_frames_next();
            let Some(chunk) = pending.get(at..at + need) else { break };
            let Some(count) = resample(&mut self.fft, chunk, &mut self.out) else { break };
            at += need;
            self.taken += need as u64;
            let whole = self.out.get(..count).unwrap_or_default();
            let part = whole.get(self.skip.min(count)..).unwrap_or_default();
            self.skip -= self.skip.min(count);
            ready.extend_from_slice(part);
            self.given += part.len() as u64;
        }
        pending.drain(..at);
    }

    /// Pushes silence after the end until all that went in has come out, and no more.
    fn flush(&mut self, pending: &mut Vec<f32>, ready: &mut Vec<f32>) {
        let whole = self.taken + pending.len() as u64;
        let owed = whole * u64::from(SAMPLE_RATE) / u64::from(self.from);
        let turns = 2 + self.delay / self.out.len().max(1);
        for _ in 0..turns {
            let need = self.fft.input_frames_next();
            pending.resize(pending.len().max(1).next_multiple_of(need.max(1)) + need, 0.0);
            self.run(pending, ready);
        }
        let extra = usize::try_from(self.given.saturating_sub(owed)).unwrap_or(0);
        ready.truncate(ready.len().saturating_sub(extra));
    }
}

fn resample(fft: &mut Fft<f32>, input: &[f32], output: &mut [f32]) -> Option<usize> {
    let (taken, room) = (input.len(), output.len());
    let input = InterleavedSlice::new(input, 1, taken).ok()?;
    let mut output = InterleavedSlice::new_mut(output, 1, room).ok()?;
    fft.process_into_buffer(&input, &mut output, None).ok().map(|(_, count)| count)
}

/// Resamples a whole mono clip.
pub(super) fn resample_clip(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, AudioError> {
    if from == to || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let wrong = || AudioError::Unconvertible { rate: from, channels: 1 };
    if !RATES.contains(&from) || !RATES.contains(&to) {
        return Err(wrong());
    }
    let mut fft = Fft::<f32>::new(from as usize, to as usize, 1024, 1, FixedSync::Both).map_err(|_| wrong())?;
    let mut out = vec![0.0; fft.process_all_needed_output_len(samples.len())];
    let room = out.len();
    let (_, count) = {
        let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|_| wrong())?;
        let mut output = InterleavedSlice::new_mut(&mut out, 1, room).map_err(|_| wrong())?;
        fft.process_all_into_buffer(&input, &mut output, samples.len(), None).map_err(|_| wrong())?
    };
    out.truncate(count);
    Ok(out)
}

/// A high-pass of the first order at about 13 Hz: far below any voice, high enough that an offset of
/// a quarter of full scale is gone after 50 ms. Starts at the first sample, so that no click comes in.
#[derive(Default)]
struct DcBlocker {
    before: Option<f32>,
    after: f32,
}

impl DcBlocker {
    const POLE: f32 = 0.995;

    fn next(&mut self, sample: f32) -> f32 {
        let before = self.before.replace(sample).unwrap_or(sample);
        self.after = sample - before + Self::POLE * self.after;
        // Denormal numbers slow the processor down a hundredfold, and detectors want -1 to 1.
        if self.after.abs() < 1e-20 {
            self.after = 0.0;
        }
        self.after.clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::cast_precision_loss, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn convert(samples: &[f32], rate: u32, channels: usize, piece: usize) -> Vec<f32> {
        let mut converter = Converter::new(rate, channels).unwrap();
        let mut out = Vec::new();
        for part in samples.chunks(piece * channels) {
            converter.push(part, |frame| out.extend(frame.0));
        }
        converter.finish(|frame| out.extend(frame.0));
        out
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of samples")]
    fn sine(hz: f32, rate: u32, seconds: f32) -> Vec<f32> {
        let count = rate as f32 * seconds;
        (0..count as usize).map(|n| 0.5 * (n as f32 * hz * std::f32::consts::TAU / rate as f32).sin()).collect()
    }

    #[test]
    fn a_tone_keeps_its_place_level_and_pitch_at_any_rate() {
        let want = sine(440.0, SAMPLE_RATE, 1.0);
        for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000] {
            let got = convert(&sine(440.0, rate, 1.0), rate, 1, 333);
            assert!(got.len() >= want.len() && got.len() < want.len() + FRAME_SAMPLES, "{rate}: {}", got.len());
            // The middle: away from the edges and the offset filter's start.
            let error = got.iter().zip(&want).skip(4000).take(8000).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            // At most one sample of 16 kHz out of place: this tone moves by 0.086 in that time.
            assert!(error < 0.09, "{rate} Hz is off by {error}");
        }
    }

    #[test]
    fn channels_are_mixed_and_an_offset_goes_away() {
        let left = sine(440.0, 48_000, 1.0);
        let stereo: Vec<f32> = left.iter().flat_map(|sample| [sample + 0.25, -sample + 0.25]).collect();
        let got = convert(&stereo, 48_000, 2, 480);
        let worst = got.iter().skip(4000).take(8000).fold(0.0_f32, |worst, sample| worst.max(sample.abs()));
        assert!(worst < 0.01, "{worst}");
    }

    #[test]
    fn impossible_sounds_are_refused() {
        for (rate, channels) in [(0, 1), (100, 1), (48_000, 0), (48_000, 1000), (u32::MAX, 2)] {
            assert!(Converter::new(rate, channels).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_sample_is_lost_however_the_sound_is_cut(
            count in 0_usize..6000,
            rate in prop::sample::select(vec![8_000_u32, 16_000, 44_100, 48_000]),
            piece in 1_usize..3000,
        ) {
            let samples: Vec<f32> = sine(300.0, rate, 1.0).into_iter().cycle().take(count).collect();
            let whole = convert(&samples, rate, 1, count.max(1));
            let cut = convert(&samples, rate, 1, piece);
            prop_assert_eq!(&whole, &cut);
            let owed = count * SAMPLE_RATE as usize / rate as usize;
            prop_assert_eq!(whole.len(), owed.next_multiple_of(FRAME_SAMPLES));
        }

        #[test]
        fn nothing_leaves_the_range(samples in prop::collection::vec(any::<f32>(), 0..2000)) {
            for sample in convert(&samples, 16_000, 1, 100) {
                prop_assert!((-1.0..=1.0).contains(&sample));
            }
        }
    }
}
