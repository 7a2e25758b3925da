//! A demo machine whose configuration is changed: what the tests of changes share.

use std::fs;
use std::path::PathBuf;

use ask_nix::command::{self, Slots, SystemCommand};
use ask_nix::demo::Demo;
use ask_nix::nix::{Backend, NixError, Outcome, Progress, Reconfigured, SystemPlan};
use tokio_util::sync::CancellationToken;

use crate::support;

/// A demo machine, and its backend.
pub struct Machine {
    pub backend: Backend,
    pub demo: Demo,
}

/// The configuration's text, what runs, what the profile points at, and the numbers of the generations.
pub type State = (String, PathBuf, PathBuf, Vec<u64>);

impl Machine {
    pub fn fresh() -> Option<Self> {
        support::demo().map(Self::of)
    }

    pub fn of(demo: Demo) -> Self {
        Self { backend: support::backend(&demo), demo }
    }

    /// One with each Nix that there is.
    pub fn all() -> Vec<Self> {
        support::demos().into_iter().map(Self::of).collect()
    }

    /// The configuration.
    pub fn file(&self) -> PathBuf {
        self.demo.roots().etc_nixos.join("configuration.nix")
    }

    /// Puts packages into the configuration, as a user with an editor would.
    pub fn write_in(&self, packages: &str) {
        let text = fs::read_to_string(self.file()).unwrap();
        fs::write(self.file(), text.replacen("    pkgs.git\n", &format!("    pkgs.git\n    {packages}\n"), 1)).unwrap();
    }

    /// Runs a change.
    pub fn run(&self, command: &SystemCommand) -> Result<Reconfigured, NixError> {
        match self.backend.run_here(command, "a test", &CancellationToken::new(), &mut |_| {})? {
            Outcome::Reconfigured(done) => Ok(*done),
            other => panic!("{other:?}"),
        }
    }

    /// Runs a change by its name and its slots.
    pub fn say(&self, name: &str, slots: &[(&str, &str)]) -> Result<Reconfigured, NixError> {
        self.run(&command(name, slots))
    }

    pub fn plan(&self, tell: &mut dyn FnMut(Progress)) -> SystemPlan {
        match self.backend.run_here(&SystemCommand::Plan, "", &CancellationToken::new(), tell).unwrap() {
            Outcome::Plan(plan) => *plan,
            other => panic!("{other:?}"),
        }
    }

    pub fn state(&self) -> State {
        let roots = self.demo.roots();
        let numbers = self.backend.generations().unwrap().iter().map(|one| one.number.get()).collect();
        let runs = fs::canonicalize(roots.current_system()).unwrap();
        (fs::read_to_string(self.file()).unwrap(), runs, fs::read_link(roots.system_profile()).unwrap(), numbers)
    }

    /// Whether the running system has a program.
    pub fn has(&self, program: &str) -> bool {
        self.demo.roots().current_system().join("sw/bin").join(program).exists()
    }
}

/// A command by its name and its slots.
pub fn command(name: &str, slots: &[(&str, &str)]) -> SystemCommand {
    let mut all = Slots::default();
    for (slot, value) in slots {
        all.push(slot, *value);
    }
    let asked = command::Command::from_request(name, &all).unwrap();
    let command::Command::System(command) = asked else { panic!("{asked:?}") };
    command
}
