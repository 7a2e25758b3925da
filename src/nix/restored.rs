//! What a change that failed has left behind, and how that is told.

/// What runs after a change failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// Nothing had been changed yet.
    Untouched,
    /// What was deleted until then is gone, and the rest is as it was.
    Partly,
    /// Exactly the system that ran before runs again.
    Before,
    /// The system that ran before could not be brought back.
    Failed,
}

impl Restored {
    /// One sentence for the user.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Untouched => "Nothing was changed.",
            Self::Partly => "What I had deleted by then is gone; the rest is as it was.",
            Self::Before => "The system that ran before runs again.",
            Self::Failed => "The system that ran before could not be brought back whole.",
        }
    }

    /// What the user can do now.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Partly => "You can go on as before, or say it again to have the rest done.",
            Self::Untouched | Self::Before => "You can go on as before, or choose another generation.",
            Self::Failed => "Restart the machine and choose an earlier generation in the boot menu.",
        }
    }
}
