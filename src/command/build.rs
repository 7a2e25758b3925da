//! From an understood request to a command.

use std::str::FromStr;

use super::{
    Command, CommandError, CommandName, DialogueCommand, GenerationNumber, PackageAttr, Query, Risk, RollbackTarget,
    Slots, SystemCommand,
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
            _ => {
                let command = Self::Dialogue(DialogueCommand::named(name)?);
                return command.with_nothing_lost(name, slots);
            }
        };
        Self::System(system).with_nothing_lost(name, slots)
    }

    /// Refuses a value that the command would drop: "roll back to Tuesday" is not "roll back".
    fn with_nothing_lost(self, name: &str, slots: &Slots) -> Result<Self, CommandError> {
        let kept = self.slots();
        match slots.iter().find(|(slot, values)| kept.all(slot).len() != values.len()) {
            Some((slot, _)) => Err(CommandError::ExtraSlot { command: name.to_owned(), slot: slot.to_owned() }),
            None => Ok(self),
        }
    }

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
    /// The command's name.
    #[must_use]
    pub const fn name(&self) -> CommandName {
        match self {
            Self::Search { .. } => CommandName::Search,
            Self::Describe { .. } => CommandName::Describe,
            Self::IsInstalled { .. } => CommandName::IsInstalled,
            Self::Installed => CommandName::Installed,
            Self::Space => CommandName::Space,
            Self::Age => CommandName::Age,
            Self::Generations => CommandName::Generations,
            Self::CurrentGeneration => CommandName::CurrentGeneration,
            Self::DescribeGeneration { .. } => CommandName::DescribeGeneration,
            Self::Rollback { .. } => CommandName::Rollback,
        }
    }

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
    /// The command's name.
    #[must_use]
    pub const fn name(self) -> CommandName {
        match self {
            Self::Help => CommandName::Help,
            Self::Yes => CommandName::Yes,
            Self::No => CommandName::No,
            Self::Cancel => CommandName::Cancel,
            Self::Stop => CommandName::Stop,
            Self::Repeat => CommandName::Repeat,
        }
    }

    fn named(name: &str) -> Result<Self, CommandError> {
        Ok(match name {
            "help" => Self::Help,
            "yes" => Self::Yes,
            "no" => Self::No,
            "cancel" => Self::Cancel,
            "stop" => Self::Stop,
            "repeat" => Self::Repeat,
            _ => return Err(CommandError::unknown(name)),
        })
    }
}

fn value<T: FromStr<Err = CommandError>>(command: &str, slots: &Slots, slot: &'static str) -> Result<T, CommandError> {
    slots.first(slot).ok_or_else(|| CommandError::MissingSlot { command: command.to_owned(), slot })?.parse()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slots(pairs: &[(&str, &str)]) -> Slots {
        let mut slots = Slots::default();
        for (name, value) in pairs {
            slots.push(name, *value);
        }
        slots
    }

    #[test]
    fn a_rollback_keeps_its_number_and_its_risk() {
        let command = Command::from_request("rollback", &slots(&[("number", "41")])).unwrap();
        assert_eq!(command.preview(), "Roll back to generation 41.");
        assert_eq!(command.risk(), Risk::Undoable);
        assert_eq!(Command::from_request(command.name().as_str(), &command.slots()), Ok(command));
    }

    #[test]
    fn nothing_that_was_said_is_dropped() {
        assert!(Command::from_request("rollback", &slots(&[("date", "yesterday")])).is_err());
        assert!(Command::from_request("rollback", &slots(&[("number", "4"), ("number", "5")])).is_err());
        assert!(Command::from_request("rollback", &slots(&[("number", "0")])).is_err());
    }

    #[test]
    fn hostile_names_are_refused() {
        for bad in [
            "${x}",
            "-rf",
            "--help",
            "../etc",
            "/bin/sh",
            "a\nb",
            "fire fox",
            "fir\u{0435}fox",
            "a;b",
            "$(id)",
            "`id`",
            "",
            "a..b",
            "\u{202e}abc",
        ] {
            assert!(Command::from_request("describe", &slots(&[("package", bad)])).is_err(), "{bad:?}");
        }
        assert!(Command::from_request("describe", &slots(&[("package", &"a".repeat(5000))])).is_err());
    }

    proptest! {
        #[test]
        fn what_is_built_is_built_again_the_same(name in "\\PC{0,12}|describe|search|rollback", value in "\\PC{0,40}") {
            for slot in ["package", "query", "number"] {
                if let Ok(command) = Command::from_request(&name, &slots(&[(slot, &value)])) {
                    prop_assert!(!command.preview().contains('\n'));
                    prop_assert_eq!(Command::from_request(command.name().as_str(), &command.slots()), Ok(command));
                }
            }
        }
    }
}
