//! What can go wrong with the search index.

use std::path::{Path, PathBuf};

use crate::fault::{Explain, Fault, Kind};

/// An index that cannot be read or built.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the search index is not built yet")]
    NotBuilt,
    #[error("the search index {path} is damaged: {reason}")]
    Damaged { path: PathBuf, reason: String },
    #[error("the search index {0} is of another version of ask-nix")]
    OtherVersion(PathBuf),
    #[error("the search index cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("{path} cannot be read: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{path} is wrong at line {line}: {reason}")]
    Line { path: PathBuf, line: usize, reason: String },
    #[error("{0} holds no package and no option")]
    Empty(PathBuf),
    #[error("the lists hold options and no package")]
    NoPackages,
    #[error("the search index cannot be written: {0}")]
    Write(String),
    #[error("there is no Nix")]
    NoNix,
    #[error("nix-env failed: {0}")]
    Nix(String),
    #[error("building the index was cancelled")]
    Cancelled,
}

impl IndexError {
    pub(super) fn damaged(path: &Path, error: &rusqlite::Error) -> Self {
        Self::Damaged { path: path.to_owned(), reason: error.to_string() }
    }
}

impl Explain for IndexError {
    fn fault(&self) -> Fault {
        let build = "Run ask-nix index to build it; that takes a minute or two.";
        let failed = |what: &str, why: String, hint: &str| Fault::new(Kind::Failed, what, why, hint);
        match self {
            Self::NotBuilt => failed("I cannot search yet.", "The search index is not built.".to_owned(), build),
            Self::Damaged { path, .. } => {
                failed("I cannot search.", format!("The search index {} is damaged.", path.display()), build)
            }
            Self::OtherVersion(_) => {
                failed("I cannot search.", "The search index was made by another version of me.".to_owned(), build)
            }
            Self::Database(error) => failed(
                "I could not search.",
                {
                    tracing::error!(target: "nix.index", %error, "a query failed");
                    "The search index cannot be read.".to_owned()
                },
                build,
            ),
            Self::Unreadable { path, reason } => failed(
                "I could not build the search index.",
                format!("{} cannot be read: {reason}.", path.display()),
                "Check the file's name and who may read it. The old index is as it was.",
            ),
            Self::Line { path, line, reason } => failed(
                "I could not build the search index.",
                format!("{} is wrong at line {line}: {reason}.", path.display()),
                "Give a packages.json, an options.json, or a list with tabs. The old index is as it was.",
            ),
            Self::NoPackages => failed(
                "I could not build the search index.",
                "What you gave me holds options, and no package.".to_owned(),
                "Give all lists at once: --import PACKAGES --import OPTIONS. The old index is as it was.",
            ),
            Self::Empty(path) => failed(
                "I could not build the search index.",
                format!("{} holds no package and no option.", path.display()),
                "Give a packages.json, an options.json, or a list with tabs. The old index is as it was.",
            ),
            Self::Write(reason) => failed(
                "I could not build the search index.",
                format!("It cannot be written: {reason}."),
                "Look for free space on the disk. The old index is as it was.",
            ),
            Self::NoNix => failed(
                "I could not build the search index.",
                "There is no Nix here to ask which packages there are.".to_owned(),
                "Install Nix, or give a list with ask-nix index --import.",
            ),
            Self::Nix(reason) => failed(
                "I could not build the search index.",
                format!("Nix could not list the packages: {reason}."),
                "Check that nixpkgs is there: nix-channel --list, or your flake's inputs.",
            ),
            Self::Cancelled => Fault::new(
                Kind::Declined,
                "I stopped building the search index.",
                "You cancelled it.",
                "The old index is as it was.",
            ),
        }
    }
}
