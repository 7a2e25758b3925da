//! The native Nix backend: reads Nix's own files and databases, and changes the machine.
//!
//! Takes a `SystemCommand`, gives a stream of [`Event`]s: `Progress`, then one `Outcome` or one
//! error. Never prints, never reads the user's settings. Only this room starts Nix programs.
//! Reading (`read`) and changing (`change`) are apart; reading never needs changing.

mod act;
mod answer;
pub mod build;
mod cache;
pub mod change;
mod child;
pub mod edit;
mod error;
pub mod explain;
mod outcome;
mod preview;
pub mod read;
mod restored;
mod run;

pub use build::{Moved, SystemPlan, Trial, UpdatePlan};
pub use cache::CacheCounts;
pub use change::collect::Freed;
pub use change::configure::Reconfigured;
pub use change::generations::{DeletionPlan, Protection};
pub use change::personal::PersonalPlan;
pub use change::rollback::RollbackPlan;
pub use change::services::{Loss, ServiceAction, ServicePlan};
pub use change::transaction::Manner;
pub use change::undo::UndoPlan;
pub use change::unfinished::{Settled, Unfinished, Way};
pub use error::{DatabaseProblem, NixError};
pub use explain::Explanation;
pub use outcome::{
    Compared, Event, Generation, OptionNow, Outcome, Package, PastFailure, ProgramOwners, Progress, SearchHit,
    SearchKind, Stage, WentWrong,
};
pub use preview::PlanFacts;
pub use read::difference::{Changed, Difference};
pub use read::index::{Index, IndexError};
pub use restored::Restored;
pub use run::{Backend, Files};
