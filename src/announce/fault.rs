//! What went wrong, in words.

use super::table::printable;
use super::{Announcement, Earcon, Priority};
use crate::fault::{Fault, Kind};

/// How a fault is told: what happened, why, what to do.
///
/// A refusal by the user is no failure and has no failing sound.
#[must_use]
pub fn fault(fault: &Fault) -> Announcement {
    let (priority, earcon) = match fault.kind {
        Kind::Failed | Kind::Usage | Kind::Refused => (Priority::Important, Some(Earcon::Failed)),
        Kind::NotUnderstood => (Priority::Message, Some(Earcon::Failed)),
        Kind::Declined => (Priority::Message, None),
    };
    let lines = [&fault.what, &fault.why, &fault.hint].map(|part| printable(part));
    let given: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let mut told = Announcement::message(given.join(" ")).with(priority, earcon);
    told.screen = Some(given.join("\n"));
    told
}
