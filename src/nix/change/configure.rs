//! From a configuration to the system that runs: switching to it, editing it first, taking both back.
//!
//! An edit whose system cannot be built or activated is put back byte for byte, so that the
//! configuration always describes a system that works.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::{GenerationNumber, RollbackTarget};
use crate::config::Roots;
use crate::nix::edit::{self, Change, Edit, EditError, Made, Request};
use crate::nix::read::discovery;
use crate::nix::read::profiles::{current_number, generation_link, running_system, system_generations};
use crate::nix::{Difference, Generation, NixError, Outcome, Progress};

use super::build::build;
use super::journal::{Ending, Entry, Journal};
use super::profile::LockedProfile;
use super::rollback::{self, RollbackPlan};

/// Changes of the past that are looked at for what can be undone.
const PAST: u32 = 200;

/// What was done.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
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
    pub reboot_needed: bool,
}

/// What an undo would take back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UndoPlan {
    pub files: Vec<PathBuf>,
    /// What the user had said to it.
    pub why: String,
    pub rollback: Option<Box<RollbackPlan>>,
    #[serde(skip)]
    edit: Option<Made>,
    #[serde(skip)]
    entry: Option<i64>,
}

/// Where edits are kept: beside the journal.
fn backups(journal: &Path) -> PathBuf {
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

/// Edits the configuration and switches to it; if that fails, every byte is as it was.
pub fn apply(
    roots: &Roots,
    journal: &Path,
    request: &Request,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Outcome, NixError> {
    rollback::permitted(roots)?;
    let edit = plan(roots, request)?;
    let made = edit::make(&edit, &backups(journal), why)?;
    match switched(roots, journal, why, cancel, tell) {
        Ok(done) => Ok(Outcome::Reconfigured(Box::new(Reconfigured { changes: edit.changes, ..done }))),
        Err(error) => {
            tracing::warn!(%error, "the edited configuration does not work: it is put back");
            let put_back = made.take_back().inspect_err(|error| tracing::error!(%error, "not put back")).is_ok();
            Err(NixError::NotApplied { source: Box::new(error), put_back })
        }
    }
}

/// Builds the configuration and switches to it.
pub fn switch(
    roots: &Roots,
    journal: &Path,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Outcome, NixError> {
    rollback::permitted(roots)?;
    Ok(Outcome::Reconfigured(Box::new(switched(roots, journal, why, cancel, tell)?)))
}

fn switched(
    roots: &Roots,
    journal: &Path,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Reconfigured, NixError> {
    let built = build(roots, cancel, tell)?;
    let profile = roots.system_profile();
    let generations = system_generations(roots)?;
    let same = running_system(roots)? == built.system
        && generations.iter().any(|generation| generation.current && generation.path == built.system);
    if same {
        return Ok(Reconfigured::default());
    }
    let number = LockedProfile::lock(&profile, || !cancel.is_cancelled())?.add(&built.system)?;
    let is_new = !generations.iter().any(|generation| generation.number == number);
    let target = RollbackTarget::Number(number);
    let gone = || {
        if is_new {
            forget(&profile, number);
        }
    };
    let difference = rollback::plan(roots, journal, &target).inspect_err(|_| gone())?.difference;
    match rollback::roll_back(roots, journal, &target, None, why, cancel, tell).inspect_err(|_| gone())? {
        Outcome::RolledBack { from, to, reboot_needed } => Ok(Reconfigured {
            from,
            to: Some(to),
            difference: Some(difference),
            reboot_needed,
            ..Reconfigured::default()
        }),
        _ => Err(NixError::ChangedMeanwhile { path: profile }),
    }
}

/// Takes the link of a generation away that could not be activated, unless it is the current one after all.
fn forget(profile: &Path, number: GenerationNumber) {
    if current_number(profile) == Some(number) {
        return;
    }
    if let Err(error) = fs::remove_file(generation_link(profile, number)) {
        tracing::warn!(%error, %number, "a generation that failed could not be taken away");
    }
}

/// Finds out what the newest change was, and whether it can be taken back.
pub fn plan_undo(roots: &Roots, journal: &Path) -> Result<UndoPlan, NixError> {
    let folder = backups(journal);
    let made = edit::newest(&folder)?;
    let undone = undone(&folder);
    let entries = if journal.exists() { Journal::open(journal)?.entries(PAST)? } else { Vec::new() };
    let done: Vec<&Entry> =
        entries.iter().filter(|one| one.ending == Some(Ending::Done) && !undone.contains(&one.id)).collect();
    let since = |made: &Made| done.iter().filter(|entry| Some(entry.started) >= made.time()).count();
    let (edit, entry) = match (made, done.first()) {
        // The edit, and the one switch that it led to.
        (Some(made), Some(last)) if since(&made) == 1 => (Some(made), Some(*last)),
        (Some(made), _) if since(&made) == 0 => (Some(made), None),
        // Something else was changed since: that comes first.
        (_, Some(last)) => (None, Some(*last)),
        (_, None) => return Err(EditError::NothingToTakeBack.into()),
    };
    let rollback = match entry {
        Some(entry) => {
            let number = entry.ran_number.ok_or_else(|| NixError::RunningUnknown { path: entry.ran_path.clone() })?;
            Some(Box::new(rollback::plan(roots, journal, &RollbackTarget::Number(number))?))
        }
        None => None,
    };
    if let Some(made) = &edit {
        made.can_be_taken_back()?;
    }
    Ok(UndoPlan {
        files: edit.as_ref().map(|made| made.files.clone()).unwrap_or_default(),
        why: edit
            .as_ref()
            .map(|made| made.why.clone())
            .or_else(|| entry.map(|one| one.why.clone()))
            .unwrap_or_default(),
        rollback,
        edit,
        entry: entry.map(|entry| entry.id),
    })
}

/// Takes the newest change back: first the system, then the files that described it.
pub fn undo(
    roots: &Roots,
    journal: &Path,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Outcome, NixError> {
    rollback::permitted(roots)?;
    let plan = plan_undo(roots, journal)?;
    let (mut from, mut to, mut reboot_needed) = (None, None, false);
    if let Some(back) = &plan.rollback {
        let target = RollbackTarget::Number(back.to.number);
        if let Outcome::RolledBack { from: left, to: runs, reboot_needed: reboot } =
            rollback::roll_back(roots, journal, &target, Some(back), why, cancel, tell)?
        {
            (from, to, reboot_needed) = (left, Some(runs), reboot);
        }
        let own = Journal::open(journal)?.entries(1)?.first().map(|entry| entry.id);
        remember(&backups(journal), plan.entry.into_iter().chain(own))?;
    }
    if let Some(made) = &plan.edit {
        made.take_back()?;
    }
    Ok(Outcome::Reconfigured(Box::new(Reconfigured {
        changes: Vec::new(),
        put_back: plan.files,
        from,
        to,
        difference: plan.rollback.map(|plan| plan.difference),
        reboot_needed,
    })))
}

/// Changes that were taken back, and the changes that did so: neither is undone again.
fn undone(folder: &Path) -> Vec<i64> {
    let text = fs::read_to_string(folder.join("undone")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

fn remember(folder: &Path, ids: impl Iterator<Item = i64>) -> Result<(), NixError> {
    let path = folder.join("undone");
    let mut all = undone(folder);
    all.extend(ids);
    let mut text: String = all.iter().map(i64::to_string).collect::<Vec<_>>().join("\n");
    text.push('\n');
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)).map_err(NixError::io("written", &path))
}

impl Made {
    /// When it was made.
    fn time(&self) -> Option<Timestamp> {
        self.id.parse().ok().and_then(|micros| Timestamp::from_microsecond(micros).ok())
    }
}
