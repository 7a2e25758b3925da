//! One loaded Whisper model, used again and again by the thread that owns it.

use std::cell::OnceCell;
use std::ffi::{c_int, c_void};
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

use super::evidence::{Evidence, has_sound};
use super::text::{without_repeats, without_sounds};
use super::tokens::Tokens;
use super::{RecognizeError, model};
use crate::audio::SAMPLE_RATE;
use crate::ears::Utterance;
use crate::intent::Transcript;

/// How recognition works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// Threads of one recognition; 0 takes two, and one where the machine is busy.
    pub threads: u8,
    /// Always encode 30 s, as Whisper does by default: slow, and only for comparing.
    pub full_context: bool,
}

/// Encoder positions a second (Whisper's paper: 1500 for 30 s).
const CONTEXT_PER_SECOND: f64 = 50.0;
/// Below this context Whisper loses words or loops (measured: 384 is right on all clips tried).
const LEAST_CONTEXT: c_int = 384;
const FULL_CONTEXT: c_int = 1500;
/// Shortest sound that Whisper is given, in samples: 1.1 s; whisper.cpp gives nothing for less than 1 s.
const LEAST_SAMPLES: usize = 17_600;
/// Seconds up to which the context may be reduced. Longer speech is dictation, not a command: a reduced context
/// mishears its words now and then ("asked not what your country…"), and nobody waits for an action.
const LONGEST_COMMAND: f64 = 10.0;
/// whisper.cpp's own default (`examples/cli/cli.cpp`).
const BEAMS: c_int = 5;
/// So much voice holds words, and not only a noise that passed for voice.
const WORTH_A_SECOND_TRY: Duration = Duration::from_millis(500);
/// Longest sound that is one segment to Whisper, seconds.
const WINDOW: f64 = 30.0;

/// A loaded model. Not shared: it belongs to the thread that recognises.
pub struct Recognizer {
    pub(super) context: WhisperContext,
    pub(super) state: WhisperState,
    /// Read when they are needed first.
    tokens: OnceCell<Tokens>,
    end_of_text: c_int,
    settings: Settings,
}

