//! What differs between two systems: packages that people know, and the whole closures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::nix::NixError;

use super::closure::Closure;
use super::installed::system_packages;
use super::names::StoreName;
use super::store::Store;

/// A package that is there before and after, in other versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub name: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
}

/// What a step from one system to another does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Packages of the system (with versions) that come, by name.
    pub added: Vec<String>,
    /// Packages of the system that go.
    pub removed: Vec<String>,
    /// Packages of the system that change their version.
    pub changed: Vec<Changed>,
    /// Store paths that come and go, in all.
    pub paths_added: u64,
    pub paths_removed: u64,
    /// Growth of the closure in bytes; below zero when it shrinks.
    pub bytes: i64,
}

impl Difference {
    /// Compares two systems.
    pub fn between(store: &Store, from: &Path, to: &Path) -> Result<Self, NixError> {
        let (added, removed, changed) =
            packages(&system_packages(from, Some(store))?, &system_packages(to, Some(store))?);
        let closures = Closure::of(store, &[from, to])?;
        let [before, after] = closures.as_slice() else { return Ok(Self::default()) };
        let (paths_added, bytes_added) = after.beyond(before);
        let (paths_removed, bytes_removed) = before.beyond(after);
        let bytes = bytes_added.cast_signed().saturating_sub(bytes_removed.cast_signed());
        Ok(Self { added, removed, changed, paths_added, paths_removed, bytes })
    }

    /// Whether the packages of the system are the same.
    #[must_use]
    pub fn same_packages(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Versions by package name; a package without a version has an empty one.
type Versions<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn versions(packages: &BTreeSet<StoreName>) -> Versions<'_> {
    let mut versions: Versions<'_> = BTreeMap::new();
    for package in packages {
        versions.entry(package.name()).or_default().insert(package.plain_version().unwrap_or_default());
    }
    versions
}

impl Difference {
    /// Compares the packages of two systems by their names alone; sizes and paths are zero.
    #[must_use]
    pub fn of_packages(from: &BTreeSet<StoreName>, to: &BTreeSet<StoreName>) -> Self {
        let (added, removed, changed) = packages(from, to);
        Self { added, removed, changed, ..Self::default() }
    }
}

fn packages(from: &BTreeSet<StoreName>, to: &BTreeSet<StoreName>) -> (Vec<String>, Vec<String>, Vec<Changed>) {
    let (from, to) = (versions(from), versions(to));
    let only = |these: &Versions<'_>, those: &Versions<'_>| {
        these
            .iter()
            .filter(|(name, _)| !those.contains_key(*name))
            .flat_map(|(name, versions)| versions.iter().map(move |version| format!("{name} {version}")))
            .map(|shown| shown.trim_end().to_owned())
            .collect()
    };
    let owned = |versions: &BTreeSet<&str>| versions.iter().map(|version| (*version).to_owned()).collect();
    let changed = from
        .iter()
        .filter_map(|(name, before)| {
            let after = to.get(name)?;
            (before != after).then(|| Changed { name: (*name).to_owned(), from: owned(before), to: owned(after) })
        })
        .collect();
    (only(&to, &from), only(&from, &to), changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_go_and_change() {
        let set = |names: &[&str]| names.iter().map(|name| StoreName::parse(name)).collect::<BTreeSet<_>>();
        let (added, removed, changed) = packages(
            &set(&["git-2.50.1", "git-2.50.1-man", "vim-9.1", "zathura-2026.05.20"]),
            &set(&["git-2.50.1", "vim-9.2", "system-path"]),
        );
        assert_eq!(added, ["system-path"]);
        assert_eq!(removed, ["zathura 2026.05.20"]);
        assert_eq!(changed, [Changed { name: "vim".into(), from: vec!["9.1".into()], to: vec!["9.2".into()] }]);
    }
}
