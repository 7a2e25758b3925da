//! From what happened to what is said: wording and priority.
//!
//! Takes `Progress`, `Outcome`, `Fault` and the turns of the dialogue, gives [`Announcement`]s.
//! Makes no sound and prints nothing.

use serde::Serialize;

/// How an announcement stands to others: the five priorities of speech-dispatcher's SSIP protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// A short sound with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Earcon {
    Listening,
    Heard,
    Done,
    Failed,
    Question,
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
}
