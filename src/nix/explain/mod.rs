//! Failures of Nix in plain words: what happened, where, why, and what to do.
//!
//! Takes what a Nix program or an activation printed (text, or `internal-json` lines), gives an
//! [`Explanation`]. Knows texts of Nix and Lix and of nixpkgs' and `NixOS`' own checks; what it does
//! not know it says so and shows Nix's own last words. Starts nothing and reads no files.

mod build;
mod evaluation;
mod system;
mod text;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::fault::{Fault, Kind};

use text::Log;

/// Lines of a failing builder that are kept: what people read first.
const DETAIL: usize = 10;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    Syntax,
    UndefinedVariable,
    MissingAttribute,
    DefinedTwice,
    UnknownOption,
    ConflictingDefinitions,
    WrongOptionType,
    OptionNotSet,
    InfiniteRecursion,
    WrongType,
    WrongArguments,
    FailedAssertion,
    Thrown,
    Unfree,
    Insecure,
    Broken,
    WrongPlatform,
    MissingFile,
    NotInGit,
    NotInSearchPath,
    NoSuchHost,
    FeatureDisabled,
    HashMismatch,
    Collision,
    Builder,
    OutOfMemory,
    TimedOut,
    DiskFull,
    BootFull,
    NoNetwork,
    NotFoundOnServer,
    Untrusted,
    Locked,
    NoDaemon,
    NotPermitted,
    FailedUnits,
    Unknown,
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: PathBuf,
    /// Counted from 1.
    pub line: Option<u32>,
    /// Counted from 1.
    pub column: Option<u32>,
}

/// A mend that can be offered and done on a yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "mend", rename_all = "kebab-case")]
pub enum Mend {
    /// Allow this one unfree package.
    AllowUnfree { package: String },
    /// Allow this one insecure package, by its name with its version.
    AllowInsecure { package: String },
    /// Make a file known to git, so that the flake sees it.
    AddToGit { file: PathBuf },
    /// Free space, then try again.
    FreeSpace,
    /// Fewer boot entries: delete old generations, then try again.
    FreeBoot,
    /// Try again: what failed may pass.
    Retry,
    /// Put this name in the place of the wrong one.
    Rename { wrong: String, right: String },
}

/// A failure explained. The three sentences read well aloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub cause: Cause,
    pub what: String,
    pub why: String,
    pub hint: String,
    pub place: Option<Place>,
    pub mend: Option<Mend>,
    /// Last lines of the builder's own words, or Nix's own message; for the screen.
    pub detail: Vec<String>,
}

/// Explains a failure; `None` if the text tells of none.
#[must_use]
pub fn explain(output: &str) -> Option<Explanation> {
    let log = Log::of(output);
    let rules = [build::explain, system::explain, evaluation::explain];
    let found = rules.iter().find_map(|rule| rule(&log));
    found.or_else(|| log.message().map(|_| Explanation::unknown(output))).map(|explanation| explanation.placed(&log))
}

impl Explanation {
    /// A failure that is not known: Nix's own message is told.
    #[must_use]
    pub fn unknown(output: &str) -> Self {
        let log = Log::of(output);
        let message = log.message().or_else(|| log.last_line()).unwrap_or("Nothing was said").to_owned();
        Self {
            detail: vec![message.clone()],
            ..Self::new(
                Cause::Unknown,
                "Nix stopped with an error that I do not know.",
                format!("It said: {}.", spoken(&message)),
                "Nothing was changed. The screen shows what it said.",
            )
        }
    }

    fn new(cause: Cause, what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            cause,
            what: what.into(),
            why: why.into(),
            hint: hint.into(),
            place: None,
            mend: None,
            detail: Vec::new(),
        }
    }

    fn mended(self, mend: Mend) -> Self {
        Self { mend: Some(mend), ..self }
    }

    fn detailed(self, lines: impl IntoIterator<Item = String>) -> Self {
        let mut detail: Vec<String> = lines.into_iter().collect();
        detail.drain(..detail.len().saturating_sub(DETAIL));
        Self { detail, ..self }
    }

    /// With the place that the log tells, if the rule has found none and the cause has one.
    fn placed(self, log: &Log) -> Self {
        let has_place = !matches!(
            self.cause,
            Cause::Builder
                | Cause::HashMismatch
                | Cause::DiskFull
                | Cause::BootFull
                | Cause::NoNetwork
                | Cause::NotFoundOnServer
                | Cause::Locked
                | Cause::NoDaemon
                | Cause::OutOfMemory
                | Cause::TimedOut
                | Cause::FailedUnits
                | Cause::Collision
        );
        if self.place.is_some() || !has_place { self } else { Self { place: log.place(), ..self } }
    }

    /// Whether trying the same again may well succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.cause, Cause::NoNetwork | Cause::Locked | Cause::TimedOut)
    }

    /// As the user meets it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let what = match &self.place {
            Some(place) => format!("{} {place}", self.what),
            None => self.what.clone(),
        };
        Fault::new(Kind::Failed, what, self.why.clone(), self.hint.clone())
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// `It is in configuration.nix, line 12, column 3.`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.file_name().map_or_else(|| self.file.to_string_lossy(), |name| name.to_string_lossy());
        write!(f, "It is in {name}")?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        f.write_str(".")
    }
}

/// Foreign words inside a sentence: one line, no full stop at the end, not too long to listen to.
fn spoken(text: &str) -> String {
    /// About 15 seconds of speech.
    const LONGEST: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(LONGEST).collect();
    let short = if short.len() < line.len() { format!("{short} …") } else { short };
    short.trim_end_matches(['.', ':', ' ']).to_owned()
}
