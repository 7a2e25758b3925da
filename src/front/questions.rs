//! The verbs that only ask: each is one command of the backend, told in words or as one JSON object.

use std::io::Read;
use std::path::PathBuf;

use clap::Subcommand;
use jiff::Zoned;
use tokio_util::sync::CancellationToken;

use crate::announce::{self, Verbosity};
use crate::command::{Command, CommandError, CommandName, Slots};
use crate::fault::{Explain, Fault, Kind};
use crate::nix::{Explanation, explain};
use crate::observe::{Ending, Stage, Timer};

use super::scene::Scene;
use super::{Done, ask, print};

/// Longest log that is read, in bytes.
const LOG: u64 = 16 << 20;

/// Words are taken, and not one name: `ask-nix why is vim here` is a sentence, and is understood as one.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// What differs between two generations: the newest two, N and the current one, or N and M.
    Diff {
        #[arg(value_name = "NUMBER")]
        words: Vec<String>,
    },
    /// Why a package is on this machine.
    Why {
        #[arg(required = true, value_name = "PACKAGE")]
        words: Vec<String>,
    },
    /// What needs a package.
    Referrers {
        #[arg(required = true, value_name = "PACKAGE")]
        words: Vec<String>,
    },
    /// How much a package takes, with all that it needs.
    Size {
        #[arg(required = true, value_name = "PACKAGE")]
        words: Vec<String>,
    },
    /// What takes the room on the disk, and what could be freed.
    Space,
    /// What is installed: of the system, and of your own.
    Installed,
    /// Which package has a program.
    Which {
        #[arg(required = true, value_name = "PROGRAM")]
        words: Vec<String>,
    },
    /// Find options of the system by words.
    Options {
        #[arg(required = true, value_name = "WORDS")]
        words: Vec<String>,
    },
    /// Explain one option: its type, default and example; --value works out what this machine has.
    Option {
        #[arg(value_name = "OPTION")]
        name: String,
        /// The value on this machine (evaluates the configuration).
        #[arg(long)]
        value: bool,
    },
    /// What went wrong last; or the failure in FILE, the log of a Nix program (`-` reads standard input).
    Explain {
        #[arg(value_name = "FILE")]
        log: Option<PathBuf>,
    },
    /// Whether the machine is well: services, disks, store, restart.
    Health,
    /// Which services run, and which have failed.
    Services,
    /// How one service is, and its last errors.
    Service {
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Recent messages: of one service, or the warnings of the machine.
    Logs {
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// How old the running system is.
    Age,
    /// How old the package list of the configuration is, and whether the system was made from it.
    UpdateCheck,
    /// Whether a restart is needed.
    RebootNeeded,
    /// Whether everything that the store should have is there.
    Verify,
}

/// Answers a question.
pub fn question(scene: &Scene, question: Question) -> Done {
    let none = Slots::default;
    match question {
        Question::Diff { words } => diff(scene, &words),
        Question::Why { words } => one(scene, CommandName::Why, "package", words),
        Question::Referrers { words } => one(scene, CommandName::Referrers, "package", words),
        Question::Size { words } => one(scene, CommandName::Size, "package", words),
        Question::Which { words } => one(scene, CommandName::WhichProgram, "program", words),
        Question::Options { words } => run(scene, CommandName::SearchOptions, &slot("query", words.join(" "))),
        Question::Option { name, value: false } => run(scene, CommandName::ExplainOption, &slot("option", name)),
        Question::Option { name, value: true } => run(scene, CommandName::ReadOption, &slot("option", name)),
        Question::Explain { log: Some(file) } => explain_file(scene, &file),
        Question::Explain { log: None } => run(scene, CommandName::Explain, &none()),
        Question::Service { name } => run(scene, CommandName::ServiceStatus, &slot("service", name)),
        Question::Logs { name } => run(scene, CommandName::Logs, &name.map_or_else(none, |name| slot("service", name))),
        Question::Space => run(scene, CommandName::Space, &none()),
        Question::Installed => run(scene, CommandName::Installed, &none()),
        Question::Health => run(scene, CommandName::Health, &none()),
        Question::Services => run(scene, CommandName::ServiceList, &none()),
        Question::Age => run(scene, CommandName::Age, &none()),
        Question::UpdateCheck => run(scene, CommandName::UpdateCheck, &none()),
        Question::RebootNeeded => run(scene, CommandName::RebootNeeded, &none()),
        Question::Verify => run(scene, CommandName::Verify, &none()),
    }
}

fn slot(name: &str, value: impl Into<String>) -> Slots {
    let mut slots = Slots::default();
    slots.push(name, value);
    slots
}

/// One name is the verb's own; more words are a sentence that happens to begin like the verb.
fn one(scene: &Scene, name: CommandName, of: &str, words: Vec<String>) -> Done {
    match <[String; 1]>::try_from(words) {
        Ok([word]) => run(scene, name, &slot(of, word)),
        Err(words) => {
            let verb = if name == CommandName::WhichProgram { "which" } else { name.as_str() };
            ask::once(scene, &format!("{verb} {}", words.join(" ")))
        }
    }
}

fn diff(scene: &Scene, words: &[String]) -> Done {
    let mut slots = Slots::default();
    match words {
        [] => {}
        [from] => slots.push("from", from.as_str()),
        [from, to] => {
            slots.push("from", from.as_str());
            slots.push("to", to.as_str());
        }
        more => return ask::once(scene, &format!("diff {}", more.join(" "))),
    }
    run(scene, CommandName::Diff, &slots)
}

fn run(scene: &Scene, name: CommandName, slots: &Slots) -> Done {
    let refused = |error: CommandError| error.fault();
    let Command::System(command) = Command::from_request(name.as_str(), slots).map_err(refused)? else {
        return Ok(());
    };
    let timer = Timer::start(Stage::Backend, name.as_str());
    let outcome = scene
        .backend()
        .run_here(&command, name.as_str(), &CancellationToken::new(), &mut |_| {})
        .map_err(|error| error.fault());
    timer.end(outcome.as_ref().map_or_else(|fault| fault.kind.into(), |_| Ending::Done));
    let outcome = outcome?;
    if scene.json {
        print::json(&outcome);
    } else {
        print::announcement(&announce::outcome(&outcome, &Zoned::now(), Verbosity::default()));
    }
    Ok(())
}

/// Explains the log of a Nix program that ran elsewhere.
fn explain_file(scene: &Scene, file: &std::path::Path) -> Done {
    let unreadable = |error: std::io::Error| {
        Fault::new(
            Kind::Failed,
            format!("{} cannot be read.", file.display()),
            format!("The system says: {}.", error.kind()),
            "See that the file is there and that you may read it.",
        )
    };
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(LOG).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        std::fs::File::open(file).and_then(|file| file.take(LOG).read_to_end(&mut bytes)).map_err(unreadable)?;
    }
    let explanation: Option<Explanation> = explain::explain(&String::from_utf8_lossy(&bytes));
    match explanation {
        Some(explanation) if scene.json => print::json(&explanation),
        Some(explanation) => {
            print::line(&explanation.fault().spoken());
            explanation.detail.iter().for_each(|line| print::line(&format!("  {line}")));
        }
        None if scene.json => print::json(&serde_json::Value::Null),
        None => print::line("I find no failure in it."),
    }
    Ok(())
}
