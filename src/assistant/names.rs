//! The search index behind understanding's lookup of names.

use crate::intent::{Candidate, Names};
use crate::nix::Backend;
use crate::nix::read::index::well_known;

/// Looks names up in the backend's index; without an index it knows none.
#[derive(Debug, Clone)]
pub struct IndexNames(pub Backend);

impl Names for IndexNames {
    fn packages(&self, heard: &str, limit: usize) -> Option<Vec<Candidate>> {
        let found = self.0.index().and_then(|index| Ok(index.resolve(heard, limit)?));
        match found {
            Ok(found) => Some(found.into_iter().map(|(name, score)| Candidate { name, score }).collect()),
            Err(error) => {
                tracing::warn!(target: "assistant.names", %error, "no names can be looked up");
                None
            }
        }
    }

    fn well_known(&self) -> Vec<String> {
        well_known().map(str::to_owned).collect()
    }
}
