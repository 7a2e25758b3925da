//! What can go wrong with the history, and how it is told.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// The history cannot be kept. The assistant goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("cannot open the history {path}: {source}")]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("cannot make the folder of the history {path}: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("cannot read or write the history: {0}")]
    Use(#[from] rusqlite::Error),
}

impl Explain for HistoryError {
    fn fault(&self) -> Fault {
        let (what, why) = match self {
            Self::Open { path, .. } | Self::Folder { path, .. } => (
                "I cannot remember what I say after you leave.",
                format!("The file {} could not be opened.", path.display()),
            ),
            Self::Use(_) => {
                ("I could not look up what I said.", "The file that holds it could not be read or written.".to_owned())
            }
        };
        Fault::new(Kind::Failed, what, why, "Check that the disk has room, and that the folder belongs to you.")
    }
}