impl Recognizer {
    /// Loads a ggml model, checking first that it is a whole one. Takes about 0.1 s for base.en.
    pub fn load(path: &Path, settings: Settings) -> Result<Self, RecognizeError> {
        let span = tracing::info_span!("recognize.load", path = %path.display());
        let _inside = span.enter();
        model::check(path)?;
        // Otherwise whisper.cpp writes on the terminal.
        whisper_rs::install_logging_hooks();
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())
            .map_err(|_| RecognizeError::Damaged(path.to_owned()))?;
        let end_of_text = context.token_eot();
        let state = context.create_state().map_err(|error| RecognizeError::Failed(error.to_string()))?;
        Ok(Self { context, state, tokens: OnceCell::new(), end_of_text, settings })
    }

    /// The words of one utterance; empty where nobody spoke.
    ///
    /// Blocks for as long as the arithmetic takes: call it on a thread of its own.
    pub fn recognize(
        &mut self,
        utterance: &Utterance,
        cancel: &CancellationToken,
    ) -> Result<Transcript, RecognizeError> {
        let span = tracing::info_span!("recognize.utterance", seconds = seconds(utterance.samples.len()));
        let _inside = span.enter();
        if cancel.is_cancelled() {
            return Err(RecognizeError::Cancelled);
        }
        if !has_sound(&utterance.samples) {
            return Ok(Transcript::silence(1.0));
        }
        let samples = fit(&utterance.samples);
        let long = seconds(samples.len()) > LONGEST_COMMAND;
        self.decode(&samples, long, cancel)?;
        // A reduced context loses its way now and then: it gives nothing, or says everything twice.
        if !long && !self.settings.full_context && utterance.voiced >= WORTH_A_SECOND_TRY && self.is_lost() {
            tracing::debug!("again with the whole context");
            self.decode(&samples, true, cancel)?;
        }
        Ok(self.transcript(utterance))
    }

    /// Encodes a short sound, for what is then asked of the decoder.
    pub(super) fn listen_to(&mut self, samples: &[f32], cancel: &CancellationToken) -> Result<(), RecognizeError> {
        self.decode(&fit(samples), false, cancel)
    }

    fn decode(&mut self, samples: &[f32], whole: bool, cancel: &CancellationToken) -> Result<(), RecognizeError> {
        let mut params = self.params(seconds(samples.len()), whole);
        abort_on(&mut params, cancel);
        let done = self.state.full(params, samples);
        if cancel.is_cancelled() {
            return Err(RecognizeError::Cancelled);
        }
        done.map_err(|error| RecognizeError::Failed(error.to_string()))
    }

    /// Whether the last decoding gave no words, or the same ones again.
    fn is_lost(&self) -> bool {
        let text: String =
            self.state.as_iter().map(|segment| segment.to_str_lossy().unwrap_or_default().into_owned()).collect();
        let text = without_sounds(&text);
        let words = |text: &str| text.split_whitespace().count();
        text.is_empty() || words(&without_repeats(&text)) < words(&text)
    }

    fn params(&self, seconds: f64, long: bool) -> FullParams<'static, 'static> {
        let mut params = FullParams::new(if long {
            SamplingStrategy::BeamSearch { beam_size: BEAMS, patience: -1.0 }
        } else {
            SamplingStrategy::Greedy { best_of: 1 }
        });
        params.set_n_threads(self.threads());
        params.set_language(Some("en"));
        params.set_audio_ctx(if long || self.settings.full_context { FULL_CONTEXT } else { context_for(seconds) });
        // Timestamps stay on: without them a reduced context repeats itself.
        params.set_single_segment(seconds < WINDOW);
        params.set_no_context(true);
        params.set_suppress_blank(true);
        params.set_suppress_nst(true);
        // No second try at a higher temperature: it takes as long again and invents more.
        params.set_temperature_inc(0.0);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_special(false);
        params.set_print_timestamps(false);
        #[expect(clippy::cast_possible_truncation, reason = "at most 316")]
        // Fast speech is about 6 tokens a second; a loop is cut here at the latest.
        params.set_max_tokens((seconds.min(WINDOW) * 10.0) as c_int + 16);
        params
    }

    pub(super) fn tokens(&self) -> &Tokens {
        self.tokens.get_or_init(|| Tokens::of(&self.context))
    }

    pub(super) fn threads(&self) -> c_int {
        match self.settings.threads {
            0 => free_threads(),
            threads => threads.into(),
        }
    }

    fn transcript(&self, utterance: &Utterance) -> Transcript {
        let mut text = String::new();
        let mut log_prob = 0.0;
        let mut tokens = 0_u16;
        let mut no_speech: f32 = 0.0;
        for segment in self.state.as_iter() {
            text.push_str(&segment.to_str_lossy().unwrap_or_default());
            no_speech = no_speech.max(segment.no_speech_probability());
            // From end-of-text upwards there are no words, only marks and times.
            let words = (0..segment.n_tokens())
                .filter_map(|index| segment.get_token(index))
                .filter(|token| token.token_id() < self.end_of_text);
            for token in words {
                log_prob += token.token_probability().max(1e-6).ln();
                tokens = tokens.saturating_add(1);
            }
        }
        let text = without_repeats(&without_sounds(&text));
        let mean_log_prob = if tokens == 0 { f32::NEG_INFINITY } else { log_prob / f32::from(tokens) };
        let evidence = Evidence { voiced: utterance.voiced, mean_log_prob, no_speech };
        let spoken = evidence.speaks_for(&text);
        tracing::debug!(%text, mean_log_prob, no_speech, spoken, "heard");
        if !spoken {
            return Transcript::silence(no_speech);
        }
        let confidence = mean_log_prob.exp().clamp(0.0, 1.0);
        Transcript { text, alternatives: Vec::new(), confidence, no_speech_prob: no_speech, typed: false }
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

/// Samples as Whisper takes them: none that is no number, which would spread to all of the spectrogram, and enough.
fn fit(samples: &[f32]) -> Vec<f32> {
    let mut samples: Vec<f32> = samples.iter().map(|s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }).collect();
    if samples.len() < LEAST_SAMPLES {
        samples.resize(LEAST_SAMPLES, 0.0);
    }
    samples
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

/// ggml's threads spin: two on a busy machine take seconds where one takes a tenth (measured).
///
/// Busy is where more wants to run at this moment than there are cores, or did so over the last minute.
fn free_threads() -> c_int {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut fields = load.split_whitespace();
    #[expect(clippy::cast_precision_loss, reason = "a count of cores")]
    let lately = fields.next().and_then(|load| load.parse::<f64>().ok()).is_some_and(|load| load > cores as f64);
    // The fourth field is "running/all"; this thread is one of the running.
    let running = fields.nth(2).and_then(|field| field.split_once('/')?.0.parse::<usize>().ok()).unwrap_or(1);
    if lately || running > cores || cores < 2 { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_grows_with_the_utterance_and_has_bounds() {
        assert_eq!(context_for(2.0), LEAST_CONTEXT);
        assert_eq!(context_for(60.0), FULL_CONTEXT);
        assert!((449..=576).contains(&context_for(8.6)));
    }

    #[test]
    fn at_least_one_thread_and_at_most_two() {
        assert!((1..=2).contains(&free_threads()));
    }
}
