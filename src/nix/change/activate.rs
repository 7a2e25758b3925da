//! Activation: the target system's own `switch-to-configuration`, and what its exit says.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::child::{self, Ended};
use crate::nix::{NixError, Progress, Stage};

/// How `switch-to-configuration` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivationExit {
    /// 0: the system runs.
    #[error("it worked")]
    Done,
    /// 1: a check before it, its lock, or the boot loader.
    #[error("a check or the boot loader failed")]
    Refused,
    /// 2: the activation script.
    #[error("the activation script failed")]
    ScriptFailed,
    /// 4: the system runs, but some units do not.
    #[error("some services failed")]
    UnitsFailed,
    /// 100: it worked, and needs a restart to be whole.
    #[error("it worked and needs a restart")]
    RebootNeeded,
    /// Another exit code.
    #[error("it ended with code {0}")]
    Other(i32),
    /// A signal ended it.
    #[error("it was ended from outside")]
    Killed,
}

impl ActivationExit {
    /// The meaning of an exit code; `None` is a death by a signal.
    #[must_use]
    pub fn of(code: Option<i32>) -> Self {
        match code {
            Some(0) => Self::Done,
            Some(1) => Self::Refused,
            Some(2) => Self::ScriptFailed,
            Some(4) => Self::UnitsFailed,
            Some(100) => Self::RebootNeeded,
            Some(other) => Self::Other(other),
            None => Self::Killed,
        }
    }

    /// Whether the new system runs with all that belongs to it.
    #[must_use]
    pub fn worked(self) -> bool {
        matches!(self, Self::Done | Self::RebootNeeded)
    }

    /// One sentence for the user.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::Done => "Its activation worked.",
            Self::Refused => "A check before its activation, or the boot loader, failed.",
            Self::ScriptFailed => "Its activation script failed.",
            Self::UnitsFailed => "Some of its services failed to start.",
            Self::RebootNeeded => "It needs a restart.",
            Self::Other(_) => "Its activation ended in a way that I do not know.",
            Self::Killed => "Its activation was ended from outside.",
        }
    }
}

/// What to do with a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Run it now, without making it what starts at the next boot.
    Test,
    /// Make it what starts at the next boot, without running it now.
    Boot,
}

impl Action {
    fn argument(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Boot => "boot",
        }
    }
}

/// How an activation ended, and the last thing it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activated {
    /// `None` when it was cancelled.
    pub exit: Option<ActivationExit>,
    pub last: Option<String>,
}

/// Runs the system's own `switch-to-configuration`; its lines go to `tell` as progress.
pub fn activate(
    roots: &Roots,
    system: &Path,
    action: Action,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Activated, NixError> {
    let _span = tracing::info_span!("nix.activate", system = %system.display(), ?action).entered();
    let mut last = None;
    let mut done = 0;
    let ended = child::run(child::activation(roots, system, action.argument()), cancel, |line| {
        tracing::debug!(line, "activation");
        done += 1;
        tell(Progress { done, at: Some(line.to_owned()), ..Progress::of(Stage::Activating) });
        last = Some(line.to_owned());
    })
    .map_err(NixError::io("started", system))?;
    let exit = match ended {
        Ended::Exited(status) => Some(ActivationExit::of(status.code())),
        Ended::Cancelled => {
            child::stop_activation_unit(roots);
            None
        }
    };
    tracing::info!(?exit, "activation ended");
    Ok(Activated { exit, last })
}
