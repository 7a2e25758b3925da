//! What can be asked for, as closed and validated types.
//!
//! Takes the name and the slots of an understood intent, gives a [`Command`]: nothing that a
//! person said gets past here except as one of these types. This room does no input or output
//! and knows no other room.

mod build;
mod error;
mod name;
mod names;
mod preview;
mod slots;

pub use error::CommandError;
pub use name::CommandName;
pub use names::{GenerationNumber, PackageAttr, Query};
pub use slots::Slots;

use serde::Serialize;

/// One thing that ask-nix can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// For the backend.
    System(SystemCommand),
    /// For the assistant itself.
    Dialogue(DialogueCommand),
}

/// What the backend does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemCommand {
    Search {
        query: Query,
    },
    Describe {
        package: PackageAttr,
    },
    IsInstalled {
        package: PackageAttr,
    },
    Installed,
    /// How large the store is, and what in it is largest.
    Space,
    /// How old the system that runs now is.
    Age,
    Generations,
    CurrentGeneration,
    DescribeGeneration {
        number: GenerationNumber,
    },
    Rollback {
        target: RollbackTarget,
    },
}

/// Where a roll back goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackTarget {
    /// To the system that ran before the one that runs now.
    Previous,
    /// To one generation.
    Number(GenerationNumber),
}

/// What the assistant does by itself, at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogueCommand {
    Help,
    Yes,
    No,
    Cancel,
    Stop,
    Repeat,
}

/// What a command can do to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// It only reads.
    Read,
    /// It changes the machine, and can be taken back.
    Undoable,
    /// It takes away what cannot be brought back.
    Destructive,
}
