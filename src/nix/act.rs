//! What changes the machine: each command handed to the part that does it.
//!
//! What was agreed to goes with it, so that the part can hold to it once nobody else can change anything.

use jiff::Zoned;
use tokio_util::sync::CancellationToken;

use crate::command::{PackageAttr, ServiceName, SystemCommand};

use super::build::{self, Kept, Source, UpdatePlan};
use super::change::collect;
use super::change::configure::{self, Work};
use super::change::generations;
use super::change::personal;
use super::change::rollback;
use super::change::services::{self, ServiceAction};
use super::change::undo;
use super::change::unfinished::{Settled, Way};
use super::edit::Request;
use super::{Backend, Files, Manner, NixError, Outcome, PersonalPlan, PlanFacts, Progress, Reconfigured, SystemPlan};

/// Names that are told in the place of an unknown one.
const NEAR: usize = 2;

impl Backend {
    /// Does what a command asks for, and what was agreed to.
    pub(super) fn act(
        &self,
        command: &SystemCommand,
        agreed: Option<&PlanFacts>,
        why: &str,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        match command {
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
            other => Err(NixError::NotYet { command: other.name() }),
        }
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
    pub(super) fn unknown(&self, package: &PackageAttr) -> NixError {
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
