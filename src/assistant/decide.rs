//! From what was understood to a decision: do it, ask first, ask back, or do nothing.
//!
//! This is the whole path of `ask-nix parse`: no dialogue, no backend.

use serde_json::{Value, json};

use crate::command::{Command, Risk, Slots, SystemCommand};
use crate::fault::{Explain, Fault};
use crate::intent::{Candidate, Intent, Understanding, Why};

/// Below this it is asked whether it was heard right. Clear speech is above 0.65, in noise too; typed text is 1.
const HEARD_SURELY: f32 = 0.5;

/// What is to be done about an utterance.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It only reads, or it belongs to the dialogue: do it at once.
    Run(Command),
    /// It changes the machine: ask yes or no first.
    Confirm(SystemCommand),
    /// Several commands in one breath, in order; at least two.
    Several(Vec<Command>),
    /// It belongs to another domain (`--grammar`): understood, and nothing of ours to do.
    Domain(Intent),
    /// A value is missing, or could be several.
    Ask { intent: Intent, slot: String, question: String, choices: Vec<Candidate> },
    /// A value was refused by validation.
    Refused(Fault),
    /// The words fit nothing.
    NotUnderstood { nearest: Vec<String> },
    /// Nobody spoke, or not to the machine.
    Silent,
}

/// A decision, with what led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub text: String,
    pub intent: Option<Intent>,
    pub why: Option<Why>,
    pub decision: Decision,
}

/// Decides about one utterance.
#[must_use]
pub fn decide(text: &str, understanding: Understanding) -> Decided {
    let (intent, why, decision) = match understanding {
        Understanding::Intent(intent) => {
            let decision = match Command::from_request(&intent.command, &intent.slots) {
                Ok(Command::System(command)) if command.risk() > Risk::Read => Decision::Confirm(command),
                Ok(command) => Decision::Run(command),
                Err(error) => Decision::Refused(error.fault()),
            };
            (Some(intent), None, decision)
        }
        Understanding::Several(intents) => {
            let commands: Result<Vec<Command>, _> =
                intents.iter().map(|intent| Command::from_request(&intent.command, &intent.slots)).collect();
            let decision = match commands {
                Ok(commands) => Decision::Several(commands),
                Err(error) => Decision::Refused(error.fault()),
            };
            (intents.into_iter().next(), None, decision)
        }
        Understanding::Ask { intent, slot, question, choices } => {
            (Some(intent.clone()), None, Decision::Ask { intent, slot, question, choices })
        }
        Understanding::Nothing { why, nearest } => {
            let decision = match why {
                Why::Silence | Why::NotAddressed => Decision::Silent,
                Why::NotUnderstood | Why::Refused => Decision::NotUnderstood { nearest },
            };
            (None, Some(why), decision)
        }
    };
    Decided { text: text.to_owned(), intent, why, decision }
}

/// Decides about one utterance of another domain: its commands are not ours to run.
#[must_use]
pub fn decide_in_domain(text: &str, understanding: Understanding) -> Decided {
    match understanding {
        Understanding::Intent(intent) => Decided {
            text: text.to_owned(),
            intent: Some(intent.clone()),
            why: None,
            decision: Decision::Domain(intent),
        },
        other => decide(text, other),
    }
}

impl Decided {
    /// The decision about one command, as if it had been said alone.
    #[must_use]
    pub fn of(command: Command) -> Self {
        let decision = match command {
            Command::System(command) if command.risk() > Risk::Read => Decision::Confirm(command),
            command => Decision::Run(command),
        };
        Self { text: String::new(), intent: None, why: None, decision }
    }

    /// Whether it came to commands for the machine, from words that were not heard surely.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        let commands = match &self.decision {
            Decision::Run(command) => matches!(command, Command::System(_)),
            Decision::Confirm(_) | Decision::Several(_) => true,
            _ => false,
        };
        commands && self.intent.as_ref().is_some_and(|intent| intent.confidence < HEARD_SURELY)
    }

    /// The same, now that the user has said that it was heard right.
    #[must_use]
    pub fn believed(mut self) -> Self {
        if let Some(intent) = &mut self.intent {
            intent.confidence = 1.0;
        }
        self
    }

    /// The command's risk, if it came to a command.
    #[must_use]
    pub fn risk(&self) -> Option<Risk> {
        match &self.decision {
            Decision::Run(command) => Some(command.risk()),
            Decision::Confirm(command) => Some(command.risk()),
            Decision::Several(commands) => commands.iter().map(Command::risk).max(),
            _ => None,
        }
    }

    /// What would be done, in words.
    #[must_use]
    pub fn preview(&self) -> Option<String> {
        match &self.decision {
            Decision::Run(command) => Some(command.preview()),
            Decision::Confirm(command) => Some(command.preview()),
            Decision::Several(commands) => Some(plan(commands)),
            _ => None,
        }
    }

    /// The machine-readable answer of `ask-nix parse --json`; its keys are stable.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (decision, reason) = match &self.decision {
            _ if self.is_doubtful() => ("ask", self.preview().map(|preview| format!("is this meant: {preview}"))),
            Decision::Run(_) | Decision::Domain(_) => ("run", None),
            Decision::Several(commands) if commands.iter().all(|command| command.risk() == Risk::Read) => ("run", None),
            Decision::Confirm(_) | Decision::Several(_) => ("confirm", None),
            Decision::Ask { question, .. } => ("ask", Some(question.clone())),
            Decision::Refused(fault) => ("none", Some(format!("refused: {}", fault.spoken()))),
            Decision::NotUnderstood { .. } | Decision::Silent => ("none", self.why.map(Why::reason)),
        };
        let alternatives = match &self.decision {
            Decision::Ask { choices, .. } => json!(choices),
            Decision::NotUnderstood { nearest } => json!(nearest),
            _ => json!([]),
        };
        let slots = match &self.decision {
            Decision::Run(command) => command.slots(),
            Decision::Confirm(command) => command.slots(),
            Decision::Several(commands) => commands.first().map_or_else(Slots::default, Command::slots),
            _ => self.intent.as_ref().map_or_else(Slots::default, |intent| intent.slots.clone()),
        };
        let mut answer = json!({
            "text": self.text,
            "decision": decision,
            "reason": reason,
            "command": self.intent.as_ref().map(|intent| &intent.command),
            "slots": slots,
            "risk": self.risk(),
            "confidence": self.intent.as_ref().map_or(0.0, |intent| intent.confidence),
            "preview": self.preview(),
            "alternatives": alternatives,
        });
        if let (Decision::Several(commands), Some(keys)) = (&self.decision, answer.as_object_mut()) {
            let then = commands.iter().skip(1).map(|command| {
                json!({
                    "command": command.name(),
                    "slots": command.slots(),
                    "risk": command.risk(),
                    "preview": command.preview(),
                })
            });
            keys.insert("then".to_owned(), then.collect());
        }
        answer
    }
}

/// Several commands as one sentence: "First: Update the system. Then: List the generations."
#[must_use]
pub fn plan(commands: &[Command]) -> String {
    let steps = commands.iter().enumerate().map(|(place, command)| {
        let lead = if place == 0 { "First" } else { "Then" };
        format!("{lead}: {}", command.preview())
    });
    steps.collect::<Vec<_>>().join(" ")
}
