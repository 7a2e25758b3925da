//! Generations are kept, labelled and deleted.
//!
//! What runs, what was booted, what starts at the next boot and what the user keeps is never deleted. The
//! boot menu is written anew before a deletion counts: an entry that leads nowhere would be a machine that
//! does not start. Deleting frees no space; that is `collect`'s.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Zoned};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::{Age, Deletion, GenerationNumber, KeepCount, Label};
use crate::config::Roots;
use crate::nix::read::garbage::{self, Garbage};
use crate::nix::read::graph::Graph;
use crate::nix::read::marks;
use crate::nix::read::profiles::{generation_link, pick, running_system, system_generations};
use crate::nix::read::store::Store;
use crate::nix::{Generation, NixError, Progress, Restored};

use super::activate::{Action, activate};
use super::lock::ProfileLock;
use super::rollback::permitted;

/// What a link that is being deleted is called until the boot menu knows of it: still a root of the garbage
/// collector, and put back if the work is cut short.
const LEAVING: &str = ".ask-nix-leaving";

/// Why a generation is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// It starts at the next boot.
    Current,
    Runs,
    Booted,
    /// The user said so.
    Kept,
}

/// What a deletion would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeletionPlan {
    /// What goes, oldest first.
    pub go: Vec<Generation>,
    /// What would have gone, but is protected.
    pub spared: Vec<(GenerationNumber, Protection)>,
    /// What nothing would need any more then: what collecting the garbage frees, at most.
    pub frees: Garbage,
}

/// The generation that is meant; without a number the current one.
pub fn meant(roots: &Roots, number: Option<GenerationNumber>) -> Result<Generation, NixError> {
    let generations = system_generations(roots)?;
    match number {
        Some(number) => pick(generations, number),
        None => generations
            .into_iter()
            .find(|generation| generation.current)
            .ok_or(NixError::NotNixos { profile: roots.system_profile() }),
    }
}

/// Keeps a generation for good: it gets a root of its own.
pub fn keep(roots: &Roots, number: Option<GenerationNumber>) -> Result<Generation, NixError> {
    permitted(roots)?;
    let generation = meant(roots, number)?;
    let folder = roots.kept_generations();
    fs::create_dir_all(&folder).map_err(NixError::io("made", &folder))?;
    let name = generation.path.file_name().unwrap_or_default();
    let link = folder.join(name);
    match symlink(&generation.path, &link) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(NixError::io("made", &link)(error)),
        _ => Ok(Generation { kept: true, ..generation }),
    }
}

