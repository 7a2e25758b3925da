//! Why the wake word cannot be heard.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// What can go wrong with the wake word.
#[derive(Debug, thiserror::Error)]
pub enum WakeError {
    #[error("{path} is missing")]
    Missing { path: PathBuf },
    #[error("{path} cannot be used: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error("the network of the word {word} is wrong: {reason}")]
    Network { word: String, reason: String },
}

impl Explain for WakeError {
    fn fault(&self) -> Fault {
        match self {
            Self::Missing { path } => Fault::new(
                Kind::Failed,
                "I cannot listen for the wake word.",
                format!("{} is missing.", path.display()),
                "Run ask-nix models fetch to get it. Until then, use a key to talk.",
            ),
            Self::Unusable { path, reason } => Fault::new(
                Kind::Failed,
                "I cannot listen for the wake word.",
                format!("{} cannot be used: {reason}.", path.display()),
                "Run ask-nix models verify to see whether it is damaged.",
            ),
            Self::Network { word, reason } => Fault::new(
                Kind::Failed,
                format!("I cannot listen for the word {word}."),
                format!("What I learned of it is damaged: {reason}."),
                "Enrol the word again with ask-nix wake enroll.",
            ),
        }
    }
}
