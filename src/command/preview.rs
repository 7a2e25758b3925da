//! What a command would do, in one sentence.

use super::{Command, DialogueCommand, RollbackTarget, SystemCommand};

impl Command {
    /// What would be done, in one sentence.
    #[must_use]
    pub fn preview(&self) -> String {
        match self {
            Self::System(command) => command.preview(),
            Self::Dialogue(command) => command.preview().to_owned(),
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
            Self::IsInstalled { package } => format!("Tell whether {package} is installed."),
            Self::Installed => "List what is installed.".to_owned(),
            Self::Space => "Tell how large the store is.".to_owned(),
            Self::Age => "Tell how old the system is.".to_owned(),
            Self::Generations => "List the generations.".to_owned(),
            Self::CurrentGeneration => "Describe the current generation.".to_owned(),
            Self::DescribeGeneration { number } => format!("Describe generation {number}."),
            Self::Rollback { target: RollbackTarget::Previous } => "Roll back to the previous system.".to_owned(),
            Self::Rollback { target: RollbackTarget::Number(number) } => format!("Roll back to generation {number}."),
        }
    }
}

impl DialogueCommand {
    const fn preview(self) -> &'static str {
        match self {
            Self::Help => "Tell what you can say.",
            Self::Yes => "Answer yes.",
            Self::No => "Answer no.",
            Self::Cancel => "Cancel.",
            Self::Stop => "Stop.",
            Self::Repeat => "Say the last thing again.",
        }
    }
}
