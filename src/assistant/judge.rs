//! Whether a turn is over, from its words: a whole command ends it at once, an unfinished one is waited for.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::command::Risk;
use crate::ears::Utterance;
use crate::intent::{Context, Names, Transcript, Understander, Understanding};
use crate::recognize::{RecognizeError, Recognizer};

use super::decide::{Decision, decide};
use super::hearing::hear;

/// How far what was said so far has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// A whole command, that nothing more need follow.
    Whole,
    /// It breaks off where more must come ("install …").
    Unfinished,
    /// The pause must tell.
    Open,
}

/// Below this it may be another command yet.
const SURE: f32 = 0.95;

/// After these English words no command ends.
const GOES_ON: &[&str] = &[
    "a",
    "an",
    "and",
    "for",
    "from",
    "in",
    "install",
    "my",
    "of",
    "on",
    "or",
    "remove",
    "search",
    "set",
    "the",
    "to",
    "try",
    "uninstall",
    "with",
    "number",
    "is",
    "does",
    "describe",
    "explain",
    "find",
    "enable",
    "disable",
    "compare",
    "delete",
    "um",
    "uh",
    "please",
];

/// Judges turns by the grammar.
#[derive(Clone)]
pub struct Judge {
    understander: Understander,
    names: Arc<dyn Names>,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").finish_non_exhaustive()
    }
}

impl Judge {
    #[must_use]
    pub fn new(understander: Understander, names: Arc<dyn Names>) -> Self {
        Self { understander, names }
    }

    /// The transcript of an utterance, recognised with what can be said.
    pub(super) fn hear(
        &self,
        recognizer: &mut Recognizer,
        utterance: &Utterance,
        cancel: &CancellationToken,
    ) -> Result<Transcript, RecognizeError> {
        hear(recognizer, &self.understander, self.names.as_ref(), utterance, cancel)
    }

    /// Judges the words so far. Only what changes nothing and has no free words in it ends a turn early: more of a name
    /// may follow, and nobody is hurried into a change.
    #[must_use]
    pub fn turned(&self, transcript: &Transcript) -> Turned {
        let last = transcript.text.split_whitespace().last().unwrap_or_default();
        let last: String = last.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let trails_off = transcript.text.trim_end().ends_with("...") || transcript.text.trim_end().ends_with('…');
        let understood = self.understander.understand(transcript, &Context::default(), self.names.as_ref());
        if trails_off || GOES_ON.contains(&last.as_str()) {
            return Turned::Unfinished;
        }
        if let Understanding::Intent(intent) = &understood
            && intent.confidence >= SURE
        {
            let decided = decide(&transcript.text, understood);
            if let Decision::Run(command) = &decided.decision
                && command.risk() == Risk::Read
                && command.slots() == crate::command::Slots::default()
            {
                return Turned::Whole;
            }
        }
        Turned::Open
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::intent::{Candidate, Grammar};

    struct NoNames;

    impl Names for NoNames {
        fn packages(&self, _: &str, _: usize) -> Option<Vec<Candidate>> {
            None
        }
    }

    #[test]
    fn whole_commands_end_and_unfinished_ones_are_waited_for() {
        let judge = Judge::new(Understander::new(Arc::new(Grammar::english().unwrap())), Arc::new(NoNames));
        for (text, turned) in [
            ("list generations", Turned::Whole),
            ("What can I say?", Turned::Whole),
            ("install", Turned::Unfinished),
            ("search for", Turned::Unfinished),
            ("list generations...", Turned::Unfinished),
            ("roll back", Turned::Open),
            ("search for a text editor", Turned::Open),
            ("the weather is nice", Turned::Open),
        ] {
            assert_eq!(judge.turned(&Transcript::typed(text)), turned, "{text}");
        }
    }
}
