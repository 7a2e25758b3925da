//! What can be wrong with the configuration.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file; line and column count from 1.
    File { path: PathBuf, line: usize, column: usize },
    /// In a variable of the environment.
    Variable(String),
    /// On the command line.
    Flag,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Flag => f.write_str("the command line"),
        }
    }
}

impl Place {
    /// To be read aloud, after "is wrong".
    fn spoken(&self) -> String {
        match self {
            Self::File { path, line, column } => {
                format!("in the configuration file {} at line {line}, column {column}", path.display())
            }
            other => format!("in {other}"),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration {path} could not be read: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("the configuration {path} could not be written: {reason}")]
    Unwritable { path: PathBuf, reason: String },
    #[error("{place}: {reason}")]
    Syntax { place: Place, reason: String },
    #[error("{place}: there is no key {key}")]
    UnknownKey { place: Place, key: String, nearest: Option<&'static str> },
    #[error("{place}: {key} is {value}, and must be {allowed}")]
    Value { place: Place, key: &'static str, value: String, allowed: String },
    #[error("you have no home folder")]
    NoHome,
}

impl Explain for ConfigError {
    fn fault(&self) -> Fault {
        match self {
            Self::Unreadable { path, reason } => Fault::new(
                Kind::Failed,
                format!("I could not read the configuration file {}.", path.display()),
                format!("The system says: {reason}."),
                "Check the name of the file, and who may read it.",
            ),
            Self::Unwritable { path, reason } => Fault::new(
                Kind::Failed,
                format!("I could not write the configuration file {}.", path.display()),
                format!("The system says: {reason}."),
                "If NixOS or home-manager makes this file, change the setting there. Else check who may write it.",
            ),
            Self::Syntax { place, reason } => Fault::new(
                Kind::Refused,
                format!("Something is wrong {}.", place.spoken()),
                format!("{}.", reason.lines().collect::<Vec<_>>().join(" ").trim_end_matches('.')),
                "Correct that place: ask-nix config edit opens the file.",
            ),
            Self::UnknownKey { place, key, nearest } => Fault::new(
                Kind::Refused,
                format!("Something is wrong {}.", place.spoken()),
                format!("There is no key {key}."),
                nearest.map_or_else(
                    || "Leave it out; ask-nix config show lists all keys.".to_owned(),
                    |nearest| format!("Did you mean {nearest}?"),
                ),
            ),
            Self::Value { place, key, value, allowed } => Fault::new(
                Kind::Refused,
                format!("Something is wrong {}.", place.spoken()),
                format!("The key {key} is {value}, and must be {allowed}."),
                match place {
                    Place::File { .. } => format!("Correct it, or take it out: ask-nix config unset {key}."),
                    Place::Variable(_) | Place::Flag => "Correct it, or leave it out.".to_owned(),
                },
            ),
            Self::NoHome => Fault::new(
                Kind::Failed,
                "I do not know where to keep my files.",
                "You have no home folder: the variable HOME is not set.",
                "Set HOME, or log in as a user who has one.",
            ),
        }
    }
}
