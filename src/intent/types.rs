//! What understanding takes and gives.

use serde::Serialize;

use crate::command::Slots;

/// What the dialogue knows when the next words come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// A yes-or-no question is open.
    pub question_open: bool,
    /// What was asked back, and is not answered yet.
    pub pending: Option<Pending>,
    /// What the last search or list offered, in the order in which it was told.
    pub offered: Vec<String>,
    /// What was understood last: for "it", "and vlc", "no, I said vlc".
    pub last: Option<Intent>,
}

/// A wish whose value was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    pub intent: Intent,
    /// The slot whose first value is asked for.
    pub slot: String,
    /// The names that were offered, in the order in which they were told.
    pub choices: Vec<String>,
}

impl Context {
    /// What "it" means: the one package that was spoken of last.
    #[must_use]
    pub fn spoken_of(&self) -> Option<&str> {
        self.last.as_ref()?.slots.first("package")
    }
}

/// A name that could have been meant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The real name, such as `firefox`.
    pub name: String,
    /// 0 (nothing alike) to 1 (exactly this).
    pub score: f32,
}

/// Looks up the real names behind what was heard. The assistant puts the search index behind it.
pub trait Names: Send + Sync {
    /// Packages that `heard` could mean, best first, at most `limit`; `None` where no names are known at all.
    fn packages(&self, heard: &str, limit: usize) -> Option<Vec<Candidate>>;

    /// Names that people know well, in any order; they are also told by their sound alone.
    fn well_known(&self) -> Vec<String> {
        Vec::new()
    }
}

/// One understood wish: a command's name and its slots.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Intent {
    /// The command's name in kebab-case, as the grammar names it.
    pub command: String,
    pub slots: Slots,
    /// 0 to 1.
    pub confidence: f32,
}

/// What came of the words.
#[derive(Debug, Clone, PartialEq)]
pub enum Understanding {
    /// This one, surely enough to go on.
    Intent(Intent),
    /// Several wishes in one breath, in order; at least two.
    Several(Vec<Intent>),
    /// The wish is known, but a value is missing or could be several.
    Ask { intent: Intent, slot: String, question: String, choices: Vec<Candidate> },
    /// Nothing to do.
    Nothing { why: Why, nearest: Vec<String> },
}

/// Why nothing was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nobody spoke.
    Silence,
    /// The words fit no phrase.
    NotUnderstood,
    /// The words were not for the machine, or said what not to do.
    NotAddressed,
    /// The words were refused: too long, or full of control characters.
    Refused,
}

impl Why {
    /// The reason in plain words.
    #[must_use]
    pub fn reason(self) -> String {
        match self {
            Self::Silence => "nobody spoke",
            Self::NotUnderstood => "the words fit no command",
            Self::NotAddressed => "the words were not for the machine",
            Self::Refused => "the text is too long, or holds characters that cannot be said",
        }
        .to_owned()
    }
}
