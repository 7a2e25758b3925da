//! The verbs that change the machine: each is a sentence said by its shortest name, and asks as the sentence does.
//!
//! There is one way to a change, through understanding, preview and question; a verb is no way around it.

use std::path::PathBuf;

use clap::Subcommand;

use crate::fault::{Fault, Kind};
use crate::nix::{Outcome, Trial};

use super::scene::Scene;
use super::{Done, ask, print};

/// More words than a verb's own make it a sentence: `ask-nix test my configuration`.
#[derive(Debug, Subcommand)]
pub enum Change {
    /// What building the configuration would change, build and fetch; changes nothing.
    Plan { words: Vec<String> },
    /// Build the configuration, switch to it, and make it what starts.
    Switch { words: Vec<String> },
    /// Build the configuration and use it until the next restart.
    Test { words: Vec<String> },
    /// Build the configuration and use it from the next restart on.
    Boot { words: Vec<String> },
    /// Bring nixpkgs up to date, then build and switch.
    Update { words: Vec<String> },
    /// Write packages into the configuration, and switch to it.
    Install {
        #[arg(required = true, value_name = "PACKAGE")]
        words: Vec<String>,
    },
    /// Take packages out of the configuration, and switch to it.
    Remove {
        #[arg(required = true, value_name = "PACKAGE")]
        words: Vec<String>,
    },
    /// Use programs without installing them.
    Try {
        #[arg(required = true, value_name = "PACKAGE")]
        words: Vec<String>,
    },
    /// Set an option in the configuration, such as `set services.openssh.enable true`.
    Set {
        #[arg(value_name = "OPTION")]
        option: String,
        #[arg(required = true, value_name = "VALUE")]
        value: Vec<String>,
    },
    /// Take the last change back.
    Undo { words: Vec<String> },
    /// Collect garbage; `gc older than 30 days` deletes old generations first.
    Gc { words: Vec<String> },
    /// Store equal files once.
    Optimise { words: Vec<String> },
    /// Never delete a generation: the current one, or the given one.
    Keep {
        #[arg(value_name = "NUMBER")]
        words: Vec<String>,
    },
    /// Delete generations: `delete 3`, `delete generations older than 30 days`.
    Delete {
        #[arg(required = true, value_name = "NUMBER")]
        words: Vec<String>,
    },
}

/// Asks about a change, and makes it on a yes.
pub fn change(scene: &Scene, change: &Change) -> Done {
    let mut tried = None;
    let done = ask::told(scene, &change.sentence(), &mut |outcome| {
        if let Outcome::Tried(trial) = outcome {
            tried = Some(trial.clone());
        }
    });
    match (done, tried) {
        (Ok(()), Some(trial)) if !scene.json && print::can_ask() => shell(&trial),
        (done, _) => done,
    }
}

/// A shell of the user's own in which the programs can be called by their names, until it is left.
fn shell(trial: &Trial) -> Done {
    let Some(program) = std::env::var_os("SHELL").map(PathBuf::from).filter(|shell| shell.is_absolute()) else {
        return Ok(());
    };
    let own = std::env::var_os("PATH").unwrap_or_default();
    let folders = trial.folders.iter().cloned().chain(std::env::split_paths(&own));
    let Ok(path) = std::env::join_paths(folders) else { return Ok(()) };
    print::note("In this shell they can be called by their names. Leave it with: exit");
    match std::process::Command::new(&program).env("PATH", path).status() {
        Ok(_) => Ok(()),
        Err(error) => Err(Fault::new(
            Kind::Failed,
            format!("Your shell {} could not be started.", program.display()),
            format!("The system says: {}.", error.kind()),
            "Start the programs by their whole names, from the folder above.",
        )
        .into()),
    }
}

impl Change {
    /// What a person would say for it.
    fn sentence(&self) -> String {
        // The short name where it stands alone, the words as they are where there are more.
        let said = |alone: &str, verb: &str, words: &[String]| {
            if words.is_empty() { alone.to_owned() } else { format!("{verb} {}", words.join(" ")) }
        };
        let number = |words: &[String]| matches!(words, [one] if one.chars().all(|c| c.is_ascii_digit()));
        match self {
            Self::Plan { words } => said("plan", "plan", words),
            Self::Switch { words } => said("switch", "switch", words),
            Self::Test { words } => said("test the configuration", "test", words),
            Self::Boot { words } => said("rebuild next boot", "boot", words),
            Self::Update { words } => said("update", "update", words),
            Self::Install { words } => said("", "install", words),
            Self::Remove { words } => said("", "remove", words),
            Self::Try { words } => said("", "try", words),
            Self::Set { option, value } => match value.as_slice() {
                [to, ..] if to == "to" => format!("set {option} {}", value.join(" ")),
                value => format!("set {option} to {}", value.join(" ")),
            },
            Self::Undo { words } => said("undo", "undo", words),
            Self::Gc { words } => said("collect garbage", "gc", words),
            Self::Optimise { words } => said("optimise", "optimise", words),
            Self::Keep { words } if number(words) => format!("keep generation {}", words.join(" ")),
            Self::Keep { words } => said("keep this generation", "keep", words),
            Self::Delete { words } if number(words) => format!("delete generation {}", words.join(" ")),
            Self::Delete { words } => said("", "delete", words),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use clap::Parser;

    use super::super::args::{Cli, Verb};
    use crate::assistant::{Decision, IndexNames, decide};
    use crate::command::{Command, CommandName};
    use crate::config::Roots;
    use crate::intent::{Context, Grammar, Transcript, Understander};
    use crate::nix::{Backend, Files};

    #[test]
    fn each_verb_says_what_it_means() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files { journal: folder.path().join("journal"), index: folder.path().join("index") };
        let names = IndexNames(Backend::new(Roots::below(folder.path(), None), files));
        let understander = Understander::new(Arc::new(Grammar::english().unwrap()));
        for (line, name) in [
            ("plan", CommandName::Plan),
            ("switch", CommandName::Switch),
            ("test", CommandName::Test),
            ("test my configuration", CommandName::Test),
            ("boot", CommandName::Boot),
            ("update", CommandName::Update),
            ("install firefox and vlc", CommandName::Install),
            ("remove vlc", CommandName::Remove),
            ("try cowsay", CommandName::Try),
            ("set services.openssh.enable true", CommandName::SetOption),
            ("set services.openssh.enable to true", CommandName::SetOption),
            ("undo", CommandName::Undo),
            ("undo that", CommandName::Undo),
            ("gc", CommandName::Gc),
            ("gc older than 30 days", CommandName::Gc),
            ("optimise", CommandName::Optimise),
            ("keep", CommandName::Keep),
            ("keep 3", CommandName::Keep),
            ("delete 3", CommandName::DeleteGenerations),
            ("delete generations older than 30 days", CommandName::DeleteGenerations),
        ] {
            let cli = Cli::try_parse_from(std::iter::once("ask-nix").chain(line.split(' '))).unwrap();
            let Some(Verb::Change(change)) = cli.verb else { unreachable!("{line}") };
            let said = Transcript::typed(change.sentence());
            let understanding = understander.understand(&said, &Context::default(), &names);
            let decision = decide(&said.text, understanding).decision;
            let command = match &decision {
                Decision::Run(command) => Some(command.name()),
                Decision::Confirm(command) => Some(Command::System(command.clone()).name()),
                _ => None,
            };
            assert_eq!(command, Some(name), "{line}: {decision:?}");
        }
    }
}
