//! From the configuration to a system in the store: evaluated, planned, built. Nothing of what runs is touched.
//!
//! Nix itself evaluates and builds; what it was told once is kept, and what it says while it works is read as data.
//! An evaluation names one derivation, and that very derivation is what is built: what was told is what is made.

mod activity;
mod derivation;
mod evaluate;
mod kept;
mod make;
mod past;
mod plan;
mod source;
mod trial;
mod update;

pub use activity::Activities;
pub use derivation::Derivation;
pub use evaluate::{Evaluated, evaluate};
pub(in crate::nix) use make::realise;
pub use make::{Built, make};
pub use plan::{SystemPlan, plan};
pub use source::Source;
pub(in crate::nix) use source::flake_program;
pub use trial::{Trial, trial};
pub(in crate::nix) use update::{Channel, How};
pub use update::{Moved, UpdatePlan, look};

use std::path::{Path, PathBuf};

/// Where what is worth keeping between calls lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Evaluations and plans, each under what went into it. May be lost at any time.
    pub plans: PathBuf,
    /// How long builds took.
    pub past: PathBuf,
}

impl Kept {
    /// Beside the search index (what can be made again), and beside the journal (what cannot).
    #[must_use]
    pub fn beside(index: &Path, journal: &Path) -> Self {
        Self { plans: index.with_file_name("plans.sqlite"), past: journal.with_file_name("builds.sqlite") }
    }
}
