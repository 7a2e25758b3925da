//! What came of a command, in words.
//!
//! The summary comes first; long lists are told by their first few. All of it is on the screen.

use std::time::Duration;

use jiff::Zoned;

use super::quantity::{duration, size, size_sign};
use super::table::{facts, printable, table};
use super::when::{date, when};
use super::words::{join, list, say};
use super::{Announcement, Earcon, Priority, Verbosity};
use super::{edits, generations, machine, packages, rebuild, services, settings};
use crate::nix::{Generation, Outcome};

/// How an outcome is told by someone who stands at `now`; dates are in `now`'s time zone.
#[must_use]
pub fn outcome(outcome: &Outcome, now: &Zoned, verbosity: Verbosity) -> Announcement {
    let (text, screen) = match outcome {
        Outcome::Generations { generations } => all(generations, now, verbosity),
        Outcome::Generation { generation, packages, size } => one(generation, packages, *size, now, verbosity),
        Outcome::Search { query, results } => packages::search(query, results, verbosity),
        Outcome::Described { package } => packages::described(package, verbosity),
        Outcome::IsInstalled { package, installed, version } => {
            (packages::is_installed(package, *installed, version.as_deref()), None)
        }
        Outcome::Installed { system, user } => packages::installed(system, user, verbosity),
        Outcome::Personal(plan) => (edits::personal_done(plan), None),
        Outcome::Tried(trial) => rebuild::tried(trial, verbosity),
        Outcome::Plan(plan) => rebuild::plan(plan, verbosity),
        Outcome::Space(found) => machine::space(found, verbosity),
        Outcome::Size(found) => (machine::footprint(found, verbosity), None),
        Outcome::Why(found) => (machine::reasons(found), None),
        Outcome::Referrers(found) => machine::needers(found, verbosity),
        Outcome::Compared(found) => machine::compared(found, now),
        Outcome::WhichProgram(found) => (machine::owners(found), None),
        Outcome::RebootNeeded(found) => (machine::reboot(found), None),
        Outcome::Freshness(found) => machine::freshness(found),
        Outcome::Verified(found) => machine::soundness(found),
        Outcome::Health(found) => (machine::health(found), None),
        Outcome::WentWrong(found) => (machine::went_wrong(found, now), None),
        Outcome::Options { query, results } => settings::found(query, results, verbosity),
        Outcome::OptionExplained { option, facts } => settings::explained(option, facts, verbosity),
        Outcome::OptionNow(found) => settings::now(found),
        Outcome::Services { services: all } => services::all(all, verbosity),
        Outcome::Service(found) => services::one(found, now, verbosity),
        Outcome::ServiceChanged { action, facts } => (services::changed(*action, facts), None),
        Outcome::Logs { service, messages } => services::logs(service.as_deref(), messages, now),
        Outcome::Kept { generation } => (generations::kept(generation), None),
        Outcome::Labelled { generation } => (generations::labelled(generation), None),
        Outcome::Deleted(plan) => (generations::deleted(plan), None),
        Outcome::Collected(freed) => (generations::collected(freed), None),
        Outcome::Optimised { bytes } => (generations::optimised(*bytes), None),
        Outcome::Age { generation, seconds } => (age(generation, *seconds, now, verbosity), None),
        Outcome::Reconfigured(done) => (edits::done(done), None),
        Outcome::RolledBack { from, to, reboot_needed } => {
            (rolled_back(from.as_ref(), to, *reboot_needed, now, verbosity), None)
        }
    };
    // A reading answers with its answer; only what changed the machine is marked by a sound.
    let earcon = matches!(
        outcome,
        Outcome::RolledBack { .. }
            | Outcome::Reconfigured(_)
            | Outcome::ServiceChanged { .. }
            | Outcome::Tried(_)
            | Outcome::Personal(_)
            | Outcome::Kept { .. }
            | Outcome::Labelled { .. }
            | Outcome::Deleted(_)
            | Outcome::Collected(_)
            | Outcome::Optimised { .. }
    )
    .then_some(Earcon::Done);
    Announcement { priority: Priority::Message, text, screen, earcon, slowly: false }
}

fn number(generation: &Generation) -> String {
    generation.number.to_string()
}

fn from(generation: &Generation, now: &Zoned) -> String {
    say!("generation-from", number = number(generation), when = when(generation.date, now))
}

/// A version of `NixOS` as it is told: `25.11` of `25.11.20261120.abc1234`; the date and the commit are on the screen.
fn release(version: &str) -> String {
    let mut parts = version.splitn(3, '.');
    match (parts.next(), parts.next()) {
        (Some(years), Some(months)) => printable(&format!("{years}.{months}")),
        _ => printable(version),
    }
}

fn all(generations: &[Generation], now: &Zoned, verbosity: Verbosity) -> (String, Option<String>) {
    let current = generations.iter().find(|generation| generation.current);
    if generations.is_empty() {
        return (say!("generations-none"), None);
    }
    let screen = generation_table(generations, now);
    if verbosity == Verbosity::Brief {
        let told = current.map_or_else(String::new, |one| say!("generations-current-brief", number = number(one)));
        return (join([say!("generations-brief", count = generations.len()), told]), Some(screen));
    }
    let mut told = vec![say!("generations-count", count = generations.len())];
    if let Some(one) = current {
        told.push(say!("generations-current", number = number(one), when = when(one.date, now)));
    }
    if let Some(booted) = generations.iter().find(|one| one.booted && !one.current) {
        told.push(say!("generations-booted", number = number(booted)));
    }
    let mut others: Vec<&Generation> = generations.iter().filter(|one| !one.current).collect();
    others.sort_by_key(|one| std::cmp::Reverse(one.number));
    let limit = if verbosity == Verbosity::Detailed { 10 } else { 3 };
    let items: Vec<String> = others.iter().map(|one| from(one, now)).collect();
    if !items.is_empty() {
        told.push(say!("generations-others", count = items.len(), list = list(&items, limit, items.len())));
    }
    (join(told), Some(screen))
}

