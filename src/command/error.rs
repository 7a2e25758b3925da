//! What validation refuses, and how it is told.

use crate::fault::{Explain, Fault, Kind};

/// A value or a command that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("\u{201c}{0}\u{201d} is not a package name")]
    PackageName(String),
    #[error("\u{201c}{0}\u{201d} cannot be searched for")]
    Query(String),
    #[error("\u{201c}{0}\u{201d} is not the number of a generation")]
    Generation(String),
    #[error("there is no command {0}")]
    UnknownCommand(String),
    #[error("the command {command} needs {slot}")]
    MissingSlot { command: String, slot: &'static str },
    #[error("the command {command} does not take that {slot}")]
    ExtraSlot { command: String, slot: String },
}

impl CommandError {
    pub(super) fn package_name(text: &str) -> Self {
        Self::PackageName(shown(text))
    }

    pub(super) fn query(text: &str) -> Self {
        Self::Query(shown(text))
    }

    pub(super) fn unknown(text: &str) -> Self {
        Self::UnknownCommand(shown(text))
    }

    pub(super) fn generation(text: &str) -> Self {
        Self::Generation(shown(text))
    }
}

/// Foreign text made fit for a sentence: printable, and not longer than 40 characters.
fn shown(text: &str) -> String {
    let mut clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(41).collect();
    if clean.chars().count() > 40 {
        clean.pop();
        clean.push('\u{2026}');
    }
    clean
}

impl Explain for CommandError {
    fn fault(&self) -> Fault {
        let (why, hint) = match self {
            Self::PackageName(_) => (
                "Package names hold letters, digits, dashes, dots and underscores, and begin with a letter or a digit.",
                "Search for the package to find its name.",
            ),
            Self::Query(_) => (
                "A search takes some words on one line, at most 200 characters.",
                "Say what the program does, in a few words.",
            ),
            Self::Generation(_) => {
                ("Generations are numbered from one.", "List the generations to hear which there are.")
            }
            Self::UnknownCommand(_) => {
                ("It is not one of the commands that I know.", "Say help to hear what you can say.")
            }
            Self::ExtraSlot { .. } => {
                ("It has no place for a part of what was said.", "Say the command without that part.")
            }
            Self::MissingSlot { .. } => ("A part of the command was not said.", "Say the whole command again."),
        };
        Fault::new(Kind::Refused, format!("{}.", capital(&self.to_string())), why, hint)
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
