//! What validation refuses, and how it is told.

use super::{CommandName, GenerationNumber};
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
    #[error("\u{201c}{0}\u{201d} is not the name of an option")]
    OptionName(String),
    #[error("\u{201c}{0}\u{201d} is not the name of a service")]
    ServiceName(String),
    #[error("\u{201c}{0}\u{201d} is not the name of a machine")]
    HostName(String),
    #[error("\u{201c}{0}\u{201d} is not the name of a program")]
    ProgramName(String),
    #[error("\u{201c}{0}\u{201d} is not a time in the past")]
    Date(String),
    #[error("\u{201c}{0}\u{201d} is not a length of time")]
    Age(String),
    #[error("\u{201c}{0}\u{201d} is not a count")]
    Count(String),
    #[error("there are no generations from {from} to {to}")]
    Range { from: GenerationNumber, to: GenerationNumber },
    #[error("these are not packages that can be named together")]
    Packages,
    #[error("there is no command {0}")]
    UnknownCommand(String),
    #[error("the command {command} needs {slot}")]
    MissingSlot { command: CommandName, slot: &'static str },
    #[error("the command {command} does not take that {slot}")]
    ExtraSlot { command: CommandName, slot: String },
}

impl CommandError {
    pub(super) fn package_name(text: &str) -> Self {
        Self::PackageName(shown(text))
    }

    pub(super) fn query(text: &str) -> Self {
        Self::Query(shown(text))
    }

    pub(super) fn option(text: &str) -> Self {
        Self::OptionName(shown(text))
    }

    pub(super) fn service(text: &str) -> Self {
        Self::ServiceName(shown(text))
    }

    pub(super) fn host(text: &str) -> Self {
        Self::HostName(shown(text))
    }

    pub(super) fn program(text: &str) -> Self {
        Self::ProgramName(shown(text))
    }

    pub(super) fn date(text: &str) -> Self {
        Self::Date(shown(text))
    }

    pub(super) fn age(text: &str) -> Self {
        Self::Age(shown(text))
    }

    pub(super) fn count(text: &str) -> Self {
        Self::Count(shown(text))
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
            Self::OptionName(_) => (
                "Options are words joined by dots, such as services dot openssh dot enable.",
                "Search the options to find its name.",
            ),
            Self::ServiceName(_) => (
                "Service names hold letters, digits, dashes, dots and underscores.",
                "List the services to hear which there are.",
            ),
            Self::HostName(_) => (
                "The name of a machine holds letters, digits, dots and dashes.",
                "Name the machine in my settings as it is written in the flake.",
            ),
            Self::ProgramName(_) => {
                ("A program is named by one word, as it would be typed.", "Search for what the program does.")
            }
            Self::Date(_) => (
                "I know days, such as yesterday or last Tuesday, and how long ago, such as two weeks ago.",
                "Say the day in another way.",
            ),
            Self::Age(_) => {
                ("It is a number and hours, days, weeks, months or years.", "Say, for example, thirty days.")
            }
            Self::Count(_) => ("It is a whole number, one or more.", "Say the number again."),
            Self::Range { .. } => ("The first number is the larger one.", "Say the smaller number first."),
            Self::Packages => {
                ("There are too many of them, or one is named twice.", "Name each once, at most twenty in all.")
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