fn generation_table(generations: &[Generation], now: &Zoned) -> String {
    let mut newest_first: Vec<&Generation> = generations.iter().collect();
    newest_first.sort_by_key(|one| std::cmp::Reverse(one.number));
    let headings = [
        say!("column-number"),
        say!("column-date"),
        say!("column-state"),
        say!("column-version"),
        say!("column-kernel"),
        say!("column-label"),
    ];
    let rows: Vec<Vec<String>> = newest_first
        .into_iter()
        .map(|one| {
            vec![
                number(one),
                date(one.date, now),
                state(one),
                one.version.clone().unwrap_or_default(),
                one.kernel.clone().unwrap_or_default(),
                one.label.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(&headings, &rows)
}

fn state(generation: &Generation) -> String {
    let marks = [(generation.current, say!("state-current")), (generation.booted, say!("state-booted"))];
    marks.into_iter().filter_map(|(so, mark)| so.then_some(mark)).collect::<Vec<_>>().join(", ")
}

fn one(
    generation: &Generation,
    packages: &[String],
    bytes: Option<u64>,
    now: &Zoned,
    verbosity: Verbosity,
) -> (String, Option<String>) {
    let moment = when(generation.date, now);
    let id = if generation.current { "generation-is-current" } else { "generation-is" };
    let mut told = vec![say!(id, number = number(generation), when = moment)];
    if generation.booted && !generation.current {
        told.push(say!("generation-is-booted"));
    }
    if let Some(label) = &generation.label {
        told.push(say!("generation-label", label = printable(label)));
    }
    if verbosity != Verbosity::Brief {
        told.push(match (&generation.version, &generation.kernel) {
            (Some(version), Some(kernel)) => {
                say!("generation-nixos-kernel", version = release(version), kernel = printable(kernel))
            }
            (Some(version), None) => say!("generation-nixos", version = release(version)),
            (None, Some(kernel)) => say!("generation-kernel", kernel = printable(kernel)),
            (None, None) => String::new(),
        });
        if !packages.is_empty() {
            let limit = if verbosity == Verbosity::Detailed { 8 } else { 3 };
            let names: Vec<String> = packages.iter().map(|name| printable(name)).collect();
            told.push(say!("generation-packages", count = names.len(), list = list(&names, limit, names.len())));
        }
        if let Some(bytes) = bytes {
            told.push(say!("generation-size", size = size(bytes)));
        }
    }
    if verbosity == Verbosity::Detailed {
        if !generation.specialisations.is_empty() {
            let variants = &generation.specialisations;
            told.push(say!(
                "generation-specialisations",
                count = variants.len(),
                list = list(variants, 5, variants.len())
            ));
        }
        if let Some(revision) = &generation.revision {
            // Seven digits tell revisions apart, and more cannot be remembered.
            told.push(say!("generation-revision", revision = revision.chars().take(7).collect::<String>()));
        }
    }
    let joined = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    let screen = facts(&[
        (say!("column-number"), Some(number(generation))),
        (say!("column-date"), Some(date(generation.date, now))),
        (say!("column-state"), Some(state(generation)).filter(|state| !state.is_empty())),
        (say!("column-label"), generation.label.clone()),
        (say!("column-version"), generation.version.clone()),
        (say!("column-kernel"), generation.kernel.clone()),
        (say!("label-revision"), generation.revision.clone()),
        (say!("label-specialisations"), joined(&generation.specialisations)),
        (say!("column-size"), bytes.map(size_sign)),
        (say!("label-packages"), joined(packages)),
    ]);
    (join(told), Some(screen))
}

fn age(generation: &Generation, seconds: i64, now: &Zoned, verbosity: Verbosity) -> String {
    let told = match u64::try_from(seconds) {
        Ok(seconds) if seconds >= 60 => say!("age-old", age = duration(Duration::from_secs(seconds))),
        _ => say!("age-new"),
    };
    if verbosity == Verbosity::Brief {
        return told;
    }
    let (number, when) = (number(generation), when(generation.date, now));
    let detail = match &generation.version {
        Some(version) => say!("age-detail-version", number = number, when = when, version = release(version)),
        None => say!("age-detail", number = number, when = when),
    };
    join([told, detail])
}

fn rolled_back(
    from: Option<&Generation>,
    to: &Generation,
    reboot_needed: bool,
    now: &Zoned,
    verbosity: Verbosity,
) -> String {
    let restart = if reboot_needed { say!("rolled-back-restart") } else { String::new() };
    let undo = match from {
        Some(from) if verbosity != Verbosity::Brief => say!("rolled-back-undo", number = number(from)),
        _ => String::new(),
    };
    join([say!("rolled-back", number = number(to), when = when(to.date, now)), restart, undo])
}
