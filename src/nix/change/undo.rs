//! Taking the newest change back: the system that it led to, and the edit that it began with.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::RollbackTarget;
use crate::config::Roots;
use crate::nix::edit::{self, EditError, Made};
use crate::nix::{NixError, Outcome, Progress};

use super::configure::{Reconfigured, backups};
use super::journal::{Ending, Entry, Journal, What};
use super::rollback::{self, RollbackPlan};
use super::transaction::Manner;

/// Changes of the past that are looked at for what can be undone.
const PAST: u32 = 200;

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

/// Finds out what the newest change was, and whether it can be taken back.
pub fn plan_undo(roots: &Roots, journal: &Path) -> Result<UndoPlan, NixError> {
    let folder = backups(journal);
    let made = edit::newest(&folder)?;
    let undone = undone(&folder);
    let entries = if journal.exists() { Journal::open(journal)?.entries(PAST)? } else { Vec::new() };
    let done: Vec<&Entry> =
        entries.iter().filter(|one| one.ending == Some(Ending::Done) && !undone.contains(&one.id)).collect();
    let (edit, entry) = match (made, done.first()) {
        // The edit, and the switch that it led to.
        (Some(made), Some(last)) if last.edit.as_ref() == Some(&made.id) => (Some(made), Some(*last)),
        // It made no other system.
        (Some(made), last) if last.is_none_or(|last| Some(last.started) < made.time()) => (Some(made), None),
        // Something else was changed since: that comes first.
        (_, Some(last)) => (None, Some(*last)),
        (_, None) => return Err(EditError::NothingToTakeBack.into()),
    };
    let rollback = match entry {
        Some(entry) => {
            // What was only made ready for the next start took the default's place, and no other.
            let ran = entry.ran_number.filter(|_| entry.what != What::Boot).or(entry.default_number);
            let number = ran.ok_or_else(|| NixError::RunningUnknown { path: entry.ran_path.clone() })?;
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
///
/// `agreed` is what the user was told: if it would be something else by now, nothing is done.
pub fn undo(
    roots: &Roots,
    journal: &Path,
    agreed: Option<&UndoPlan>,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Outcome, NixError> {
    rollback::permitted(roots)?;
    let plan = plan_undo(roots, journal)?;
    if agreed.is_some_and(|agreed| *agreed != plan) {
        return Err(NixError::ChangedMeanwhile { path: roots.system_profile() });
    }
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
        manner: Manner::Switch,
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
