//! The questions that a command can be: which reader answers it, and what is kept of the answer.
//!
//! Only reads. What changes the machine is in [`super::run`].

use jiff::{Timestamp, Zoned};
use tokio_util::sync::CancellationToken;

use crate::command::{DiffRange, OptionPath, ProgramName, SystemCommand};

use super::cache::CacheCounts;
use super::change::journal::{Ending, Journal};
use super::outcome::{Compared, OptionNow, PastFailure, ProgramOwners, WentWrong};
use super::read::disk::Space;
use super::read::freshness::Freshness;
use super::read::health::{self, Health};
use super::read::reasons::Used;
use super::read::reboot::Reboot;
use super::read::verify::Soundness;
use super::read::{installed, profiles, services, value};
use super::{Backend, Generation, IndexError, NixError, Outcome, Progress, SearchKind};

/// How many of the largest packages and roots are named.
const LARGEST: usize = 10;
/// How many options a search gives.
const OPTIONS: usize = 10;
/// Changes of the journal that are looked through for the last failure.
const PAST: u32 = 20;

impl Backend {
    /// The answer to a question; `None` for a command that is none, or that is answered elsewhere.
    pub(super) fn answer(
        &self,
        command: &SystemCommand,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Option<Result<Outcome, NixError>> {
        Some(match command {
            SystemCommand::Space => {
                self.kept(command, || Ok(Outcome::Space(Box::new(Space::read(self.roots(), LARGEST)?))))
            }
            SystemCommand::Size { package } => {
                self.kept(command, || Ok(Outcome::Size(Used::read(self.roots())?.size(package)?)))
            }
            SystemCommand::Why { package } => {
                self.kept(command, || Ok(Outcome::Why(Used::read(self.roots())?.why(package)?)))
            }
            SystemCommand::Referrers { package } => {
                self.kept(command, || Ok(Outcome::Referrers(Used::read(self.roots())?.referrers(package)?)))
            }
            SystemCommand::Diff { range } => self.compare(range),
            SystemCommand::WhichProgram { program } => self.which_program(program),
            SystemCommand::RebootNeeded => Reboot::read(self.roots()).map(Outcome::RebootNeeded),
            SystemCommand::UpdateCheck => Ok(Outcome::Freshness(Freshness::read(self.roots(), Timestamp::now()))),
            SystemCommand::Verify => Soundness::check(self.roots()).map(Outcome::Verified),
            SystemCommand::SearchOptions { query } => self.index().and_then(|index| {
                let results = index.find_options(query, OPTIONS)?;
                Ok(Outcome::Options { query: query.as_str().to_owned(), results })
            }),
            SystemCommand::ExplainOption { option } => self.explain_option(option),
            SystemCommand::ReadOption { option } => self.kept(command, || self.read_option(option, cancel, tell)),
            SystemCommand::ServiceList => services::list(self.roots()).map(|services| Outcome::Services { services }),
            SystemCommand::ServiceStatus { service } => {
                services::status(self.roots(), service, cancel).map(|facts| Outcome::Service(Box::new(facts)))
            }
            SystemCommand::Logs { service } => services::logs(self.roots(), service.as_ref(), cancel)
                .map(|(service, messages)| Outcome::Logs { service, messages }),
            SystemCommand::Health => {
                let unfinished = self.unfinished().is_ok_and(|unfinished| unfinished.is_some());
                Ok(Outcome::Health(Health::check(self.roots(), unfinished)))
            }
            SystemCommand::Explain => self.went_wrong(),
            _ => return None,
        })
    }

    /// How often an answer was kept from before.
    #[must_use]
    pub fn cache_counts(&self) -> CacheCounts {
        self.answers().counts()
    }

    fn kept(
        &self,
        command: &SystemCommand,
        find: impl FnOnce() -> Result<Outcome, NixError>,
    ) -> Result<Outcome, NixError> {
        self.answers().get(self.roots(), &self.files().index, format!("{command:?}"), find)
    }

    fn compare(&self, range: &DiffRange) -> Result<Outcome, NixError> {
        let generations = self.generations()?;
        let current = || self.current_generation();
        let before = |of: &Generation| {
            let earlier = generations.iter().rfind(|generation| generation.number < of.number).cloned();
            earlier.ok_or(NixError::NoEarlierGeneration { number: of.number })
        };
        let (from, to) = match range {
            DiffRange::Last => {
                let to = current()?;
                (before(&to)?, to)
            }
            DiffRange::From(number) => (self.generation(*number)?, current()?),
            DiffRange::In(number) => {
                let to = self.generation(*number)?;
                (before(&to)?, to)
            }
            DiffRange::Between(from, to) => (self.generation(*from)?, self.generation(*to)?),
            DiffRange::Since(when) => {
                let until = when.until(&Zoned::now()).unwrap_or_else(Timestamp::now);
                let then = generations.iter().filter(|generation| generation.date <= until);
                let then = then.max_by_key(|generation| generation.date).or(generations.first()).cloned();
                (then.ok_or_else(|| NixError::NotNixos { profile: self.roots().system_profile() })?, current()?)
            }
        };
        let difference = self.difference(&from, &to)?;
        Ok(Outcome::Compared(Box::new(Compared { from, to, difference })))
    }

    fn which_program(&self, program: &ProgramName) -> Result<Outcome, NixError> {
        let installed = installed::program_owner(self.roots(), program.as_str()).map(|owner| owner.to_string());
        // Without an index what is installed can be told all the same.
        let hits = match self.index() {
            Ok(index) => match program.as_str().parse() {
                Ok(query) => index.search(&query, LARGEST)?,
                Err(_) => Vec::new(),
            },
            Err(NixError::Index(IndexError::NotBuilt)) if installed.is_some() => Vec::new(),
            Err(error) => return Err(error),
        };
        let has = |attr: &str| -> Result<bool, NixError> {
            let Ok(attr) = attr.parse() else { return Ok(false) };
            let package = self.index()?.describe(&attr)?;
            Ok(package.is_some_and(|package| {
                package.main_program.as_deref().unwrap_or(&package.pname).eq_ignore_ascii_case(program.as_str())
            }))
        };
        let mut packages = Vec::new();
        for hit in hits.into_iter().filter(|hit| hit.kind != SearchKind::Option) {
            if has(&hit.attr)? {
                packages.push(hit.attr);
            }
        }
        Ok(Outcome::WhichProgram(ProgramOwners { program: program.to_string(), installed, packages }))
    }

    fn explain_option(&self, option: &OptionPath) -> Result<Outcome, NixError> {
        let index = self.index()?;
        if let Some(facts) = index.option(option)? {
            return Ok(Outcome::OptionExplained { option: option.to_string(), facts });
        }
        let near = index.near_options(option.as_str())?;
        Err(NixError::UnknownOption { option: option.to_string(), near })
    }

    fn read_option(
        &self,
        option: &OptionPath,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        let facts = match self.index() {
            Ok(index) => {
                let facts = index.option(option)?;
                // An index without options (another list was read in) says nothing about what there is.
                if facts.is_none() && index.contents()?.options > 0 {
                    let near = index.near_options(option.as_str())?;
                    if !near.is_empty() {
                        return Err(NixError::UnknownOption { option: option.to_string(), near });
                    }
                }
                facts
            }
            Err(_) => None,
        };
        let value = value::option_value(self.roots(), option, cancel, tell)?;
        let default = facts.and_then(|facts| facts.default);
        Ok(Outcome::OptionNow(Box::new(OptionNow { option: option.to_string(), value, default })))
    }

    fn went_wrong(&self) -> Result<Outcome, NixError> {
        let journal = &self.files().journal;
        let entries = if journal.exists() { Journal::open(journal)?.entries(PAST)? } else { Vec::new() };
        // Only the newest change counts: what failed before it was dealt with.
        let change = entries.first().filter(|entry| entry.ending != Some(Ending::Done)).map(|entry| PastFailure {
            why: entry.why.clone(),
            started: entry.started,
            finished: entry.ending.is_some(),
        });
        let services = match profiles::running_system(self.roots()) {
            Ok(_) => health::failed_services(self.roots()).unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        Ok(Outcome::WentWrong(Box::new(WentWrong { fault: self.last_fault(), change, services })))
    }
}
