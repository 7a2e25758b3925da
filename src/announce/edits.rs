//! Edits of the configuration, in words: what would be written where, and what came of it.

use super::plan::difference;
use super::table::printable;
use super::words::{join, list, say};
use crate::nix::edit::{Change, Edit, Owner, Place};
use crate::nix::{Manner, PersonalPlan, PlanFacts, Reconfigured, UndoPlan};

/// Files that are named; the others are counted.
const NAMED: usize = 3;

/// What an edit would do.
pub(super) fn plan(edit: &Edit) -> String {
    join(edit.changes.iter().map(planned).collect::<Vec<_>>())
}

fn planned(change: &Change) -> String {
    match change {
        Change::Added { package, owner, place, .. } => {
            say!("edit-adds", package = package.as_str(), whose = whose(owner), place = at(place))
        }
        Change::Removed { package, owner, place, as_written: None } => {
            say!("edit-removes", package = package.as_str(), whose = whose(owner), place = at(place))
        }
        Change::Removed { package, place, as_written: Some(text), .. } => {
            say!("edit-removes-written", package = package.as_str(), text = printable(text), place = at(place))
        }
        Change::Set { option, from: None, to, place } => {
            say!("edit-sets", option = option.as_str(), to = to.as_str(), place = at(place))
        }
        Change::Set { option, from: Some(from), to, place } => {
            say!("edit-changes", option = option.as_str(), from = from.as_str(), to = to.as_str(), place = at(place))
        }
        Change::Updated { input, from: Some(from), to } => {
            say!("update-moves", name = input.as_str(), from = from.as_str(), to = to.as_str())
        }
        Change::Updated { input, from: None, to } => say!("update-adds", name = input.as_str(), to = to.as_str()),
        Change::Unset { option, place, .. } => say!("edit-unsets", option = option.as_str(), place = at(place)),
    }
}

fn whose(owner: &Owner) -> String {
    match owner {
        Owner::System => say!("edit-whose-system"),
        Owner::User(Some(name)) => say!("edit-whose-user", name = name.as_str()),
        Owner::User(None) => say!("edit-whose-own"),
        Owner::Fonts => say!("edit-whose-fonts"),
    }
}

fn at(place: &Place) -> String {
    say!("edit-place", file = place.name(), line = place.line.to_string())
}

/// What an undo would take back.
pub(super) fn undo(plan: &UndoPlan) -> String {
    let files: Vec<String> = plan.files.iter().map(|file| name(file)).collect();
    let back = plan.rollback.as_ref().map_or_else(String::new, |back| {
        join([say!("edit-undo-to", number = back.to.number.to_string()), difference(&back.difference)])
    });
    let files = if files.is_empty() {
        String::new()
    } else {
        say!("edit-undo-files", files = list(&files, NAMED, files.len()))
    };
    let why = if plan.why.is_empty() { String::new() } else { say!("edit-undo-why", why = printable(&plan.why)) };
    join([why, files, back])
}

fn name(file: &std::path::Path) -> String {
    Place { file: file.to_owned(), line: 0 }.name()
}

/// What came of it.
pub(super) fn done(done: &Reconfigured) -> String {
    let mut told: Vec<String> = done.changes.iter().map(made).collect();
    if !done.put_back.is_empty() {
        let files: Vec<String> = done.put_back.iter().map(|file| name(file)).collect();
        told.push(say!("edit-put-back", files = list(&files, NAMED, files.len())));
    }
    match &done.to {
        Some(to) => {
            if done.changes.is_empty()
                && done.put_back.is_empty()
                && let Some(found) = &done.difference
            {
                told.push(difference(found));
            }
            told.push(match done.manner {
                Manner::Boot => say!("rebuilt-boot", number = to.number.to_string()),
                Manner::Switch | Manner::Test => say!("edit-runs", number = to.number.to_string()),
            });
        }
        None if done.manner == Manner::Test && done.difference.is_some() => {
            if let Some(found) = &done.difference {
                told.push(difference(found));
            }
            told.push(say!("rebuilt-test"));
        }
        None if done.changes.is_empty() && done.put_back.is_empty() => told.push(say!("edit-nothing")),
        None if done.put_back.is_empty() => told.push(say!("edit-same")),
        None => {}
    }
    if done.reboot_needed {
        told.push(say!("plan-restart"));
    }
    if !done.changes.is_empty() {
        told.push(say!("edit-say-undo"));
    }
    join(told)
}

fn made(change: &Change) -> String {
    match change {
        Change::Added { package, .. } => say!("edit-installed", package = package.as_str()),
        Change::Removed { package, .. } => say!("edit-removed", package = package.as_str()),
        Change::Set { option, to, .. } => say!("edit-set", option = option.as_str(), to = to.as_str()),
        Change::Unset { option, .. } => say!("edit-unset", option = option.as_str()),
        Change::Updated { input, to, .. } => say!("updated", name = input.as_str(), to = to.as_str()),
    }
}

/// What would be done to the user's own profile.
pub(super) fn personal(plan: &PersonalPlan) -> String {
    let why = plan.undoes.as_ref().map_or_else(String::new, |why| say!("edit-undo-why", why = printable(why)));
    let part = |id: &str, names: &[String]| {
        if names.is_empty() { String::new() } else { say!(id, list = list(names, NAMED, names.len())) }
    };
    join([why, part("personal-installs", &plan.install), part("personal-removes", &plan.remove)])
}

/// What was done to it.
pub(super) fn personal_done(plan: &PersonalPlan) -> String {
    let installed = plan.install.iter().map(|package| say!("edit-installed", package = package.as_str()));
    let removed = plan.remove.iter().map(|package| say!("edit-removed", package = package.as_str()));
    let undo = if plan.undoes.is_none() { say!("edit-say-undo") } else { String::new() };
    join(installed.chain(removed).chain([undo]).collect::<Vec<_>>())
}

/// The lines that an edit changes, as `diff -u` writes them; for the screen.
pub(super) fn lines(plan: &PlanFacts) -> Option<String> {
    let PlanFacts::Edit(edit) = plan else { return None };
    let text = edit.diff();
    let lines: Vec<String> = text.lines().map(printable_line).collect();
    Some(lines.join("\n"))
}

/// A line of a file as a terminal may have it: no control characters, the indentation kept.
fn printable_line(line: &str) -> String {
    line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// The facts of a plan of this kind; nothing for the others.
pub(super) fn facts(plan: &PlanFacts) -> String {
    match plan {
        PlanFacts::Edit(edit) => self::plan(edit),
        PlanFacts::Undo(found) => undo(found),
        _ => String::new(),
    }
}
