//! One loaded Whisper model, used again and again.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use tokio_util::sync::CancellationToken;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

use super::RecognizeError;
use super::text::{often_invented, without_repeats, without_sounds};
use crate::audio::SAMPLE_RATE;
use crate::ears::Utterance;
use crate::intent::Transcript;

/// How recognition works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Threads of one recognition; 0 takes one for each core that is not busy.
    pub threads: u8,
    /// Always encode 30 s, as Whisper does by default: slow, and only for comparing.
    pub full_context: bool,
}

/// The number that begins a ggml file, as whisper.cpp's `whisper_model_load` checks it.
const GGML_MAGIC: u32 = 0x6767_6d6c;
/// Encoder positions a second (Whisper's paper: 1500 for 30 s).
const CONTEXT_PER_SECOND: f64 = 50.0;
/// Below this context Whisper loses words or loops (measured: 384 is right on all clips tried).
const LEAST_CONTEXT: c_int = 384;
const FULL_CONTEXT: c_int = 1500;
/// Shortest sound that Whisper is given, in samples: 1.1 s; whisper.cpp gives nothing for less than 1 s.
const LEAST_SAMPLES: usize = 17_600;
/// Loudest frame of an utterance below this RMS (about -60 dB of full scale) is silence.
const LEAST_LEVEL: f32 = 0.001;
/// Mean log-probability of a token below which the words are a guess (Whisper's own threshold is -1).
const LEAST_LOG_PROB: f32 = -1.0;
/// Whisper's own no-speech threshold; together with weak evidence it means nobody spoke.
const NO_SPEECH: f32 = 0.6;

/// A loaded model. Not shared: it belongs to the thread that recognises.
pub struct Recognizer {
    state: WhisperState,
    settings: Settings,
    /// The first token that is no text: end of text, then timestamps and other marks.
    first_mark: c_int,
}

impl Recognizer {
    /// Loads a ggml model, checking first that it is one.
    pub fn load(path: &Path, settings: Settings) -> Result<Self, RecognizeError> {
        check(path)?;
        whisper_rs::install_logging_hooks();
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())
            .map_err(|_| RecognizeError::Damaged(path.to_owned()))?;
        let state = context.create_state().map_err(|error| RecognizeError::Failed(error.to_string()))?;
        Ok(Self { state, settings, first_mark: context.token_eot() })
    }

    /// The words of one utterance; empty where nobody spoke.
    ///
    /// Blocks for as long as the arithmetic takes: call it on a thread of its own.
    pub fn recognize(
        &mut self,
        utterance: &Utterance,
        cancel: &CancellationToken,
    ) -> Result<Transcript, RecognizeError> {
        if level(&utterance.samples) < LEAST_LEVEL {
            return Ok(Transcript::silence(1.0));
        }
        let mut samples = utterance.samples.clone();
        if samples.len() < LEAST_SAMPLES {
            samples.resize(LEAST_SAMPLES, 0.0);
        }
        let mut params = self.params(&samples);
        abort_on(&mut params, cancel);
        let done = self.state.full(params, &samples);
        if cancel.is_cancelled() {
            return Err(RecognizeError::Cancelled);
        }
        done.map_err(|error| RecognizeError::Failed(error.to_string()))?;
        Ok(self.transcript())
    }

    fn params(&self, samples: &[f32]) -> FullParams<'static, 'static> {
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        let seconds = seconds(samples.len());
        params.set_n_threads(self.threads());
        params.set_language(Some("en"));
        params.set_audio_ctx(if self.settings.full_context { FULL_CONTEXT } else { context_for(seconds) });
        params.set_single_segment(true);
        params.set_no_context(true);
        params.set_suppress_blank(true);
        params.set_suppress_nst(true);
        params.set_temperature_inc(0.0);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_special(false);
        params.set_print_timestamps(false);
        #[expect(clippy::cast_possible_truncation, reason = "an utterance is at most 30 s")]
        // Fast speech is about 6 tokens a second; a loop is cut here at the latest.
        params.set_max_tokens((seconds * 10.0) as c_int + 16);
        params
    }

    fn threads(&self) -> c_int {
        match self.settings.threads {
            0 => idle_cores(),
            threads => threads.into(),
        }
    }

    fn transcript(&self) -> Transcript {
        let mut text = String::new();
        let mut log_prob = 0.0;
        let mut tokens = 0_u16;
        let mut no_speech: f32 = 0.0;
        for segment in self.state.as_iter() {
            text.push_str(&segment.to_str_lossy().unwrap_or_default());
            no_speech = no_speech.max(segment.no_speech_probability());
            for token in (0..segment.n_tokens()).filter_map(|index| segment.get_token(index)) {
                // Marks are chosen among themselves, and their small probability says nothing about the words.
                if token.token_id() >= self.first_mark {
                    continue;
                }
                log_prob += token.token_probability().max(1e-6).ln();
                tokens = tokens.saturating_add(1);
            }
        }
        let text = without_repeats(&without_sounds(&text));
        let mean = if tokens == 0 { f32::NEG_INFINITY } else { log_prob / f32::from(tokens) };
        tracing::debug!(target: "recognize", %text, mean, no_speech, "heard");
        let weak = mean < LEAST_LOG_PROB || (no_speech > NO_SPEECH && mean < LEAST_LOG_PROB / 2.0);
        let invented = often_invented(&text) && (no_speech > NO_SPEECH / 2.0 || mean < LEAST_LOG_PROB / 2.0);
        if text.is_empty() || weak || invented {
            return Transcript::silence(no_speech);
        }
        Transcript { text, alternatives: Vec::new(), confidence: mean.exp().clamp(0.0, 1.0), no_speech_prob: no_speech }
    }
}

