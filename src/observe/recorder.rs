//! The queue between the work and the file: recording costs one copy into a channel.
//!
//! One recorder serves the whole process, as a log does; without one, nothing is recorded and nothing is paid.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;

use super::error::ObserveError;
use super::measure::{Ending, Measure, Stage};
use super::store::{Limits, Store};

/// Measures that may wait: minutes of the busiest talk.
const WAITING: usize = 1024;
/// What was measured is written after so long a silence, or when the queue's worth has come together.
const SETTLES: Duration = Duration::from_secs(2);
/// The file is pruned at the start, and each time after so many measures.
const PRUNED_EVERY: usize = 5000;

enum Note {
    Measure(Timestamp, Measure),
    Words(Timestamp, String, &'static str),
    End,
}

/// A handle on the recording; clones are of the same one.
#[derive(Debug, Clone)]
pub struct Recorder {
    notes: SyncSender<Note>,
    dropped: Arc<AtomicU64>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
    words: bool,
}

impl Recorder {
    /// Records into the file at `path`, on a thread of its own; `words` keeps what the user says too.
    /// The file is opened by that thread: a file that cannot be had is logged, and stops nothing.
    #[must_use]
    pub fn start(path: &Path, limits: Limits, words: bool) -> Self {
        let (notes, waiting) = sync_channel(WAITING);
        let path = path.to_owned();
        let writer = std::thread::Builder::new().name("observe".to_owned()).spawn(move || {
            if let Err(error) = write(&path, limits, &waiting) {
                tracing::warn!(target: "observe.recorder", %error, "nothing is counted");
            }
        });
        Self { notes, dropped: Arc::default(), writer: Arc::new(Mutex::new(writer.ok())), words }
    }

    /// Records one measure; never waits.
    pub fn record(&self, measure: Measure) {
        self.send(Note::Measure(Timestamp::now(), measure));
    }

    /// Keeps what was said, if that is switched on.
    pub fn words(&self, said: &str, command: &'static str) {
        if self.words {
            self.send(Note::Words(Timestamp::now(), said.to_owned(), command));
        }
    }

    /// How many measures found the queue full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything is in the file; what is recorded afterwards is lost.
    pub fn finish(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A writer that has ended takes nothing more, and there is nothing to wait for.
            let _ = self.notes.send(Note::End);
            let _ = writer.join();
        }
    }

    fn send(&self, note: Note) {
        if let Err(TrySendError::Full(_)) = self.notes.try_send(note) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write(path: &Path, limits: Limits, waiting: &Receiver<Note>) -> Result<(), ObserveError> {
    let mut store = None;
    let mut since = PRUNED_EVERY;
    let mut batch = Vec::new();
    loop {
        let note = if batch.is_empty() {
            waiting.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            waiting.recv_timeout(SETTLES)
        };
        match note {
            Ok(Note::Measure(at, measure)) => {
                batch.push((at, measure));
                if batch.len() < WAITING {
                    continue;
                }
            }
            Ok(Note::Words(at, said, command)) => {
                open(&mut store, path)?.add_words(at, &said, command)?;
                continue;
            }
            // A call that only answers one question leaves the cleaning to one that lives longer.
            Ok(Note::End) | Err(RecvTimeoutError::Disconnected) => {
                return if batch.is_empty() { Ok(()) } else { open(&mut store, path)?.add(&batch) };
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let store = open(&mut store, path)?;
        store.add(&batch)?;
        since += batch.len();
        batch.clear();
        if since > PRUNED_EVERY {
            since = 0;
            store.prune(limits, Timestamp::now())?;
        }
    }
}

/// The file is opened for the first note: a call that measures nothing pays nothing.
fn open<'a>(store: &'a mut Option<Store>, path: &Path) -> Result<&'a mut Store, ObserveError> {
    match store {
        Some(store) => Ok(store),
        none => Ok(none.insert(Store::open(path)?)),
    }
}

static RECORDER: OnceLock<Recorder> = OnceLock::new();

/// Makes this the process's recorder; the first one stays.
pub fn install(recorder: Recorder) {
    let _ = RECORDER.set(recorder);
}

/// Waits until everything that was recorded is in the file.
pub fn finish() {
    if let Some(recorder) = RECORDER.get() {
        recorder.finish();
    }
}

/// Counts something that happened.
pub fn count(stage: Stage, name: &'static str, ending: Ending) {
    if let Some(recorder) = RECORDER.get() {
        recorder.record(Measure { stage, name, ending, took: None });
    }
}

/// Records how long something took.
pub fn timed(stage: Stage, name: &'static str, ending: Ending, took: Duration) {
    if let Some(recorder) = RECORDER.get() {
        recorder.record(Measure { stage, name, ending, took: Some(took) });
    }
}

/// Keeps what was said, if that is switched on.
pub fn words(said: &str, command: &'static str) {
    if let Some(recorder) = RECORDER.get() {
        recorder.words(said, command);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn count_of(path: &Path, table: &str) -> i64 {
        let store = Store::open(path).unwrap();
        store.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn what_is_recorded_is_in_the_file_and_words_only_if_wanted() {
        let folder = tempfile::tempdir().unwrap();
        for (words, kept) in [(false, 0), (true, 1)] {
            let path = folder.path().join(format!("{words}.sqlite"));
            let recorder = Recorder::start(&path, Limits { days: 1, megabytes: 1 }, words);
            let measure = Measure { stage: Stage::Intent, name: "search", ending: Ending::Done, took: None };
            (0..100).for_each(|_| recorder.record(measure));
            recorder.words("search a secret", "search");
            recorder.finish();
            assert_eq!((count_of(&path, "measures"), count_of(&path, "words")), (100, kept));
            let bytes = std::fs::read(&path).unwrap();
            let secret = bytes.windows(6).any(|window| window == b"secret");
            assert_eq!(secret, words);
        }
    }

    #[test]
    fn recording_costs_less_than_a_hundredth_of_the_shortest_work() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::start(&folder.path().join("m.sqlite"), Limits { days: 1, megabytes: 1 }, false);
        let took = Some(Duration::from_micros(300));
        let measure = Measure { stage: Stage::Intent, name: "search", ending: Ending::Done, took };
        let begun = std::time::Instant::now();
        (0..1000).for_each(|_| recorder.record(measure));
        let each = begun.elapsed() / 1000;
        recorder.finish();
        eprintln!("recording one measure took {each:?}");
        // The shortest that is measured is understanding a sentence: about 0.3 milliseconds. With room for a
        // machine that does other things too, and a build without optimisation.
        assert!(each < Duration::from_micros(30), "{each:?}");
        assert_eq!(recorder.dropped(), 0);
    }

    #[test]
    fn a_file_that_cannot_be_had_stops_nothing() {
        let recorder = Recorder::start(Path::new("/proc/no/such.sqlite"), Limits { days: 1, megabytes: 1 }, true);
        let measure = Measure { stage: Stage::Intent, name: "search", ending: Ending::Done, took: None };
        (0..5000).for_each(|_| recorder.record(measure));
        recorder.finish();
    }
}
