//! What a command would do, for the question before it, and whether that still holds once it was agreed to.
//!
//! Changes nothing. What cannot be done is refused here already: nobody is asked to agree to it.

use jiff::Zoned;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::{Risk, ServiceName, SystemCommand};

use super::act::request;
use super::build::UpdatePlan;
use super::change::collect;
use super::change::configure;
use super::change::generations::{self, DeletionPlan};
use super::change::personal::{self, PersonalPlan};
use super::change::rollback::{self, RollbackPlan};
use super::change::services::{self, ServiceAction, ServicePlan};
use super::change::undo::{self, UndoPlan};
use super::edit::Edit;
use super::{Backend, Generation, Manner, NixError, Progress, SystemPlan};

/// What a command would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "plan", rename_all = "kebab-case")]
pub enum PlanFacts {
    /// It only reads.
    Reads,
    Rollback(Box<RollbackPlan>),
    Service(Box<ServicePlan>),
    /// Something is done to one generation.
    Generation(Box<Generation>),
    /// Generations go.
    Deletion(Box<DeletionPlan>),
    /// Garbage goes, and before it perhaps generations.
    Collection(Box<DeletionPlan>),
    /// There is no more to tell than the command itself.
    Plain,
    /// The configuration is edited, built and switched to.
    Edit(Box<Edit>),
    /// The user's own profile is changed.
    Personal(Box<PersonalPlan>),
    /// The newest change is taken back.
    Undo(Box<UndoPlan>),
    /// The configuration is built, and the system that it gives is used.
    Rebuild {
        manner: Manner,
        system: Box<SystemPlan>,
    },
    /// The sources are brought up to date, and the system that they give is built and switched to.
    Update(Box<UpdatePlan>),
    /// A change that was cut short is taken back.
    CutShort {
        /// What the user had said to it.
        why: String,
    },
}

impl PlanFacts {
    /// Whether nothing at all would change: there is nothing to ask.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Rebuild { system, .. } => system.same,
            Self::Update(plan) => plan.is_nothing(),
            _ => false,
        }
    }

    /// Whether what was agreed to is still what would happen.
    pub(super) fn still(&self, now: &Self) -> bool {
        match (self, now) {
            // How much is freed may have changed; which generations go may not.
            (Self::Deletion(agreed), Self::Deletion(now)) | (Self::Collection(agreed), Self::Collection(now)) => {
                agreed.go == now.go
            }
            // The system is what was agreed to; how much of it is in the store already may have changed.
            (Self::Rebuild { manner: agreed, system: told }, Self::Rebuild { manner: now, system }) => {
                (agreed, &told.system) == (now, &system.system)
            }
            // A service may have stirred; what is done to it is the same.
            (Self::Service(agreed), Self::Service(now)) => {
                (agreed.action, &agreed.service.name) == (now.action, &now.service.name)
            }
            (agreed, now) => agreed == now,
        }
    }
}

impl Backend {
    /// What a command would do, for the question before it. Changes nothing, and tells nothing while it looks.
    pub fn preview(&self, command: &SystemCommand) -> Result<PlanFacts, NixError> {
        self.look_here(command, &CancellationToken::new(), &mut |_| {})
    }

    /// What a command would do, looked at on this thread: for what is built, Nix evaluates the configuration first,
    /// which takes seconds where it is not kept from before.
    pub fn look_here(
        &self,
        command: &SystemCommand,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<PlanFacts, NixError> {
        match command {
            SystemCommand::Rollback { target } => {
                let plan = rollback::plan(self.roots(), &self.files().journal, target)?;
                Ok(PlanFacts::Rollback(Box::new(plan)))
            }
            SystemCommand::Switch => self.plan_rebuild(Manner::Switch, cancel, tell),
            SystemCommand::Test => self.plan_rebuild(Manner::Test, cancel, tell),
            SystemCommand::Boot => self.plan_rebuild(Manner::Boot, cancel, tell),
            SystemCommand::Update => Ok(PlanFacts::Update(Box::new(self.update_plan(cancel, tell)?))),
            SystemCommand::Undo => {
                if let Some(unfinished) = self.unfinished()? {
                    return Ok(PlanFacts::CutShort { why: unfinished.entry.why });
                }
                if personal::applies(self.roots()) {
                    let plan = personal::plan_undo(self.roots(), &self.files().journal)?;
                    return Ok(PlanFacts::Personal(Box::new(plan)));
                }
                Ok(PlanFacts::Undo(Box::new(undo::plan_undo(self.roots(), &self.files().journal)?)))
            }
            edits if request(edits).is_some() => self.plan_edit(edits),
            SystemCommand::ServiceStart { service } => self.plan_service(ServiceAction::Start, service),
            SystemCommand::ServiceStop { service } => self.plan_service(ServiceAction::Stop, service),
            SystemCommand::ServiceRestart { service } => self.plan_service(ServiceAction::Restart, service),
            SystemCommand::Keep { number } | SystemCommand::LabelGeneration { number, .. } => {
                Ok(PlanFacts::Generation(Box::new(generations::meant(self.roots(), *number)?)))
            }
            SystemCommand::DeleteGenerations { which } => {
                let plan = generations::plan(self.roots(), which, &Zoned::now())?;
                if plan.go.is_empty() {
                    return Err(NixError::NothingToDelete { spared: plan.spared.len() });
                }
                Ok(PlanFacts::Deletion(Box::new(plan)))
            }
            SystemCommand::Gc { age, keep } => {
                let plan = collect::plan(self.roots(), *age, *keep, &Zoned::now())?;
                Ok(PlanFacts::Collection(Box::new(plan)))
            }
            SystemCommand::Try { packages } => {
                self.known_packages(packages.as_slice())?;
                Ok(PlanFacts::Plain)
            }
            SystemCommand::Optimise => Ok(PlanFacts::Plain),
            reads if reads.risk() == Risk::Read => Ok(PlanFacts::Reads),
            // Before the question: nobody is asked to agree to what then cannot be done.
            other => Err(NixError::NotYet { command: other.name() }),
        }
    }

    fn plan_edit(&self, command: &SystemCommand) -> Result<PlanFacts, NixError> {
        let request = self.known(command)?;
        if personal::applies(self.roots()) {
            return Ok(PlanFacts::Personal(Box::new(personal::plan(self.roots(), &request)?)));
        }
        Ok(PlanFacts::Edit(Box::new(configure::plan(self.roots(), &request)?)))
    }

    fn plan_rebuild(
        &self,
        manner: Manner,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<PlanFacts, NixError> {
        Ok(PlanFacts::Rebuild { manner, system: Box::new(self.system_plan(cancel, tell)?) })
    }

    fn plan_service(&self, action: ServiceAction, service: &ServiceName) -> Result<PlanFacts, NixError> {
        Ok(PlanFacts::Service(Box::new(services::plan(self.roots(), action, service)?)))
    }
}
