//! The conversation: utterances in, things to tell out, at most one job at work.
//!
//! Carries each utterance through understanding, dialogue and backend. "Stop" and "cancel" reach a
//! running job at once; other words that come while it runs wait in their order, up to a bound.

mod busy;
mod job;
mod reply;
mod said;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::announce::{self, Announcement, Turn, Verbosity};
use crate::assistant::decide::{Decided, Decision, decide, plan};
use crate::assistant::dialogue::{Dialogue, Next};
use crate::assistant::memory::Memory;
use crate::assistant::mouth::Manner;
use crate::assistant::record::Record;
use crate::command::{Command, CommandName, DialogueCommand, SystemCommand};
use crate::fault::{Fault, Kind};
use crate::intent::{Candidate, Names, Transcript, Understander};
use crate::nix::{Backend, Outcome, PlanFacts, Progress};
use crate::observe::{self, Ending, Stage};

use job::{Job, JobKind};

/// How often the pace of long work is looked at.
const TICK: Duration = Duration::from_secs(1);

/// What the conversation tells its front.
#[derive(Debug, Clone)]
pub enum Told {
    /// To be shown, and spoken where the user wants it.
    Announce(Announcement),
    /// How far the work is: for bars, many times a second. What is to be told about it comes as announcements.
    Work(Work),
    /// The result itself, for `--json`; its announcement follows.
    Outcome(Box<Outcome>),
    /// Silence whatever is being spoken.
    Hush,
    /// The voice speaks in another manner from now on.
    Manner(Manner),
    /// This text belongs on the clipboard.
    Copy(String),
    /// A question is open: the turn waits for an answer.
    Asked,
    /// The turn is over.
    Ended(Result<(), Kind>),
}

/// How far the work is.
#[derive(Debug, Clone)]
pub struct Work {
    pub progress: Progress,
    /// How long it will probably still take.
    pub left: Option<Duration>,
}

/// What a conversation is made of.
pub struct Parts {
    pub understander: Understander,
    pub names: Arc<dyn Names>,
    pub backend: Backend,
    /// Sentences that show what can be said.
    pub examples: Vec<String>,
    /// What destroys something needs a yes by a key, and not by voice alone.
    pub key_to_destroy: bool,
    /// Answer yes to every question: for scripts.
    pub always_yes: bool,
    /// What was said, to be heard again.
    pub record: Record,
    /// How much is told; others may turn it too.
    pub verbosity: watch::Sender<Verbosity>,
}

/// One conversation.
pub struct Conversation {
    parts: Parts,
    dialogue: Dialogue,
    memory: Memory,
    /// Nothing is heeded but "wake up".
    asleep: bool,
    /// What a change would do, as the user was told it.
    agreed: Option<(SystemCommand, PlanFacts)>,
    /// The last question, to be asked again.
    question: Option<Announcement>,
    job: Option<Job>,
    waiting: VecDeque<Transcript>,
    /// A line that was typed while it was looked at what a change would do: it may be the answer to the question.
    held: Option<Transcript>,
    /// What is still to be done of several commands that were said in one breath.
    plan: VecDeque<Command>,
    /// The plan was made in this very turn.
    planned: bool,
    told: mpsc::UnboundedSender<Told>,
}

impl Conversation {
    /// A conversation, and what it tells.
    #[must_use]
    pub fn new(parts: Parts) -> (Self, mpsc::UnboundedReceiver<Told>) {
        let (told, receiver) = mpsc::unbounded_channel();
        (
            Self {
                parts,
                dialogue: Dialogue::default(),
                memory: Memory::default(),
                asleep: false,
                agreed: None,
                question: None,
                job: None,
                waiting: VecDeque::new(),
                held: None,
                plan: VecDeque::new(),
                planned: false,
                told,
            },
            receiver,
        )
    }

