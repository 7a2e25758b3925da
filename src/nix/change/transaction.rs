//! One change of what runs, step by step: each step is written down, and all of them are taken back when one fails.
//!
//! The order is `test` (run it now), then the profile link, then `boot` (the boot menu): a system that cannot be
//! activated never becomes what starts at the next boot. `nixos-rebuild` sets the profile first and leaves it there
//! when the activation fails. The journal's entry is begun before and ended after by whoever owns the change.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::GenerationNumber;
use crate::config::Roots;
use crate::nix::read::profiles::{current_number, running_system, system_generations};
use crate::nix::{NixError, Progress, Restored, Stage};

use super::activate::{Action, ActivationExit, activate};
use super::journal::{Ending, Journal, What};
use super::profile::LockedProfile;

/// How long a restoration waits for another program to let go of the profile.
const PATIENCE: Duration = Duration::from_secs(30);

/// From when on the new system counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// Now, and from the next start on.
    Switch,
    /// Now, until the next start.
    Test,
    /// From the next start on.
    Boot,
}

impl Manner {
    /// How it is written down.
    #[must_use]
    pub const fn what(self) -> What {
        match self {
            Self::Switch => What::Switch,
            Self::Test => What::Test,
            Self::Boot => What::Boot,
        }
    }

    /// How a change that was written down goes on.
    #[must_use]
    pub const fn of(what: What) -> Self {
        match what {
            What::To | What::Back | What::Switch => Self::Switch,
            What::Test => Self::Test,
            What::Boot => Self::Boot,
        }
    }
}

/// What was there before a change, and comes back if it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub running: PathBuf,
    pub default: Option<GenerationNumber>,
}

/// How far a change has come: what must be taken back if it goes no further.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    Nothing,
    Tested,
    Linked,
    Booted,
}

/// A change that failed, and what came of taking it back.
pub(super) struct Failed {
    pub error: NixError,
    pub restored: Restored,
}

impl Failed {
    /// It failed before anything was changed.
    pub fn untouched(error: NixError) -> Self {
        Self { error, restored: Restored::Untouched }
    }
}

/// A change at work.
pub(super) struct Transaction<'a> {
    pub roots: &'a Roots,
    pub record: &'a Journal,
    /// Its entry in the journal.
    pub change: i64,
    pub before: Before,
    pub manner: Manner,
    pub system: &'a Path,
    /// The generation that the system is; `None` for a test, which is none.
    pub number: Option<GenerationNumber>,
}

