//! The backend's face: commands in, events out.
//!
//! Decides nothing about the machine itself; it hands each command to the part that reads or
//! changes, on a thread that may block.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::command::SystemCommand;
use crate::config::Roots;
use crate::fault::{Explain, Fault, Kind};

use super::cache::Answers;
use super::change::unfinished::{self, Settled, Unfinished, Way};
use super::read::discovery::Discovery;
use super::read::index::Index;
use super::{Event, NixError, Outcome, PlanFacts, Progress};

/// How many events may wait for the reader; progress beyond that is dropped, the end never is.
const EVENTS: usize = 64;

/// Files of ask-nix's own that the backend keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The activation journal.
    pub journal: PathBuf,
    /// The search index.
    pub index: PathBuf,
}

/// The backend for one machine (or one demo). Cheap to clone.
#[derive(Debug, Clone)]
pub struct Backend {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    roots: Roots,
    files: Files,
    /// The open index, with the time at which its file was made.
    open_index: Mutex<Option<(SystemTime, Arc<Index>)>>,
    answers: Answers,
    last_fault: Mutex<Option<Fault>>,
}

impl Backend {
    /// A backend for the machine that lies at `roots`. Touches nothing yet.
    #[must_use]
    pub fn new(roots: Roots, files: Files) -> Self {
        let (open_index, last_fault) = (Mutex::new(None), Mutex::new(None));
        Self { inner: Arc::new(Inner { roots, files, open_index, answers: Answers::default(), last_fault }) }
    }

    /// Where this machine lies.
    #[must_use]
    pub fn roots(&self) -> &Roots {
        &self.inner.roots
    }

    /// The files that the backend keeps.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.inner.files
    }

    /// Runs a command on a thread of its own; the last event is [`Event::Done`].
    ///
    /// Must be called inside a tokio runtime. A change runs to its end, or is taken back, even if
    /// the receiver is dropped; only `cancel` stops it.
    ///
    /// `why` goes into the journal of a change: what the user said. `agreed` is what the user was told that it
    /// would do: if it would do something else by now, nothing is done and that is told.
    #[must_use]
    pub fn run(
        &self,
        command: SystemCommand,
        agreed: Option<PlanFacts>,
        why: &str,
        cancel: CancellationToken,
    ) -> mpsc::Receiver<Event> {
        let (events, receiver) = mpsc::channel(EVENTS);
        let (backend, why) = (self.clone(), why.to_owned());
        tokio::task::spawn_blocking(move || {
            let result = backend.run_agreed(&command, agreed.as_ref(), &why, &cancel, &mut |progress| {
                // A reader that is behind misses a line; the work does not wait for it.
                let _ = events.try_send(Event::Progress(progress));
            });
            let done = result.map(Box::new).map_err(|error| {
                tracing::warn!(error = %error, "nix.run failed");
                error.fault()
            });
            // Nobody listens any more: there is nobody to tell.
            let _ = events.blocking_send(Event::Done(done));
        });
        receiver
    }

    /// Looks at what a command would do, on a thread of its own; the last event is [`Event::Planned`].
    #[must_use]
    pub fn look(&self, command: SystemCommand, cancel: CancellationToken) -> mpsc::Receiver<Event> {
        let (events, receiver) = mpsc::channel(EVENTS);
        let backend = self.clone();
        tokio::task::spawn_blocking(move || {
            let planned = backend.look_here(&command, &cancel, &mut |progress| {
                let _ = events.try_send(Event::Progress(progress));
            });
            let _ = events.blocking_send(Event::Planned(planned.map(Box::new).map_err(|error| error.fault())));
        });
        receiver
    }

    /// Runs a command on this thread, which may block; progress goes to `tell`.
    pub fn run_here(
        &self,
        command: &SystemCommand,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        self.run_agreed(command, None, why, cancel, tell)
    }

    fn run_agreed(
        &self,
        command: &SystemCommand,
        agreed: Option<&PlanFacts>,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        let _span = tracing::info_span!("nix.run", ?command).entered();
        if let Some(answer) = self.answer(command, cancel, tell) {
            return self.remembered(command, answer);
        }
        let still = match agreed {
            // What there is to fetch changes by the hour: the change itself holds to what was told.
            None | Some(PlanFacts::Update(_)) => Ok(true),
            Some(agreed) => self.look_here(command, cancel, tell).map(|now| agreed.still(&now)),
        };
        let result = still.and_then(|still| {
            if still {
                self.act(command, agreed, why, cancel, tell)
            } else {
                Err(NixError::ChangedMeanwhile { path: self.roots().system_profile() })
            }
        });
        self.remembered(command, result)
    }

    /// Keeps a failure for the question "what went wrong?". A refusal is no failure: nothing was tried.
    fn remembered(&self, command: &SystemCommand, result: Result<Outcome, NixError>) -> Result<Outcome, NixError> {
        if let Err(error) = &result
            && *command != SystemCommand::Explain
        {
            let fault = error.fault();
            if fault.kind == Kind::Failed {
                *self.inner.last_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
            }
        }
        result
    }

    /// The last thing that failed since this backend was made.
    #[must_use]
    pub fn last_fault(&self) -> Option<Fault> {
        self.inner.last_fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Kept answers.
    pub(super) fn answers(&self) -> &Answers {
        &self.inner.answers
    }

    /// The search index, opened at its first use and again after it was built anew.
    pub fn index(&self) -> Result<Arc<Index>, NixError> {
        let path = &self.inner.files.index;
        let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        let mut open = self.inner.open_index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, index)) = open.as_ref().filter(|(of, _)| Some(*of) == modified) {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(Index::open(path)?);
        *open = modified.map(|modified| (modified, Arc::clone(&index)));
        Ok(index)
    }

    /// The change that was cut short by a kill or a power cut, if there is one: to be told at the start.
    pub fn unfinished(&self) -> Result<Option<Unfinished>, NixError> {
        unfinished::unfinished(&self.files().journal)
    }

    /// The names of the steps of the newest change, and whether each came to its end.
    pub fn last_steps(&self) -> Result<Vec<(String, bool)>, NixError> {
        unfinished::last_steps(&self.files().journal)
    }

    /// Brings the change that was cut short to its end, or takes it back. Blocks.
    pub fn settle(
        &self,
        way: Way,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Settled, NixError> {
        unfinished::settle(self.roots(), &self.files().journal, way, cancel, tell)
    }

    /// What Nix there is on this machine. Starts a program: about 20 ms.
    #[must_use]
    pub fn discover(&self) -> Discovery {
        Discovery::of(self.roots())
    }
}
