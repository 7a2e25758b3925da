//! What a command would do, in one sentence.

use super::targets::spoken;
use super::{
    Age, Choice, Command, Deletion, DialogueCommand, DiffRange, KeepCount, OptionValue, RollbackTarget, Sounding,
    Sounds, SystemCommand, Verbosity,
};

impl Command {
    /// What would be done, in one sentence.
    #[must_use]
    pub fn preview(&self) -> String {
        match self {
            Self::System(command) => command.preview(),
            Self::Dialogue(command) => command.preview(),
        }
    }
}

impl SystemCommand {
    /// What would be done, in one sentence.
    #[must_use]
    pub fn preview(&self) -> String {
        match self {
            Self::Search { query } => format!("Search for {}.", query.as_str()),
            Self::Describe { package } => format!("Describe {package}."),
            Self::Install { packages } => format!("Install {}.", packages.spoken()),
            Self::Remove { packages } => format!("Remove {}.", packages.spoken()),
            Self::Try { packages } => format!("Try {} without installing.", packages.spoken()),
            Self::WhichProgram { program } => format!("Tell which package has the program {program}."),
            Self::IsInstalled { package } => format!("Tell whether {package} is installed."),
            Self::Installed => "List what is installed.".to_owned(),
            Self::Size { package } => format!("Tell how large {package} is."),
            Self::Why { package } => format!("Tell why {package} is on this machine."),
            Self::Referrers { package } => format!("Tell what needs {package}."),
            Self::Plan => "Tell what a switch would change.".to_owned(),
            Self::Switch => "Build the configuration and switch to it.".to_owned(),
            Self::Test => "Build the configuration and use it until the next restart.".to_owned(),
            Self::Boot => "Build the configuration and use it from the next restart.".to_owned(),
            Self::Update => "Update the system.".to_owned(),
            Self::UpdateCheck => "Tell whether there are updates.".to_owned(),
            Self::Rollback { target } => format!("Roll back to {}.", rollback(target)),
            Self::Generations => "List the generations.".to_owned(),
            Self::CurrentGeneration => "Describe the current generation.".to_owned(),
            Self::DescribeGeneration { number } => format!("Describe generation {number}."),
            Self::Diff { range } => diff(range),
            Self::Keep { number: None } => "Keep the current generation for good.".to_owned(),
            Self::Keep { number: Some(number) } => format!("Keep generation {number} for good."),
            Self::LabelGeneration { number: None, label } => {
                format!("Call the current generation {}.", label.as_str())
            }
            Self::LabelGeneration { number: Some(number), label } => {
                format!("Call generation {number} {}.", label.as_str())
            }
            Self::DeleteGenerations { which } => deletion(which),
            Self::Gc { age: None, keep: None } => "Delete everything in the store that nothing uses.".to_owned(),
            Self::Gc { age, keep } => {
                format!("Delete generations{}, then everything in the store that nothing uses.", old(*age, *keep))
            }
            Self::Optimise => "Store equal files only once.".to_owned(),
            Self::Verify => "Check that the store is whole.".to_owned(),
            Self::Space => "Tell how large the store is.".to_owned(),
            Self::RebootNeeded => "Tell whether a restart is needed.".to_owned(),
            Self::Age => "Tell how old the system is.".to_owned(),
            Self::SearchOptions { query } => format!("Search the options for {}.", query.as_str()),
            Self::ExplainOption { option } => format!("Explain the option {option}."),
            Self::ReadOption { option } => format!("Tell the value of the option {option}."),
            Self::SetOption { option, value: OptionValue::Bool(true) } => format!("Turn on {option}."),
            Self::SetOption { option, value: OptionValue::Bool(false) } => format!("Turn off {option}."),
            Self::SetOption { option, value } => format!("Set {option} to {value}."),
            Self::ServiceList => "List the services that run.".to_owned(),
            Self::ServiceStatus { service } => format!("Tell whether the service {service} runs."),
            Self::ServiceStart { service } => format!("Start the service {service}."),
            Self::ServiceStop { service } => format!("Stop the service {service}."),
            Self::ServiceRestart { service } => format!("Restart the service {service}."),
            Self::Logs { service: None } => "Read the recent errors of the system.".to_owned(),
            Self::Logs { service: Some(service) } => format!("Read the recent messages of the service {service}."),
            Self::Explain => "Tell what went wrong last.".to_owned(),
            Self::Health => "Tell whether the machine is well.".to_owned(),
            Self::Undo => "Take the last change back.".to_owned(),
        }
    }
}

