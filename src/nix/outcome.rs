//! What the backend tells: progress while it works, and one outcome.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::command::GenerationNumber;
use crate::fault::Fault;

/// One message of a running command; `Done` is the last.
#[derive(Debug, Clone)]
pub enum Event {
    Progress(Progress),
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
    pub label: Option<String>,
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
    Space {
        paths: u64,
        bytes: u64,
        largest: Vec<(String, u64)>,
    },
    Age {
        generation: Generation,
        seconds: i64,
    },
    /// `from` ran before, `to` runs now.
    RolledBack {
        from: Option<Generation>,
        to: Generation,
        reboot_needed: bool,
    },
}
