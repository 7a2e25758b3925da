//! Whether a system needs a restart to be whole.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::config::Roots;
use crate::nix::NixError;

use super::profiles::{self, System};

/// Whether the running system needs a restart, and its kernels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reboot {
    pub needed: bool,
    /// The kernel that was started with the machine.
    pub booted_kernel: Option<String>,
    /// The kernel of the system that runs now.
    pub kernel: Option<String>,
}

impl Reboot {
    /// Compares the running system with the one that was booted.
    pub fn read(roots: &Roots) -> Result<Self, NixError> {
        let running = profiles::running_system(roots)?;
        let booted = fs::read_link(roots.booted_system()).ok();
        Ok(Self {
            needed: reboot_needed(roots, &running),
            booted_kernel: booted.and_then(|booted| System::read(&booted).kernel),
            kernel: System::read(&running).kernel,
        })
    }
}

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
