//! From a configuration to the system that runs: switching to it, editing it first, taking both back.
//!
//! An edit whose system cannot be built or activated is put back byte for byte, so that the
//! configuration always describes a system that works.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::GenerationNumber;
use crate::config::Roots;
use crate::nix::build::{self, Channel, How, Kept, Source, SystemPlan, UpdatePlan};
use crate::nix::edit::{self, Change, Edit, Made, Request};
use crate::nix::read::discovery;
use crate::nix::read::profiles::{current_number, generation_of, running_system, system_generations};
use crate::nix::read::reboot::reboot_needed;
use crate::nix::read::store::Store;
use crate::nix::{Difference, Files, Generation, NixError, Outcome, Progress, Restored};

use super::activate::ActivationExit;
use super::journal::{Begin, Ending, Entry, Journal};
use super::profile::LockedProfile;
use super::rollback::{permitted, validate};
use super::transaction::{Before, Failed, Manner, Transaction, close};
use super::unfinished::forget_made;

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconfigured {
    /// What was edited; nothing for a switch alone.
    pub changes: Vec<Change>,
    /// The files that were put back, of an undo.
    pub put_back: Vec<PathBuf>,
    /// The generation that ran before.
    pub from: Option<Generation>,
    /// The generation that runs now; `None` where the system is the same as before.
    pub to: Option<Generation>,
    pub difference: Option<Difference>,
    /// From when on it counts.
    pub manner: Manner,
    pub reboot_needed: bool,
}

/// Where edits are kept: beside the journal.
pub(super) fn backups(journal: &Path) -> PathBuf {
    journal.with_file_name("edits")
}

/// Works out an edit of the machine's configuration. Changes nothing.
pub fn plan(roots: &Roots, request: &Request) -> Result<Edit, NixError> {
    let configuration =
        discovery::configuration(roots).ok_or_else(|| NixError::NoConfiguration { at: roots.etc_nixos.clone() })?;
    let edit = edit::propose(&edit::start(&configuration)?, request)?;
    edit::permitted(&edit, &roots.store)?;
    Ok(edit)
}

/// What is to become of the configuration before it is built.
#[derive(Debug, Clone, Copy)]
pub enum Work<'a> {
    /// It is edited; `agreed` is the edit that the user was told.
    Edit { request: &'a Request, agreed: Option<&'a Edit> },
    /// Its sources are brought up to date, as it was told.
    Update { told: &'a UpdatePlan },
    /// It is built as it is; `agreed` is the system that the user was told.
    Build { agreed: Option<&'a SystemPlan> },
}

impl Work<'_> {
    /// The edit to make, worked out again: the turn to change anything is ours now.
    fn edit(&self, roots: &Roots) -> Result<Option<Edit>, NixError> {
        match self {
            Self::Edit { request, agreed } => {
                let edit = plan(roots, request)?;
                if agreed.is_some_and(|agreed| *agreed != edit) {
                    return Err(NixError::ChangedMeanwhile { path: roots.etc_nixos.clone() });
                }
                Ok(Some(edit))
            }
            Self::Update { told } if !told.still(roots) => {
                Err(NixError::ChangedMeanwhile { path: roots.etc_nixos.clone() })
            }
            Self::Update { told } => match &told.how {
                How::Lock(edit) => Ok(edit.clone()),
                How::Channel(_) => Ok(None),
            },
            Self::Build { .. } => Ok(None),
        }
    }

    /// The channel that is brought up to date.
    fn channel(&self) -> Option<&Channel> {
        match self {
            Self::Update { told } if !told.moved.is_empty() => match &told.how {
                How::Channel(channel) => Some(channel),
                How::Lock(_) => None,
            },
            _ => None,
        }
    }

    fn agreed(&self) -> Option<&SystemPlan> {
        match self {
            // A flake that is told its own commit, and a nixpkgs that is told its path, give another system once
            // they are in their place: there, the sources are what was agreed to.
            Self::Edit { .. } | Self::Update { .. } => None,
            Self::Build { agreed } => *agreed,
        }
    }
}

