//! What the conversation answers by itself: to yes and no, to words that it did not understand, to wishes about the voice.

use std::time::Instant;

use jiff::Zoned;

use crate::announce::{self, Announcement, Beat, Priority, Turn, Verbosity};
use crate::assistant::dialogue::Reply;
use crate::assistant::mouth::Manner;
use crate::command::{DialogueCommand, Query};
use crate::fault::Kind;
use crate::observe::{self, Ending, Stage};

use super::said::{Again, again};
use super::{Conversation, Told};

impl Conversation {
    pub(super) async fn reply(&mut self, reply: &Reply, heard: &str) {
        let (turn, end) = match reply {
            Reply::NotUnderstood { nearest } => {
                if let Some(question) = self.question.clone().filter(|_| self.dialogue.question_open(Instant::now())) {
                    // It is still open, which is said by asking it again.
                    self.announce(announce::dialogue(&Turn::NoAnswerYet { heard }));
                    self.announce(question);
                    return self.tell(Told::Asked);
                }
                (Turn::NotUnderstood { heard, nearest }, Err(Kind::NotUnderstood))
            }
            Reply::Refused(fault) => return self.fail(fault),
            Reply::Declined => {
                observe::count(Stage::Question, "declined", Ending::Declined);
                (Turn::Declined, Err(Kind::Declined))
            }
            Reply::Cancelled => (Turn::NothingToCancel, Ok(())),
            Reply::Stopped => {
                self.tell(Told::Hush);
                (Turn::Stopped, Ok(()))
            }
            Reply::NoQuestion => (Turn::NothingToAnswer, Ok(())),
            Reply::Own(command) => {
                if let Some(which) = again(command) {
                    self.say_again(which).await;
                } else if let Some(announcement) = self.own(command) {
                    self.announce(announcement);
                }
                return self.tell(Told::Ended(Ok(())));
            }
            Reply::Help => (Turn::Help { examples: &self.parts.examples }, Ok(())),
            Reply::Repeat => {
                self.say_again(Again::Here).await;
                return self.tell(Told::Ended(Ok(())));
            }
        };
        let announcement = announce::dialogue(&turn);
        self.announce(announcement);
        self.tell(Told::Ended(end));
    }

    /// What the conversation does by itself; `None` where nothing is to be said.
    pub(super) fn own(&mut self, command: &DialogueCommand) -> Option<Announcement> {
        let manner = |told: Manner, turn: Turn| {
            self.tell(Told::Manner(told));
            Some(announce::dialogue(&turn))
        };
        match command {
            DialogueCommand::Slower => manner(Manner::Slower, Turn::Slower),
            DialogueCommand::Faster => manner(Manner::Faster, Turn::Faster),
            DialogueCommand::Louder => manner(Manner::Louder, Turn::Louder),
            DialogueCommand::Quieter => manner(Manner::Quieter, Turn::Quieter),
            DialogueCommand::Sounds { how } => manner(Manner::Sounding(*how), Turn::Sounding(*how)),
            DialogueCommand::Verbosity { level } => {
                self.parts.verbosity.send_replace(*level);
                manner(Manner::Telling(*level), Turn::Telling(*level))
            }
            DialogueCommand::Mute => {
                // Said first, so that it is heard.
                self.announce(announce::dialogue(&Turn::Muted));
                self.tell(Told::Manner(Manner::Mute));
                None
            }
            DialogueCommand::Sleep => {
                self.asleep = true;
                self.plan.clear();
                Some(announce::dialogue(&Turn::Asleep))
            }
            DialogueCommand::Wake => {
                self.asleep = false;
                self.tell(Told::Manner(Manner::Unmute));
                Some(announce::dialogue(&Turn::Awake))
            }
            DialogueCommand::WhatHeard => {
                let heard = self.memory.heard.as_deref();
                Some(announce::dialogue(&heard.map_or(Turn::NothingToRepeat, |text| Turn::Heard { text })))
            }
            DialogueCommand::Spell { words } => {
                let name = words.as_ref().map(Query::as_str).or_else(|| self.memory.name());
                Some(announce::dialogue(&name.map_or(Turn::NothingToSpell, |name| Turn::Spelled { name })))
            }
            DialogueCommand::Details => {
                let told = |outcome| announce::outcome(outcome, &Zoned::now(), Verbosity::Detailed);
                let nothing = || announce::dialogue(&Turn::NothingToRepeat);
                Some(self.memory.outcome.as_ref().map_or_else(nothing, told))
            }
            DialogueCommand::Progress | DialogueCommand::Eta => {
                let Some(job) = &self.job else { return Some(announce::dialogue(&Turn::NothingAtWork)) };
                let Some(progress) = job.pace.latest() else { return Some(announce::dialogue(&Turn::Working)) };
                let beat = match (job.pace.percent(), job.pace.left(Instant::now())) {
                    (_, Some(left)) if *command == DialogueCommand::Eta => Beat::Estimate { left },
                    (Some(percent), left) => Beat::Percent { percent, left },
                    (None, _) => Beat::Stage,
                };
                // Asked for, so it is not dropped as the regular signs of life are.
                Some(announce::progress(progress, beat).with(Priority::Message, None))
            }
            // Nothing was done that could be done again, and nothing is open to be chosen from.
            _ => Some(announce::dialogue(&Turn::NothingToAnswer)),
        }
    }
}
