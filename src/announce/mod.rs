//! From what happened to what is said: wording, priority, order, pace and history.
//!
//! Takes `Progress`, `Outcome`, `Fault` and the turns of the dialogue, gives [`Announcement`]s.
//! All sentences are in `words/`. Text stays as it is written ("152.0.4", "1.2 gigabytes"): a screen
//! reader and a braille line get the same text, and the room `speak` pronounces it.
//! Makes no sound and prints nothing.

mod dialogue;
mod earcon;
mod edits;
mod error;
mod fault;
mod generations;
mod history;
mod machine;
mod outcome;
mod pace;
mod packages;
mod plan;
mod progress;
mod quantity;
mod queue;
mod rebuild;
mod services;
mod settings;
mod table;
mod when;
mod words;

pub use dialogue::{Turn, dialogue};
pub use earcon::{Earcon, Tone};
pub use error::HistoryError;
pub use fault::fault;
pub use history::{Entry, History};
pub use outcome::outcome;
pub use pace::{Beat, Pace};
pub use plan::{difference, question};
pub use progress::progress;
pub use queue::{Queue, Step, Ticket};
pub use words::fixed;

use serde::Serialize;

pub use crate::command::Verbosity;

/// How an announcement stands to others: the five priorities of speech-dispatcher's SSIP protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Never interrupted.
    Important,
    /// Never dropped.
    Message,
    /// The latest wins.
    Text,
    /// Dropped if something is speaking.
    Notification,
    /// Dropped while another speaks; the last of a series is always spoken.
    Progress,
}

/// One thing to tell the user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Announcement {
    pub priority: Priority,
    /// As it is spoken: whole sentences.
    pub text: String,
    /// As it is printed, where that differs: lists and tables. Lines, without colour.
    pub screen: Option<String>,
    pub earcon: Option<Earcon>,
    /// Said slower than usual, this once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub slowly: bool,
}

impl Announcement {
    /// A message that is spoken and printed alike.
    #[must_use]
    pub fn message(text: impl Into<String>) -> Self {
        Self { priority: Priority::Message, text: text.into(), screen: None, earcon: None, slowly: false }
    }

    /// What a terminal shows: the table or list if there is one, else the sentence.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.screen.as_deref().unwrap_or(&self.text)
    }

    pub(crate) fn with(mut self, priority: Priority, earcon: Option<Earcon>) -> Self {
        self.priority = priority;
        self.earcon = earcon;
        self
    }
}
