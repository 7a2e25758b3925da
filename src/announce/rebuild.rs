//! What building the configuration would do, in words.

use super::plan::difference;
use super::quantity::size;
use super::words::{join, list, say};
use super::{Verbosity, table};
use crate::nix::{Manner, SystemPlan, Trial, UpdatePlan};

/// Packages that are named; the others are counted.
const NAMED: usize = 4;

/// The answer to "what would change?", and all of it for the screen.
pub(super) fn plan(plan: &SystemPlan, verbosity: Verbosity) -> (String, Option<String>) {
    if plan.same {
        return (say!("edit-nothing"), None);
    }
    let named = if verbosity == Verbosity::Detailed { usize::MAX } else { NAMED };
    (join([difference(&plan.changes), work(plan, named), restart(plan)]), Some(screen(plan)))
}

/// What can be used without being installed; where it is, for the screen.
pub(super) fn tried(trial: &Trial, verbosity: Verbosity) -> (String, Option<String>) {
    let named = if verbosity == Verbosity::Detailed { usize::MAX } else { NAMED };
    let (programs, count) = (&trial.programs, trial.programs.len());
    let packages = list(&trial.packages, named, trial.packages.len());
    let ready = say!("tried", packages = packages, count = trial.packages.len());
    let told = match count {
        0 => say!("tried-no-program"),
        _ => say!("tried-programs", count = count, list = list(programs, named, count)),
    };
    let folders: Vec<String> =
        trial.folders.iter().map(|folder| table::printable(&folder.display().to_string())).collect();
    (join([ready, told, say!("tried-gone")]), (!folders.is_empty()).then(|| folders.join("\n")))
}

/// What comes before the question whether to do it.
pub(super) fn planned(plan: &SystemPlan, manner: Manner) -> String {
    if plan.same {
        return say!("edit-nothing");
    }
    let way = match manner {
        Manner::Switch => say!("rebuild-switch"),
        Manner::Test => say!("rebuild-test"),
        Manner::Boot => say!("rebuild-boot"),
    };
    let restart = if manner == Manner::Switch { restart(plan) } else { String::new() };
    join([difference(&plan.changes), work(plan, NAMED), way, restart])
}

/// What comes before the question whether to update.
pub(super) fn update(plan: &UpdatePlan) -> String {
    let moved = plan.moved.iter().map(|moved| match &moved.from {
        Some(from) => say!("update-moves", name = moved.name.as_str(), from = from.as_str(), to = moved.to.as_str()),
        None => say!("update-adds", name = moved.name.as_str(), to = moved.to.as_str()),
    });
    let moved =
        if plan.moved.is_empty() { say!("update-nothing") } else { join(moved.take(NAMED).collect::<Vec<_>>()) };
    join([moved, planned(&plan.system, Manner::Switch)])
}

/// What there is to build and to fetch.
fn work(plan: &SystemPlan, named: usize) -> String {
    let packages: Vec<String> = plan.build.iter().filter(|name| is_package(name)).cloned().collect();
    let build = match (plan.build.len(), packages.len()) {
        (0, _) => String::new(),
        (_, 0) => say!("rebuild-builds-small"),
        (_, count) => say!("rebuild-builds", count = count, list = list(&packages, named, count)),
    };
    let fetch = if plan.fetch.is_empty() {
        String::new()
    } else {
        say!("rebuild-fetches", count = plan.fetch.len(), size = size(plan.download_bytes))
    };
    let ready = if plan.exact { say!("rebuild-ready") } else { String::new() };
    join([build, fetch, ready])
}

/// People know packages, which have a version; the rest are small files of the system's own.
fn is_package(name: &str) -> bool {
    name.contains(' ') && !name.starts_with("nixos-system-")
}

fn restart(plan: &SystemPlan) -> String {
    if plan.reboot_needed == Some(true) { say!("plan-restart") } else { String::new() }
}

fn screen(plan: &SystemPlan) -> String {
    let rows = |sign: &str, names: &[String]| names.iter().map(|name| format!("{sign} {name}")).collect::<Vec<_>>();
    let changed = plan
        .changes
        .changed
        .iter()
        .map(|one| format!("~ {} {} -> {}", one.name, one.from.join(", "), one.to.join(", ")));
    let mut lines = rows("+", &plan.changes.added);
    lines.extend(rows("-", &plan.changes.removed));
    lines.extend(changed);
    lines.extend(rows("build", &plan.build));
    lines.extend(rows("fetch", &plan.fetch));
    lines.push(plan.system.display().to_string());
    lines.iter().map(|line| table::printable(line)).collect::<Vec<_>>().join("\n")
}