/// Edits the configuration if that is asked for, builds it, and goes to the system that it gives.
///
/// One change in the journal, from before the first file is written: if any of it fails, or is killed and then taken
/// back, every file, link and what runs are as they were.
pub fn carry_out(
    roots: &Roots,
    files: &Files,
    work: Work<'_>,
    manner: Manner,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Outcome, NixError> {
    permitted(roots)?;
    let record = Journal::open(&files.journal)?;
    let turn = record.turn()?;
    let edit = work.edit(roots)?;
    let running = running_system(roots)?;
    let generations = system_generations(roots)?;
    let from = generation_of(&generations, &running).cloned();
    let before = Before { running, default: current_number(&roots.system_profile()) };
    let begin = Begin {
        what: manner.what(),
        why,
        ran_path: &before.running,
        ran_number: from.as_ref().map(|from| from.number),
        default_number: before.default,
        to: None,
    };
    let change = record.begin(&turn, &begin)?;
    let started = Started { roots, files, record: &record, change, before: &before, manner };
    let made = match started.edit(edit.as_ref(), why) {
        Ok(made) => made,
        Err(error) => {
            close(&record, change, Restored::Untouched);
            return Err(error);
        }
    };
    let channel = work.channel();
    let before = channel.and_then(|channel| current_number(&channel.profile));
    let fetched = channel.map_or(Ok(()), |channel| {
        record
            .step(change, "channels", || channel.update(roots, cancel))
            .map_err(|error| Box::new(Failed::untouched(error)))
    });
    match fetched.and_then(|()| started.build_and_go(work.agreed(), cancel, tell)) {
        Ok(Some(done)) => {
            record.end(change, Ending::Done)?;
            Ok(done.told(edit, from, manner))
        }
        Ok(None) => {
            // What the files say is what runs already: the edit alone is what there is to undo.
            record.forget(change)?;
            Ok(Gone::default().told(edit, None, manner))
        }
        Err(failed) => {
            if let (Some(channel), Some(before)) = (channel, before) {
                put_channel_back(&channel.profile, before);
            }
            Err(started.failed(*failed, made.as_ref()))
        }
    }
}

/// Points the channels at what they were before an update that failed; where that fails, a newer nixpkgs stays, which
/// changes nothing until the next switch.
fn put_channel_back(profile: &Path, before: GenerationNumber) {
    let now = current_number(profile);
    if now == Some(before) {
        return;
    }
    let back = LockedProfile::lock(profile, || true).and_then(|profile| profile.switch(now, before));
    if let Err(error) = back {
        tracing::error!(%error, "the channels could not be put back");
    }
}

/// A change that was begun.
struct Started<'a> {
    roots: &'a Roots,
    files: &'a Files,
    record: &'a Journal,
    change: i64,
    before: &'a Before,
    manner: Manner,
}

/// What a change led to.
#[derive(Default)]
struct Gone {
    to: Option<Generation>,
    difference: Option<Difference>,
    reboot_needed: bool,
}

impl Gone {
    fn told(self, edit: Option<Edit>, from: Option<Generation>, manner: Manner) -> Outcome {
        Outcome::Reconfigured(Box::new(Reconfigured {
            changes: edit.map(|edit| edit.changes).unwrap_or_default(),
            put_back: Vec::new(),
            from: from.map(|from| Generation { current: manner == Manner::Test, ..from }),
            to: self.to,
            difference: self.difference,
            manner,
            reboot_needed: self.reboot_needed,
        }))
    }
}

