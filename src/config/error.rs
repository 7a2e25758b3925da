//! What can be wrong with the configuration.

use std::path::PathBuf;

use crate::fault::{Explain, Fault, Kind};

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration {path} could not be read: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("the configuration {path} is wrong at line {line}, column {column}: {reason}")]
    Syntax { path: PathBuf, line: usize, column: usize, reason: String },
    #[error("the configuration {path} sets {key} to {value}, which is not {allowed}")]
    Value { path: PathBuf, key: &'static str, value: String, allowed: &'static str },
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
                "Check who may read this file.",
            ),
            Self::Syntax { path, line, column, reason } => Fault::new(
                Kind::Refused,
                format!("The configuration file {} is wrong at line {line}, column {column}.", path.display()),
                format!("{}.", reason.lines().collect::<Vec<_>>().join(" ").trim_end_matches('.')),
                "Correct that line, or move the file away to use the defaults.",
            ),
            Self::Value { path, key, value, allowed } => Fault::new(
                Kind::Refused,
                format!("The configuration file {} sets {key} to {value}.", path.display()),
                format!("It must be {allowed}."),
                "Correct that line.",
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
