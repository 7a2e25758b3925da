//! What can go wrong with recognition.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// A recognition that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RecognizeError {
    #[error("the model {0} is missing")]
    Missing(PathBuf),
    #[error("the model {path} cannot be read: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{0} is not a Whisper model")]
    NotAModel(PathBuf),
    #[error("the model {0} is damaged")]
    Damaged(PathBuf),
    #[error("recognition was cancelled")]
    Cancelled,
    #[error("recognition failed: {0}")]
    Failed(String),
}

impl Explain for RecognizeError {
    fn fault(&self) -> Fault {
        let fetch = "Run ask-nix models fetch to get it again.";
        match self {
            Self::Missing(path) => Fault::new(
                Kind::Failed,
                "I cannot recognise speech yet.",
                format!("The model {} is not there.", path.display()),
                "Check the name of the file; ask-nix models lists what there is, and ask-nix models fetch gets what is missing.",
            ),
            Self::Unreadable { path, reason } => Fault::new(
                Kind::Failed,
                "I cannot recognise speech.",
                format!("The model {} cannot be read: {reason}.", path.display()),
                "Check who may read this file.",
            ),
            Self::NotAModel(path) => Fault::new(
                Kind::Failed,
                "I cannot recognise speech with this file.",
                format!("{} is not a Whisper model in the ggml format.", path.display()),
                "Choose a ggml model file, or a name that ask-nix models lists.",
            ),
            Self::Damaged(path) => Fault::new(
                Kind::Failed,
                "I cannot recognise speech.",
                format!("The model {} is damaged or not complete.", path.display()),
                fetch,
            ),
            Self::Cancelled => {
                Fault::new(Kind::Declined, "I stopped listening.", "You cancelled it.", "Say it again when you like.")
            }
            Self::Failed(reason) => Fault::new(
                Kind::Failed,
                "I could not recognise what was said.",
                format!("The recogniser says: {reason}."),
                "Please say it again.",
            ),
        }
    }
}
