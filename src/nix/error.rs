//! What the backend refuses or fails at, and how it is told.

use std::path::PathBuf;

use crate::command::{CommandName, GenerationNumber};
use crate::fault::{Explain, Fault, Kind};

use super::change::activate::ActivationExit;
use super::change::generations::Protection;
use super::change::services::ServiceAction;
use super::edit::EditError;
use super::explain::{self, Explanation};
use super::read::index::IndexError;
use super::read::services::{Active, ServiceFacts};
use super::restored::Restored;

/// Everything that can go wrong in the backend.
#[derive(Debug, thiserror::Error)]
pub enum NixError {
    #[error("there is no Nix on this machine: {} does not exist", store.display())]
    NoNix { store: PathBuf },
    #[error("this is not NixOS: {} does not exist", profile.display())]
    NotNixos { profile: PathBuf },
    #[error("there is no generation {number}")]
    NoGeneration { number: GenerationNumber, oldest: GenerationNumber, newest: GenerationNumber },
    #[error("there is no generation before generation {number}")]
    NoEarlierGeneration { number: GenerationNumber },
    #[error("no generation is kept from before {what}")]
    NoneBefore { what: String },
    #[error("{package} is not in the system that runs")]
    NotInRunning { package: String },
    #[error("generation {number} runs already")]
    RunsAlready { number: GenerationNumber },
    #[error("the system that runs now is none of the generations: {}", path.display())]
    RunningUnknown { path: PathBuf },
    #[error("{} is not a whole system: {lacks}", path.display())]
    NotASystem { path: PathBuf, lacks: &'static str },
    #[error("the store database {} cannot be read: {problem}", path.display())]
    StoreDatabase { path: PathBuf, problem: DatabaseProblem, source: Option<rusqlite::Error> },
    #[error("the store does not know {}", path.display())]
    NotInStore { path: PathBuf },
    #[error("not permitted to change {}", path.display())]
    NotPermitted { path: PathBuf },
    #[error("{} was changed by another program", path.display())]
    ChangedMeanwhile { path: PathBuf },
    #[error("another change of the system is at work")]
    Busy,
    #[error("the system could not be activated: {exit}")]
    Activation { number: Option<GenerationNumber>, exit: ActivationExit, last: Option<String>, restored: Restored },
    #[error("generation {number} could not be made the default: {source}")]
    Default { number: GenerationNumber, source: Box<NixError>, restored: Restored },
    #[error("cancelled")]
    Cancelled { restored: Restored },
    #[error("the journal {} cannot be used", path.display())]
    Journal { path: PathBuf, source: rusqlite::Error },
    #[error("the journal was damaged, and is now {}", aside.display())]
    JournalDamaged { aside: PathBuf },
    #[error("{} could not be brought back", path.display())]
    NotRestored { path: PathBuf },
    #[error("this version has no way to do {command}")]
    NotYet { command: CommandName },
    #[error("nothing is unfinished")]
    NothingUnfinished,
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("Nix failed: {explanation}")]
    Explained { explanation: Box<Explanation> },
    #[error("there is no configuration in {}", at.display())]
    NoConfiguration { at: PathBuf },
    #[error("{host} is not the name of a machine")]
    HostName { host: String },
    #[error("{} is made from no channel", file.display())]
    NoChannel { file: PathBuf },
    #[error("{} was never locked", flake.display())]
    NotLocked { flake: PathBuf },
    #[error("there is no option {option}")]
    UnknownOption { option: String, near: Vec<String> },
    #[error("systemd does not run this machine")]
    NoSystemd,
    #[error("systemd does not answer")]
    Systemd { source: Option<Box<zbus::Error>> },
    #[error("there is no service {service}")]
    UnknownService { service: String },
    #[error("generation {number} is protected")]
    Protected { number: GenerationNumber, why: Protection },
    #[error("there is no generation to delete")]
    NothingToDelete { spared: usize },
    #[error("the calendar has no such time")]
    NoSuchTime,
    #[error("{service} is {active:?} already")]
    ServiceSo { service: String, active: Active },
    #[error("not permitted to change the service {service}")]
    ServiceRefused { service: String },
    #[error("the service {} did not come to its state", facts.service.name)]
    ServiceFailed { action: ServiceAction, facts: Box<ServiceFacts> },
    #[error("the journal cannot be read: {said}")]
    NoJournal { said: String },
    #[error("{package} is not on this machine")]
    NotOnMachine { package: String },
    #[error("the index has no package {package}")]
    UnknownPackage { package: String, near: Vec<String> },
    #[error("{package} is in the user's profile already")]
    InProfile { package: String },
    #[error("the edited configuration does not work: {source}")]
    NotApplied { source: Box<NixError>, put_back: bool },
    #[error("{} could not be {doing}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
}

