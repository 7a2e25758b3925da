//! What the user has said of generations: which are never to be deleted, and what they are called.
//!
//! A kept generation has a root of its own below `gcroots/ask-nix`, so that no other program's collecting
//! of garbage takes it either. Labels are ours alone: `NixOS` writes its own into the system when it is built.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::config::Roots;
use crate::nix::NixError;

/// Labels of generations, by the systems' store paths.
pub type Labels = BTreeMap<PathBuf, String>;

/// The systems that are never to be deleted.
#[must_use]
pub fn kept(roots: &Roots) -> BTreeSet<PathBuf> {
    let Ok(entries) = fs::read_dir(roots.kept_generations()) else { return BTreeSet::new() };
    entries.filter_map(Result::ok).filter_map(|entry| fs::read_link(entry.path()).ok()).collect()
}

/// All labels; none where there is no file.
///
/// # Errors
/// The file cannot be read, or is damaged: it must then not be written over.
pub fn labels(roots: &Roots) -> Result<Labels, NixError> {
    let file = roots.generation_labels();
    match fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            tracing::warn!(%error, file = %file.display(), "labels are damaged");
            NixError::io("read", &file)(ErrorKind::InvalidData.into())
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Labels::new()),
        Err(error) => Err(NixError::io("read", &file)(error)),
    }
}
