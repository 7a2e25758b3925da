//! What every room's errors have in common: three sentences for the user and an exit code.
//!
//! A room keeps its own closed error enum; this module only says what such an error owes the
//! person who hears it. It must never know any room.

use serde::Serialize;

/// Why a run ended as it did, as the program's exit code tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The work was tried and failed.
    Failed,
    /// The program was called wrongly.
    Usage,
    /// What was said was not understood.
    NotUnderstood,
    /// Validation refused a value.
    Refused,
    /// The user said no, or nobody was there to say yes.
    Declined,
}

impl Kind {
    /// The process exit code: 1 failed, 2 usage, 3 not understood, 4 refused, 5 declined.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotUnderstood => 3,
            Self::Refused => 4,
            Self::Declined => 5,
        }
    }
}

/// An error as the user meets it: what happened, why, and what can be done now.
///
/// Each part is one plain sentence that reads well aloud, ends with a full stop, and holds no
/// Rust, SQL or C vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub kind: Kind,
    pub what: String,
    pub why: String,
    pub hint: String,
}

impl Fault {
    /// A fault of the given kind.
    pub fn new(kind: Kind, what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, what: what.into(), why: why.into(), hint: hint.into() }
    }

    /// The whole fault as it is spoken: the important sentence first.
    #[must_use]
    pub fn spoken(&self) -> String {
        format!("{} {} {}", self.what, self.why, self.hint)
    }
}

/// An error that can reach the user.
pub trait Explain: std::error::Error {
    /// The three sentences and the exit code.
    fn fault(&self) -> Fault;
}
