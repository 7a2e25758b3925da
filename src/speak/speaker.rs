//! The voice on its own thread: text goes in, chunks of samples come out while the rest is made.
//!
//! One speech after the other; a speech that is cancelled or dropped ends before its next piece.
//! Common phrases are kept, so that they sound at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use moka::sync::Cache;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::observe::{Ending, Stage, timed};

use super::kept::Kept;
use super::spare::Spare;
use super::voice::{Voice, VoiceFiles};
use super::{SpeakError, pronounce, sentences};

/// Pieces that are made ahead of the one that plays.
const AHEAD: usize = 2;
/// Sound that is kept, in bytes: about three minutes.
const CACHE_BYTES: u64 = 16 << 20;
/// Longer pieces are hardly ever said twice.
const CACHED_CHARACTERS: usize = 80;
/// Longest text of one speech, in bytes: about twenty minutes. All of it stays on the screen and in the history.
const LONGEST_TEXT: usize = 20_000;
/// Silence after a sentence and after a clause, at rate 1, in milliseconds: people's pauses, a little short.
const PAUSE_SENTENCE_MS: f32 = 180.0;
const PAUSE_CLAUSE_MS: f32 = 60.0;

/// A piece of speech.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Mono samples from -1 to 1.
    pub samples: Arc<[f32]>,
    /// Samples a second.
    pub sample_rate: u32,
}

/// A speech that is being made. Dropping it ends it.
#[derive(Debug)]
pub struct Speech {
    chunks: mpsc::Receiver<Result<Chunk, SpeakError>>,
    cancel: CancellationToken,
}

impl Speech {
    /// The next piece; `None` at the end, or at once when cancelled.
    pub async fn next(&mut self) -> Option<Result<Chunk, SpeakError>> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => None,
            chunk = self.chunks.recv() => chunk,
        }
    }

    /// All of it, for a file: samples and their rate. Empty text gives no samples.
    ///
    /// Blocks; not for use within an asynchronous task.
    pub fn collect_blocking(mut self) -> Result<(Vec<f32>, u32), SpeakError> {
        let mut all = Vec::new();
        let mut sample_rate = 0;
        while let Some(chunk) = self.chunks.blocking_recv() {
            let chunk = chunk?;
            sample_rate = chunk.sample_rate;
            all.extend_from_slice(&chunk.samples);
        }
        Ok((all, sample_rate))
    }
}

struct Job {
    text: String,
    rate: f32,
    cancel: CancellationToken,
    chunks: mpsc::Sender<Result<Chunk, SpeakError>>,
    asked: Instant,
}

/// A handle on the voice's thread; clones share it. The thread ends with the last of them.
#[derive(Debug, Clone)]
pub struct Speaker {
    jobs: mpsc::UnboundedSender<Job>,
    phrases: mpsc::UnboundedSender<(String, f32)>,
}

impl Speaker {
    /// Starts the thread and loads the voice on it: about half a second.
    pub async fn start(files: VoiceFiles) -> Result<Self, SpeakError> {
        let (speaker, loaded) = Self::spawn(move || piper(&files))?;
        loaded.await.map_err(|_| SpeakError::Stopped)??;
        Ok(speaker)
    }

    /// The same for callers outside tokio.
    pub fn start_blocking(files: VoiceFiles) -> Result<Self, SpeakError> {
        let (speaker, loaded) = Self::spawn(move || piper(&files))?;
        loaded.blocking_recv().map_err(|_| SpeakError::Stopped)??;
        Ok(speaker)
    }

    /// The spare voice, for a machine whose Piper voice is missing or damaged.
    pub async fn start_spare(espeak_data: Vec<PathBuf>) -> Result<Self, SpeakError> {
        let (speaker, loaded) = Self::spawn(move || Ok((Source::Spare(Spare::load(&espeak_data)?), None)))?;
        loaded.await.map_err(|_| SpeakError::Stopped)??;
        Ok(speaker)
    }

