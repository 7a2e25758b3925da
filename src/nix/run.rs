//! The backend's face: commands in, events out.
//!
//! Decides nothing about the machine itself; it hands each command to the part that reads or
//! changes, on a thread that may block.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::{Timestamp, Zoned};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::command::{GenerationNumber, PackageAttr, ServiceName, SystemCommand};
use crate::config::Roots;
use crate::fault::{Explain, Fault, Kind};

use super::build::{self, Kept, Source, UpdatePlan};
use super::cache::Answers;
use super::change::collect;
use super::change::configure::{self, Work};
use super::change::generations;
use super::change::personal;
use super::change::rollback;
use super::change::services::{self, ServiceAction};
use super::change::undo;
use super::change::unfinished::{self, Settled, Unfinished, Way};
use super::edit::Request;
use super::read::difference::Difference;
use super::read::discovery::Discovery;
use super::read::index::Index;
use super::read::names::StoreName;
use super::read::store::Store;
use super::read::{installed, profiles};
use super::{
    Event, Generation, Manner, NixError, Outcome, PersonalPlan, PlanFacts, Progress, Reconfigured, SystemPlan,
};

/// How many events may wait for the reader; progress beyond that is dropped, the end never is.
const EVENTS: usize = 64;

/// Names that are told in the place of an unknown one.
const NEAR: usize = 2;

/// How many results a search gives to the dialogue.
const RESULTS: usize = 10;

/// Files of ask-nix's own that the backend keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The activation journal.
    pub journal: PathBuf,
    /// The search index.
    pub index: PathBuf,
}

/// The backend for one machine (or one demo). Cheap to clone.
#[derive(Debug, Clone)]
pub struct Backend {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    roots: Roots,
    files: Files,
    /// The open index, with the time at which its file was made.
    open_index: Mutex<Option<(SystemTime, Arc<Index>)>>,
    answers: Answers,
    last_fault: Mutex<Option<Fault>>,
}

impl Backend {
    /// A backend for the machine that lies at `roots`. Touches nothing yet.
    #[must_use]
    pub fn new(roots: Roots, files: Files) -> Self {
        let (open_index, last_fault) = (Mutex::new(None), Mutex::new(None));
        Self { inner: Arc::new(Inner { roots, files, open_index, answers: Answers::default(), last_fault }) }
    }

    /// Where this machine lies.
    #[must_use]
    pub fn roots(&self) -> &Roots {
        &self.inner.roots
    }

