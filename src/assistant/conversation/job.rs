//! The one job that may be at work: looking at what a change would do, answering, changing.
//!
//! Tells how it goes at the pace that people can bear, and what came of it.

use std::time::{Duration, Instant};

use jiff::Zoned;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::announce::{self, Pace, Turn};
use crate::assistant::dialogue::{Approved, Next};
use crate::command::{Risk, SystemCommand};
use crate::fault::Kind;
use crate::nix::{Event, PlanFacts};
use crate::observe::{self, Ending, Stage, Timer};

use super::{Conversation, Told, Work, broken};

/// A bar that moves more often is not seen to move.
const FRAME: Duration = Duration::from_millis(100);
/// Spoken percentages are at least this far apart.
const PROGRESS_EVERY: Duration = Duration::from_secs(30);

/// What a job is there for.
pub(super) enum JobKind {
    /// It answers.
    Read,
    /// It changes the machine.
    Change,
    /// It looks at what this command, which was said so, would do.
    Look { command: SystemCommand, said: String },
}

/// A running command.
pub(super) struct Job {
    pub events: mpsc::Receiver<Event>,
    pub cancel: CancellationToken,
    pub pace: Pace,
    pub kind: JobKind,
    pub timer: Timer,
    /// When it was last told how far it is.
    pub shown: Option<Instant>,
}

impl Conversation {
    /// Looks at what a change would do, which may take Nix some seconds; the question follows.
    pub(super) fn look(&mut self, command: SystemCommand, said: &str) {
        let cancel = CancellationToken::new();
        let events = self.parts.backend.look(command.clone(), cancel.clone());
        let timer = Timer::start(Stage::Backend, "preview");
        let kind = JobKind::Look { command, said: said.to_owned() };
        self.job =
            Some(Job { events, cancel, pace: Pace::new(Instant::now(), PROGRESS_EVERY), kind, timer, shown: None });
    }

    /// Asks about a change, now that it is known what it would do; answers itself where the user said so beforehand.
    pub(super) fn ask(&mut self, command: SystemCommand, plan: PlanFacts, said: &str) {
        let nothing = plan.is_nothing();
        let question = announce::question(&plan, &command.preview(), command.risk(), &Zoned::now());
        self.agreed = Some((command.clone(), plan));
        if nothing {
            // It is carried out all the same: should there be something by now, it is refused and told.
            self.dialogue.asked(command, Instant::now());
            if let Next::Run(approved) = self.dialogue.yes(Instant::now()) {
                self.start(&approved, said);
            }
            return;
        }
        observe::count(Stage::Question, "asked", Ending::Done);
        self.memory.command = Some(command.clone());
        self.dialogue.asked(command, Instant::now());
        self.question = Some(question.clone());
        self.announce(question);
        if !self.parts.always_yes {
            return self.tell(Told::Asked);
        }
        if let Next::Run(approved) = self.dialogue.yes(Instant::now()) {
            self.start(&approved, said);
        }
    }

    pub(super) fn start(&mut self, approved: &Approved, said: &str) {
        self.memory.command = Some(approved.command().clone());
        let cancel = CancellationToken::new();
        // Only what was asked about is agreed to.
        let agreed = self.agreed.take().filter(|(command, _)| command == approved.command()).map(|(_, plan)| plan);
        let events = self.parts.backend.run(approved.command().clone(), agreed, said, cancel.clone());
        let changes = approved.command().risk() > Risk::Read;
        if changes {
            observe::count(Stage::Question, "confirmed", Ending::Done);
        }
        let timer = Timer::start(Stage::Backend, approved.command().name().as_str());
        let kind = if changes { JobKind::Change } else { JobKind::Read };
        self.job =
            Some(Job { events, cancel, pace: Pace::new(Instant::now(), PROGRESS_EVERY), kind, timer, shown: None });
    }

    pub(super) fn event(&mut self, event: Option<Event>) {
        match event {
            Some(Event::Progress(progress)) => {
                let now = Instant::now();
                let Some(job) = &mut self.job else { return };
                let beat = job.pace.observe(&progress, now);
                if job.shown.is_none_or(|shown| now.saturating_duration_since(shown) >= FRAME) {
                    job.shown = Some(now);
                    let left = job.pace.left(now);
                    self.tell(Told::Work(Work { progress: progress.clone(), left }));
                }
                if let Some(beat) = beat {
                    self.announce(announce::progress(&progress, beat));
                }
            }
            Some(Event::Done(Ok(outcome))) => {
                if let Some(job) = self.job.take() {
                    job.timer.end(Ending::Done);
                }
                let announcement = announce::outcome(&outcome, &Zoned::now(), *self.parts.verbosity.borrow());
                self.memory.result(&outcome);
                self.tell(Told::Outcome(outcome));
                self.announce(announcement);
                self.tell(Told::Ended(Ok(())));
            }
            Some(Event::Planned(Ok(plan))) => {
                let Some(Job { kind: JobKind::Look { command, said }, timer, .. }) = self.job.take() else { return };
                timer.end(Ending::Done);
                self.ask(command, *plan, &said);
            }
            Some(Event::Planned(Err(fault)) | Event::Done(Err(fault))) => {
                let job = self.job.take();
                if let Some(job) = &job {
                    job.timer.end(fault.kind.into());
                }
                match job.filter(|job| job.cancel.is_cancelled() && fault.kind == Kind::Declined) {
                    Some(job) => {
                        self.plan.clear();
                        // What came of a change that was broken off is the backend's to say.
                        let told = match job.kind {
                            JobKind::Change => announce::fault(&fault),
                            _ => announce::dialogue(&Turn::Cancelled),
                        };
                        self.announce(told);
                        self.tell(Told::Ended(Err(Kind::Declined)));
                    }
                    None => self.fail(&fault),
                }
            }
            None => {
                self.job = None;
                self.fail(&broken(&"the backend ended without a result"));
            }
        }
    }

    pub(super) fn tick(&mut self) {
        let Some(job) = &mut self.job else { return };
        let beat = job.pace.tick(Instant::now());
        if let (Some(beat), Some(progress)) = (beat, job.pace.latest().cloned()) {
            self.announce(announce::progress(&progress, beat));
        }
    }
}
