//! One loaded Piper voice: a sentence in, samples out.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ort::session::Session;
use piper_rs::{ModelConfig, Piper};

use super::{SpeakError, espeak, stretch};
use crate::models;

/// Where a voice and what it needs lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceFiles {
    /// The voice, `….onnx`.
    pub model: PathBuf,
    /// Its description, `….onnx.json`.
    pub description: PathBuf,
    /// ONNX Runtime, 1.24 or newer: a shared library.
    pub runtime: PathBuf,
    /// Folders that may hold `espeak-ng-data`, tried in this order after espeak-ng's own places.
    pub espeak_data: Vec<PathBuf>,
    /// Where phrases that are said often are kept as sound; none keeps them in memory alone.
    pub phrases: Option<PathBuf>,
}

impl VoiceFiles {
    /// A voice with its description beside it, as Piper's voices come.
    #[must_use]
    pub fn new(model: PathBuf, runtime: PathBuf, espeak_data: Vec<PathBuf>) -> Self {
        let mut description = model.clone().into_os_string();
        description.push(".json");
        Self { model, description: description.into(), runtime, espeak_data, phrases: None }
    }
}

/// A loaded voice. It computes on the thread that calls it.
pub struct Voice {
    piper: Piper,
    language: String,
    length_scale: f32,
    sample_rate: u32,
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voice")
            .field("language", &self.language)
            .field("sample_rate", &self.sample_rate)
            .finish_non_exhaustive()
    }
}

impl Voice {
    /// Loads a voice: about half a second.
    ///
    /// The first ONNX Runtime that is loaded stays for the life of the program.
    pub fn load(files: &VoiceFiles) -> Result<Self, SpeakError> {
        let _span = tracing::info_span!("speak.load", voice = %files.model.display()).entered();
        for (what, path) in [
            ("voice", &files.model),
            ("description of the voice", &files.description),
            ("speech library", &files.runtime),
        ] {
            if !path.is_file() {
                return Err(SpeakError::Missing { what, path: path.clone() });
            }
        }
        espeak::prepare(&files.espeak_data)?;
        let config = description(&files.description)?;
        let (language, length_scale, sample_rate) =
            (config.espeak.voice.clone(), config.inference.length_scale, config.audio.sample_rate);
        let runtime = |reason| SpeakError::Runtime { path: files.runtime.clone(), reason };
        // The binding panics where a library lacks what it must have; that is no reason to die.
        let session = guarded(|| {
            models::load_runtime(&files.runtime).map_err(runtime)?;
            session(&files.model, config.num_speakers > 1)
                .map_err(|reason| SpeakError::Voice { path: files.model.clone(), reason })
        })
        .unwrap_or_else(|| Err(runtime("it is not what it should be".to_owned())))?;
        // Unknown languages are told now, not at the first sentence.
        espeak::phonemes("a", &language)?;
        Ok(Self { piper: Piper::from_session(session, config), language, length_scale, sample_rate })
    }

    /// Samples a second.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// One sentence or clause, already made fit for reading aloud, as mono samples from -1 to 1.
    ///
    /// `rate` is 0.5 (slow) to 3 (fast). Text without anything to say gives no samples.
    pub fn say(&mut self, text: &str, rate: f32) -> Result<Vec<f32>, SpeakError> {
        let phonemes = espeak::phonemes(text, &self.language)?;
        if !phonemes.chars().any(char::is_alphabetic) {
            return Ok(Vec::new());
        }
        let (own, factor) = stretch::split(rate.clamp(0.5, 3.0));
        let length = self.length_scale / own;
        // Piper's training puts a pause before the first phoneme; piper-rs does not, and the first consonant is then
        // cut ("ancelled"). `_` is the pause in every voice's phoneme table.
        let phonemes = format!("_{phonemes}");
        let (samples, _) = guarded(|| self.piper.create(&phonemes, true, None, Some(length), None, None))
            .ok_or_else(|| SpeakError::Synthesis("the voice broke off".to_owned()))?
            .map_err(|error| SpeakError::Synthesis(error.to_string()))?;
        let samples = stretch::faster(samples, self.sample_rate, factor);
        Ok(samples.into_iter().map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }).collect())
    }
}

/// Runs foreign code that may panic on bad files; `None` if it did.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn description(path: &Path) -> Result<ModelConfig, SpeakError> {
    let wrong = |reason: String| SpeakError::Voice { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let config: ModelConfig =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
    let length = config.inference.length_scale;
    if !(8_000..=48_000).contains(&config.audio.sample_rate) || !(0.1..=10.0).contains(&length) {
        return Err(wrong("its numbers are out of range".to_owned()));
    }
    Ok(config)
}

/// A session on the voice's network, checked to have Piper's inputs.
fn session(model: &Path, many_speakers: bool) -> Result<Session, String> {
    // Two threads: a sentence is made faster than it is spoken by one already, and recognition needs the rest.
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(2));
    let session = models::session(model, threads)?;
    let expected: &[&str] = if many_speakers {
        &["input", "input_lengths", "scales", "sid"]
    } else {
        &["input", "input_lengths", "scales"]
    };
    let inputs: Vec<&str> = session.inputs().iter().map(ort::value::Outlet::name).collect();
    if inputs != expected || session.outputs().is_empty() {
        return Err(format!("its inputs are {inputs:?}"));
    }
    Ok(session)
}
