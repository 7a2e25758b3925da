//! What can be wrong with a grammar file.

use crate::fault::{Explain, Fault, Kind};

/// A grammar that cannot be used, with the place of the mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct GrammarError {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub problem: Problem,
}

/// The mistake itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("\u{201c}{0}\u{201d} is opened here and never closed")]
    Unclosed(char),
    #[error("\u{201c}{0}\u{201d} closes nothing")]
    Unopened(char),
    #[error("the named part <{0}> is not defined above")]
    UnknownPart(String),
    #[error("a name is missing")]
    EmptyName,
    #[error("a template stands before the first command")]
    NoCommand,
    #[error("this template stands already under the command {0}")]
    Duplicate(String),
    #[error("this template fits every text")]
    FitsAll,
    #[error("this template is too large")]
    TooLarge,
    #[error("there is no command {0}")]
    UnknownCommand(String),
    #[error("\u{201c}{0}\u{201d} is no sentence that I understand")]
    NoSentence(String),
    #[error("\u{201c}{0}\u{201d} is a command already")]
    Taken(String),
    #[error("\u{201c}{sentence}\u{201d} belongs to the command {other} as well")]
    Clash { sentence: String, other: String },
    #[error("there is no template")]
    Empty,
}

impl Explain for GrammarError {
    fn fault(&self) -> Fault {
        Fault::new(
            Kind::Refused,
            format!("The grammar file {} is wrong at line {}, column {}.", self.file, self.line, self.column),
            format!("There, {}.", self.problem),
            "Correct that line, and try again.",
        )
    }
}
