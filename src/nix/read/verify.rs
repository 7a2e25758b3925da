//! Whether the store is whole, as far as reading tells: the database is sound, and everything in it is there.
//!
//! Looks at names, not at contents: reading every file of a large store takes an hour, and is what
//! `nix-store --verify --check-contents` is for.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::config::Roots;
use crate::nix::NixError;

use super::names::StoreName;
use super::store::Store;

/// Names of lost paths that are told.
const TOLD: usize = 10;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Soundness {
    /// How many paths were looked for.
    pub paths: u64,
    /// How many are in the database and not on the disk.
    pub missing: u64,
    /// The first of these, by name.
    pub names: Vec<String>,
    /// The database's own check of itself.
    pub database: bool,
}

impl Soundness {
    /// Looks for everything that the database knows.
    pub fn check(roots: &Roots) -> Result<Self, NixError> {
        let store = Store::open(roots)?;
        // One listing of the folder is far quicker than a look at each path.
        let entries = fs::read_dir(&roots.store).map_err(NixError::io("read", &roots.store))?;
        let there: HashSet<OsString> = entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
        store.query(|connection| {
            let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            let mut found = Self { paths: 0, missing: 0, names: Vec::new(), database: sound == "ok" };
            let mut statement = connection.prepare_cached("SELECT path FROM ValidPaths ORDER BY path")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let path = Path::new(row.get_ref(0)?.as_str()?);
                found.paths += 1;
                if path.file_name().is_some_and(|name| there.contains(name)) {
                    continue;
                }
                found.missing += 1;
                if found.names.len() < TOLD {
                    found
                        .names
                        .push(StoreName::of(path).map_or_else(|| path.display().to_string(), |name| name.to_string()));
                }
            }
            Ok(found)
        })
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.database && self.missing == 0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use crate::nix::read::store::tests::{path, store};

    #[test]
    fn what_is_lost_is_told_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let roots = store(folder.path());
        for (id, name) in [(1, "a-1.0"), (2, "b-2.0"), (4, "b-1.9")] {
            fs::create_dir_all(path(&roots, id, name)).unwrap();
        }
        let found = Soundness::check(&roots).unwrap();
        assert_eq!((found.paths, found.missing, found.database, found.is_whole()), (4, 1, true, false));
        assert_eq!(found.names, ["c 3.0"]);
        fs::create_dir_all(path(&roots, 3, "c-3.0")).unwrap();
        assert!(Soundness::check(&roots).unwrap().is_whole());
    }
}
