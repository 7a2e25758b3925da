//! What was said, said again: repeat, repeat slowly, previous, next, and the clipboard.

use std::time::Instant;

use crate::announce::{self, Announcement, Turn};
use crate::assistant::record::Where;
use crate::command::DialogueCommand;

use super::{Conversation, Told};

/// A wish to hear something again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Here,
    Slowly,
    Previous,
    Next,
    /// Not heard, but put on the clipboard.
    Copy,
}

/// The wish in a command, if it is one.
pub(super) const fn again(command: &DialogueCommand) -> Option<Again> {
    match command {
        DialogueCommand::Repeat => Some(Again::Here),
        DialogueCommand::RepeatSlower => Some(Again::Slowly),
        DialogueCommand::Previous => Some(Again::Previous),
        DialogueCommand::Next => Some(Again::Next),
        DialogueCommand::Copy => Some(Again::Copy),
        _ => None,
    }
}

impl Conversation {
    /// Tells something that was said before; it is not kept a second time.
    pub(super) async fn say_again(&mut self, which: Again) {
        let place = match which {
            Again::Here | Again::Slowly | Again::Copy => Where::Here,
            Again::Previous => Where::Previous,
            Again::Next => Where::Next,
        };
        let open = self.question.clone().filter(|_| self.dialogue.question_open(Instant::now()));
        let found = match open.filter(|_| place == Where::Here) {
            // The question itself, with its sound: an answer is wanted.
            Some(question) => Some(question),
            None => self.parts.record.find(place).await,
        };
        let told = match (found, which) {
            (Some(found), Again::Copy) => {
                self.tell(Told::Copy(found.shown().to_owned()));
                return;
            }
            (Some(found), which) => Announcement { slowly: which == Again::Slowly, ..found },
            (None, Again::Previous) => announce::dialogue(&Turn::NothingBefore),
            (None, Again::Next) => announce::dialogue(&Turn::NothingAfter),
            (None, _) => announce::dialogue(&Turn::NothingToRepeat),
        };
        tracing::info!(target: "assistant.announce", text = %told.text, "again");
        self.tell(Told::Announce(told));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{mpsc, watch};

    use super::*;
    use crate::announce::Verbosity;
    use crate::assistant::conversation::{Conversation, Parts};
    use crate::assistant::record::Record;
    use crate::assistant::{IndexNames, Manner};
    use crate::config::Roots;
    use crate::intent::{Grammar, Transcript, Understander};
    use crate::nix::{Backend, Files};

    /// Says the lines one after the other in a new conversation, and gives all that was told.
    async fn said(folder: &std::path::Path, lines: &[&str]) -> Vec<Told> {
        let files = Files { journal: folder.join("journal"), index: folder.join("index") };
        let backend = Backend::new(Roots::below(folder, None), files);
        let parts = Parts {
            understander: Understander::new(Arc::new(Grammar::english().unwrap())),
            names: Arc::new(IndexNames(backend.clone())),
            backend,
            examples: Vec::new(),
            key_to_destroy: false,
            always_yes: false,
            record: Record::open(&folder.join("history.sqlite")).0,
            verbosity: watch::Sender::new(Verbosity::Normal),
        };
        let (conversation, mut told) = Conversation::new(parts);
        let (inputs, receiver) = mpsc::channel(lines.len());
        for line in lines {
            inputs.send(Transcript::typed(*line)).await.unwrap();
        }
        drop(inputs);
        conversation.run(receiver).await;
        std::iter::from_fn(|| told.try_recv().ok()).collect()
    }

    fn texts(told: &[Told]) -> Vec<&str> {
        told.iter()
            .filter_map(|told| match told {
                Told::Announce(announcement) => Some(announcement.text.as_str()),
                _ => None,
            })
            .collect()
    }

    #[tokio::test]
    async fn what_was_said_before_a_restart_is_repeated_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let told = said(folder.path(), &["spell vim", "undo the frobnication of yesterday", "previous message"]).await;
        let spelled = "vim: Victor, India, Mike.";
        let texts_before = texts(&told);
        assert_eq!(texts_before.first(), Some(&spelled));
        assert_eq!(texts_before.last(), Some(&spelled), "previous leads to the one before the newest");
        let newest = texts_before[1];
        let told = said(folder.path(), &["repeat", "previous message", "next message", "next message"]).await;
        assert_eq!(texts(&told), [newest, spelled, newest, "That was the last thing that I said."]);
        let told = said(folder.path(), &["repeat that slowly", "copy that"]).await;
        assert!(matches!(told.first(), Some(Told::Announce(slow)) if slow.slowly && slow.text == newest));
        assert!(told.iter().any(|told| matches!(told, Told::Copy(text) if text == newest)));
    }

    #[tokio::test]
    async fn lines_that_come_too_fast_are_answered_in_their_order_and_the_surplus_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut lines = vec!["list generations"];
        lines.extend(std::iter::repeat_n("how old is my system", 12));
        let told = said(folder.path(), &lines).await;
        let answered = told.iter().filter(|told| matches!(told, Told::Ended(_))).count();
        let refused = texts(&told).iter().filter(|text| text.starts_with("I did not take that")).count();
        assert_eq!(answered + refused, lines.len(), "each line is answered or refused: {:?}", texts(&told));
    }

    #[tokio::test]
    async fn a_yes_that_came_early_answers_no_later_question() {
        let folder = tempfile::tempdir().unwrap();
        let told = said(folder.path(), &["list generations", "delete all old generations", "yes"]).await;
        assert!(told.iter().all(
            |told| !matches!(told, Told::Outcome(outcome) if matches!(**outcome, crate::nix::Outcome::Deleted(_)))
        ));
    }

    #[tokio::test]
    async fn how_much_is_told_is_a_wish() {
        let folder = tempfile::tempdir().unwrap();
        let told = said(folder.path(), &["be brief"]).await;
        assert!(told.iter().any(|told| matches!(told, Told::Manner(Manner::Telling(Verbosity::Brief)))));
        assert_eq!(texts(&told), ["I will be brief."]);
    }
}