/// Gives a generation a name of the user's own.
pub fn label(roots: &Roots, number: Option<GenerationNumber>, label: &Label) -> Result<Generation, NixError> {
    permitted(roots)?;
    let generation = meant(roots, number)?;
    let mut labels = marks::labels(roots)?;
    labels.insert(generation.path.clone(), label.as_str().to_owned());
    let file = roots.generation_labels();
    let folder = file.parent().unwrap_or(&roots.system);
    let write = || {
        fs::create_dir_all(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut new, &labels)?;
        // Other users read it too.
        rustix::fs::fchmod(new.as_file(), rustix::fs::Mode::from_raw_mode(0o644))?;
        new.as_file().sync_all()?;
        new.persist(&file).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(NixError::io("written", &file))?;
    Ok(Generation { label: Some(label.as_str().to_owned()), ..generation })
}

/// What a deletion would do, by someone who stands at `now`. Changes nothing.
///
/// # Errors
/// A generation that was named is not there, or is protected.
pub fn plan(roots: &Roots, which: &Deletion, now: &Zoned) -> Result<DeletionPlan, NixError> {
    let generations = system_generations(roots)?;
    let chosen = chosen(&generations, which, now)?;
    let running = running_system(roots).ok();
    let protection = |generation: &Generation| {
        if generation.current {
            Some(Protection::Current)
        } else if running.as_ref() == Some(&generation.path) {
            Some(Protection::Runs)
        } else if generation.booted {
            Some(Protection::Booted)
        } else if generation.kept {
            Some(Protection::Kept)
        } else {
            None
        }
    };
    let (mut go, mut spared) = (Vec::new(), Vec::new());
    for generation in generations.into_iter().filter(|generation| chosen.contains(&generation.number)) {
        match protection(&generation) {
            None => go.push(generation),
            Some(why) => spared.push((generation.number, why)),
        }
    }
    if let (Deletion::Numbers(_), Some(&(number, why))) = (which, spared.first()) {
        return Err(NixError::Protected { number, why });
    }
    let frees = frees(roots, &go)?;
    Ok(DeletionPlan { go, spared, frees })
}

/// Garbage once these generations are gone.
fn frees(roots: &Roots, go: &[Generation]) -> Result<Garbage, NixError> {
    let store = Store::open(roots)?;
    let graph = Graph::read(&store)?;
    let left: Vec<garbage::Root> = garbage::roots(roots)
        .into_iter()
        .filter(|root| !go.iter().any(|generation| root.link == link(roots, generation.number)))
        .collect();
    garbage::garbage(&store, &graph, &left)
}

/// The numbers of the generations that were asked for.
fn chosen(generations: &[Generation], which: &Deletion, now: &Zoned) -> Result<BTreeSet<GenerationNumber>, NixError> {
    let before = |moment: Timestamp| generations.iter().filter(move |one| one.date < moment).map(|one| one.number);
    Ok(match which {
        Deletion::Numbers(numbers) => {
            for &number in numbers {
                pick(generations.to_vec(), number)?;
            }
            numbers.iter().copied().collect()
        }
        Deletion::Range(from, to) => {
            generations.iter().map(|one| one.number).filter(|number| (from..=to).contains(&number)).collect()
        }
        Deletion::Old { age, keep } => old(generations, *age, *keep, now)?,
        Deletion::Before(when) => before(when.since(now).ok_or(NixError::NoSuchTime)?).collect(),
    })
}

/// All that are older than `age`, without an age any, but not the newest `keep`.
pub(super) fn old(
    generations: &[Generation],
    age: Option<Age>,
    keep: Option<KeepCount>,
    now: &Zoned,
) -> Result<BTreeSet<GenerationNumber>, NixError> {
    let oldest = match age {
        None => None,
        Some(age) => Some(now.checked_sub(age.span()).map_err(|_| NixError::NoSuchTime)?.timestamp()),
    };
    let newest = keep.map_or(0, |keep| usize::try_from(keep.get()).unwrap_or(usize::MAX));
    let candidates = generations.len().saturating_sub(newest);
    let candidates = generations.iter().take(candidates);
    Ok(candidates.filter(|one| oldest.is_none_or(|oldest| one.date < oldest)).map(|one| one.number).collect())
}

/// Deletes generations, and gives those that are gone.
///
/// # Errors
/// Nothing is deleted where the boot menu cannot be written.
pub fn delete(
    roots: &Roots,
    which: &Deletion,
    now: &Zoned,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<DeletionPlan, NixError> {
    permitted(roots)?;
    let profile = roots.system_profile();
    let _lock = ProfileLock::take(&profile, || !cancel.is_cancelled())?;
    put_back(roots)?;
    // Planned again with the lock in hand.
    let plan = plan(roots, which, now)?;
    if plan.go.is_empty() {
        return Err(NixError::NothingToDelete { spared: plan.spared.len() });
    }
    let done = leave(roots, &plan, cancel, tell);
    if done.is_err() {
        put_back(roots)?;
    }
    done.map(|()| plan)
}

fn leave(
    roots: &Roots,
    plan: &DeletionPlan,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), NixError> {
    let mut gone = Vec::with_capacity(plan.go.len());
    for generation in &plan.go {
        let link = link(roots, generation.number);
        let aside = aside(&link);
        fs::rename(&link, &aside).map_err(NixError::io("deleted", &link))?;
        gone.push(aside);
    }
    let current = meant(roots, None)?;
    let written = activate(roots, &current.path, Action::Boot, cancel, tell)?;
    match written.exit {
        Some(exit) if exit.worked() => {}
        Some(exit) => {
            let (number, last) = (Some(current.number), written.last);
            return Err(NixError::Activation { number, exit, last, restored: Restored::Untouched });
        }
        None => return Err(NixError::Cancelled { restored: Restored::Untouched }),
    }
    // The boot menu does not know them any more: from here on it only goes forward.
    for aside in gone {
        fs::remove_file(&aside).map_err(NixError::io("deleted", &aside))?;
    }
    Ok(())
}

/// Puts back what a deletion that was cut short had put aside.
fn put_back(roots: &Roots) -> Result<(), NixError> {
    let folder = roots.profiles();
    for entry in fs::read_dir(&folder).map_err(NixError::io("read", &folder))?.filter_map(Result::ok) {
        let aside = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_suffix(LEAVING)) else { continue };
        let link = folder.join(name.trim_start_matches('.'));
        fs::rename(&aside, &link).map_err(NixError::io("put back", &link))?;
    }
    Ok(())
}

fn link(roots: &Roots, number: GenerationNumber) -> PathBuf {
    generation_link(&roots.system_profile(), number)
}

fn aside(link: &Path) -> PathBuf {
    let name = link.file_name().unwrap_or_default().to_string_lossy();
    link.with_file_name(format!(".{name}{LEAVING}"))
}
