//! The closed list of command names, in kebab-case as the grammar and the JSON answers write them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::CommandError;

macro_rules! names {
    ($($variant:ident = $text:literal,)*) => {
        /// The name of a command.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum CommandName {
            $(#[serde(rename = $text)] $variant,)*
        }

        impl CommandName {
            /// Every name.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in kebab-case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

names! {
    Search = "search",
    Describe = "describe",
    Install = "install",
    Remove = "remove",
    Try = "try",
    WhichProgram = "which-program",
    IsInstalled = "is-installed",
    Installed = "installed",
    Size = "size",
    Why = "why",
    Referrers = "referrers",
    Plan = "plan",
    Switch = "switch",
    Test = "test",
    Boot = "boot",
    Update = "update",
    UpdateCheck = "update-check",
    Rollback = "rollback",
    Generations = "generations",
    CurrentGeneration = "current-generation",
    DescribeGeneration = "describe-generation",
    Diff = "diff",
    Keep = "keep",
    LabelGeneration = "label-generation",
    DeleteGenerations = "delete-generations",
    Gc = "gc",
    Optimise = "optimise",
    Verify = "verify",
    Space = "space",
    RebootNeeded = "reboot-needed",
    Age = "age",
    SearchOptions = "search-options",
    ExplainOption = "explain-option",
    ReadOption = "read-option",
    SetOption = "set-option",
    ServiceList = "service-list",
    ServiceStatus = "service-status",
    ServiceStart = "service-start",
    ServiceStop = "service-stop",
    ServiceRestart = "service-restart",
    Logs = "logs",
    Explain = "explain",
    Health = "health",
    Yes = "yes",
    No = "no",
    Cancel = "cancel",
    Stop = "stop",
    Repeat = "repeat",
    RepeatSlower = "repeat-slower",
    Previous = "previous",
    Next = "next",
    Copy = "copy",
    Spell = "spell",
    Slower = "slower",
    Faster = "faster",
    Louder = "louder",
    Quieter = "quieter",
    Verbosity = "verbosity",
    Sounds = "sounds",
    Details = "details",
    Help = "help",
    WhatHeard = "what-heard",
    Undo = "undo",
    Again = "again",
    Choose = "choose",
    Progress = "progress",
    Eta = "eta",
    Mute = "mute",
    Sleep = "sleep",
    Wake = "wake",
}

impl FromStr for CommandName {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        Self::ALL.iter().copied().find(|name| name.as_str() == text).ok_or_else(|| CommandError::unknown(text))
    }
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