    /// Takes inputs until they end and the last job is done.
    ///
    /// A question that is still open then counts as answered with no.
    pub async fn run(mut self, mut inputs: mpsc::Receiver<Transcript>) {
        let mut open = true;
        let mut tick = tokio::time::interval(TICK);
        loop {
            if let Some(job) = &mut self.job {
                tokio::select! {
                    event = job.events.recv() => self.event(event),
                    _ = tick.tick() => self.tick(),
                    input = inputs.recv(), if open && self.held.is_none() => match input {
                        Some(transcript) => self.while_busy(transcript).await,
                        None => open = false,
                    },
                }
            } else if let Some(transcript) = self.held.take() {
                self.turn(&transcript).await;
            } else if let Some(command) = self.next_of_plan() {
                self.step(Decided::of(command), "").await;
            } else if let Some(transcript) = self.next_waiting() {
                self.turn(&transcript).await;
            } else if open {
                let asked = self.dialogue.question_open(Instant::now());
                tokio::select! {
                    input = inputs.recv() => match input {
                        Some(transcript) => self.turn(&transcript).await,
                        None => open = false,
                    },
                    _ = tick.tick(), if asked => self.unanswered(),
                }
            } else {
                if self.dialogue.question_open(Instant::now()) {
                    self.announce(announce::dialogue(&Turn::DeclinedUnattended));
                    self.tell(Told::Ended(Err(Kind::Declined)));
                }
                return;
            }
        }
    }

    fn understand(&self, transcript: &Transcript) -> Decided {
        let context = self.memory.context(&self.dialogue, Instant::now());
        let begun = Instant::now();
        let understanding = self.parts.understander.understand(transcript, &context, self.parts.names.as_ref());
        let decided = decide(&transcript.text, understanding);
        let name = decided
            .intent
            .as_ref()
            .map_or("none", |intent| intent.command.parse().map_or("other", CommandName::as_str));
        let ending = if decided.intent.is_some() { Ending::Done } else { Ending::NotUnderstood };
        observe::timed(Stage::Intent, name, ending, begun.elapsed());
        observe::words(&transcript.text, name);
        tracing::info!(target: "assistant.understand", took_us = begun.elapsed().as_micros(), command = decided.intent.as_ref().map(|intent| intent.command.as_str()));
        decided
    }

    async fn turn(&mut self, transcript: &Transcript) {
        let decided = self.understand(transcript);
        let wakes = matches!(decided.decision, Decision::Run(Command::Dialogue(DialogueCommand::Wake)));
        if self.asleep && !wakes {
            return self.tell(Told::Ended(Ok(())));
        }
        self.memory.note(&decided);
        let again = matches!(decided.decision, Decision::Run(Command::Dialogue(DialogueCommand::Again)));
        let decided = match (again, &self.memory.command) {
            // A change that is done again is asked about again.
            (true, Some(command)) => Decided::of(Command::System(command.clone())),
            _ => decided,
        };
        let yes = matches!(decided.decision, Decision::Run(Command::Dialogue(DialogueCommand::Yes)));
        if yes && !transcript.typed && self.parts.key_to_destroy && self.dialogue.destroys(Instant::now()) {
            // The question stays open, for the key.
            self.announce(announce::dialogue(&Turn::KeyNeeded));
            return self.tell(Told::Asked);
        }
        let asked = decided.decision.clone();
        let was_open = self.dialogue.question_open(Instant::now());
        let answer = matches!(decided.decision, Decision::Run(Command::Dialogue(_)));
        self.step(decided, &transcript.text).await;
        let looks = matches!(&self.job, Some(Job { kind: JobKind::Look { .. }, .. }));
        if was_open && !answer && !looks && !self.dialogue.question_open(Instant::now()) {
            // Another wish took the question's place: nobody may believe that it is still open, or that it was answered.
            self.question = None;
            self.announce(announce::dialogue(&Turn::QuestionLeft));
            self.tell(Told::Ended(Err(Kind::Declined)));
        }
        // Another wish than an answer ends a plan, and so does an answer that leaves no work and no question.
        if !self.dialogue.question_open(Instant::now()) && (!answer || self.job.is_none()) && !self.planned {
            self.plan.clear();
        }
        self.planned = false;
        let asks_back = matches!(asked, Decision::Run(Command::Dialogue(DialogueCommand::WhatHeard)));
        if !asks_back && !transcript.is_silence() {
            self.memory.heard = Some(transcript.text.clone());
        }
    }

