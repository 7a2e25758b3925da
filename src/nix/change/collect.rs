//! Freeing space: garbage is collected by Nix itself, which alone knows what running programs hold open.
//!
//! What `nix-store --gc` never touches is never touched: roots, and with them current, booted, running and kept
//! systems. Old generations go before it only where an age or a count says so.

use jiff::Zoned;
use regex::Regex;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::{Age, Deletion, GenerationNumber, KeepCount};
use crate::config::Roots;
use crate::nix::child::{self, Ended};
use crate::nix::read::store::Store;
use crate::nix::{NixError, Progress, Restored, Stage};

use super::generations::{self, DeletionPlan};

/// What collecting the garbage would do.
///
/// # Errors
/// As for a deletion.
pub fn plan(roots: &Roots, age: Option<Age>, keep: Option<KeepCount>, now: &Zoned) -> Result<DeletionPlan, NixError> {
    let nothing = Deletion::Numbers(Vec::new());
    generations::plan(roots, &rule(age, keep).unwrap_or(nothing), now)
}

/// Which generations go before the garbage: none without a rule.
fn rule(age: Option<Age>, keep: Option<KeepCount>) -> Option<Deletion> {
    (age.is_some() || keep.is_some()).then_some(Deletion::Old { age, keep })
}

/// What was freed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freed {
    /// Generations that went first.
    pub generations: Vec<GenerationNumber>,
    /// Store objects that went.
    pub paths: u64,
    /// Their size in bytes, as Nix counts it.
    pub bytes: u64,
}

/// Deletes what the rule says, then everything that nothing needs.
pub fn collect(
    roots: &Roots,
    (age, keep): (Option<Age>, Option<KeepCount>),
    now: &Zoned,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Freed, NixError> {
    let deleted = match rule(age, keep) {
        None => Vec::new(),
        Some(rule) => match generations::delete(roots, &rule, now, cancel, tell) {
            Ok(plan) => plan.go.iter().map(|generation| generation.number).collect(),
            Err(NixError::NothingToDelete { .. }) => Vec::new(),
            Err(error) => return Err(error),
        },
    };
    let before = Store::open(roots)?.totals()?;
    let mut done = 0;
    work(roots, "--gc", cancel, |line| {
        if let Some(path) = line.strip_prefix("deleting '").and_then(|rest| rest.strip_suffix('\'')) {
            done += 1;
            let at = path.rsplit('/').next().and_then(|name| name.split_once('-')).map(|(_, name)| name.to_owned());
            tell(Progress { done, at, ..Progress::of(Stage::Collecting) });
        }
    })?;
    let after = Store::open(roots)?.totals()?;
    let (paths, bytes) = (before.0.saturating_sub(after.0), before.1.saturating_sub(after.1));
    Ok(Freed { generations: deleted, paths, bytes })
}

/// Stores equal files once; gives the bytes that this freed, where Nix says so.
pub fn optimise(
    roots: &Roots,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Option<u64>, NixError> {
    tell(Progress::of(Stage::Optimising));
    let mut said = None;
    work(roots, "--optimise", cancel, |line| said = freed(line).or(said))?;
    Ok(said)
}

/// The bytes of Nix's "1.5 MiB freed by hard-linking 3 files" (`store-api`, `optimise-store.cc`).
fn freed(line: &str) -> Option<u64> {
    let form = Regex::new(r"^([0-9]+(?:\.[0-9]+)?) (bytes|[KMGT]iB) freed").ok()?;
    let found = form.captures(line)?;
    let number: f64 = found.get(1)?.as_str().parse().ok()?;
    let power = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        .iter()
        .position(|unit| Some(*unit) == found.get(2).map(|m| m.as_str()))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size that Nix has told")]
    Some((number * 1024_f64.powi(i32::try_from(power).ok()?)) as u64)
}

/// Runs `nix-store` to its end.
fn work(roots: &Roots, what: &str, cancel: &CancellationToken, mut line: impl FnMut(&str)) -> Result<(), NixError> {
    let mut command = child::nix_program(roots, "nix-store");
    command.arg(what);
    let mut said = String::new();
    let ended = child::run(command, cancel, |text| {
        said.push_str(text);
        said.push('\n');
        // Thousands of "deleting" lines are no part of an explanation.
        if said.len() > SAID {
            said = said.split_off(said.floor_char_boundary(said.len() - SAID / 2));
        }
        line(text);
    });
    match ended.map_err(NixError::io("started", "nix-store"))? {
        Ended::Exited(status) if status.success() => Ok(()),
        Ended::Exited(_) => Err(NixError::explained(&said)),
        // What Nix had deleted until then is gone.
        Ended::Cancelled => Err(NixError::Cancelled { restored: Restored::Partly }),
    }
}

/// How much of what Nix says is kept for an explanation, in bytes.
const SAID: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_optimising_freed_is_read() {
        assert_eq!(freed("1.5 MiB freed by hard-linking 3 files"), Some(1_572_864));
        assert_eq!(freed("0.00 MiB freed by hard-linking 0 files"), Some(0));
        assert_eq!(freed("0.0 KiB freed by hard-linking 1 files"), Some(0));
        assert_eq!(freed("12 bytes freed"), Some(12));
        assert_eq!(freed("deleting garbage..."), None);
    }
}
