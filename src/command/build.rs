//! From an understood request to a command.

use std::str::FromStr;

use super::{
    Command, CommandError, DialogueCommand, GenerationNumber, PackageAttr, Query, Risk, RollbackTarget, Slots,
    SystemCommand,
};

impl Command {
    /// The command behind a name and its slots; every value is validated here.
    pub fn from_request(name: &str, slots: &Slots) -> Result<Self, CommandError> {
        let package = || value::<PackageAttr>(name, slots, "package");
        let system = match name {
            "search" => SystemCommand::Search { query: value::<Query>(name, slots, "query")? },
            "describe" => SystemCommand::Describe { package: package()? },
            "is-installed" => SystemCommand::IsInstalled { package: package()? },
            "installed" => SystemCommand::Installed,
            "space" => SystemCommand::Space,
            "age" => SystemCommand::Age,
            "generations" => SystemCommand::Generations,
            "current-generation" => SystemCommand::CurrentGeneration,
            "describe-generation" => {
                SystemCommand::DescribeGeneration { number: value::<GenerationNumber>(name, slots, "number")? }
            }
            "rollback" => {
                let target = match slots.first("number") {
                    None => RollbackTarget::Previous,
                    Some(number) => RollbackTarget::Number(number.parse()?),
                };
                SystemCommand::Rollback { target }
            }
            _ => return DialogueCommand::named(name).map(Self::Dialogue),
        };
        Ok(Self::System(system))
    }

    /// What the command can do to the machine.
    #[must_use]
    pub fn risk(&self) -> Risk {
        match self {
            Self::System(command) => command.risk(),
            Self::Dialogue(_) => Risk::Read,
        }
    }

    /// Whether it ends what is going on.
    #[must_use]
    pub fn stops(&self) -> bool {
        matches!(self, Self::Dialogue(DialogueCommand::Stop | DialogueCommand::Cancel))
    }

    /// The slots that the command was made from, with their validated values.
    #[must_use]
    pub fn slots(&self) -> Slots {
        match self {
            Self::System(command) => command.slots(),
            Self::Dialogue(_) => Slots::default(),
        }
    }
}

impl SystemCommand {
    /// What the command can do to the machine.
    #[must_use]
    pub const fn risk(&self) -> Risk {
        match self {
            Self::Rollback { .. } => Risk::Undoable,
            Self::Search { .. }
            | Self::Describe { .. }
            | Self::IsInstalled { .. }
            | Self::Installed
            | Self::Space
            | Self::Age
            | Self::Generations
            | Self::CurrentGeneration
            | Self::DescribeGeneration { .. } => Risk::Read,
        }
    }

    /// The slots that the command was made from, with their validated values.
    #[must_use]
    pub fn slots(&self) -> Slots {
        let mut slots = Slots::default();
        match self {
            Self::Search { query } => slots.push("query", query.as_str()),
            Self::Describe { package } | Self::IsInstalled { package } => slots.push("package", package.as_str()),
            Self::DescribeGeneration { number } | Self::Rollback { target: RollbackTarget::Number(number) } => {
                slots.push("number", number.to_string());
            }
            Self::Installed
            | Self::Space
            | Self::Age
            | Self::Generations
            | Self::CurrentGeneration
            | Self::Rollback { target: RollbackTarget::Previous } => {}
        }
        slots
    }
}

impl DialogueCommand {
    fn named(name: &str) -> Result<Self, CommandError> {
        Ok(match name {
            "help" => Self::Help,
            "yes" => Self::Yes,
            "no" => Self::No,
            "cancel" => Self::Cancel,
            "stop" => Self::Stop,
            "repeat" => Self::Repeat,
            _ => return Err(CommandError::UnknownCommand(name.to_owned())),
        })
    }
}

fn value<T: FromStr<Err = CommandError>>(command: &str, slots: &Slots, slot: &'static str) -> Result<T, CommandError> {
    slots.first(slot).ok_or_else(|| CommandError::MissingSlot { command: command.to_owned(), slot })?.parse()
}
