//! Failures of the machine around Nix: locks, daemon, rights, services that did not start.

use super::text::Log;
use super::{Cause, Explanation, Mend};

pub(super) fn explain(log: &Log) -> Option<Explanation> {
    [units, locked, daemon, rights].iter().find_map(|rule| rule(log))
}

/// `switch-to-configuration` names the units that did not start.
fn units(log: &Log) -> Option<Explanation> {
    let after = log.after("the following units failed:")?;
    let units: Vec<&str> = after.split([',', ' ']).filter(|unit| !unit.is_empty()).collect();
    let what = match units.as_slice() {
        [] => "Some services did not start.".to_owned(),
        [one] => format!("{} did not start.", one.trim_end_matches(".service")),
        many => format!("{} services did not start: {}.", many.len(), many.join(", ")),
    };
    Some(
        Explanation::new(
            Cause::FailedUnits,
            what,
            "The new system runs, but not all of it.",
            "Ask for the messages of the service, or roll back.",
        )
        .detailed(units.iter().map(|unit| (*unit).to_owned())),
    )
}

fn locked(log: &Log) -> Option<Explanation> {
    const HELD: [&str; 5] = [
        "database is locked",
        "is busy",
        "waiting for the big Nix store lock",
        "Could not acquire lock",
        "waiting for lock on",
    ];
    HELD.iter().find_map(|words| log.line(words))?;
    Some(
        Explanation::new(
            Cause::Locked,
            "Another Nix program is at work.",
            "Two cannot change the store at the same time.",
            "Wait until it has ended, then say it again.",
        )
        .mended(Mend::Retry),
    )
}

fn daemon(log: &Log) -> Option<Explanation> {
    log.line("cannot connect to socket").or_else(|| log.line("cannot connect to daemon"))?;
    Some(Explanation::new(
        Cause::NoDaemon,
        "Nix does not answer.",
        "Its service, the Nix daemon, is not running.",
        "Start the service nix-daemon, or restart the machine.",
    ))
}

fn rights(log: &Log) -> Option<Explanation> {
    log.lines().rfind(|line| {
        line.contains("error:") && (line.contains("Permission denied") || line.contains("Operation not permitted"))
    })?;
    Some(Explanation::new(
        Cause::NotPermitted,
        "I am not permitted to do that.",
        "It needs the rights of the administrator.",
        "Start me as the administrator for this, or ask whoever looks after this machine.",
    ))
}
