//! What can go wrong with speaking, and how it is told. All of it is told in text, for there is no voice.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// There is no voice, or it has stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeakError {
    #[error("{what} is missing: {path}")]
    Missing { what: &'static str, path: PathBuf },
    #[error("{path} is damaged, or is not a Piper voice: {reason}")]
    Voice { path: PathBuf, reason: String },
    #[error("the speech library {path} does not load: {reason}")]
    Runtime { path: PathBuf, reason: String },
    #[error("espeak-ng's data is nowhere to be found; looked in the library's own place and in {looked:?}")]
    EspeakData { looked: Vec<PathBuf> },
    #[error("espeak-ng has no language {0}")]
    Language(String),
    #[error("a sentence could not be spoken: {0}")]
    Synthesis(String),
    #[error("the screen reader {name} fails: {reason}")]
    Reader { name: &'static str, reason: String },
    #[error("the voice has stopped")]
    Stopped,
}

impl SpeakError {
    /// How it is told by the spare voice, which speaks in the place of the one that fails.
    #[must_use]
    pub fn spared(&self) -> Fault {
        let fault = self.fault();
        Fault::new(fault.kind, "I speak with my spare voice.", fault.why, fault.hint)
    }
}

impl Explain for SpeakError {
    fn fault(&self) -> Fault {
        const FETCH: &str = "Run ask-nix models fetch to get it.";
        const AGAIN: &str = "Run ask-nix models fetch to get it again, or choose another voice in the settings.";
        let (why, hint) = match self {
            Self::Missing { what, .. } => (format!("The {what} is not on this machine."), FETCH),
            Self::Voice { .. } => ("The file of the voice is damaged, or it is not a Piper voice.".to_owned(), AGAIN),
            Self::Runtime { .. } => (
                "The library that computes the voice is damaged, or too old.".to_owned(),
                "Run ask-nix models fetch to get it again.",
            ),
            Self::EspeakData { .. } => (
                "The pronunciation data of espeak is not on this machine.".to_owned(),
                "Install the package espeak-ng.",
            ),
            Self::Language(language) => (
                format!("The voice speaks {language}, and the pronunciation data does not have it."),
                "Choose another voice in the settings.",
            ),
            Self::Synthesis(_) => (
                "This sentence was too much for the voice.".to_owned(),
                "Read it on the screen; the next one may work again.",
            ),
            Self::Reader { name, .. } => (
                format!("The screen reader {name} does not take what I say."),
                "Start it again, or choose another voice in the settings.",
            ),
            Self::Stopped => ("The voice stopped by a fault of its own.".to_owned(), "Start ask-nix again."),
        };
        let what = match self {
            Self::Synthesis(_) => "I could not speak this sentence.",
            Self::Reader { .. } => "I speak with my own voice now.",
            _ => "I cannot speak, so I answer in text.",
        };
        Fault::new(Kind::Failed, what, why, hint)
    }
}