    /// The files that the backend keeps.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.inner.files
    }

    /// Runs a command on a thread of its own; the last event is [`Event::Done`].
    ///
    /// Must be called inside a tokio runtime. A change runs to its end, or is taken back, even if
    /// the receiver is dropped; only `cancel` stops it.
    ///
    /// `why` goes into the journal of a change: what the user said. `agreed` is what the user was told that it
    /// would do: if it would do something else by now, nothing is done and that is told.
    #[must_use]
    pub fn run(
        &self,
        command: SystemCommand,
        agreed: Option<PlanFacts>,
        why: &str,
        cancel: CancellationToken,
    ) -> mpsc::Receiver<Event> {
        let (events, receiver) = mpsc::channel(EVENTS);
        let (backend, why) = (self.clone(), why.to_owned());
        tokio::task::spawn_blocking(move || {
            let result = backend.run_agreed(&command, agreed.as_ref(), &why, &cancel, &mut |progress| {
                // A reader that is behind misses a line; the work does not wait for it.
                let _ = events.try_send(Event::Progress(progress));
            });
            let done = result.map(Box::new).map_err(|error| {
                tracing::warn!(error = %error, "nix.run failed");
                error.fault()
            });
            // Nobody listens any more: there is nobody to tell.
            let _ = events.blocking_send(Event::Done(done));
        });
        receiver
    }

    /// Looks at what a command would do, on a thread of its own; the last event is [`Event::Planned`].
    #[must_use]
    pub fn look(&self, command: SystemCommand, cancel: CancellationToken) -> mpsc::Receiver<Event> {
        let (events, receiver) = mpsc::channel(EVENTS);
        let backend = self.clone();
        tokio::task::spawn_blocking(move || {
            let planned = backend.look_here(&command, &cancel, &mut |progress| {
                let _ = events.try_send(Event::Progress(progress));
            });
            let _ = events.blocking_send(Event::Planned(planned.map(Box::new).map_err(|error| error.fault())));
        });
        receiver
    }

    /// Runs a command on this thread, which may block; progress goes to `tell`.
    pub fn run_here(
        &self,
        command: &SystemCommand,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        self.run_agreed(command, None, why, cancel, tell)
    }

    fn run_agreed(
        &self,
        command: &SystemCommand,
        agreed: Option<&PlanFacts>,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        let _span = tracing::info_span!("nix.run", ?command).entered();
        if let Some(answer) = self.answer(command, cancel, tell) {
            return self.remembered(command, answer);
        }
        let still = match agreed {
            // What there is to fetch changes by the hour: the change itself holds to what was told.
            None | Some(PlanFacts::Update(_)) => Ok(true),
            Some(agreed) => self.look_here(command, cancel, tell).map(|now| agreed.still(&now)),
        };
        let result = still.and_then(|still| {
            if still {
                self.act(command, agreed, why, cancel, tell)
            } else {
                Err(NixError::ChangedMeanwhile { path: self.roots().system_profile() })
            }
        });
        self.remembered(command, result)
    }

    fn act(
        &self,
        command: &SystemCommand,
        agreed: Option<&PlanFacts>,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        match command {
            SystemCommand::Generations => Ok(Outcome::Generations { generations: self.generations()? }),
            SystemCommand::CurrentGeneration => self.describe(self.current_generation()?),
            SystemCommand::DescribeGeneration { number } => self.describe(self.generation(*number)?),
            SystemCommand::Installed => self.installed(),
            SystemCommand::IsInstalled { package } => self.is_installed(package),
            SystemCommand::Age => self.age(),
            SystemCommand::Rollback { target } => {
                // Looked at once more with the lock in hand, when nobody else can change anything.
                let agreed = match agreed {
                    Some(PlanFacts::Rollback(plan)) => Some(plan.as_ref()),
                    _ => None,
                };
                rollback::roll_back(self.roots(), &self.files().journal, target, agreed, why, cancel, tell)
            }
            SystemCommand::Keep { number } => {
                Ok(Outcome::Kept { generation: generations::keep(self.roots(), *number)? })
            }
            SystemCommand::LabelGeneration { number, label } => {
                Ok(Outcome::Labelled { generation: generations::label(self.roots(), *number, label)? })
            }
            SystemCommand::DeleteGenerations { which } => {
                let gone = generations::delete(self.roots(), which, &Zoned::now(), cancel, tell)?;
                Ok(Outcome::Deleted(Box::new(gone)))
            }
            SystemCommand::Gc { age, keep } => {
                collect::collect(self.roots(), (*age, *keep), &Zoned::now(), cancel, tell).map(Outcome::Collected)
            }
            SystemCommand::Optimise => Ok(Outcome::Optimised { bytes: collect::optimise(self.roots(), cancel, tell)? }),
            SystemCommand::Plan => Ok(Outcome::Plan(Box::new(self.system_plan(cancel, tell)?))),
            SystemCommand::Switch => self.rebuild(Manner::Switch, agreed, why, cancel, tell),
            SystemCommand::Test => self.rebuild(Manner::Test, agreed, why, cancel, tell),
            SystemCommand::Boot => self.rebuild(Manner::Boot, agreed, why, cancel, tell),
            SystemCommand::Try { packages } => {
                let links = self.files().journal.with_file_name("tried");
                build::trial(self.roots(), &links, packages.as_slice(), cancel, tell).map(Outcome::Tried)
            }
            SystemCommand::Update => {
                let told = match agreed {
                    Some(PlanFacts::Update(plan)) => plan.as_ref().clone(),
                    _ => self.update_plan(cancel, tell)?,
                };
                let work = Work::Update { told: &told };
                configure::carry_out(self.roots(), self.files(), work, Manner::Switch, why, cancel, tell)
            }
            SystemCommand::Undo if self.unfinished()?.is_some() => {
                let Settled { runs, put_back, reboot_needed } = self.settle(Way::Undo, cancel, tell)?;
                let running = self.roots().current_system();
                match runs {
                    Some(to) if put_back.is_empty() => Ok(Outcome::RolledBack { from: None, to, reboot_needed }),
                    None if put_back.is_empty() => Err(NixError::RunningUnknown { path: running }),
                    to => Ok(Outcome::Reconfigured(Box::new(Reconfigured {
                        changes: Vec::new(),
                        put_back,
                        from: None,
                        to,
                        difference: None,
                        manner: Manner::Switch,
                        reboot_needed,
                    }))),
                }
            }
            SystemCommand::Undo if personal::applies(self.roots()) => {
                let plan = personal::plan_undo(self.roots(), &self.files().journal)?;
                self.personal(&plan, why, cancel, tell)
            }
            SystemCommand::Undo => {
                let agreed = match agreed {
                    Some(PlanFacts::Undo(plan)) => Some(plan.as_ref()),
                    _ => None,
                };
                undo::undo(self.roots(), &self.files().journal, agreed, why, cancel, tell)
            }
            edits if request(edits).is_some() => self.edit(edits, agreed, why, cancel, tell),
            SystemCommand::ServiceStart { service } => self.change_service(ServiceAction::Start, service, cancel),
            SystemCommand::ServiceStop { service } => self.change_service(ServiceAction::Stop, service, cancel),
            SystemCommand::ServiceRestart { service } => self.change_service(ServiceAction::Restart, service, cancel),
            SystemCommand::Search { query } => {
                let results = self.index()?.search(query, RESULTS)?;
                Ok(Outcome::Search { query: query.as_str().to_owned(), results })
            }
            SystemCommand::Describe { package } => {
                let found = self.index()?.describe(package)?;
                let package = found.ok_or_else(|| self.unknown(package))?;
                Ok(Outcome::Described { package })
            }
            other => Err(NixError::NotYet { command: other.name() }),
        }
    }

    /// Keeps a failure for the question "what went wrong?". A refusal is no failure: nothing was tried.
    fn remembered(&self, command: &SystemCommand, result: Result<Outcome, NixError>) -> Result<Outcome, NixError> {
        if let Err(error) = &result
            && *command != SystemCommand::Explain
        {
            let fault = error.fault();
            if fault.kind == Kind::Failed {
                *self.inner.last_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
            }
        }
        result
    }

    /// The last thing that failed since this backend was made.
    #[must_use]
    pub fn last_fault(&self) -> Option<Fault> {
        self.inner.last_fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Kept answers.
    pub(super) fn answers(&self) -> &Answers {
        &self.inner.answers
    }

    /// The search index, opened at its first use and again after it was built anew.
    pub fn index(&self) -> Result<Arc<Index>, NixError> {
        let path = &self.inner.files.index;
        let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        let mut open = self.inner.open_index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, index)) = open.as_ref().filter(|(of, _)| Some(*of) == modified) {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(Index::open(path)?);
        *open = modified.map(|modified| (modified, Arc::clone(&index)));
        Ok(index)
    }

    fn edit(
        &self,
        command: &SystemCommand,
        agreed: Option<&PlanFacts>,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        let request = self.known(command)?;
        if personal::applies(self.roots()) {
            return self.personal(&personal::plan(self.roots(), &request)?, why, cancel, tell);
        }
        let agreed = match agreed {
            Some(PlanFacts::Edit(edit)) => Some(edit.as_ref()),
            _ => None,
        };
        let work = Work::Edit { request: &request, agreed };
        configure::carry_out(self.roots(), self.files(), work, Manner::Switch, why, cancel, tell)
    }

    fn personal(
        &self,
        plan: &PersonalPlan,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        personal::carry_out(self.roots(), &self.files().journal, plan, why, cancel, tell)?;
        Ok(Outcome::Personal(plan.clone()))
    }

    fn rebuild(
        &self,
        manner: Manner,
        agreed: Option<&PlanFacts>,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        let agreed = match agreed {
            Some(PlanFacts::Rebuild { system, .. }) => Some(system.as_ref()),
            _ => None,
        };
        configure::carry_out(self.roots(), self.files(), Work::Build { agreed }, manner, why, cancel, tell)
    }

    /// What bringing the sources up to date would do.
    pub(super) fn update_plan(
        &self,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<UpdatePlan, NixError> {
        let Files { index, journal } = self.files();
        build::look(self.roots(), &Kept::beside(index, journal), cancel, tell)
    }

    /// What building the configuration as it is would do.
    pub(super) fn system_plan(
        &self,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<SystemPlan, NixError> {
        let Files { index, journal } = self.files();
        build::plan(self.roots(), &Source::of(self.roots())?, &Kept::beside(index, journal), cancel, tell)
    }

    /// The edit that a command asks for, if the index knows the packages that it names.
    pub(super) fn known(&self, command: &SystemCommand) -> Result<Request, NixError> {
        let request = request(command).ok_or(NixError::NotYet { command: command.name() })?;
        if let Request::Install(packages) = &request {
            self.known_packages(packages)?;
        }
        Ok(request)
    }

    /// Refuses packages that the index does not know; without an index, Nix itself will tell.
    pub(super) fn known_packages(&self, packages: &[PackageAttr]) -> Result<(), NixError> {
        let Ok(index) = self.index() else { return Ok(()) };
        for package in packages {
            if index.describe(package)?.is_none() {
                return Err(self.unknown(package));
            }
        }
        Ok(())
    }

    /// What is told of a package that the index does not have: what it has that is called nearly so.
    fn unknown(&self, package: &PackageAttr) -> NixError {
        let near = self.index().and_then(|index| Ok(index.resolve(package.as_str(), NEAR)?)).unwrap_or_default();
        let near = near.into_iter().map(|(attr, _)| attr).collect();
        NixError::UnknownPackage { package: package.to_string(), near }
    }

    fn change_service(
        &self,
        action: ServiceAction,
        service: &ServiceName,
        cancel: &CancellationToken,
    ) -> Result<Outcome, NixError> {
        let facts = Box::new(services::act(self.roots(), action, service, cancel)?);
        Ok(Outcome::ServiceChanged { action, facts })
    }

    /// The change that was cut short by a kill or a power cut, if there is one: to be told at the start.
    pub fn unfinished(&self) -> Result<Option<Unfinished>, NixError> {
        unfinished::unfinished(&self.files().journal)
    }

    /// The names of the steps of the newest change, and whether each came to its end.
    pub fn last_steps(&self) -> Result<Vec<(String, bool)>, NixError> {
        unfinished::last_steps(&self.files().journal)
    }

    /// Brings the change that was cut short to its end, or takes it back. Blocks.
    pub fn settle(
        &self,
        way: Way,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Settled, NixError> {
        unfinished::settle(self.roots(), &self.files().journal, way, cancel, tell)
    }

    /// What Nix there is on this machine. Starts a program: about 20 ms.
    #[must_use]
    pub fn discover(&self) -> Discovery {
        Discovery::of(self.roots())
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
        pick(self.generations()?, number)
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

/// What a command asks of the configuration, if it asks for an edit.
pub(super) fn request(command: &SystemCommand) -> Option<Request> {
    match command {
        SystemCommand::Install { packages } => Some(Request::Install(packages.as_slice().to_vec())),
        SystemCommand::Remove { packages } => Some(Request::Remove(packages.as_slice().to_vec())),
        SystemCommand::SetOption { option, value } => Some(Request::Set(option.clone(), value.clone())),
        _ => None,
    }
}

/// One of the generations by its number; a number that is not there is told with those that are.
pub(super) fn pick(generations: Vec<Generation>, number: GenerationNumber) -> Result<Generation, NixError> {
    let (oldest, newest) = (generations.first().map(|g| g.number), generations.last().map(|g| g.number));
    generations.into_iter().find(|generation| generation.number == number).ok_or(NixError::NoGeneration {
        number,
        oldest: oldest.unwrap_or(number),
        newest: newest.unwrap_or(number),
    })
}

fn shown(packages: impl IntoIterator<Item = StoreName>) -> Vec<String> {
    let mut names: Vec<String> = packages.into_iter().map(|package| package.to_string()).collect();
    names.dedup();
    names
}
