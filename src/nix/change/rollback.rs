//! Going to another generation: what it would do, doing it, and taking it back when it fails.
//!
//! The order is `test` (run it now), then the profile link, then `boot` (the boot menu): a system
//! that cannot be activated never becomes what starts at the next boot. `nixos-rebuild` sets the
//! profile first and leaves it there when the activation fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Access, access};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::{GenerationNumber, RollbackTarget};
use crate::config::Roots;
use crate::nix::read::difference::Difference;
use crate::nix::read::profiles::{current_number, generation_of, running_system, system_generations};
use crate::nix::read::reboot::reboot_needed;
use crate::nix::read::store::Store;
use crate::nix::{Generation, NixError, Outcome, Progress, Restored, Stage};

use super::activate::{Action, ActivationExit, activate};
use super::journal::{Begin, Ending, Entry, Journal, Turn, What};
use super::profile::LockedProfile;
use super::target::{self, Scope};

/// How long a restoration waits for another program to let go of the profile.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a roll back would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RollbackPlan {
    /// The generation that runs now; `None` if what runs is no generation.
    pub from: Option<Generation>,
    pub to: Generation,
    pub difference: Difference,
    /// The kernel, its modules or the first file system differ from what was booted.
    pub reboot_needed: bool,
    /// The generation that starts at the next boot now.
    pub default: Option<GenerationNumber>,
    #[serde(skip)]
    running: PathBuf,
}

/// Finds out what a roll back would do, and whether it can be done. Changes nothing.
pub fn plan(roots: &Roots, journal: &Path, target: &RollbackTarget) -> Result<RollbackPlan, NixError> {
    let generations = system_generations(roots)?;
    let running = running_system(roots)?;
    let from = generation_of(&generations, &running).cloned();
    let to = target::resolve(&Scope { roots, journal, generations: &generations, running: &running }, target)?;
    if to.path == running && to.current {
        return Err(NixError::RunsAlready { number: to.number });
    }
    let store = Store::open(roots)?;
    validate(roots, &store, &to.path)?;
    Ok(RollbackPlan {
        difference: Difference::between(&store, &running, &to.path)?,
        reboot_needed: reboot_needed(roots, &to.path),
        default: current_number(&roots.system_profile()),
        from,
        to,
        running,
    })
}

/// Refuses what is not a whole, valid system of this store.
fn validate(roots: &Roots, store: &Store, system: &Path) -> Result<(), NixError> {
    if !store.is_valid(system)? {
        return Err(NixError::NotInStore { path: system.to_owned() });
    }
    let lacks = |lacks| NixError::NotASystem { path: system.to_owned(), lacks };
    let real = fs::symlink_metadata(system).map_err(NixError::io("read", system))?;
    if !real.is_dir() || system.parent() != Some(roots.store.as_path()) {
        return Err(lacks("its folder"));
    }
    for (file, name) in [
        ("nixos-version", "its version"),
        ("init", "the program that starts it"),
        ("bin/switch-to-configuration", "the program that activates it"),
    ] {
        if !system.join(file).exists() {
            return Err(lacks(name));
        }
    }
    Ok(())
}

/// Whether this user may change the system at all, before anything is begun.
pub(super) fn permitted(roots: &Roots) -> Result<(), NixError> {
    let profiles = roots.profiles();
    let machine = roots.system == Path::new("/");
    if access(&profiles, Access::WRITE_OK).is_err() || (machine && !rustix::process::geteuid().is_root()) {
        return Err(NixError::NotPermitted { path: roots.system_profile() });
    }
    Ok(())
}