impl Transaction<'_> {
    /// All steps; on failure what ran before is restored.
    pub fn go(
        &self,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<ActivationExit, Box<Failed>> {
        let mut reached = Reached::Nothing;
        self.steps(&mut reached, cancel, tell).map_err(|error| {
            tracing::warn!(%error, "a change failed: what ran before is restored");
            let refused = matches!(error, NixError::Activation { exit: ActivationExit::Refused, .. });
            let restored = self.restore(reached, refused, tell);
            Box::new(Failed { error: self.with_restored(error, reached, restored), restored })
        })
    }

    fn steps(
        &self,
        reached: &mut Reached,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<ActivationExit, NixError> {
        if cancel.is_cancelled() {
            return Err(NixError::Cancelled { restored: Restored::Untouched });
        }
        let mut exit = ActivationExit::Done;
        if self.manner != Manner::Boot {
            *reached = Reached::Tested;
            exit = self.record.step(self.change, "test", || {
                let exit = self.activate(self.system, Action::Test, cancel, tell)?;
                let runs = running_system(self.roots)?;
                if runs == self.system {
                    Ok(exit)
                } else {
                    Err(NixError::ChangedMeanwhile { path: self.roots.current_system() })
                }
            })?;
        }
        let Some(number) = self.number.filter(|_| self.manner != Manner::Test) else { return Ok(exit) };
        *reached = Reached::Linked;
        self.record.step(self.change, "profile", || {
            let profile = self.roots.system_profile();
            LockedProfile::lock(&profile, || {
                tell(waiting(&profile));
                !cancel.is_cancelled()
            })?
            .switch(self.before.default, number)
        })?;
        *reached = Reached::Booted;
        self.record.step(self.change, "boot", || self.activate(self.system, Action::Boot, cancel, tell))?;
        Ok(exit)
    }

    fn activate(
        &self,
        system: &Path,
        action: Action,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<ActivationExit, NixError> {
        let activated = activate(self.roots, system, action, cancel, tell)?;
        match activated.exit {
            Some(exit) if exit.worked() => Ok(exit),
            Some(exit) => Err(NixError::Activation {
                number: self.number,
                exit,
                last: activated.last,
                restored: Restored::Untouched,
            }),
            None => Err(NixError::Cancelled { restored: Restored::Untouched }),
        }
    }

    /// Brings back exactly what was there before. Cannot be cancelled.
    ///
    /// `refused`: the activation was refused by a check or a lock, which may refuse this one as well.
    pub fn restore(&self, reached: Reached, refused: bool, tell: &mut dyn FnMut(Progress)) -> Restored {
        if reached == Reached::Nothing {
            return Restored::Untouched;
        }
        let mut results = Vec::new();
        if reached >= Reached::Linked && self.manner != Manner::Test {
            results.push(self.record.step(self.change, "restore-profile", || self.relink(tell)));
        }
        // The activation goes on even where the link or the record fails: what runs matters most.
        if self.manner != Manner::Boot {
            results.push(self.record.step(self.change, "restore-test", || self.reactivate(refused, tell)));
        }
        if reached == Reached::Booted
            && self.manner != Manner::Test
            && let Some(system) = self.default_system()
        {
            results.push(self.record.step(self.change, "restore-boot", || {
                self.activate(&system, Action::Boot, &CancellationToken::new(), tell).map(drop)
            }));
        }
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            tracing::error!(%error, "what ran before could not be restored whole");
        }
        if results.iter().all(Result::is_ok) { Restored::Before } else { Restored::Failed }
    }

    /// Points the profile at what it pointed at before, if it is this change that turned it.
    pub fn relink(&self, tell: &mut dyn FnMut(Progress)) -> Result<(), NixError> {
        let profile = self.roots.system_profile();
        if current_number(&profile) == self.before.default {
            return Ok(());
        }
        let until = Instant::now() + PATIENCE;
        let locked = LockedProfile::lock(&profile, || {
            tell(waiting(&profile));
            Instant::now() < until
        })?;
        match (current_number(&profile), self.before.default) {
            (now, Some(before)) if now == self.number => locked.switch(now, before),
            (now, before) if now == before => Ok(()),
            _ => Err(NixError::ChangedMeanwhile { path: profile.clone() }),
        }
    }

    /// Runs the system that ran before. That some of its units fail does not make it another system.
    fn reactivate(&self, refused: bool, tell: &mut dyn FnMut(Progress)) -> Result<(), NixError> {
        let system = &self.before.running;
        let activated = activate(self.roots, system, Action::Test, &CancellationToken::new(), tell)?;
        let exit = activated.exit.unwrap_or(ActivationExit::Killed);
        let untouched = refused && exit == ActivationExit::Refused;
        let whole = exit.worked() || exit == ActivationExit::UnitsFailed || untouched;
        if whole && running_system(self.roots)? == *system {
            return Ok(());
        }
        Err(NixError::Activation { number: self.number, exit, last: activated.last, restored: Restored::Failed })
    }

    /// The system that was the default before.
    fn default_system(&self) -> Option<PathBuf> {
        let generations = system_generations(self.roots).ok()?;
        generations.into_iter().find(|generation| Some(generation.number) == self.before.default).map(|g| g.path)
    }

    /// The error of a failed change, with what came of the restoration.
    fn with_restored(&self, error: NixError, reached: Reached, restored: Restored) -> NixError {
        match (error, self.number) {
            (NixError::Cancelled { .. }, _) => NixError::Cancelled { restored },
            (NixError::Activation { exit, last, .. }, number) if reached == Reached::Tested => {
                NixError::Activation { number, exit, last, restored }
            }
            (source, Some(number)) => NixError::Default { number, source: Box::new(source), restored },
            (source, None) => source,
        }
    }
}

/// Writes down how a change ended that was taken back; what cannot be written is told in the log.
pub(super) fn close(record: &Journal, change: i64, restored: Restored) {
    let ending = match restored {
        Restored::Untouched | Restored::Before => Ending::Restored,
        Restored::Partly | Restored::Failed => Ending::Broken,
    };
    if let Err(error) = record.end(change, ending) {
        tracing::error!(%error, "the end of a change could not be written down");
    }
}

fn waiting(profile: &Path) -> Progress {
    let at = profile.file_name().map(|name| name.to_string_lossy().into_owned());
    Progress { at, ..Progress::of(Stage::Waiting) }
}