/// What is wrong with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseProblem {
    #[error("it does not exist")]
    Missing,
    #[error("another program keeps it busy")]
    Busy,
    #[error("it is damaged")]
    Corrupt,
    #[error("it is not permitted")]
    NotPermitted,
    #[error("it is not as expected")]
    Unexpected,
}

impl NixError {
    /// The failure of a Nix program, by all that it said.
    pub(crate) fn explained(said: &str) -> Self {
        let explanation = explain::explain(said).unwrap_or_else(|| Explanation::unknown(said));
        Self::Explained { explanation: Box::new(explanation) }
    }

    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotPermitted { path }
            }
            _ => Self::Io { doing, path, source },
        }
    }
}

impl Explain for NixError {
    #[expect(clippy::too_many_lines, reason = "one arm an error, each a few sentences")]
    fn fault(&self) -> Fault {
        let failed = |what: String, why: String, hint: &str| Fault::new(Kind::Failed, what, why, hint);
        let refused = |what: String, why: String, hint: &str| Fault::new(Kind::Refused, what, why, hint);
        match self {
            Self::NoNix { store } => failed(
                "There is no Nix on this machine.".into(),
                format!("The folder {} does not exist.", store.display()),
                "Install Nix, or try me with the demo system.",
            ),
            Self::NotNixos { .. } => failed(
                "This is not NixOS.".into(),
                "The machine has no system generations.".into(),
                "You can still search for packages and ask what is installed.",
            ),
            Self::NoGeneration { number, oldest, newest } => refused(
                format!("There is no generation {number}."),
                if oldest == newest {
                    format!("There is only generation {newest}.")
                } else {
                    format!("The generations go from {oldest} to {newest}.")
                },
                "List the generations to hear which there are.",
            ),
            Self::NoEarlierGeneration { number } => refused(
                format!("There is nothing to go back to before generation {number}."),
                "No earlier generation is kept on this machine.".into(),
                "List the generations to hear which there are.",
            ),
            Self::NoneBefore { what } => refused(
                format!("I find no generation from before {what}."),
                "None that is kept on this machine fits. Nothing was changed.".into(),
                "List the generations to hear which there are, and name one by its number.",
            ),
            Self::NotInRunning { package } => refused(
                format!("I cannot go back to before {package}."),
                format!("The system that runs does not have {package}. Nothing was changed."),
                "List the generations to hear which there are, and name one by its number.",
            ),
            Self::RunsAlready { number } => refused(
                format!("Generation {number} runs already."),
                "It is also what starts when the machine is switched on.".into(),
                "Name another generation.",
            ),
            Self::RunningUnknown { .. } => failed(
                "The system that runs now is none of the generations.".into(),
                "It was probably started as a test.".into(),
                "List the generations to hear which there are.",
            ),
            Self::NotASystem { lacks, .. } => refused(
                "That generation is not a whole system.".into(),
                format!("It lacks {lacks}."),
                "Choose another generation.",
            ),
            Self::StoreDatabase { problem, .. } => database_fault(*problem),
            Self::NotInStore { .. } => refused(
                "That generation is no longer in the store.".into(),
                "The database of the store does not know it.".into(),
                "Choose another generation.",
            ),
            Self::NotPermitted { path } => failed(
                "I am not permitted to do that.".into(),
                format!("Changing {} needs the rights of the administrator.", path.display()),
                "Start me as the administrator for this, or ask whoever looks after this machine.",
            ),
            Self::ChangedMeanwhile { .. } => failed(
                "Another program has changed the system in the meantime.".into(),
                "So what you agreed to is no longer what would happen.".into(),
                "List the generations, then say it again.",
            ),
            Self::Busy => failed(
                "Another change of the system is at work.".into(),
                "Two changes at once could damage each other.".into(),
                "Wait until it has ended, then say it again.",
            ),
            Self::Activation { number, exit, last, restored } => failed(
                match number {
                    Some(number) => format!("Generation {number} could not be started. {}", restored.told()),
                    None => format!("The new system could not be started. {}", restored.told()),
                },
                last.as_ref().map_or_else(|| exit.why().to_owned(), |line| format!("{} It said: {line}.", exit.why())),
                restored.hint(),
            ),
            Self::Default { number, source, restored } => failed(
                format!("Generation {number} could not be made the default. {}", restored.told()),
                source.fault().what,
                restored.hint(),
            ),
            Self::Cancelled { restored } => {
                Fault::new(Kind::Declined, "I have stopped.", restored.told(), restored.hint())
            }
            Self::Journal { path, .. } => failed(
                "I cannot write down what I do.".into(),
                format!("The journal {} cannot be used.", path.display()),
                "Nothing is changed without it: see that the disk is not full and that the file is yours.",
            ),
            Self::JournalDamaged { aside } => failed(
                "The record of past changes was damaged, and I have begun a new one.".into(),
                format!(
                    "If a change was cut short, I no longer know of it. The old record is kept as {}.",
                    aside.display()
                ),
                "Say it again. To hear what runs now, say: current generation.",
            ),
            Self::NotRestored { .. } => failed(
                "The change could not be taken back.".into(),
                Restored::Failed.told().into(),
                Restored::Failed.hint(),
            ),
            Self::Index(error) => error.fault(),
            Self::Edit(error) => error.fault(),
            Self::UnknownPackage { package, near } => refused(
                format!("I know no package called {package}."),
                match near.as_slice() {
                    [] => "Nothing in the search index is called like that.".into(),
                    [one] => format!("The nearest is {one}."),
                    [one, others @ ..] => format!("The nearest are {one} and {}.", others.join(" and ")),
                },
                "Say it again with another name, or search for it in other words.",
            ),
            Self::InProfile { package } => refused(
                format!("{package} is installed already."),
                "It is in your own profile. Nothing was changed.".into(),
                "Name another package.",
            ),
            Self::NotYet { .. } => refused(
                "I understood you, but this version of me cannot do that yet.".into(),
                "Nothing was changed.".into(),
                "Say help to hear what I can do.",
            ),
            Self::Explained { explanation } => explanation.fault(),
            Self::NoConfiguration { at } => refused(
                "I find no configuration of this machine.".into(),
                format!("There is none in {}.", at.display()),
                "Tell me in my settings where it is.",
            ),
            Self::HostName { host } => refused(
                "I cannot tell which machine of the flake this one is.".into(),
                format!("Its name is set to {host}, and such a name holds letters, digits, dots and dashes."),
                "Name the machine in my settings as it is written in the flake.",
            ),
            Self::NoChannel { .. } => refused(
                "I find no channel to bring up to date.".into(),
                "Nixpkgs comes from a place of its own here, and not from a channel called nixos or nixpkgs.".into(),
                "Bring that place up to date by hand, then say: switch.",
            ),
            Self::NotLocked { flake } => refused(
                "The flake has no lock file yet.".into(),
                format!("So there is no older state that I could bring back: {}.", flake.display()),
                "Lock it once by hand, with nix flake lock, then say it again.",
            ),
            Self::UnknownOption { option, near } => refused(
                format!("There is no setting {option}."),
                match near.as_slice() {
                    [] => "No setting is called like that.".into(),
                    [one] => format!("The nearest is {one}."),
                    [one, others @ ..] => format!("The nearest are {one} and {}.", others.join(" and ")),
                },
                "Ask me to find the setting in other words.",
            ),
            Self::NoSystemd => refused(
                "I cannot look after services here.".into(),
                "This machine is not run by systemd.".into(),
                "On a NixOS machine this works.",
            ),
            Self::Systemd { .. } => failed(
                "The services cannot be asked.".into(),
                "systemd does not answer.".into(),
                "Wait a moment, then say it again.",
            ),
            Self::UnknownService { service } => refused(
                format!("There is no service {service}."),
                "Nothing of that name is known to this machine.".into(),
                "List the services to hear which there are.",
            ),
            Self::Protected { number, why } => refused(
                format!("Generation {number} is not deleted."),
                match why {
                    Protection::Current => "It is what starts when the machine is switched on.".into(),
                    Protection::Runs => "It runs now.".into(),
                    Protection::Booted => "The machine was started with it.".into(),
                    Protection::Kept => "You have asked me to keep it.".into(),
                },
                "Name another generation.",
            ),
            Self::NothingToDelete { spared } => refused(
                "There is no generation to delete.".into(),
                if *spared == 0 { "None is meant by that.".into() } else { "What is meant is in use, or kept.".into() },
                "List the generations to hear which there are.",
            ),
            Self::NoSuchTime => refused(
                "There was no such time.".into(),
                "The calendar does not have it.".into(),
                "Say it another way, such as: three days ago.",
            ),
            Self::ServiceSo { service, active } => refused(
                format!("{service} is {} already.", if *active == Active::Active { "running" } else { "stopped" }),
                "Nothing was changed.".into(),
                "You can have it restarted, or ask how it is.",
            ),
            Self::ServiceRefused { service } => failed(
                format!("I am not permitted to change the service {service}."),
                "systemd lets only administrators do that, and nobody could be asked for a password.".into(),
                "Ask whoever looks after this machine, or start me as the administrator for this.",
            ),
            Self::ServiceFailed { action, facts } => service_failed(*action, facts),
            Self::NoJournal { .. } => failed(
                "The messages cannot be read.".into(),
                "The journal of this machine is closed to you, or not there.".into(),
                "Ask whoever looks after this machine to put you into the group systemd-journal.",
            ),
            Self::NotOnMachine { package } => refused(
                format!("{package} is not on this machine."),
                "Nothing that is in use has it.".into(),
                "Search for it, or say what is installed.",
            ),
            Self::NothingUnfinished => refused(
                "Nothing is unfinished.".into(),
                "The last change ran to its end.".into(),
                "You can go on as before.",
            ),
            Self::NotApplied { source, put_back } => {
                let fault = source.fault();
                let state = if *put_back {
                    "Your configuration is as it was."
                } else {
                    "Your configuration could not be put back: say undo to try that again."
                };
                // The place that it names is gone again: there is nothing for the user to mend.
                let named = matches!(&**source, Self::Explained { explanation } if explanation.place.is_some());
                let hint = if named && *put_back {
                    "Ask for it by another name, or with another value.".to_owned()
                } else {
                    fault.hint
                };
                Fault { what: format!("{} {state}", fault.what), hint, ..fault }
            }
            Self::Io { doing, path, source } => failed(
                format!("{} could not be {doing}.", path.display()),
                format!("The system says: {}.", source.kind()),
                "See that the disk is not full and that the file is there.",
            ),
        }
    }
}

