//! One thing that was measured.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::fault::Kind;

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$note])* $variant),* }

        impl $name {
            /// As it is written in the counts.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The one that is written so.
            #[must_use]
            pub fn named(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// Which part of the work is measured.
    Stage {
        /// Opening a microphone, losing it, getting it back; reading a sound file.
        Capture = "capture",
        /// The wake word: heard, confirmed by the recogniser, or not.
        Wake = "wake",
        /// Sound to words.
        Recognition = "recognition",
        /// Words to a command; named by the command.
        Intent = "intent",
        /// Questions before a change, and how they were answered.
        Question = "question",
        /// A command at work; named by the command.
        Backend = "backend",
        /// Answers that were kept, and taken again.
        Cache = "cache",
        /// From the wish to speak to the first sound.
        Speech = "speech",
    }
}

words! {
    /// How it ended.
    Ending {
        Done = "done",
        Failed = "failed",
        Usage = "usage",
        NotUnderstood = "not-understood",
        Refused = "refused",
        Declined = "declined",
    }
}

impl From<Kind> for Ending {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Failed => Self::Failed,
            Kind::Usage => Self::Usage,
            Kind::NotUnderstood => Self::NotUnderstood,
            Kind::Refused => Self::Refused,
            Kind::Declined => Self::Declined,
        }
    }
}

/// One thing that was measured; small, so that it can be copied into a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    pub stage: Stage,
    /// A word of the program's source.
    pub name: &'static str,
    pub ending: Ending,
    /// How long it took; `None` for what only happens.
    pub took: Option<Duration>,
}

/// Measures until it is ended.
#[derive(Debug, Clone, Copy)]
pub struct Timer {
    stage: Stage,
    name: &'static str,
    begun: Instant,
}

impl Timer {
    /// Begins now.
    #[must_use]
    pub fn start(stage: Stage, name: &'static str) -> Self {
        Self { stage, name, begun: Instant::now() }
    }

    /// Ends, and records it.
    pub fn end(self, ending: Ending) {
        super::timed(self.stage, self.name, ending, self.begun.elapsed());
    }
}