fn rollback(target: &RollbackTarget) -> String {
    match target {
        RollbackTarget::Previous => "the previous system".to_owned(),
        RollbackTarget::Number(number) => format!("generation {number}"),
        RollbackTarget::Date(when) => format!("the system of {when}"),
        RollbackTarget::BeforeInstalled(package) => format!("the system before {package} was installed"),
        RollbackTarget::BeforeUpdate => "the system before the last update".to_owned(),
        RollbackTarget::LastWorking => "the last system that worked".to_owned(),
    }
}

fn diff(range: &DiffRange) -> String {
    match range {
        DiffRange::Last => "Tell what the current generation changed.".to_owned(),
        DiffRange::From(number) => format!("Tell what has changed since generation {number}."),
        DiffRange::In(number) => format!("Tell what generation {number} changed."),
        DiffRange::Between(from, to) => format!("Tell what differs between generations {from} and {to}."),
        DiffRange::Since(when) => format!("Tell what has changed since {when}."),
    }
}

fn deletion(which: &Deletion) -> String {
    match which {
        Deletion::Numbers(numbers) => match numbers.as_slice() {
            [one] => format!("Delete generation {one}."),
            several => format!("Delete generations {}.", spoken(several)),
        },
        Deletion::Range(from, to) => format!("Delete generations {from} to {to}."),
        Deletion::Old { age: None, keep: None } => "Delete all generations but the current one.".to_owned(),
        Deletion::Old { age, keep } => format!("Delete generations{}.", old(*age, *keep)),
        Deletion::Before(when) => format!("Delete generations from before {when}."),
    }
}

fn old(age: Option<Age>, keep: Option<KeepCount>) -> String {
    match (age, keep) {
        (None, None) => String::new(),
        (Some(age), None) => format!(" older than {age}"),
        (None, Some(keep)) => format!(" but the newest {keep}"),
        (Some(age), Some(keep)) => format!(" older than {age}, but not the newest {keep}"),
    }
}

impl DialogueCommand {
    /// What would be done, in one sentence.
    #[must_use]
    pub fn preview(&self) -> String {
        match self {
            Self::Help => "Tell what you can say.",
            Self::Yes => "Answer yes.",
            Self::No => "Answer no.",
            Self::Cancel => "Cancel.",
            Self::Stop => "Stop.",
            Self::Repeat => "Say the last thing again.",
            Self::RepeatSlower => "Say the last thing again, slowly.",
            Self::Previous => "Say what I said before that.",
            Self::Next => "Say what I said after that.",
            Self::Copy => "Put the last thing on the clipboard.",
            Self::Verbosity { level: Verbosity::Brief } => "Tell less.",
            Self::Verbosity { level: Verbosity::Normal } => "Tell as much as usual.",
            Self::Verbosity { level: Verbosity::Detailed } => "Tell more.",
            Self::Sounds { how: Sounding::Theme(Sounds::Normal) } => "Sound as usual.",
            Self::Sounds { how: Sounding::Theme(Sounds::Low) } => "Sound lower.",
            Self::Sounds { how: Sounding::Theme(Sounds::Off) } => "Make no sounds.",
            Self::Sounds { how: Sounding::Only } => "Make sounds, and speak only where it must be.",
            Self::Sounds { how: Sounding::Words } => "Speak again.",
            Self::Spell { words: None } => "Spell the last name.",
            Self::Spell { words: Some(words) } => return format!("Spell {}.", words.as_str()),
            Self::Slower => "Speak slower.",
            Self::Faster => "Speak faster.",
            Self::Louder => "Speak louder.",
            Self::Quieter => "Speak quieter.",
            Self::Details => "Tell the details.",
            Self::WhatHeard => "Tell what I heard.",
            Self::Again => "Do the last thing once more.",
            Self::Choose { which: Choice::Nth(number) } => return format!("Take number {number}."),
            Self::Choose { which: Choice::Last } => "Take the last one.",
            Self::Progress => "Tell how far it is.",
            Self::Eta => "Tell how long it will still take.",
            Self::Mute => "Speak no more.",
            Self::Sleep => "Go to sleep.",
            Self::Wake => "Wake up.",
        }
        .to_owned()
    }
}