/// Goes to another generation, or leaves exactly what ran before.
pub fn roll_back(
    roots: &Roots,
    journal: &Path,
    target: &RollbackTarget,
    agreed: Option<&RollbackPlan>,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Outcome, NixError> {
    permitted(roots)?;
    let record = Journal::open(journal)?;
    let turn = record.turn()?;
    // Planned again with the turn in hand: another change may have ended since the user agreed.
    let plan = plan(roots, journal, target)?;
    if agreed.is_some_and(|agreed| *agreed != plan) {
        return Err(NixError::ChangedMeanwhile { path: roots.system_profile() });
    }
    let before = Before { running: plan.running.clone(), default: plan.default };
    let what = match target {
        RollbackTarget::Previous => What::Back,
        _ => What::To,
    };
    let change = record.begin(
        &turn,
        &Begin {
            what,
            why,
            ran_path: &before.running,
            ran_number: plan.from.as_ref().map(|from| from.number),
            default_number: before.default,
            to_path: &plan.to.path,
            to_number: plan.to.number,
        },
    )?;
    let switch = Switch { roots, record: &record, change, before, to: (plan.to.number, &plan.to.path) };
    let exit = switch.go(cancel, tell)?;
    let to = Generation { current: true, ..plan.to };
    let from = plan.from.map(|from| Generation { current: false, ..from });
    Ok(Outcome::RolledBack { from, to, reboot_needed: plan.reboot_needed || exit == ActivationExit::RebootNeeded })
}

/// What was there before a change, and comes back if it fails.
struct Before {
    running: PathBuf,
    default: Option<GenerationNumber>,
}

/// How far a change has come: what must be taken back if it goes no further.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Nothing,
    Tested,
    Linked,
    Booted,
}

/// A change at work.
struct Switch<'a> {
    roots: &'a Roots,
    record: &'a Journal,
    change: i64,
    before: Before,
    to: (GenerationNumber, &'a Path),
}

impl Switch<'_> {
    /// All steps; on failure what ran before is restored, and the error says whether that worked.
    fn go(&self, cancel: &CancellationToken, tell: &mut dyn FnMut(Progress)) -> Result<ActivationExit, NixError> {
        let mut reached = Reached::Nothing;
        match self.steps(&mut reached, cancel, tell) {
            Ok(exit) => {
                self.record.end(self.change, Ending::Done)?;
                Ok(exit)
            }
            Err(error) => {
                tracing::warn!(%error, "a change failed: what ran before is restored");
                let refused = matches!(error, NixError::Activation { exit: ActivationExit::Refused, .. });
                let restored = self.restore(reached, refused, tell);
                self.close(restored);
                Err(with_restored(error, self.to.0, reached, restored))
            }
        }
    }

    fn steps(
        &self,
        reached: &mut Reached,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<ActivationExit, NixError> {
        let (number, system) = self.to;
        if cancel.is_cancelled() {
            return Err(NixError::Cancelled { restored: Restored::Untouched });
        }
        *reached = Reached::Tested;
        let exit = self.record.step(self.change, "test", || {
            let exit = self.activate(system, Action::Test, cancel, tell)?;
            let runs = running_system(self.roots)?;
            if runs == system {
                Ok(exit)
            } else {
                Err(NixError::ChangedMeanwhile { path: self.roots.current_system() })
            }
        })?;
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
        self.record.step(self.change, "boot", || self.activate(system, Action::Boot, cancel, tell))?;
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
                number: self.to.0,
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
    fn restore(&self, reached: Reached, refused: bool, tell: &mut dyn FnMut(Progress)) -> Restored {
        if reached == Reached::Nothing {
            return Restored::Untouched;
        }
        let link = if reached >= Reached::Linked {
            self.record.step(self.change, "restore-profile", || self.relink(tell))
        } else {
            Ok(())
        };
        // The activation goes on even where the link or the record fails: what runs matters most.
        let activation = self.record.step(self.change, "restore-test", || self.reactivate(refused, tell));
        let boot = match self.default_system() {
            Some(system) if reached == Reached::Booted => self.record.step(self.change, "restore-boot", || {
                self.activate(&system, Action::Boot, &CancellationToken::new(), tell).map(drop)
            }),
            _ => Ok(()),
        };
        let results = [link, activation, boot];
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            tracing::error!(%error, "what ran before could not be restored whole");
        }
        if results.iter().all(Result::is_ok) { Restored::Before } else { Restored::Failed }
    }

    /// Points the profile at what it pointed at before, if it is this change that turned it.
    fn relink(&self, tell: &mut dyn FnMut(Progress)) -> Result<(), NixError> {
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
            (now, Some(before)) if now == Some(self.to.0) => locked.switch(now, before),
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
        Err(NixError::Activation { number: self.to.0, exit, last: activated.last, restored: Restored::Failed })
    }

    /// The system that was the default before.
    fn default_system(&self) -> Option<PathBuf> {
        let generations = system_generations(self.roots).ok()?;
        generations.into_iter().find(|generation| Some(generation.number) == self.before.default).map(|g| g.path)
    }

    fn close(&self, restored: Restored) {
        let ending = match restored {
            Restored::Untouched | Restored::Before => Ending::Restored,
            Restored::Partly | Restored::Failed => Ending::Broken,
        };
        if let Err(error) = self.record.end(self.change, ending) {
            tracing::error!(%error, "the end of a change could not be written down");
        }
    }
}