impl Started<'_> {
    /// Writes the edit, once it is written down which one it is.
    fn edit(&self, edit: Option<&Edit>, why: &str) -> Result<Option<Made>, NixError> {
        let Some(edit) = edit else { return Ok(None) };
        let mut prepared = edit::prepare(edit, &backups(&self.files.journal), why)?;
        if let Err(error) = self.record.edits(self.change, &prepared.id) {
            prepared.give_up()?;
            return Err(error);
        }
        self.record.step(self.change, "edit", || Ok(prepared.write()?)).map(Some)
    }

    /// Builds, and goes there; `None` if that is what runs already.
    fn build_and_go(
        &self,
        agreed: Option<&SystemPlan>,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Option<Gone>, Box<Failed>> {
        let untouched = |error| Box::new(Failed::untouched(error));
        let roots = self.roots;
        let built = self.record.step(self.change, "build", || {
            let kept = Kept::beside(&self.files.index, &self.files.journal);
            let plan = build::plan(roots, &Source::of(roots)?, &kept, cancel, tell)?;
            if agreed.is_some_and(|agreed| agreed.system != plan.system) {
                return Err(NixError::ChangedMeanwhile { path: roots.etc_nixos.clone() });
            }
            build::make(roots, &plan, &kept, cancel, tell)
        });
        let built = built.map_err(untouched)?;
        let generations = system_generations(roots).map_err(untouched)?;
        let is_default = generations.iter().any(|generation| generation.current && generation.path == built.system);
        let runs = self.before.running == built.system;
        let same = match self.manner {
            Manner::Switch => runs && is_default,
            Manner::Test => runs,
            Manner::Boot => is_default,
        };
        if same {
            return Ok(None);
        }
        let store = Store::open(roots).map_err(untouched)?;
        validate(roots, &store, &built.system).map_err(untouched)?;
        let difference = Difference::between(&store, &self.before.running, &built.system).map_err(untouched)?;
        let number = self.generation(&built.system, cancel).map_err(untouched)?;
        let transaction = Transaction {
            roots,
            record: self.record,
            change: self.change,
            before: self.before.clone(),
            manner: self.manner,
            system: &built.system,
            number,
        };
        let reboot = reboot_needed(roots, &built.system);
        let exit = transaction.go(cancel, tell)?;
        let to = system_generations(roots).ok().and_then(|all| generation_of(&all, &built.system).cloned());
        Ok(Some(Gone {
            to: to.filter(|_| number.is_some()),
            difference: Some(difference),
            reboot_needed: reboot || exit == ActivationExit::RebootNeeded,
        }))
    }

    /// Makes the system a generation; a test makes none.
    fn generation(&self, system: &Path, cancel: &CancellationToken) -> Result<Option<GenerationNumber>, NixError> {
        self.record.goes_to(self.change, system, None)?;
        if self.manner == Manner::Test {
            return Ok(None);
        }
        self.record.step(self.change, "generation", || {
            let profile = self.roots.system_profile();
            let number = LockedProfile::lock(&profile, || !cancel.is_cancelled())?.add(system)?;
            self.record.goes_to(self.change, system, Some(number))?;
            Ok(Some(number))
        })
    }

    /// Takes back what is left to take back of a failed change, and writes down how it ended.
    fn failed(&self, failed: Failed, made: Option<&Made>) -> NixError {
        let Failed { error, restored } = failed;
        if restored == Restored::Failed {
            // What runs is not known: the files and the generation stay, so that nothing else is lost.
            close(self.record, self.change, restored);
            return match made {
                Some(_) => NixError::NotApplied { source: Box::new(error), put_back: false },
                None => error,
            };
        }
        let entry = self.record.entries(1).ok().and_then(|entries| entries.into_iter().next());
        if let Some(entry) = entry.filter(|entry: &Entry| entry.id == self.change)
            && let Err(error) = forget_made(self.roots, &entry)
        {
            tracing::warn!(%error, "a generation that failed could not be taken away");
        }
        let put_back = made.is_none_or(Made::put_back);
        close(self.record, self.change, if put_back { restored } else { Restored::Failed });
        match made {
            Some(_) => NixError::NotApplied { source: Box::new(error), put_back },
            None => error,
        }
    }
}