    fn spawn(
        load: impl FnOnce() -> Result<(Source, Option<Kept>), SpeakError> + Send + 'static,
    ) -> Result<(Self, oneshot::Receiver<Result<(), SpeakError>>), SpeakError> {
        let (jobs, jobs_in) = mpsc::unbounded_channel();
        let (phrases, phrases_in) = mpsc::unbounded_channel();
        let (loaded_out, loaded) = oneshot::channel();
        // A runtime of its own, without input or output: only to wait for a job, a place or a cancellation.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| SpeakError::Synthesis(error.to_string()))?;
        std::thread::Builder::new()
            .name("speak".to_owned())
            .spawn(move || match load() {
                Ok((voice, kept)) => {
                    if loaded_out.send(Ok(())).is_ok() {
                        runtime.block_on(Worker::new(voice, kept).run(jobs_in, phrases_in));
                    }
                }
                Err(error) => {
                    let _ = loaded_out.send(Err(error));
                }
            })
            .map_err(|error| SpeakError::Synthesis(error.to_string()))?;
        Ok((Self { jobs, phrases }, loaded))
    }

    /// Begins a speech, after those that were begun before it and still go on.
    ///
    /// `rate` is 0.5 (slow) to 3 (fast). `cancel` ends it: [`Speech::next`] gives `None` at once, and the thread
    /// is free after the piece that it is making (a tenth of a second).
    #[must_use]
    pub fn speak(&self, text: &str, rate: f32, cancel: CancellationToken) -> Speech {
        let (chunks, receiver) = mpsc::channel(AHEAD);
        let job = Job { text: text.to_owned(), rate, cancel: cancel.clone(), chunks, asked: Instant::now() };
        if let Err(mpsc::error::SendError(job)) = self.jobs.send(job) {
            // There is room for it: the channel is new.
            let _ = job.chunks.try_send(Err(SpeakError::Stopped));
        }
        Speech { chunks: receiver, cancel }
    }

    /// Makes phrases while there is nothing else to do, so that they sound at once later.
    ///
    /// Only for phrases of the program's own, without a name or anything that the user said: they are kept on disk.
    pub fn prepare<'a>(&self, phrases: impl IntoIterator<Item = &'a str>, rate: f32) {
        for phrase in phrases {
            let _ = self.phrases.send((phrase.to_owned(), rate));
        }
    }
}

/// A piece of speech: the words as they are read aloud, and the pause after them.
struct Piece {
    words: String,
    pause_ms: f32,
}

/// What makes the sound.
enum Source {
    Piper(Box<Voice>),
    Spare(Spare),
}

impl Source {
    fn sample_rate(&self) -> u32 {
        match self {
            Self::Piper(voice) => voice.sample_rate(),
            Self::Spare(voice) => voice.sample_rate(),
        }
    }

    fn say(&mut self, text: &str, rate: f32) -> Result<Vec<f32>, SpeakError> {
        match self {
            Self::Piper(voice) => voice.say(text, rate),
            Self::Spare(voice) => voice.say(text, rate),
        }
    }
}

/// Piper's voice, with the phrases that were kept of it.
fn piper(files: &VoiceFiles) -> Result<(Source, Option<Kept>), SpeakError> {
    let voice = Voice::load(files)?;
    let kept = files.phrases.as_deref().and_then(|folder| {
        let description = std::fs::read(&files.description).ok()?;
        Kept::of(folder, &files.model, &description)
    });
    Ok((Source::Piper(Box::new(voice)), kept))
}

struct Worker {
    voice: Source,
    kept: Option<Kept>,
    /// By the words and the rate in hundredths.
    cache: Cache<(String, u16), Arc<[f32]>>,
}

impl Worker {
    fn new(voice: Source, kept: Option<Kept>) -> Self {
        let cache = Cache::builder()
            .max_capacity(CACHE_BYTES)
            .weigher(|_, samples: &Arc<[f32]>| u32::try_from(samples.len() * size_of::<f32>()).unwrap_or(u32::MAX))
            .build();
        Self { voice, kept, cache }
    }

