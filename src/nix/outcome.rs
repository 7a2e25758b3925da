//! What the backend tells: progress while it works, and one outcome.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::command::GenerationNumber;
use crate::fault::Fault;

use super::build::{SystemPlan, Trial};
use super::change::collect::Freed;
use super::change::configure::Reconfigured;
use super::change::generations::DeletionPlan;
use super::change::personal::PersonalPlan;
use super::change::services::ServiceAction;
use super::preview::PlanFacts;
use super::read::difference::Difference;
use super::read::disk::Space;
use super::read::freshness::Freshness;
use super::read::health::Health;
use super::read::index::OptionFacts;
use super::read::reasons::{Footprint, Needers, Reasons};
use super::read::reboot::Reboot;
use super::read::services::{Message, Service, ServiceFacts};
use super::read::value::OptionValueNow;
use super::read::verify::Soundness;

/// One message of a running command; `Done` is the last, or `Planned` where it was only looked at.
#[derive(Debug, Clone)]
pub enum Event {
    Progress(Progress),
    /// What the command would do.
    Planned(Result<Box<PlanFacts>, Fault>),
    Done(Result<Box<Outcome>, Fault>),
}

/// What long work is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Waiting,
    Evaluating,
    Downloading,
    Building,
    Activating,
    /// Collecting garbage.
    Collecting,
    /// Storing equal files once.
    Optimising,
    Indexing,
}

/// How far long work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub stage: Stage,
    /// Done so far, in the stage's own unit (paths, builds, packages).
    pub done: u64,
    /// Expected in all; 0 when unknown.
    pub expected: u64,
    /// The package or path at work, if one is known.
    pub at: Option<String>,
    /// What the stage may still take, where more is known than its speed so far: how long such work took before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Duration>,
}

impl Progress {
    /// The beginning of a stage of which no more is known.
    #[must_use]
    pub const fn of(stage: Stage) -> Self {
        Self { stage, done: 0, expected: 0, at: None, left: None }
    }
}

/// One generation of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Generation {
    pub number: GenerationNumber,
    /// When the generation was made (modification time of its link).
    pub date: Timestamp,
    /// The `NixOS` version, if the generation is a system.
    pub version: Option<String>,
    pub kernel: Option<String>,
    /// Configuration revision (`system.configurationRevision`), if it was set.
    pub revision: Option<String>,
    /// The profile points at it: it is the boot default.
    pub current: bool,
    /// It was booted.
    pub booted: bool,
    pub specialisations: Vec<String>,
    /// What the user calls it, or else the system itself.
    pub label: Option<String>,
    /// The user keeps it for good.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// The store path behind the link.
    #[serde(skip)]
    pub path: PathBuf,
}

/// What a search result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchKind {
    Package,
    Program,
    Option,
}

/// One search result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchHit {
    /// Attribute or option path.
    pub attr: String,
    pub kind: SearchKind,
    pub version: Option<String>,
    pub description: Option<String>,
    /// Higher is better; only comparable within one answer.
    pub score: f64,
}

/// A package as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    pub attr: String,
    pub pname: String,
    pub version: Option<String>,
    pub description: Option<String>,
    pub main_program: Option<String>,
    pub homepage: Option<String>,
    pub licence: Option<String>,
    pub unfree: bool,
    pub broken: bool,
    pub long_description: Option<String>,
}

/// Two generations compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub from: Generation,
    pub to: Generation,
    pub difference: Difference,
}

/// Who has a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgramOwners {
    pub program: String,
    /// The package with its version that gives it on this machine.
    pub installed: Option<String>,
    /// Packages that have it, by their attributes, best first.
    pub packages: Vec<String>,
}

/// What an option is set to on this machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptionNow {
    pub option: String,
    #[serde(flatten)]
    pub value: OptionValueNow,
    /// What it is where nobody sets it, as Nix text.
    pub default: Option<String>,
}

/// A change that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastFailure {
    /// What the user had said.
    pub why: String,
    pub started: Timestamp,
    /// It was taken back, or settled in another way; else it was cut short and waits to be settled.
    pub finished: bool,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WentWrong {
    /// The last thing that failed since the program was started.
    pub fault: Option<Fault>,
    /// The newest change of the machine, if it failed.
    pub change: Option<PastFailure>,
    /// Services that have failed.
    pub services: Vec<String>,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    Generations {
        generations: Vec<Generation>,
    },
    /// One generation, and what it holds.
    Generation {
        generation: Generation,
        packages: Vec<String>,
        size: Option<u64>,
    },
    Search {
        query: String,
        results: Vec<SearchHit>,
    },
    Described {
        package: Package,
    },
    IsInstalled {
        package: String,
        installed: bool,
        version: Option<String>,
    },
    /// Names (with versions) of what the running system offers, and what the user's profile holds.
    Installed {
        system: Vec<String>,
        user: Vec<String>,
    },
    /// The user's own profile was changed.
    Personal(PersonalPlan),
    /// Programs that can be used without being installed.
    Tried(Trial),
    /// What building the configuration would do.
    Plan(Box<SystemPlan>),
    Space(Box<Space>),
    Size(Footprint),
    Why(Reasons),
    Referrers(Needers),
    Compared(Box<Compared>),
    WhichProgram(ProgramOwners),
    RebootNeeded(Reboot),
    Freshness(Freshness),
    Verified(Soundness),
    Options {
        query: String,
        results: Vec<OptionFacts>,
    },
    OptionExplained {
        /// As it was asked for; the facts may be of a name with places (`<name>`).
        option: String,
        facts: OptionFacts,
    },
    OptionNow(Box<OptionNow>),
    Services {
        services: Vec<Service>,
    },
    Service(Box<ServiceFacts>),
    /// How a service is after something was done to it.
    ServiceChanged {
        action: ServiceAction,
        #[serde(flatten)]
        facts: Box<ServiceFacts>,
    },
    Logs {
        /// `None`: of the whole machine.
        service: Option<String>,
        messages: Vec<Message>,
    },
    Health(Health),
    WentWrong(Box<WentWrong>),
    Age {
        generation: Generation,
        seconds: i64,
    },
    /// A generation is kept for good from now on.
    Kept {
        generation: Generation,
    },
    /// A generation has a new name.
    Labelled {
        generation: Generation,
    },
    Deleted(Box<DeletionPlan>),
    Collected(Freed),
    Optimised {
        /// What that freed, where Nix says so.
        bytes: Option<u64>,
    },
    /// The configuration was edited or taken back, and the system is what it describes.
    Reconfigured(Box<Reconfigured>),
    /// `from` ran before, `to` runs now.
    RolledBack {
        from: Option<Generation>,
        to: Generation,
        reboot_needed: bool,
    },
}