fn service_failed(action: ServiceAction, facts: &ServiceFacts) -> Fault {
    let name = &facts.service.name;
    let what = match action {
        ServiceAction::Start => format!("{name} did not start."),
        ServiceAction::Stop => format!("{name} did not stop."),
        ServiceAction::Restart => format!("{name} did not start again."),
    };
    let why = match (facts.exit_code, &facts.result, facts.errors.last()) {
        (_, _, Some(last)) => format!("Its last message is: {}", last.text),
        (Some(code), _, None) => format!("It ended with the exit code {code}."),
        (None, Some(result), None) => format!("systemd says: {}.", result.replace('-', " ")),
        (None, None, None) => "It is still on its way.".to_owned(),
    };
    Fault::new(Kind::Failed, what, why, format!("Ask for its messages: say, logs of {name}."))
}

fn database_fault(problem: DatabaseProblem) -> Fault {
    let (why, hint) = match problem {
        DatabaseProblem::Missing => ("It does not exist.", "See that Nix is installed whole."),
        DatabaseProblem::Busy => ("Another program keeps it busy.", "Wait a moment, then say it again."),
        DatabaseProblem::Corrupt => {
            ("It is damaged.", "Keep a copy of it, then let Nix check the store: nix-store, verify, check contents.")
        }
        DatabaseProblem::NotPermitted => ("Reading it is not permitted.", "Ask whoever looks after this machine."),
        DatabaseProblem::Unexpected => {
            ("It is not as I expect it.", "Perhaps this Nix is newer than I know: look for a newer version of me.")
        }
    };
    Fault::new(Kind::Failed, "The database of the store cannot be read.", why, hint)
}