    async fn run(
        mut self,
        mut jobs: mpsc::UnboundedReceiver<Job>,
        mut phrases: mpsc::UnboundedReceiver<(String, f32)>,
    ) {
        loop {
            // Speech before preparation; the end of the handles ends both channels.
            tokio::select! {
                biased;
                job = jobs.recv() => match job {
                    Some(job) => self.speak(job).await,
                    None => break,
                },
                Some((phrase, rate)) = phrases.recv() => {
                    for piece in pieces(&phrase) {
                        self.ready(&piece, rate);
                    }
                }
            }
        }
    }

    async fn speak(&mut self, job: Job) {
        let mut first = true;
        for piece in pieces(&job.text) {
            if job.cancel.is_cancelled() || job.chunks.is_closed() {
                return;
            }
            let made = self.piece(&piece, job.rate);
            if first {
                first = false;
                let ending = if made.is_ok() { Ending::Done } else { Ending::Failed };
                timed(Stage::Speech, "first-sound", ending, job.asked.elapsed());
                tracing::debug!(first_sound_ms = job.asked.elapsed().as_millis(), "speak.first");
            }
            let made = match made {
                Ok(samples) if samples.is_empty() => continue,
                Ok(samples) => Ok(Chunk { samples, sample_rate: self.voice.sample_rate() }),
                Err(error) => Err(error),
            };
            let failed = made.is_err();
            tokio::select! {
                biased;
                () = job.cancel.cancelled() => return,
                sent = job.chunks.send(made) => if failed || sent.is_err() { return },
            }
        }
    }

    /// Makes a phrase of the program's own, and keeps it. One that is on the disk already is at once there.
    fn ready(&mut self, piece: &Piece, rate: f32) {
        let (rate, hundredths) = usable(rate);
        if self.kept.as_ref().is_some_and(|kept| kept.has(&piece.words, hundredths)) {
            return;
        }
        match (self.piece(piece, rate), &self.kept) {
            (Ok(samples), Some(kept)) if !samples.is_empty() => kept.put(&piece.words, hundredths, &samples),
            (Ok(_), _) => {}
            (Err(error), _) => tracing::warn!(%error, "a phrase could not be prepared"),
        }
    }

    fn piece(&mut self, piece: &Piece, rate: f32) -> Result<Arc<[f32]>, SpeakError> {
        let (rate, hundredths) = usable(rate);
        let key = (piece.words.clone(), hundredths);
        if let Some(samples) = self.cache.get(&key) {
            return Ok(samples);
        }
        if key.0.len() <= CACHED_CHARACTERS
            && let Some(samples) = self.kept.as_ref().and_then(|kept| kept.get(&piece.words, hundredths))
        {
            let samples: Arc<[f32]> = samples.into();
            self.cache.insert(key, Arc::clone(&samples));
            return Ok(samples);
        }
        let mut samples = self.voice.say(&piece.words, rate)?;
        if samples.is_empty() {
            return Ok(samples.into());
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most some ten thousand samples"
        )]
        let pause = (piece.pause_ms / rate * self.voice.sample_rate() as f32 / 1000.0) as usize;
        samples.extend(std::iter::repeat_n(0.0, pause));
        let samples: Arc<[f32]> = samples.into();
        if key.0.len() <= CACHED_CHARACTERS {
            self.cache.insert(key, Arc::clone(&samples));
        }
        Ok(samples)
    }
}

/// A rate that a voice can do, and the same in hundredths.
fn usable(rate: f32) -> (f32, u16) {
    let rate = if rate.is_finite() { rate.clamp(0.5, 3.0) } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "50 to 300")]
    (rate, (rate * 100.0).round() as u16)
}

/// Cuts a text into what the voice makes in one go, and makes it fit for reading aloud.
fn pieces(text: &str) -> impl Iterator<Item = Piece> + use<'_> {
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST_TEXT).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or(text);
    sentences::sentences(text).into_iter().flat_map(|sentence| {
        let words = pronounce(sentence);
        let clauses: Vec<String> = sentences::clauses(&words).into_iter().map(str::to_owned).collect();
        let last = clauses.len().saturating_sub(1);
        clauses.into_iter().enumerate().map(move |(place, words)| Piece {
            words,
            pause_ms: if place == last { PAUSE_SENTENCE_MS } else { PAUSE_CLAUSE_MS },
        })
    })
}
