//! Changes that were cut short, by a kill or a power cut: found, told, and brought to an end.

use std::fs;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::edit::{self, Made};
use crate::nix::read::profiles::{current_number, generation_link, generation_of, system_generations};
use crate::nix::read::reboot::reboot_needed;
use crate::nix::read::store::Store;
use crate::nix::{Generation, NixError, Progress, Restored};

use super::configure::backups;
use super::journal::{Ending, Entry, Journal};
use super::rollback::{permitted, validate};
use super::transaction::{Before, Manner, Reached, Transaction, close};

/// A change that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub entry: Entry,
    /// The steps that were begun, and whether each came to its end.
    pub steps: Vec<(String, bool)>,
}

/// The change that was cut short, if there is one.
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
    if entry.to_path.is_none() && entry.edit.is_none() {
        // It was evaluating or building: nothing of the machine had been touched.
        record.end(entry.id, Ending::Restored)?;
        return Ok(None);
    }
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

/// How things are after a change that was cut short was brought to an end.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// What runs; `None` if it is no generation: a system that ran as a test.
    pub runs: Option<Generation>,
    /// Files of the configuration that are as they were before it.
    pub put_back: Vec<PathBuf>,
    pub reboot_needed: bool,
}

/// Brings the change that was cut short to an end. One whose system was not built yet can only be taken back.
pub fn settle(
    roots: &Roots,
    journal: &Path,
    way: Way,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Settled, NixError> {
    permitted(roots)?;
    let record = Journal::open(journal)?;
    let turn = record.turn()?;
    let entry = record.unfinished(&turn)?.ok_or(NixError::NothingUnfinished)?;
    let profile = roots.system_profile();
    let now = current_number(&profile);
    if now != entry.default_number && (now.is_none() || now != entry.to_number) {
        // The user has since chosen another system by other means: it is not this change's to take away.
        record.end(entry.id, Ending::Superseded)?;
        return Err(NixError::ChangedMeanwhile { path: profile });
    }
    let made = match &entry.edit {
        Some(id) => edit::find(&backups(journal), id)?,
        None => None,
    };
    // Before anything is touched: files that the user has changed since are not lost.
    if let (Way::Undo, Some(made)) = (way, &made) {
        made.can_be_taken_back()?;
    }
    let runs = match (&entry.to_path, way) {
        (Some(to), Way::Finish) => to.clone(),
        _ => entry.ran_path.clone(),
    };
    if let Some(to) = &entry.to_path {
        validate(roots, &Store::open(roots)?, &runs)?;
        let manner = Manner::of(entry.what);
        let before = Before { running: entry.ran_path.clone(), default: entry.default_number };
        let number = entry.to_number;
        let transaction = Transaction { roots, record: &record, change: entry.id, before, manner, system: to, number };
        bring(&transaction, way, cancel, tell)?;
    }
    let reboot_needed = reboot_needed(roots, &runs);
    let mut put_back = Vec::new();
    if way == Way::Finish && entry.to_path.is_some() {
        record.end(entry.id, Ending::Done)?;
    } else {
        forget_made(roots, &entry)?;
        if let Some(made) = made {
            made.take_back()?;
            put_back = made.files;
        }
        close(&record, entry.id, Restored::Before);
    }
    Ok(Settled { runs: generation_of(&system_generations(roots)?, &runs).cloned(), put_back, reboot_needed })
}

fn bring(
    transaction: &Transaction<'_>,
    way: Way,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), NixError> {
    match way {
        Way::Finish => {
            // It may have been cut short after the link was turned; then it is turned back first.
            if transaction.number.is_some() {
                transaction.record.step(transaction.change, "finish", || transaction.relink(tell))?;
            }
            transaction.go(cancel, tell).map(drop).map_err(|failed| {
                close(transaction.record, transaction.change, failed.restored);
                failed.error
            })
        }
        Way::Undo => match transaction.restore(Reached::Booted, false, tell) {
            Restored::Failed => {
                close(transaction.record, transaction.change, Restored::Failed);
                Err(NixError::NotRestored { path: transaction.before.running.clone() })
            }
            _ => Ok(()),
        },
    }
}

/// Takes the links of generations away that a change made and that never became the default.
pub(super) fn forget_made(roots: &Roots, entry: &Entry) -> Result<(), NixError> {
    let profile = roots.system_profile();
    for generation in system_generations(roots)? {
        // A generation's date is told in seconds.
        let made = generation.date.as_second() >= entry.started.as_second() && entry.went_to(&generation.path);
        if made && !generation.current {
            let link = generation_link(&profile, generation.number);
            fs::remove_file(&link).map_err(NixError::io("taken away", &link))?;
        }
    }
    Ok(())
}

impl Made {
    /// What belongs to a change that has just failed is put back; whether that worked.
    pub(super) fn put_back(&self) -> bool {
        self.take_back().inspect_err(|error| tracing::error!(%error, "an edit could not be put back")).is_ok()
    }
}