/// Ends the arithmetic soon after `cancel` is cancelled.
///
/// The closure form of whisper-rs 0.16 (`set_abort_callback_safe`) reads its box as if it were the
/// closure itself, which is undefined behaviour; so the plain callback is used.
fn abort_on(params: &mut FullParams<'_, '_>, cancel: &CancellationToken) {
    unsafe extern "C" fn cancelled(token: *mut c_void) -> bool {
        // SAFETY: `token` is the pointer set below; the token outlives the call of `full`.
        unsafe { token.cast::<CancellationToken>().as_ref() }.is_some_and(CancellationToken::is_cancelled)
    }
    let token: *const CancellationToken = cancel;
    // SAFETY: the callback takes exactly this pointer, only reads through it, and never unwinds.
    unsafe {
        params.set_abort_callback(Some(cancelled));
        params.set_abort_callback_user_data(token.cast_mut().cast());
    }
}

/// Refuses what whisper.cpp would choke on.
fn check(path: &Path) -> Result<(), RecognizeError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => RecognizeError::Missing(path.to_owned()),
        std::io::ErrorKind::UnexpectedEof => RecognizeError::NotAModel(path.to_owned()),
        _ => RecognizeError::Unreadable { path: path.to_owned(), reason: error.to_string() },
    };
    let mut magic = [0_u8; 4];
    let mut file = File::open(path).map_err(unreadable)?;
    file.read_exact(&mut magic).map_err(unreadable)?;
    if u32::from_le_bytes(magic) == GGML_MAGIC { Ok(()) } else { Err(RecognizeError::NotAModel(path.to_owned())) }
}

/// Encoder context for so many seconds: what they need and a margin, in steps of 64, never too small.
#[expect(clippy::cast_possible_truncation, reason = "clamped to 1500")]
fn context_for(seconds: f64) -> c_int {
    let needed = ((seconds + 0.5) * CONTEXT_PER_SECOND).min(f64::from(FULL_CONTEXT)).ceil() as c_int;
    (needed.div_euclid(64) + 1).saturating_mul(64).clamp(LEAST_CONTEXT, FULL_CONTEXT)
}

fn seconds(samples: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "seconds of sound")]
    let samples = samples as f64;
    samples / f64::from(SAMPLE_RATE)
}

/// RMS of the loudest 32 ms.
fn level(samples: &[f32]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "512 is exact")]
    let rms = |chunk: &[f32]| (chunk.iter().map(|s| s * s).sum::<f32>() / chunk.len().max(1) as f32).sqrt();
    samples.chunks(512).map(rms).fold(0.0, f32::max)
}

/// Whisper's threads spin, so more of them than idle cores make it many times slower.
fn idle_cores() -> c_int {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a load average is small and not negative"
    )]
    let busy = std::fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(0, |load| load.round() as usize);
    c_int::try_from(cores.saturating_sub(busy).clamp(1, 4)).unwrap_or(1)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn context_grows_with_the_utterance_and_has_bounds() {
        assert_eq!(context_for(2.0), LEAST_CONTEXT);
        assert_eq!(context_for(60.0), FULL_CONTEXT);
        assert!((449..=576).contains(&context_for(8.6)));
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.bin");
        assert!(matches!(check(&file), Err(RecognizeError::Missing(_))));
        std::fs::write(&file, b"lm").unwrap();
        assert!(matches!(check(&file), Err(RecognizeError::NotAModel(_))));
        std::fs::write(&file, b"not a model at all").unwrap();
        assert!(matches!(check(&file), Err(RecognizeError::NotAModel(_))));
    }
}
