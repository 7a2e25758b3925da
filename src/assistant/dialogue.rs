//! The dialogue: which question is open, and what an answer to it does. Pure: no clock, no sound.
//!
//! Its one promise is the program's most important one: a command that changes the machine runs
//! only after its own question was asked and answered with yes. [`Approved`] carries that promise
//! as a type: nothing outside this module can make one.

use std::time::{Duration, Instant};

use crate::command::{Command, DialogueCommand, Risk, SystemCommand};
use crate::fault::Fault;
use crate::intent::{Candidate, Intent, Pending};

use super::decide::{Decided, Decision};

/// How long a question waits for its answer. No answer means no.
///
/// Accessibility asks for at least 20 s; the time counts from the end of the question.
pub const QUESTION_LIFE: Duration = Duration::from_secs(30);

/// A command that may run: it only reads, or its question was answered with yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved(SystemCommand);

impl Approved {
    /// The command.
    #[must_use]
    pub fn command(&self) -> &SystemCommand {
        &self.0
    }
}

/// What the assistant does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Run this.
    Run(Approved),
    /// Look what it would do, ask, and then call [`Dialogue::asked`].
    Ask(SystemCommand),
    /// Ask whether what was heard is right.
    Check,
    /// Ask for the value of a slot.
    Choose { question: String, choices: Vec<Candidate> },
    /// Say what will be done in which order, then give each of these to [`Dialogue::next`] in its turn.
    Plan(Vec<Command>),
    /// Say this.
    Reply(Reply),
    /// Do nothing and say nothing.
    Nothing,
}

/// What the dialogue itself answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    NotUnderstood {
        nearest: Vec<String>,
    },
    Refused(Fault),
    Declined,
    Cancelled,
    Stopped,
    NoQuestion,
    Repeat,
    Help,
    /// What the conversation does by itself, and no question is touched by it.
    Own(DialogueCommand),
}

#[derive(Debug, Clone, PartialEq, Default)]
enum State {
    #[default]
    Idle,
    /// It was not heard surely: what would be done if it was heard right.
    Checking {
        decided: Box<Decided>,
        asked: Instant,
    },
    Confirming {
        command: SystemCommand,
        asked: Instant,
    },
    Choosing {
        intent: Intent,
        slot: String,
        choices: Vec<Candidate>,
        asked: Instant,
    },
}

/// The dialogue's state.
#[derive(Debug, Default)]
pub struct Dialogue {
    state: State,
}

impl Dialogue {
    /// Whether a question waits for its answer.
    #[must_use]
    pub fn question_open(&self, now: Instant) -> bool {
        match &self.state {
            State::Idle => false,
            State::Checking { asked, .. } | State::Confirming { asked, .. } | State::Choosing { asked, .. } => {
                now.saturating_duration_since(*asked) <= QUESTION_LIFE
            }
        }
    }

    /// The question about `command` has just been asked.
    ///
    /// A command that only reads needs no question and leaves the dialogue as it is.
    pub fn asked(&mut self, command: SystemCommand, now: Instant) {
        if command.risk() > Risk::Read {
            self.state = State::Confirming { command, asked: now };
        }
    }

    /// Whether the open question is about something that cannot be undone.
    #[must_use]
    pub fn destroys(&self, now: Instant) -> bool {
        matches!(&self.state, State::Confirming { command, .. } if command.risk() == Risk::Destructive)
            && self.question_open(now)
    }

    /// What was asked back and is not answered yet: understanding fills it in.
    #[must_use]
    pub fn pending(&self, now: Instant) -> Option<Pending> {
        match &self.state {
            State::Choosing { intent, slot, choices, .. } if self.question_open(now) => Some(Pending {
                intent: intent.clone(),
                slot: slot.clone(),
                choices: choices.iter().map(|choice| choice.name.clone()).collect(),
            }),
            _ => None,
        }
    }

    /// The next thing to do after what was just understood.
    ///
    /// Whatever is not an answer to the open question closes it, except silence, talk that was not
    /// for the machine and words that were not understood: these leave it open until its time ends.
    pub fn next(&mut self, decided: Decided, now: Instant) -> Next {
        if !self.question_open(now) {
            self.state = State::Idle;
        }
        if decided.is_doubtful() {
            self.state = State::Checking { decided: Box::new(decided.believed()), asked: now };
            return Next::Check;
        }
        match decided.decision {
            Decision::Run(Command::Dialogue(command)) => self.answer(command, now),
            Decision::Run(Command::System(command)) | Decision::Confirm(command) => {
                self.state = State::Idle;
                if command.risk() == Risk::Read { Next::Run(Approved(command)) } else { Next::Ask(command) }
            }
            Decision::Ask { intent, slot, question, choices } => {
                self.state = State::Choosing { intent, slot, choices: choices.clone(), asked: now };
                Next::Choose { question, choices }
            }
            Decision::Refused(fault) => Next::Reply(Reply::Refused(fault)),
            Decision::NotUnderstood { nearest } => Next::Reply(Reply::NotUnderstood { nearest }),
            Decision::Several(commands) => {
                self.state = State::Idle;
                Next::Plan(commands)
            }
            Decision::Silent | Decision::Domain(_) => Next::Nothing,
        }
    }