    /// The next command of a plan, once the one before it has ended well and nothing is asked.
    fn next_of_plan(&mut self) -> Option<Command> {
        if self.dialogue.question_open(Instant::now()) { None } else { self.plan.pop_front() }
    }

    async fn step(&mut self, decided: Decided, said: &str) {
        let mut next = self.dialogue.next(decided, Instant::now());
        if next == Next::Check && self.parts.always_yes {
            next = self.dialogue.yes(Instant::now());
        }
        match next {
            Next::Check => {
                self.announce(announce::dialogue(&Turn::ConfirmHeard { heard: said }));
                self.tell(Told::Asked);
            }
            Next::Run(approved) => self.start(&approved, said),
            Next::Ask(command) => self.look(command, said),
            Next::Plan(commands) => {
                self.announce(Announcement::message(plan(&commands)));
                self.plan = commands.into();
                self.planned = true;
            }
            Next::Choose { question, choices } => {
                self.announce(choice(&question, &choices));
                self.tell(Told::Asked);
            }
            Next::Reply(reply) => self.reply(&reply, said).await,
            Next::Nothing => self.tell(Told::Ended(Ok(()))),
        }
    }

    fn fail(&mut self, fault: &Fault) {
        // What was to follow was said in the belief that this would work.
        self.plan.clear();
        self.announce(announce::fault(fault));
        self.tell(Told::Ended(Err(fault.kind)));
    }

    fn announce(&mut self, announcement: Announcement) {
        tracing::info!(target: "assistant.announce", text = %announcement.text);
        self.parts.record.add(&announcement);
        self.tell(Told::Announce(announcement));
    }

    fn tell(&self, told: Told) {
        // A front that has gone hears nothing more; the job still ends in order.
        let _ = self.told.send(told);
    }
}

fn choice(question: &str, choices: &[Candidate]) -> Announcement {
    let choices: Vec<String> = choices.iter().map(|choice| choice.name.clone()).collect();
    if choices.is_empty() {
        announce::dialogue(&Turn::AskFor { question })
    } else {
        announce::dialogue(&Turn::Choose { question, choices: &choices })
    }
}

/// A fault of the program itself.
fn broken(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        Kind::Failed,
        "I made a mistake inside, and could not finish.",
        format!("{error}."),
        "Please try again, and report it if it happens again.",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::assistant::IndexNames;
    use crate::config::Roots;
    use crate::intent::Grammar;
    use crate::nix::Files;

    #[tokio::test]
    async fn a_voice_is_not_enough_for_what_destroys_where_a_key_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files { journal: folder.path().join("journal"), index: folder.path().join("index") };
        let backend = Backend::new(Roots::below(folder.path(), None), files);
        for (key_to_destroy, spoken_starts) in [(true, false), (false, true)] {
            let parts = Parts {
                understander: Understander::new(Arc::new(Grammar::english().unwrap())),
                names: Arc::new(IndexNames(backend.clone())),
                backend: backend.clone(),
                examples: Vec::new(),
                key_to_destroy,
                always_yes: false,
                record: Record::open(&folder.path().join("history.sqlite")).0,
                verbosity: watch::Sender::new(Verbosity::Normal),
            };
            let (mut conversation, mut told) = Conversation::new(parts);
            conversation.dialogue.asked(SystemCommand::Gc { age: None, keep: None }, Instant::now());
            conversation.turn(&Transcript { typed: false, ..Transcript::typed("yes") }).await;
            assert_eq!(conversation.job.is_some(), spoken_starts);
            if key_to_destroy {
                assert!(conversation.dialogue.question_open(Instant::now()), "it stays open for the key");
                assert!(matches!(told.try_recv(), Ok(Told::Announce(_))), "it is told");
                conversation.turn(&Transcript::typed("yes")).await;
                assert!(conversation.job.is_some(), "a key is enough");
            }
        }
    }
}
