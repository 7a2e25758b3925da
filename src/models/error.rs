//! What can go wrong with a model's file.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// A model that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("there is no model called {0}")]
    Unknown(String),
    #[error("{path} could not be written: {reason}")]
    Write { path: PathBuf, reason: String },
    #[error("{name} could not be fetched: {}", reasons.join("; "))]
    NoSource { name: String, reasons: Vec<String> },
    #[error("{name} is not what the manifest says")]
    Wrong { name: String },
    #[error("{name} is missing")]
    Missing { name: String },
}

impl Explain for ModelError {
    fn fault(&self) -> Fault {
        match self {
            Self::Unknown(name) => Fault::new(
                Kind::Usage,
                format!("There is no model called {name}."),
                "It is not in the list of models.",
                "Run ask-nix models to see the list.",
            ),
            Self::Write { path, reason } => Fault::new(
                Kind::Failed,
                "I could not keep a model.",
                format!("{} could not be written: {reason}.", path.display()),
                "Look for free space on the disk, and who may write there. What was fetched so far is kept.",
            ),
            Self::NoSource { name, reasons } => Fault::new(
                Kind::Failed,
                format!("I could not fetch the model {name}."),
                format!("No source gave it: {}.", reasons.join("; ")),
                "Check the network, and run ask-nix models fetch again. What was fetched so far is kept.",
            ),
            Self::Wrong { name } => Fault::new(
                Kind::Failed,
                format!("The model {name} is damaged."),
                "Its content is not what it should be.",
                "Run ask-nix models fetch to get it again.",
            ),
            Self::Missing { name } => Fault::new(
                Kind::Failed,
                format!("The model {name} is missing."),
                "It was not fetched yet.",
                "Run ask-nix models fetch to get it.",
            ),
        }
    }
}