fn waiting(profile: &Path) -> Progress {
    let at = profile.file_name().map(|name| name.to_string_lossy().into_owned());
    Progress { stage: Stage::Waiting, done: 0, expected: 0, at }
}

/// The error of a failed change, with what came of the restoration.
fn with_restored(error: NixError, number: GenerationNumber, reached: Reached, restored: Restored) -> NixError {
    match error {
        NixError::Cancelled { .. } => NixError::Cancelled { restored },
        NixError::Activation { exit, last, .. } if reached == Reached::Tested => {
            NixError::Activation { number, exit, last, restored }
        }
        source => NixError::Default { number, source: Box::new(source), restored },
    }
}

/// A change that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub entry: Entry,
    /// The steps that were begun, and whether each came to its end.
    pub steps: Vec<(String, bool)>,
}

/// The change that was cut short, by a kill or a power cut, if there is one.
pub fn unfinished(journal: &Path) -> Result<Option<Unfinished>, NixError> {
    if !journal.exists() {
        return Ok(None);
    }
    let record = Journal::open(journal)?;
    let turn = match record.turn() {
        Err(NixError::Busy) => return Ok(None),
        other => other?,
    };
    let Some(entry) = record.unfinished(&turn)? else { return Ok(None) };
    let steps = record.steps(entry.id)?;
    Ok(Some(Unfinished { entry, steps }))
}

/// The steps of the newest change, whether it is at work or not.
pub fn last_steps(journal: &Path) -> Result<Vec<(String, bool)>, NixError> {
    if !journal.exists() {
        return Ok(Vec::new());
    }
    let record = Journal::open(journal)?;
    let newest = record.entries(1)?.pop();
    newest.map_or_else(|| Ok(Vec::new()), |entry| record.steps(entry.id))
}

/// Which way a change that was cut short is brought to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// All its steps once more: each may be done twice.
    Finish,
    /// Back to what ran before it.
    Undo,
}

/// What runs after a change that was cut short was brought to an end.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// `None` if it is no generation: a system that ran as a test.
    pub runs: Option<Generation>,
    pub reboot_needed: bool,
}

/// Brings the change that was cut short to an end.
pub fn settle(
    roots: &Roots,
    journal: &Path,
    way: Way,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Settled, NixError> {
    permitted(roots)?;
    let record = Journal::open(journal)?;
    let turn: Turn = record.turn()?;
    let entry = record.unfinished(&turn)?.ok_or(NixError::NothingUnfinished)?;
    let profile = roots.system_profile();
    let now = current_number(&profile);
    if now != Some(entry.to_number) && now != entry.default_number {
        // The user has since chosen another system by other means: it is not this change's to take away.
        record.end(entry.id, Ending::Superseded)?;
        return Err(NixError::ChangedMeanwhile { path: profile });
    }
    let wanted = match way {
        Way::Finish => &entry.to_path,
        Way::Undo => &entry.ran_path,
    };
    validate(roots, &Store::open(roots)?, wanted)?;
    let reboot_needed = reboot_needed(roots, wanted);
    let before = Before { running: entry.ran_path.clone(), default: entry.default_number };
    let switch = Switch { roots, record: &record, change: entry.id, before, to: (entry.to_number, &entry.to_path) };
    match way {
        Way::Finish => {
            // It may have been cut short after the link was turned; then it is turned back first.
            record.step(entry.id, "finish", || switch.relink(tell))?;
            switch.go(cancel, tell)?;
        }
        Way::Undo => {
            let restored = switch.restore(Reached::Booted, false, tell);
            switch.close(restored);
            if restored == Restored::Failed {
                return Err(NixError::NotRestored { path: entry.ran_path });
            }
        }
    }
    let runs = generation_of(&system_generations(roots)?, wanted).cloned();
    Ok(Settled { runs, reboot_needed })
}
