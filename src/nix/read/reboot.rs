//! Whether a system needs a restart to be whole.

use std::fs;
use std::path::Path;

use crate::config::Roots;

/// What only a boot can change; `NixOS` compares the same three.
const BOOTED: [&str; 3] = ["kernel", "kernel-modules", "initrd"];

/// Whether the kernel, its modules or the first file system of `system` differ from those booted.
///
/// Where nothing is known of what was booted the answer is no.
#[must_use]
pub fn reboot_needed(roots: &Roots, system: &Path) -> bool {
    let Ok(booted) = fs::canonicalize(roots.booted_system()) else { return false };
    BOOTED.iter().any(|part| differs(&booted.join(part), &system.join(part)))
}

/// Links into the store are compared by where they lead; a system that holds the thing itself by its contents.
fn differs(one: &Path, other: &Path) -> bool {
    if let (Ok(one), Ok(other)) = (fs::read_link(one), fs::read_link(other)) {
        return one != other;
    }
    match (names(&one.join("lib/modules")), names(&other.join("lib/modules"))) {
        (Some(one), Some(other)) => one != other,
        _ => fs::read(one).ok() != fs::read(other).ok(),
    }
}

fn names(folder: &Path) -> Option<Vec<std::ffi::OsString>> {
    let mut names: Vec<_> = fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    names.sort();
    Some(names)
}
