//! The questions that a command can be: which reader answers it, and what is kept of the answer.
//!
//! Only reads. What changes the machine is in [`super::run`].

use jiff::{Timestamp, Zoned};
use tokio_util::sync::CancellationToken;

use crate::command::{DiffRange, GenerationNumber, OptionPath, PackageAttr, ProgramName, SystemCommand};

use super::cache::CacheCounts;
use super::change::journal::{Ending, Journal};
use super::outcome::{Compared, OptionNow, PastFailure, ProgramOwners, WentWrong};
use super::read::difference::Difference;
use super::read::disk::Space;
use super::read::freshness::Freshness;
use super::read::health::{self, Health};
use super::read::names::StoreName;
use super::read::reasons::Used;
use super::read::reboot::Reboot;
use super::read::store::Store;
use super::read::verify::Soundness;
use super::read::{installed, profiles, services, value};
use super::{Backend, Generation, IndexError, NixError, Outcome, Progress, SearchKind};

/// How many of the largest packages and roots are named.
const LARGEST: usize = 10;
/// How many results a search gives.
const RESULTS: usize = 10;
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
            SystemCommand::Generations => self.generations().map(|generations| Outcome::Generations { generations }),
            SystemCommand::CurrentGeneration => self.current_generation().and_then(|one| self.describe(one)),
            SystemCommand::DescribeGeneration { number } => self.generation(*number).and_then(|one| self.describe(one)),
            SystemCommand::Installed => self.installed(),
            SystemCommand::IsInstalled { package } => self.is_installed(package),
            SystemCommand::Age => self.age(),
            SystemCommand::Plan => self.system_plan(cancel, tell).map(|plan| Outcome::Plan(Box::new(plan))),
            SystemCommand::Search { query } => self.index().and_then(|index| {
                let results = index.search(query, RESULTS)?;
                Ok(Outcome::Search { query: query.as_str().to_owned(), results })
            }),
            SystemCommand::Describe { package } => self.index().and_then(|index| {
                let package = index.describe(package)?.ok_or_else(|| self.unknown(package))?;
                Ok(Outcome::Described { package })
            }),
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

    /// The generations of the system, oldest first.
    pub fn generations(&self) -> Result<Vec<Generation>, NixError> {
        profiles::system_generations(self.roots())
    }

    /// The generation that the system profile points at: what starts at the next boot.
    pub fn current_generation(&self) -> Result<Generation, NixError> {
        let generations = self.generations()?;
        let profile = self.roots().system_profile();
        generations.into_iter().find(|generation| generation.current).ok_or(NixError::NotNixos { profile })
    }

    /// One generation by its number.
    pub fn generation(&self, number: GenerationNumber) -> Result<Generation, NixError> {
        profiles::pick(self.generations()?, number)
    }

    /// What differs between two generations.
    pub fn difference(&self, from: &Generation, to: &Generation) -> Result<Difference, NixError> {
        Difference::between(&Store::open(self.roots())?, &from.path, &to.path)
    }

    fn describe(&self, generation: Generation) -> Result<Outcome, NixError> {
        let store = Store::open(self.roots())?;
        let packages = shown(installed::system_packages(&generation.path, Some(&store))?);
        let size = store.closure_size(&generation.path)?;
        Ok(Outcome::Generation { generation, packages, size })
    }

    fn installed(&self) -> Result<Outcome, NixError> {
        let store = Store::open(self.roots())?;
        let system = match profiles::running_system(self.roots()) {
            Ok(path) => shown(installed::system_packages(&path, Some(&store))?),
            Err(NixError::NotNixos { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let user = shown(installed::user_packages(self.roots(), Some(&store))?);
        Ok(Outcome::Installed { system, user })
    }

    fn is_installed(&self, package: &PackageAttr) -> Result<Outcome, NixError> {
        let store = Store::open(self.roots())?;
        let mut packages = installed::user_packages(self.roots(), Some(&store))?;
        match profiles::running_system(self.roots()) {
            Ok(path) => packages.append(&mut installed::system_packages(&path, Some(&store))?),
            Err(NixError::NotNixos { .. }) => {}
            Err(error) => return Err(error),
        }
        let name = package.as_str();
        // The last part of an attribute path is the package's name: `kdePackages.okular` is `okular`.
        let last = name.rsplit('.').next().unwrap_or(name);
        let found = packages
            .iter()
            .find(|candidate| candidate.name().eq_ignore_ascii_case(name))
            .or_else(|| packages.iter().find(|candidate| candidate.name().eq_ignore_ascii_case(last)))
            .cloned()
            .or_else(|| installed::program_owner(self.roots(), last));
        Ok(Outcome::IsInstalled {
            package: name.to_owned(),
            installed: found.is_some(),
            version: found.as_ref().and_then(StoreName::plain_version).map(str::to_owned),
        })
    }

    fn age(&self) -> Result<Outcome, NixError> {
        let generations = self.generations()?;
        let running = profiles::running_system(self.roots())?;
        let generation = profiles::generation_of(&generations, &running)
            .cloned()
            .ok_or(NixError::RunningUnknown { path: running })?;
        let seconds = Timestamp::now().duration_since(generation.date).as_secs().max(0);
        Ok(Outcome::Age { generation, seconds })
    }
}

fn shown(packages: impl IntoIterator<Item = StoreName>) -> Vec<String> {
    let mut names: Vec<String> = packages.into_iter().map(|package| package.to_string()).collect();
    names.dedup();
    names
}