    /// Yes to the open question, from someone who said so beforehand (`--yes`).
    pub fn yes(&mut self, now: Instant) -> Next {
        if !self.question_open(now) {
            self.state = State::Idle;
        }
        self.answer(DialogueCommand::Yes, now)
    }

    fn answer(&mut self, command: DialogueCommand, now: Instant) -> Next {
        let open = match &self.state {
            State::Idle => false,
            State::Checking { .. } | State::Confirming { .. } | State::Choosing { .. } => true,
        };
        match command {
            DialogueCommand::Yes => match std::mem::take(&mut self.state) {
                State::Confirming { command, .. } => Next::Run(Approved(command)),
                // It was heard right. A change has its own question yet.
                State::Checking { decided, .. } => self.next(*decided, now),
                // "Yes" to a choice of several names picks none of them: the choice stays open.
                choosing @ State::Choosing { .. } => {
                    self.state = choosing;
                    Next::Reply(Reply::Repeat)
                }
                State::Idle => Next::Reply(Reply::NoQuestion),
            },
            DialogueCommand::No | DialogueCommand::Cancel if open => self.close(Reply::Declined),
            // With a choice open, understanding has filled "the second one" in already.
            DialogueCommand::No | DialogueCommand::Choose { .. } => Next::Reply(Reply::NoQuestion),
            DialogueCommand::Cancel => self.close(Reply::Cancelled),
            DialogueCommand::Stop => self.close(Reply::Stopped),
            DialogueCommand::Repeat => Next::Reply(Reply::Repeat),
            DialogueCommand::Help => Next::Reply(Reply::Help),
            DialogueCommand::Sleep => self.close(Reply::Own(command)),
            own => Next::Reply(Reply::Own(own)),
        }
    }

