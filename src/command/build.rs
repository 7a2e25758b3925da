//! From an understood request to a command.

use std::str::FromStr;

use super::{
    Command, CommandError, CommandName as Name, Deletion, DialogueCommand, DiffRange, Packages, RollbackTarget, Slots,
    SystemCommand,
};

impl Command {
    /// The command behind a name and its slots; every value is validated here, and none is dropped.
    pub fn from_request(name: &str, slots: &Slots) -> Result<Self, CommandError> {
        let name: Name = name.parse()?;
        let command = match system(name, slots)? {
            Some(command) => Self::System(command),
            None => Self::Dialogue(DialogueCommand::build(name, slots)?),
        };
        command.with_nothing_lost(slots)
    }

    /// Refuses a value that the command would drop: "roll back to Tuesday" is not "roll back".
    fn with_nothing_lost(self, slots: &Slots) -> Result<Self, CommandError> {
        let kept = self.slots();
        // Another slot of the same meaning may take a value over, but none may go missing.
        let count = |slots: &Slots| slots.iter().map(|(_, values)| values.len()).sum::<usize>();
        let lost = slots.iter().find(|(slot, values)| kept.all(slot).len() != values.len());
        match lost {
            Some((slot, _)) if count(&kept) != count(slots) => {
                Err(CommandError::ExtraSlot { command: self.name(), slot: slot.to_owned() })
            }
            _ => Ok(self),
        }
    }
}

fn system(name: Name, slots: &Slots) -> Result<Option<SystemCommand>, CommandError> {
    let get = Get { name, slots };
    Ok(Some(match name {
        Name::Search => SystemCommand::Search { query: get.one("query")? },
        Name::Describe => SystemCommand::Describe { package: get.one("package")? },
        Name::Install => SystemCommand::Install { packages: get.packages()? },
        Name::Remove => SystemCommand::Remove { packages: get.packages()? },
        Name::Try => SystemCommand::Try { packages: get.packages()? },
        Name::WhichProgram => SystemCommand::WhichProgram { program: get.one("program")? },
        Name::IsInstalled => SystemCommand::IsInstalled { package: get.one("package")? },
        Name::Installed => SystemCommand::Installed,
        Name::Size => SystemCommand::Size { package: get.one("package")? },
        Name::Why => SystemCommand::Why { package: get.one("package")? },
        Name::Referrers => SystemCommand::Referrers { package: get.one("package")? },
        Name::Plan => SystemCommand::Plan,
        Name::Switch => SystemCommand::Switch,
        Name::Test => SystemCommand::Test,
        Name::Boot => SystemCommand::Boot,
        Name::Update => SystemCommand::Update,
        Name::UpdateCheck => SystemCommand::UpdateCheck,
        Name::Rollback => SystemCommand::Rollback { target: RollbackTarget::build(slots)? },
        Name::Generations => SystemCommand::Generations,
        Name::CurrentGeneration => SystemCommand::CurrentGeneration,
        Name::DescribeGeneration => SystemCommand::DescribeGeneration { number: get.one("number")? },
        Name::Diff => SystemCommand::Diff { range: DiffRange::build(slots)? },
        Name::Keep => SystemCommand::Keep { number: get.maybe("number")? },
        Name::LabelGeneration => {
            SystemCommand::LabelGeneration { number: get.maybe("number")?, label: get.one("query")? }
        }
        Name::DeleteGenerations => SystemCommand::DeleteGenerations { which: Deletion::build(slots)? },
        Name::Gc => SystemCommand::Gc { age: get.maybe("age")?, keep: get.maybe("keep")? },
        Name::Optimise => SystemCommand::Optimise,
        Name::Verify => SystemCommand::Verify,
        Name::Space => SystemCommand::Space,
        Name::RebootNeeded => SystemCommand::RebootNeeded,
        Name::Age => SystemCommand::Age,
        Name::SearchOptions => SystemCommand::SearchOptions { query: get.one("query")? },
        Name::ExplainOption => SystemCommand::ExplainOption { option: get.one("option")? },
        Name::ReadOption => SystemCommand::ReadOption { option: get.one("option")? },
        Name::SetOption => SystemCommand::SetOption { option: get.one("option")?, value: get.one("to")? },
        Name::ServiceList => SystemCommand::ServiceList,
        Name::ServiceStatus => SystemCommand::ServiceStatus { service: get.one("service")? },
        Name::ServiceStart => SystemCommand::ServiceStart { service: get.one("service")? },
        Name::ServiceStop => SystemCommand::ServiceStop { service: get.one("service")? },
        Name::ServiceRestart => SystemCommand::ServiceRestart { service: get.one("service")? },
        Name::Logs => SystemCommand::Logs { service: get.maybe("service")? },
        Name::Explain => SystemCommand::Explain,
        Name::Health => SystemCommand::Health,
        Name::Undo => SystemCommand::Undo,
        _ => return Ok(None),
    }))
}

/// The slots of one request, as values.
struct Get<'a> {
    name: Name,
    slots: &'a Slots,
}

impl Get<'_> {
    fn one<T: FromStr<Err = CommandError>>(&self, slot: &'static str) -> Result<T, CommandError> {
        self.slots.first(slot).ok_or(CommandError::MissingSlot { command: self.name, slot })?.parse()
    }

    fn maybe<T: FromStr<Err = CommandError>>(&self, slot: &str) -> Result<Option<T>, CommandError> {
        self.slots.first(slot).map(str::parse).transpose()
    }

    fn packages(&self) -> Result<Packages, CommandError> {
        let named = self.slots.all("package");
        if named.is_empty() {
            return Err(CommandError::MissingSlot { command: self.name, slot: "package" });
        }
        let packages = named.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        Packages::new(packages).ok_or(CommandError::Packages)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::command::Risk;

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
        assert!(Command::from_request("switch", &slots(&[("date", "yesterday")])).is_err());
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
        fn what_is_built_is_built_again_the_same(name in "\\PC{0,12}", command in prop::sample::select(Name::ALL), value in "\\PC{0,40}|[0-9]{1,3}( days)?|yesterday|last") {
            // A made-up name is refused, never a panic.
            if name.parse::<Name>().is_err() {
                prop_assert!(Command::from_request(&name, &Slots::default()).is_err());
            }
            let all = ["package", "option", "service", "number", "from", "to", "date", "before", "age", "keep", "query", "program"];
            for slot in all {
                let asked = slots(&[(slot, &value)]);
                if let Ok(built) = Command::from_request(command.as_str(), &asked) {
                    prop_assert!(!built.preview().contains('\n'));
                    prop_assert_eq!(built.name(), command);
                    prop_assert_eq!(Command::from_request(built.name().as_str(), &built.slots()), Ok(built));
                }
            }
        }
    }
}
