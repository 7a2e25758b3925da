//! What the talk remembers: for "it", "the second one", "details", "try again". Nothing of it is kept
//! when the conversation ends.

use std::time::Instant;

use crate::command::SystemCommand;
use crate::intent::{Context, Intent};
use crate::nix::{Outcome, SearchKind};

use super::decide::Decided;
use super::dialogue::Dialogue;

/// The memory of one conversation.
#[derive(Debug, Default)]
pub struct Memory {
    /// What was understood last with a name in it.
    last: Option<Intent>,
    /// What the last search offered, in order.
    offered: Vec<String>,
    /// The words heard last, except those that ask for them.
    pub heard: Option<String>,
    /// The last result.
    pub outcome: Option<Outcome>,
    /// The last command that was run or asked about.
    pub command: Option<SystemCommand>,
}

impl Memory {
    /// What understanding may know at this moment.
    pub fn context(&self, dialogue: &Dialogue, now: Instant) -> Context {
        Context {
            question_open: dialogue.question_open(now),
            pending: dialogue.pending(now),
            offered: self.offered.clone(),
            last: self.last.clone(),
        }
    }

    /// Takes note of what was just understood.
    pub fn note(&mut self, decided: &Decided) {
        if let Some(intent) = decided.intent.as_ref().filter(|intent| !intent.slots.is_empty()) {
            self.last = Some(intent.clone());
        }
    }

    /// Takes note of a result.
    pub fn result(&mut self, outcome: &Outcome) {
        if let Outcome::Search { results, .. } = outcome {
            let packages = results.iter().filter(|hit| hit.kind != SearchKind::Option);
            self.offered = packages.map(|hit| hit.attr.clone()).collect();
        }
        self.outcome = Some(outcome.clone());
    }

    /// The name that was spoken of last.
    pub fn name(&self) -> Option<&str> {
        let slots = &self.last.as_ref()?.slots;
        ["package", "program", "option", "service"].iter().find_map(|slot| slots.first(slot))
    }
}
