//! How far the work is, in words. When it is told, [`Pace`](super::Pace) decides.

use super::quantity::duration;
use super::table::printable;
use super::words::say;
use super::{Announcement, Beat, Priority};
use crate::nix::{Progress, Stage};

/// How a beat of the work is told.
///
/// The end of a stage is a message, so that it is never dropped; all else gives way to other speech.
#[must_use]
pub fn progress(progress: &Progress, beat: Beat) -> Announcement {
    let stage = stage(progress);
    let told = match beat {
        Beat::Start { left: Some(left) } => say!("progress-stage-left", stage = stage, left = duration(left)),
        Beat::Start { left: None } | Beat::Stage => say!("progress-stage", stage = stage),
        Beat::Percent { percent, left: Some(left) } => {
            say!("progress-percent-left", percent = percent, left = duration(left))
        }
        Beat::Percent { percent, left: None } => say!("progress-percent", percent = percent),
        Beat::Estimate { left } => say!("progress-left", left = duration(left)),
        Beat::Heartbeat { elapsed } => match &progress.at {
            Some(at) => say!("progress-heartbeat-at", at = printable(at), elapsed = duration(elapsed)),
            None => say!("progress-heartbeat", elapsed = duration(elapsed)),
        },
        Beat::Finished => say!("progress-finished"),
    };
    let priority = if beat == Beat::Finished { Priority::Message } else { Priority::Progress };
    Announcement::message(told).with(priority, None)
}

/// What the stage does, as the beginning of a sentence.
fn stage(progress: &Progress) -> String {
    let expected = progress.expected;
    match progress.stage {
        Stage::Waiting => say!("stage-waiting"),
        Stage::Evaluating => say!("stage-evaluating"),
        Stage::Downloading => say!("stage-downloading", expected = expected),
        Stage::Building => say!("stage-building", expected = expected),
        Stage::Activating => say!("stage-activating"),
        Stage::Collecting => say!("stage-collecting"),
        Stage::Optimising => say!("stage-optimising"),
        Stage::Indexing => say!("stage-indexing", expected = expected),
    }
}
