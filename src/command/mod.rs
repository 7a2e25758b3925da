//! What can be asked for, as closed and validated types.
//!
//! Takes the name and the slots of an understood intent, gives a [`Command`]: nothing that a
//! person said gets past here except as one of these types. This room does no input or output
//! and knows no other room.

mod amount;
mod build;
mod dialogue;
mod error;
mod manner;
mod name;
mod names;
mod preview;
mod slots;
mod system;
mod targets;
mod when;

pub use amount::{Age, AgeUnit, KeepCount};
pub use dialogue::{Choice, DialogueCommand};
pub use error::CommandError;
pub use manner::{Sounding, Sounds, Verbosity};
pub use name::CommandName;
pub use names::{
    GenerationNumber, HostName, Label, OptionPath, OptionValue, PackageAttr, ProgramName, Query, ServiceName,
};
pub use slots::Slots;
pub use system::SystemCommand;
pub use targets::{Deletion, DiffRange, Packages, RollbackTarget};
pub use when::{DayPart, When};

use serde::Serialize;

/// One thing that ask-nix can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// For the backend.
    System(SystemCommand),
    /// For the assistant itself.
    Dialogue(DialogueCommand),
}

impl Command {
    /// The command's name.
    #[must_use]
    pub const fn name(&self) -> CommandName {
        match self {
            Self::System(command) => command.name(),
            Self::Dialogue(command) => command.name(),
        }
    }

    /// What the command can do to the machine.
    #[must_use]
    pub const fn risk(&self) -> Risk {
        match self {
            Self::System(command) => command.risk(),
            Self::Dialogue(_) => Risk::Read,
        }
    }

    /// Whether it ends what is going on.
    #[must_use]
    pub const fn stops(&self) -> bool {
        matches!(self, Self::Dialogue(DialogueCommand::Stop | DialogueCommand::Cancel))
    }

    /// The slots that the command was made from, with their validated values.
    #[must_use]
    pub fn slots(&self) -> Slots {
        match self {
            Self::System(command) => command.slots(),
            Self::Dialogue(command) => command.slots(),
        }
    }
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
