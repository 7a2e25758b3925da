//! What may have been meant by words that fit no template: nearly the same sentence, or one like it.
//!
//! What only reads may be done at once where it is as good as said. What changes the machine is always asked about,
//! as is whatever is not sure; an answer to a question is never guessed.

use std::sync::OnceLock;

use super::likeness::{Likeness, NOT_FOR_US};
use super::loose::turns;
use super::reading::Reading;
use super::words::Said;
use super::{Understanding, talk};
use crate::command::{Command, DialogueCommand, Risk};

/// What a sentence is worth that differs in little words alone, and one that differs in more: of that it is
/// asked whether it was meant.
const NEARLY: f32 = 0.8;
const PERHAPS: f32 = 0.4;
/// Where no template fits: the share of the votes and the likeness from which a command is asked about, and those
/// from which it is as good as said.
const SHARE: f32 = 0.6;
const LIKENESS: f32 = 0.25;
const SURE_SHARE: f32 = 0.85;
const SURE_LIKENESS: f32 = 0.4;

impl Reading<'_> {
    /// What was nearly said, where its names are real and the words were meant for the machine.
    pub fn loosely(&self, said: &Said) -> Option<Understanding> {
        if talk::tells(&said.words) {
            return None;
        }
        let bare = said.part(self.grammar.bare(&said.words));
        let loose = self.grammar.loosely(&bare)?;
        let understood = self.intent(loose.fit, if loose.same { NEARLY } else { PERHAPS });
        // What would change the machine, or answer a question, is not guessed at.
        let Understanding::Intent(intent) = &understood else { return None };
        match Command::from_request(&intent.command, &intent.slots) {
            Ok(Command::System(command)) if loose.same || command.risk() == Risk::Read => Some(understood),
            _ => None,
        }
    }

    /// What the known sentences that are most like this one mean.
    pub fn likely(&self, said: &Said, likeness: &OnceLock<Likeness>) -> Option<Understanding> {
        // While a question is open, talk must not become another one.
        if self.context.question_open || self.context.pending.is_some() {
            return None;
        }
        let bare = said.part(self.grammar.bare(&said.words));
        let judgement = likeness.get_or_init(|| Likeness::of(self.grammar)).judge(&bare.words)?;
        tracing::debug!(target: "intent", ?judgement, "no template fits");
        let enough = judgement.share >= SHARE && judgement.likeness >= LIKENESS;
        if !enough || judgement.command == NOT_FOR_US {
            return None;
        }
        let meant = self.grammar.values_of(&judgement.command, &bare)?;
        let sure = meant.same && judgement.share >= SURE_SHARE && judgement.likeness >= SURE_LIKENESS;
        let mut understood = self.intent(meant.fit, if sure { NEARLY } else { PERHAPS });
        match &mut understood {
            Understanding::Intent(intent) => {
                let command = Command::from_request(&intent.command, &intent.slots).ok()?;
                match command {
                    // Never guessed: they answer a question.
                    Command::Dialogue(DialogueCommand::Yes | DialogueCommand::Choose { .. }) => return None,
                    Command::Dialogue(_) if !sure => return None,
                    Command::System(command) if command.risk() > Risk::Read => {
                        if talk::tells(&said.words) || turns(&bare.words) {
                            return None;
                        }
                        intent.confidence = self.confidence * PERHAPS;
                    }
                    _ => {}
                }
            }
            Understanding::Ask { .. } if sure && !talk::tells(&said.words) && !turns(&bare.words) => {}
            _ => return None,
        }
        Some(understood)
    }
}
