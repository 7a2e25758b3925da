//! Why a demo system could not be made.

use std::io;
use std::path::{Path, PathBuf};

use crate::fault::{Explain, Fault, Kind};

/// A demo system that could not be made or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemoError {
    #[error("no Nix was found in PATH or in the cache")]
    NoNix,
    #[error("{program} could not be started: {reason}")]
    NixUnusable { program: PathBuf, reason: String },
    /// A Nix program failed; `reason` is the end of what it wrote.
    #[error("{step} failed: {reason}")]
    Build { step: &'static str, reason: String },
    #[error("no space is left in {dir}")]
    Full { dir: PathBuf },
    #[error("{dir} holds other files and is not a demo")]
    NotOurs { dir: PathBuf },
    /// Nix's own store paths allow only few characters, and the builders are shell scripts.
    #[error("{dir} has a character that a store cannot have in its path")]
    Name { dir: PathBuf },
    #[error("{path}: {reason}")]
    Files { path: PathBuf, reason: String },
}

impl DemoError {
    /// What went wrong with a file; a full disk is told apart.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Self::Full { dir: path.parent().unwrap_or(path).to_owned() };
        }
        Self::Files { path: path.to_owned(), reason: plain(error) }
    }
}

impl Explain for DemoError {
    fn fault(&self) -> Fault {
        let failed = |what: String, why: String, hint: &str| Fault::new(Kind::Failed, what, why, hint);
        match self {
            Self::NoNix => failed(
                "I could not make the demo system.".to_owned(),
                "There is no Nix on this machine, and the demo is built by a real one.".to_owned(),
                "Start me as: scripts/start --demo. That puts a Nix in place for the demo alone.",
            ),
            Self::NixUnusable { program, reason } => failed(
                "I could not make the demo system.".to_owned(),
                format!("{} does not start: {}.", program.display(), sentence(reason)),
                "Check that Nix works here: nix --version.",
            ),
            Self::Build { step, reason } => failed(
                "I could not make the demo system.".to_owned(),
                format!("The step {step} failed: {}.", sentence(reason)),
                "Try again. If it fails again, start me with RUST_LOG=debug and look at what Nix says.",
            ),
            Self::Full { dir } => failed(
                "I could not make the demo system.".to_owned(),
                format!("There is no space left in {}.", dir.display()),
                "Free about 50 megabytes, or name another folder with --demo=FOLDER.",
            ),
            Self::NotOurs { dir } => Fault::new(
                Kind::Refused,
                format!("I do not use {} for the demo.", dir.display()),
                "It holds other files, and a demo may replace what is in its folder.",
                "Name an empty folder, or one that is not there yet.",
            ),
            Self::Name { dir } => Fault::new(
                Kind::Refused,
                format!("I cannot make a demo in {}.", dir.display()),
                "Nix allows only plain letters, digits, dots, dashes and underscores in such a path.",
                "Name another folder, without spaces or special letters.",
            ),
            Self::Files { path, reason } => failed(
                "I could not make the demo system.".to_owned(),
                format!("{} cannot be used: {}.", path.display(), sentence(reason)),
                "Check who may write there, or name another folder with --demo=FOLDER.",
            ),
        }
    }
}

/// The system's own words for an error, without its number.
pub(super) fn plain(error: &io::Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or(&words).to_owned()
}

/// A reason as the end of a sentence: one line, without its own full stop.
fn sentence(reason: &str) -> String {
    reason.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let error = io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
        assert_eq!(DemoError::io(Path::new("/x/y"), &error), DemoError::Full { dir: PathBuf::from("/x") });
    }

    #[test]
    fn no_error_number_is_spoken() {
        let error = io::Error::from_raw_os_error(rustix::io::Errno::ACCESS.raw_os_error());
        let reason = "Permission denied".to_owned();
        assert_eq!(DemoError::io(Path::new("/x"), &error), DemoError::Files { path: PathBuf::from("/x"), reason });
    }

    #[test]
    fn every_error_says_three_whole_sentences() {
        let dir = PathBuf::from("/some/where");
        let errors = [
            DemoError::NoNix,
            DemoError::NixUnusable { program: dir.clone(), reason: "no such file".to_owned() },
            DemoError::Build { step: "build", reason: "error:\n  bad.".to_owned() },
            DemoError::Full { dir: dir.clone() },
            DemoError::NotOurs { dir: dir.clone() },
            DemoError::Name { dir: dir.clone() },
            DemoError::Files { path: dir, reason: "denied".to_owned() },
        ];
        for error in errors {
            let fault = error.fault();
            for part in [fault.what, fault.why, fault.hint] {
                assert!(part.ends_with('.') && !part.contains('\n') && !part.ends_with(".."), "{part}");
            }
        }
    }
}
