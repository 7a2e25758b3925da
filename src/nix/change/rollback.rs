//! Going to another generation: what it would do, and doing it.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::{GenerationNumber, RollbackTarget};
use crate::config::Roots;
use crate::nix::read::difference::Difference;
use crate::nix::read::profiles::{current_number, generation_of, running_system, system_generations};
use crate::nix::read::reboot::reboot_needed;
use crate::nix::read::store::Store;
use crate::nix::{Generation, NixError, Outcome, Progress};

use super::activate::ActivationExit;
use super::journal::{Begin, Ending, Journal, What};
use super::target::{self, Scope};
use super::transaction::{Before, Manner, Transaction, close};

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
pub(super) fn validate(roots: &Roots, store: &Store, system: &Path) -> Result<(), NixError> {
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
    let what = match target {
        RollbackTarget::Previous => What::Back,
        _ => What::To,
    };
    let change = record.begin(
        &turn,
        &Begin {
            what,
            why,
            ran_path: &plan.running,
            ran_number: plan.from.as_ref().map(|from| from.number),
            default_number: plan.default,
            to: Some((&plan.to.path, plan.to.number)),
        },
    )?;
    let transaction = Transaction {
        roots,
        record: &record,
        change,
        before: Before { running: plan.running.clone(), default: plan.default },
        manner: Manner::Switch,
        system: &plan.to.path,
        number: Some(plan.to.number),
    };
    let exit = transaction.go(cancel, tell).map_err(|failed| {
        close(&record, change, failed.restored);
        failed.error
    })?;
    record.end(change, Ending::Done)?;
    let to = Generation { current: true, ..plan.to };
    let from = plan.from.map(|from| Generation { current: false, ..from });
    Ok(Outcome::RolledBack { from, to, reboot_needed: plan.reboot_needed || exit == ActivationExit::RebootNeeded })
}
