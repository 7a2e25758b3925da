//! Which generation a roll back means: a number, a time, before something came, the last one that worked.
//!
//! What ran at a time is what the journal says; where another program changed the system, what the links' dates say.
//! Nothing is changed here.

use std::path::Path;

use jiff::{Timestamp, Zoned};

use crate::command::{PackageAttr, RollbackTarget, When};
use crate::config::Roots;
use crate::nix::read::installed::system_packages;
use crate::nix::read::profiles::{generation_of, pick};
use crate::nix::read::store::Store;
use crate::nix::{Generation, NixError};

use super::back::one_back;
use super::journal::{Ending, Entry, Journal, What};

/// How many changes of the past are looked at for what ran before.
const PAST: u32 = 1000;

/// The machine, as far as a target needs it.
pub struct Scope<'a> {
    pub roots: &'a Roots,
    pub journal: &'a Path,
    /// Oldest first.
    pub generations: &'a [Generation],
    /// The system that runs.
    pub running: &'a Path,
}

/// The generation that is meant.
pub fn resolve(scope: &Scope, target: &RollbackTarget) -> Result<Generation, NixError> {
    let entries = || -> Result<Vec<Entry>, NixError> {
        // Without a journal nothing of ours has happened yet.
        if scope.journal.exists() { Journal::open(scope.journal)?.entries(PAST) } else { Ok(Vec::new()) }
    };
    match target {
        RollbackTarget::Number(number) => pick(scope.generations.to_vec(), *number),
        RollbackTarget::Previous => {
            let back = one_back(scope.generations, scope.running, &entries()?);
            back.cloned().ok_or_else(|| match generation_of(scope.generations, scope.running) {
                Some(from) => NixError::NoEarlierGeneration { number: from.number },
                None => NixError::RunningUnknown { path: scope.running.to_owned() },
            })
        }
        RollbackTarget::Date(when) => at(scope.generations, &entries()?, when, &Zoned::now()),
        RollbackTarget::BeforeInstalled(package) => before_package(scope, package),
        RollbackTarget::BeforeUpdate => before_update(scope),
        RollbackTarget::LastWorking => {
            let worked = last_working(scope.generations, scope.running, &entries()?);
            worked.cloned().ok_or(NixError::NoneBefore { what: "this one, as far as I know, that worked".to_owned() })
        }
    }
}

/// What ran at a time; `entries` newest first.
fn at(generations: &[Generation], entries: &[Entry], when: &When, now: &Zoned) -> Result<Generation, NixError> {
    let moment = when.until(now).unwrap_or_else(Timestamp::now);
    let made = generations.iter().filter(|generation| generation.date <= moment).max_by_key(|one| one.date);
    let ran = |entry: &&Entry| entry.ending == Some(Ending::Done) && entry.what != What::Boot;
    let chosen = entries.iter().filter(ran).find(|entry| entry.started <= moment);
    let chosen = chosen.and_then(|entry| Some((entry, generation_of(generations, entry.to_path.as_deref()?)?)));
    let found = match (chosen, made) {
        // Made after our last change before that time: another program switched to it.
        (Some((entry, _)), Some(made)) if made.date > entry.started => Some(made),
        (Some((_, chosen)), _) => Some(chosen),
        (None, made) => made,
    };
    found.cloned().ok_or_else(|| NixError::NoneBefore { what: when.words().to_owned() })
}

/// The generations older than what runs, the newest first.
fn older<'a>(scope: &'a Scope) -> impl Iterator<Item = &'a Generation> {
    let runs = generation_of(scope.generations, scope.running).map(|generation| generation.number);
    scope.generations.iter().rev().filter(move |one| runs.is_none_or(|runs| one.number < runs))
}

/// The newest generation without a package that the running system has.
fn before_package(scope: &Scope, package: &PackageAttr) -> Result<Generation, NixError> {
    let store = Store::open(scope.roots)?;
    let name = package.as_str();
    // The last part of an attribute path is the package's name: `kdePackages.okular` is `okular`.
    let last = name.rsplit('.').next().unwrap_or(name);
    let has = |system: &Path| -> Result<bool, NixError> {
        let packages = system_packages(system, Some(&store))?;
        Ok(packages.iter().any(|one| one.name().eq_ignore_ascii_case(name) || one.name().eq_ignore_ascii_case(last)))
    };
    if !has(scope.running)? {
        return Err(NixError::NotInRunning { package: name.to_owned() });
    }
    for generation in older(scope) {
        if !has(&generation.path)? {
            return Ok(generation.clone());
        }
    }
    Err(NixError::NoneBefore { what: format!("{name} was installed") })
}

/// The newest generation of another version of NixOS than the one that runs.
fn before_update(scope: &Scope) -> Result<Generation, NixError> {
    let none = || NixError::NoneBefore { what: "the last update".to_owned() };
    let runs = generation_of(scope.generations, scope.running).ok_or_else(none)?;
    let differs = |one: &&Generation| match (&one.version, &runs.version) {
        (Some(theirs), Some(ours)) => theirs != ours,
        _ => false,
    };
    older(scope).find(differs).cloned().ok_or_else(none)
}

/// The newest system that was activated without a failure and is not the one that runs; else the one that was booted,
/// which started the machine. `entries` newest first.
fn last_working<'a>(generations: &'a [Generation], running: &Path, entries: &[Entry]) -> Option<&'a Generation> {
    let now = generation_of(generations, running).map(|generation| generation.number);
    let failed = |path: &Path| {
        let newest = entries.iter().find(|entry| entry.went_to(path));
        newest.is_some_and(|entry| entry.ending != Some(Ending::Done))
    };
    let ran = entries
        .iter()
        .flat_map(|entry| {
            let ran = entry.ending == Some(Ending::Done) && entry.what != What::Boot;
            let to = entry.to_path.as_ref().filter(|_| ran);
            [to, Some(&entry.ran_path)]
        })
        .flatten();
    let known = ran.filter(|path| !failed(path)).filter_map(|path| generation_of(generations, path));
    let booted = generations.iter().rev().find(|generation| generation.booted);
    known.chain(booted).find(|found| Some(found.number) != now)
}
