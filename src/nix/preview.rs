//! What a command would do, for the question before it, and whether that still holds once it was agreed to.
//!
//! Changes nothing. What cannot be done is refused here already: nobody is asked to agree to it.

use jiff::Zoned;
use serde::Serialize;

use crate::command::{Risk, ServiceName, SystemCommand};

use super::change::collect;
use super::change::configure::{self, UndoPlan};
use super::change::generations::{self, DeletionPlan};
use super::change::rollback::{self, RollbackPlan};
use super::change::services::{self, ServiceAction, ServicePlan};
use super::edit::Edit;
use super::run::request;
use super::{Backend, Generation, NixError};

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
    /// The newest change is taken back.
    Undo(Box<UndoPlan>),
    /// The configuration is built and switched to.
    Rebuild,
    /// A change that was cut short is taken back.
    CutShort {
        /// What the user had said to it.
        why: String,
    },
}

impl PlanFacts {
    /// Whether what was agreed to is still what would happen.
    pub(super) fn still(&self, now: &Self) -> bool {
        match (self, now) {
            // How much is freed may have changed; which generations go may not.
            (Self::Deletion(agreed), Self::Deletion(now)) | (Self::Collection(agreed), Self::Collection(now)) => {
                agreed.go == now.go
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
    /// What a command would do, for the question before it. Changes nothing.
    pub fn preview(&self, command: &SystemCommand) -> Result<PlanFacts, NixError> {
        match command {
            SystemCommand::Rollback { target } => {
                let plan = rollback::plan(self.roots(), &self.files().journal, target)?;
                Ok(PlanFacts::Rollback(Box::new(plan)))
            }
            SystemCommand::Switch => Ok(PlanFacts::Rebuild),
            SystemCommand::Undo => {
                if let Some(unfinished) = self.unfinished()? {
                    return Ok(PlanFacts::CutShort { why: unfinished.entry.why });
                }
                Ok(PlanFacts::Undo(Box::new(configure::plan_undo(self.roots(), &self.files().journal)?)))
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
            SystemCommand::Optimise => Ok(PlanFacts::Plain),
            reads if reads.risk() == Risk::Read => Ok(PlanFacts::Reads),
            // Before the question: nobody is asked to agree to what then cannot be done.
            other => Err(NixError::NotYet { command: other.name() }),
        }
    }

    fn plan_edit(&self, command: &SystemCommand) -> Result<PlanFacts, NixError> {
        let request = self.known(command)?;
        Ok(PlanFacts::Edit(Box::new(configure::plan(self.roots(), &request)?)))
    }

    fn plan_service(&self, action: ServiceAction, service: &ServiceName) -> Result<PlanFacts, NixError> {
        Ok(PlanFacts::Service(Box::new(services::plan(self.roots(), action, service)?)))
    }
}
