//! What takes the room: the store by packages and by roots, what could be freed, and how full the disks are.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::Roots;
use crate::nix::NixError;

use super::garbage::{self, Garbage, Kept};
use super::graph::Graph;
use super::store::Store;

/// How full a file system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// A folder on it: that of the store, or `/boot`.
    pub at: PathBuf,
    /// Size, in bytes.
    pub bytes: u64,
    /// What users may still fill, in bytes.
    pub free: u64,
}

impl Disk {
    /// The file system that a folder lies on; `None` where there is no such folder.
    #[must_use]
    pub fn of(at: &Path) -> Option<Self> {
        let facts = rustix::fs::statvfs(at).ok()?;
        Some(Self {
            at: at.to_owned(),
            bytes: facts.f_blocks.saturating_mul(facts.f_frsize),
            free: facts.f_bavail.saturating_mul(facts.f_frsize),
        })
    }

    /// Whether so little is left that the next change may fail: less than a twentieth and less than `enough` bytes.
    #[must_use]
    pub fn is_nearly_full(&self, enough: u64) -> bool {
        self.free < enough && self.free < self.bytes / 20
    }
}

/// What uses the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Space {
    pub paths: u64,
    /// Sizes when serialised (NAR), in bytes: about what they take on the disk.
    pub bytes: u64,
    /// The packages that take most: versions and outputs of one name count together.
    pub largest: Vec<(String, u64)>,
    /// What could be freed now, at most.
    pub garbage: Garbage,
    /// What keeps most: generations, profiles and `result` links.
    pub roots: Vec<Kept>,
    pub disk: Option<Disk>,
    /// `/boot`, where it is a file system of its own.
    pub boot: Option<Disk>,
}

impl Space {
    /// Looks at the store and the disks; names the `count` largest of each.
    pub fn read(roots: &Roots, count: usize) -> Result<Self, NixError> {
        let store = Store::open(roots)?;
        let (paths, bytes) = store.totals()?;
        let graph = Graph::read(&store)?;
        let links = garbage::roots(roots);
        let disk = Disk::of(&roots.store);
        Ok(Self {
            paths,
            bytes,
            largest: store.largest(count)?,
            garbage: garbage::garbage(&store, &graph, &links)?,
            roots: garbage::largest_roots(&store, &graph, &links, count)?,
            boot: boot(roots),
            disk,
        })
    }
}

/// The file system that boot entries lie on, if it is another than that of the system itself.
#[must_use]
pub fn boot(roots: &Roots) -> Option<Disk> {
    let device = |path: &Path| rustix::fs::stat(path).ok().map(|facts| facts.st_dev);
    let (boot, efi) = (roots.system.join("boot"), roots.system.join("boot/efi"));
    let system = device(&roots.system)?;
    [efi, boot].into_iter().find(|path| device(path).is_some_and(|of| of != system)).and_then(|path| Disk::of(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_little_room_in_both_ways_is_nearly_full() {
        let disk = |bytes, free| Disk { at: PathBuf::from("/boot"), bytes, free };
        assert!(disk(500_000_000, 9_000_000).is_nearly_full(50_000_000));
        // A large disk with a small share left, and a small one with a large share left.
        assert!(!disk(4_000_000_000_000, 100_000_000_000).is_nearly_full(5_000_000_000));
        assert!(!disk(100_000_000, 30_000_000).is_nearly_full(50_000_000));
    }
}
