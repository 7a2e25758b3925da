//! Where the plain tools lie that the demo's builders and its activation call.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Usual folders: of Linux, of `NixOS`, of Nix elsewhere.
const USUAL: &[&str] = &["/usr/bin", "/bin", "/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin"];

/// What builders and activation call.
const CALLED: &[&str] = &["cat", "chmod", "date", "head", "ln", "mkdir", "readlink", "rm", "sed", "sleep"];

/// A `PATH` for builders: the usual folders, and whichever of the user's own holds a tool that these lack.
pub(super) fn path() -> OsString {
    let mut folders: Vec<PathBuf> = USUAL.iter().map(PathBuf::from).collect();
    let own = std::env::var_os("PATH").unwrap_or_default();
    for tool in CALLED {
        if folders.iter().any(|folder| folder.join(tool).exists()) {
            continue;
        }
        let plain = |folder: &Path| folder.is_absolute() && folder.to_str().is_some_and(super::folder::plain);
        if let Some(folder) = std::env::split_paths(&own).find(|folder| plain(folder) && folder.join(tool).exists()) {
            folders.push(folder);
        }
    }
    // Fails only for a folder with a colon in its name, which is not plain.
    std::env::join_paths(folders).unwrap_or_else(|_| USUAL.join(":").into())
}
