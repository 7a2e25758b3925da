//! What the assistant does by itself, at any time.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use super::{CommandError, CommandName, Query, Slots, Sounding, Verbosity};

/// A command of the dialogue: it never changes the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialogueCommand {
    Help,
    Yes,
    No,
    Cancel,
    Stop,
    /// Say the last thing again.
    Repeat,
    /// Say the last thing again, and slowly.
    RepeatSlower,
    /// Say what was said before that.
    Previous,
    /// Say what was said after that.
    Next,
    /// Put the last thing on the clipboard.
    Copy,
    /// Spell the last name, or these words.
    Spell {
        words: Option<Query>,
    },
    Slower,
    Faster,
    Louder,
    Quieter,
    /// How much is told from now on.
    Verbosity {
        level: Verbosity,
    },
    /// How the sounds are from now on, and whether anything is spoken beside them.
    Sounds {
        how: Sounding,
    },
    /// Tell the last result at length.
    Details,
    /// What was heard last.
    WhatHeard,
    /// Do the last command once more; a change is asked about again.
    Again,
    /// One of what was offered.
    Choose {
        which: Choice,
    },
    /// How far the work is.
    Progress,
    /// How long the work will still take.
    Eta,
    /// Speak no more until asked to.
    Mute,
    /// Listen for the wake word alone.
    Sleep,
    Wake,
}

/// Which of several things that were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Counted from 1.
    Nth(NonZeroU8),
    Last,
}

impl Choice {
    /// The place in a list of `count`, counted from 0; `None` where there is no such one.
    #[must_use]
    pub fn index(self, count: usize) -> Option<usize> {
        match self {
            Self::Nth(number) => Some(usize::from(number.get()) - 1).filter(|index| *index < count),
            Self::Last => count.checked_sub(1),
        }
    }
}

impl FromStr for Choice {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        match text {
            "last" => Ok(Self::Last),
            _ => text.parse().map(Self::Nth).map_err(|_| CommandError::count(text)),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nth(number) => number.fmt(f),
            Self::Last => f.write_str("last"),
        }
    }
}

impl DialogueCommand {
    pub(super) fn build(name: CommandName, slots: &Slots) -> Result<Self, CommandError> {
        Ok(match name {
            CommandName::Help => Self::Help,
            CommandName::Yes => Self::Yes,
            CommandName::No => Self::No,
            CommandName::Cancel => Self::Cancel,
            CommandName::Stop => Self::Stop,
            CommandName::Repeat => Self::Repeat,
            CommandName::RepeatSlower => Self::RepeatSlower,
            CommandName::Previous => Self::Previous,
            CommandName::Next => Self::Next,
            CommandName::Copy => Self::Copy,
            CommandName::Verbosity => {
                let level = slots.first("level").unwrap_or_default();
                Self::Verbosity { level: Verbosity::named(level).ok_or_else(|| CommandError::unknown(level))? }
            }
            CommandName::Sounds => Self::Sounds { how: slots.first("how").unwrap_or_default().parse()? },
            CommandName::Spell => Self::Spell { words: slots.first("query").map(str::parse).transpose()? },
            CommandName::Slower => Self::Slower,
            CommandName::Faster => Self::Faster,
            CommandName::Louder => Self::Louder,
            CommandName::Quieter => Self::Quieter,
            CommandName::Details => Self::Details,
            CommandName::WhatHeard => Self::WhatHeard,
            CommandName::Again => Self::Again,
            CommandName::Choose => {
                let missing = || CommandError::MissingSlot { command: name, slot: "number" };
                Self::Choose { which: slots.first("number").ok_or_else(missing)?.parse()? }
            }
            CommandName::Progress => Self::Progress,
            CommandName::Eta => Self::Eta,
            CommandName::Mute => Self::Mute,
            CommandName::Sleep => Self::Sleep,
            CommandName::Wake => Self::Wake,
            other => return Err(CommandError::UnknownCommand(other.as_str().to_owned())),
        })
    }

    /// The command's name.
    #[must_use]
    pub const fn name(&self) -> CommandName {
        match self {
            Self::Help => CommandName::Help,
            Self::Yes => CommandName::Yes,
            Self::No => CommandName::No,
            Self::Cancel => CommandName::Cancel,
            Self::Stop => CommandName::Stop,
            Self::Repeat => CommandName::Repeat,
            Self::RepeatSlower => CommandName::RepeatSlower,
            Self::Previous => CommandName::Previous,
            Self::Next => CommandName::Next,
            Self::Copy => CommandName::Copy,
            Self::Verbosity { .. } => CommandName::Verbosity,
            Self::Sounds { .. } => CommandName::Sounds,
            Self::Spell { .. } => CommandName::Spell,
            Self::Slower => CommandName::Slower,
            Self::Faster => CommandName::Faster,
            Self::Louder => CommandName::Louder,
            Self::Quieter => CommandName::Quieter,
            Self::Details => CommandName::Details,
            Self::WhatHeard => CommandName::WhatHeard,
            Self::Again => CommandName::Again,
            Self::Choose { .. } => CommandName::Choose,
            Self::Progress => CommandName::Progress,
            Self::Eta => CommandName::Eta,
            Self::Mute => CommandName::Mute,
            Self::Sleep => CommandName::Sleep,
            Self::Wake => CommandName::Wake,
        }
    }

    /// The slots that the command was made from.
    #[must_use]
    pub fn slots(&self) -> Slots {
        let mut slots = Slots::default();
        match self {
            Self::Spell { words: Some(words) } => slots.push("query", words.as_str()),
            Self::Verbosity { level } => slots.push("level", level.as_str()),
            Self::Sounds { how } => slots.push("how", how.to_string()),
            Self::Choose { which } => slots.push("number", which.to_string()),
            _ => {}
        }
        slots
    }
}
