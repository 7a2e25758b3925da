//! Words that come at a bad moment: while something is at work, and while a question waits for its answer.

use std::time::Instant;

use crate::announce::{self, Turn};
use crate::assistant::decide::Decision;
use crate::command::{Command, DialogueCommand};
use crate::fault::Kind;
use crate::intent::Transcript;

use super::job::{Job, JobKind};
use super::said::{Again, again};
use super::{Conversation, Told};

/// Utterances that wait while work goes on: more are not what a person meant to say one after the other.
const WAITING: usize = 8;

impl Conversation {
    /// Words while a job runs: "stop" ends it, others wait their turn.
    pub(super) async fn while_busy(&mut self, transcript: Transcript) {
        let decided = self.understand(&transcript);
        match decided.decision {
            Decision::Run(command) if command.stops() => {
                self.tell(Told::Hush);
                // Whoever says stop means all of it.
                self.waiting.clear();
                if let Some(job) = &self.job {
                    job.cancel.cancel();
                }
            }
            Decision::Silent => {}
            // A line of a script waits for the question that comes. What is spoken does not: it would be a yes to
            // what nobody has heard yet.
            _ if transcript.typed && matches!(&self.job, Some(Job { kind: JobKind::Look { .. }, .. })) => {
                self.held = Some(transcript);
            }
            // An answer never waits for a question that nobody has heard yet.
            Decision::Run(Command::Dialogue(
                DialogueCommand::Yes | DialogueCommand::No | DialogueCommand::Choose { .. },
            )) => self.announce(announce::dialogue(&Turn::NothingToAnswer)),
            // Answered at once: they are about the work, or about the voice.
            Decision::Run(Command::Dialogue(
                command @ (DialogueCommand::Progress
                | DialogueCommand::Eta
                | DialogueCommand::Slower
                | DialogueCommand::Faster
                | DialogueCommand::Louder
                | DialogueCommand::Quieter
                | DialogueCommand::Mute
                | DialogueCommand::Verbosity { .. }
                | DialogueCommand::Sounds { .. }
                | DialogueCommand::WhatHeard),
            )) => {
                if let Some(announcement) = self.own(&command) {
                    self.announce(announcement);
                }
            }
            Decision::Run(Command::Dialogue(command)) if again(&command).is_some() => {
                self.say_again(again(&command).unwrap_or(Again::Here)).await;
            }
            _ if self.waiting.len() < WAITING => {
                let before = self.waiting.len();
                self.waiting.push_back(transcript);
                self.announce(announce::dialogue(&Turn::Later { before }));
            }
            _ => self.announce(announce::dialogue(&Turn::LaterFull)),
        }
    }

    /// What was said while something was at work; not while a question is open, which it would take the place of.
    pub(super) fn next_waiting(&mut self) -> Option<Transcript> {
        if self.dialogue.question_open(Instant::now()) { None } else { self.waiting.pop_front() }
    }

    /// Looks whether the question's time is over: no answer means no.
    pub(super) fn unanswered(&mut self) {
        if !self.dialogue.question_open(Instant::now()) {
            self.question = None;
            self.plan.clear();
            self.announce(announce::dialogue(&Turn::NoAnswer));
            self.tell(Told::Ended(Err(Kind::Declined)));
        }
    }
}
