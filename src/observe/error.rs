//! What can go wrong with the counts.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// Counts that cannot be kept, read or served. Never a reason to stop what is counted.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    #[error("the counts in {path} could not be opened: {reason}")]
    Open { path: PathBuf, reason: String },
    #[error("the counts could not be used: {0}")]
    Use(#[from] rusqlite::Error),
    #[error("port {port} of the loopback device could not be opened: {reason}")]
    Port { port: u16, reason: String },
}

impl Explain for ObserveError {
    fn fault(&self) -> Fault {
        match self {
            Self::Open { path, reason } => Fault::new(
                Kind::Failed,
                format!("I could not open my counts in {}.", path.display()),
                format!("The system says: {}.", reason.trim_end_matches('.')),
                "Check who may write that folder. Everything else works without it.",
            ),
            Self::Use(_) => Fault::new(
                Kind::Failed,
                "I could not use my counts.",
                "Their file is damaged, or another program holds it.",
                "Try again. If it stays so, ask-nix metrics --forget begins anew.",
            ),
            Self::Port { port, reason } => Fault::new(
                Kind::Failed,
                format!("I could not open port {port} for my counts."),
                format!("The system says: {}.", reason.trim_end_matches('.')),
                "Choose another: ask-nix config set metrics.port NUMBER.",
            ),
        }
    }
}