    fn close(&mut self, reply: Reply) -> Next {
        self.state = State::Idle;
        Next::Reply(reply)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::command::{Choice, GenerationNumber, RollbackTarget};
    use crate::intent::Why;

    fn decided(decision: Decision) -> Decided {
        Decided { text: String::new(), intent: None, why: None, decision }
    }

    fn rollback(number: u64) -> SystemCommand {
        SystemCommand::Rollback { target: RollbackTarget::Number(GenerationNumber::new(number).unwrap()) }
    }

    /// Everything that can reach the dialogue.
    #[derive(Debug, Clone)]
    enum Event {
        Talk(DialogueCommand),
        Read,
        Change(u64),
        /// A change, or a reading, that was not heard surely.
        Doubtful(Option<u64>),
        Choice,
        NotUnderstood,
        Silent,
        Wait(u64),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let talk = prop::sample::select(vec![
            DialogueCommand::Yes,
            DialogueCommand::Yes,
            DialogueCommand::No,
            DialogueCommand::Cancel,
            DialogueCommand::Stop,
            DialogueCommand::Repeat,
            DialogueCommand::Help,
            DialogueCommand::Again,
            DialogueCommand::Sleep,
            DialogueCommand::Details,
            DialogueCommand::Choose { which: Choice::Last },
        ]);
        prop::collection::vec(
            prop_oneof![
                4 => talk.prop_map(Event::Talk),
                1 => Just(Event::Read),
                3 => (1..5_u64).prop_map(Event::Change),
                3 => prop::option::of(1..5_u64).prop_map(Event::Doubtful),
                1 => Just(Event::Choice),
                1 => Just(Event::NotUnderstood),
                1 => Just(Event::Silent),
                1 => (1..40_u64).prop_map(Event::Wait),
            ],
            0..40,
        )
    }

    fn feed(dialogue: &mut Dialogue, event: &Event, now: Instant) -> Next {
        let decision = match event {
            Event::Talk(command) => Decision::Run(Command::Dialogue(command.clone())),
            Event::Read => Decision::Run(Command::System(SystemCommand::Generations)),
            Event::Change(number) => Decision::Confirm(rollback(*number)),
            Event::Doubtful(number) => {
                let intent =
                    Intent { command: String::new(), slots: crate::command::Slots::default(), confidence: 0.4 };
                let decision = match number {
                    Some(number) => Decision::Confirm(rollback(*number)),
                    None => Decision::Run(Command::System(SystemCommand::Generations)),
                };
                return dialogue.next(Decided { intent: Some(intent), ..decided(decision) }, now);
            }
            Event::Choice => Decision::Ask {
                intent: Intent {
                    command: "describe".to_owned(),
                    slots: crate::command::Slots::default(),
                    confidence: 1.0,
                },
                slot: "package".to_owned(),
                question: "Which one?".to_owned(),
                choices: vec![Candidate { name: "vim".to_owned(), score: 1.0 }],
            },
            Event::NotUnderstood => Decision::NotUnderstood { nearest: Vec::new() },
            Event::Silent | Event::Wait(_) => Decision::Silent,
        };
        dialogue.next(decided(decision), now)
    }

    proptest! {
        /// No sequence of utterances runs a change but the one whose question was answered with yes in time.
        #[test]
        fn a_change_runs_only_after_its_own_yes(events in events()) {
            let mut dialogue = Dialogue::default();
            let mut now = Instant::now();
            // The model: the change whose question is open, and when it was asked.
            let mut open: Option<(SystemCommand, Instant)> = None;
            for event in &events {
                if let Event::Wait(seconds) = event {
                    now += Duration::from_secs(*seconds);
                }
                let answer_in_time = open.take_if(|(_, asked)| now.duration_since(*asked) > QUESTION_LIFE).is_none();
                match feed(&mut dialogue, event, now) {
                    Next::Run(approved) if approved.command().risk() > Risk::Read => {
                        prop_assert!(matches!(event, Event::Talk(DialogueCommand::Yes)));
                        prop_assert!(answer_in_time);
                        let asked = open.take().map(|(command, _)| command);
                        prop_assert_eq!(Some(approved.command()), asked.as_ref());
                    }
                    Next::Run(_) | Next::Plan(_) | Next::Check | Next::Choose { .. } | Next::Reply(
                        Reply::Declined | Reply::Cancelled | Reply::Stopped | Reply::Own(DialogueCommand::Sleep),
                    ) => open = None,
                    Next::Ask(command) => {
                        dialogue.asked(command.clone(), now);
                        open = Some((command, now));
                    }
                    Next::Reply(_) | Next::Nothing => {}
                }
                prop_assert!(open.is_none() || dialogue.question_open(now));
            }
        }
    }

    #[test]
    fn what_was_not_heard_surely_is_checked_and_a_change_still_has_its_own_question() {
        let (mut dialogue, now) = (Dialogue::default(), Instant::now());
        let yes = Event::Talk(DialogueCommand::Yes);
        assert_eq!(feed(&mut dialogue, &Event::Doubtful(Some(3)), now), Next::Check);
        assert_eq!(feed(&mut dialogue, &yes, now), Next::Ask(rollback(3)));
        assert_eq!(feed(&mut dialogue, &yes, now), Next::Reply(Reply::NoQuestion));
        assert_eq!(feed(&mut dialogue, &Event::Doubtful(None), now), Next::Check);
        assert!(matches!(feed(&mut dialogue, &yes, now), Next::Run(_)));
        assert_eq!(feed(&mut dialogue, &Event::Doubtful(None), now), Next::Check);
        assert_eq!(feed(&mut dialogue, &Event::Talk(DialogueCommand::No), now), Next::Reply(Reply::Declined));
    }

    #[test]
    fn a_late_yes_means_nothing() {
        let (mut dialogue, now) = (Dialogue::default(), Instant::now());
        dialogue.asked(rollback(3), now);
        let late = now + QUESTION_LIFE + Duration::from_millis(1);
        assert_eq!(feed(&mut dialogue, &Event::Talk(DialogueCommand::Yes), late), Next::Reply(Reply::NoQuestion));
    }

    #[test]
    fn a_choice_is_offered_while_it_is_open() {
        let (mut dialogue, now) = (Dialogue::default(), Instant::now());
        feed(&mut dialogue, &Event::Choice, now);
        assert_eq!(dialogue.pending(now).unwrap().choices, ["vim"]);
        assert_eq!(dialogue.pending(now + QUESTION_LIFE + Duration::from_secs(1)), None);
        feed(&mut dialogue, &Event::Talk(DialogueCommand::No), now);
        assert_eq!(dialogue.pending(now), None);
    }

    #[test]
    fn silence_is_not_an_answer() {
        let (mut dialogue, now) = (Dialogue::default(), Instant::now());
        dialogue.asked(rollback(3), now);
        let silent = Decided { why: Some(Why::Silence), ..decided(Decision::Silent) };
        assert_eq!(dialogue.next(silent, now), Next::Nothing);
        assert!(dialogue.question_open(now));
    }
}
