//! Programs that can be used at once without being installed: built or fetched, and linked where they can be started.
//!
//! Nothing of the configuration or of a profile changes. The links keep what was fetched from the garbage collector for
//! a day; the next trial after that takes them away.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::PackageAttr;
use crate::config::Roots;
use crate::nix::child;
use crate::nix::{NixError, Progress, Stage};

use super::make::realise;
use super::source::{Source, flake_program};

/// How long what was tried is kept at hand.
const KEPT: Duration = Duration::from_hours(24);

/// What can be used now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    pub packages: Vec<String>,
    /// The names of their programs.
    pub programs: Vec<String>,
    /// Folders that hold these programs, for a `PATH`.
    pub folders: Vec<PathBuf>,
}

/// Makes packages usable; `links` is the folder for what keeps them.
pub fn trial(
    roots: &Roots,
    links: &Path,
    packages: &[PackageAttr],
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Trial, NixError> {
    tell(Progress::of(Stage::Evaluating));
    fs::create_dir_all(links).map_err(NixError::io("made", links))?;
    forget_old(links);
    let link = links.join(format!("{}", Timestamp::now().as_microsecond()));
    // Off NixOS there is no configuration, and nixpkgs is what NIX_PATH says.
    let command = if let Ok(Source::Flake { folder, .. }) = Source::of(roots) {
        let mut command = flake_program(roots);
        command.args(["build", "--no-write-lock-file", "--print-out-paths", "--inputs-from"]).arg(folder);
        command.arg("--out-link").arg(&link).args(packages.iter().map(|package| format!("nixpkgs#{package}")));
        command
    } else {
        let mut command = child::nix_program(roots, "nix-build");
        command.arg("<nixpkgs>").arg("--out-link").arg(&link);
        command.args(packages.iter().flat_map(|package| ["-A", package.as_str()]));
        command
    };
    let paths = realise(roots, command, &[], None, cancel, tell)?;
    let folders: Vec<PathBuf> = paths.iter().map(|path| path.join("bin")).filter(|folder| folder.is_dir()).collect();
    let mut programs: Vec<String> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(Result::ok))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    programs.sort();
    programs.dedup();
    Ok(Trial { packages: packages.iter().map(ToString::to_string).collect(), programs, folders })
}

/// Takes the links of earlier trials away; what cannot be taken away is tried again the next time.
fn forget_old(links: &Path) {
    let Ok(entries) = fs::read_dir(links) else { return };
    for entry in entries.filter_map(Result::ok) {
        let made = fs::symlink_metadata(entry.path()).and_then(|facts| facts.modified()).ok();
        let age = made.and_then(|made| SystemTime::now().duration_since(made).ok());
        if age.is_some_and(|age| age > KEPT) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
