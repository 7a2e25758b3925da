//! Building a derivation: a store path, kept by a root of its own while it is worked with.
//!
//! Changes nothing but the store. What Nix says of a failure is explained; what may pass is tried again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::child::{self, Ended, Stream};
use crate::nix::explain::Mend;
use crate::nix::{NixError, Progress, Restored, Stage};

use super::activity::{Activities, Line};
use super::past::{self, Past};
use super::{Kept, SystemPlan};

/// Lines of trouble that are kept of a failing build: the end says why.
const LINES: usize = 400;
/// Waits before another try of what may pass, such as a server that does not answer.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(8)];

/// A system that was built. The garbage collector spares it as long as this value lives.
pub struct Built {
    pub system: PathBuf,
    _root: TempDir,
}

/// Builds what a plan tells of; progress, with an estimate from past builds, goes to `tell`.
pub fn make(
    roots: &Roots,
    plan: &SystemPlan,
    kept: &Kept,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Built, NixError> {
    let _span = tracing::info_span!("nix.build").entered();
    let mut pauses = PAUSES.iter();
    loop {
        match once(roots, plan, kept, cancel, tell) {
            Err(NixError::Explained { explanation }) if explanation.mend == Some(Mend::Retry) => {
                let Some(pause) = pauses.next() else { return Err(NixError::Explained { explanation }) };
                tracing::warn!(what = explanation.what, "a build failed, and is tried again");
                tell(Progress { at: Some(explanation.what), ..Progress::of(Stage::Waiting) });
                let until = Instant::now() + *pause;
                while Instant::now() < until && !cancel.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
            other => return other,
        }
    }
}

fn once(
    roots: &Roots,
    plan: &SystemPlan,
    kept: &Kept,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Built, NixError> {
    let root = tempfile::Builder::new().prefix("ask-nix-build-").tempdir();
    let root = root.map_err(NixError::io("made", std::env::temp_dir()))?;
    let mut command = child::nix_program(roots, "nix-store");
    command.args(["--realise", "--add-root"]).arg(root.path().join("result"));
    command.arg("--indirect").arg(&plan.derivation);
    let past = Some(kept.past.as_path());
    realise(roots, command, &plan.build, past, cancel, tell)?;
    Ok(Built { system: plan.system.clone(), _root: root })
}

/// Runs a program that builds; gives the store paths that it names.
///
/// `expected` are the packages that it will build, whose past durations are in the file `past`.
pub(in crate::nix) fn realise(
    roots: &Roots,
    mut command: Command,
    expected: &[String],
    past: Option<&Path>,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<PathBuf>, NixError> {
    command.args(["--log-format", "internal-json"]);
    let before = past.map(|past| Past::of(past, expected)).unwrap_or_default();
    let (mut activities, mut trouble, mut paths) = (Activities::default(), Vec::new(), Vec::new());
    let ended = child::run_apart(command, cancel, |stream, line| {
        if stream == Stream::Answer {
            paths.push(PathBuf::from(line));
            return;
        }
        let now = Instant::now();
        let (said, progress) = activities.take(line, now);
        if let Some(progress) = progress {
            tell(Progress { left: activities.left(expected, &before, now), ..progress });
        }
        if said == Line::Trouble || !line.starts_with('@') {
            if trouble.len() >= LINES {
                trouble.remove(0);
            }
            trouble.push(line.to_owned());
        }
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() => {
            if let Some(past) = past {
                past::remember(past, activities.built());
            }
            Ok(paths)
        }
        Ok(Ended::Exited(_)) => Err(NixError::explained(&trouble.join("\n"))),
        Ok(Ended::Cancelled) => Err(NixError::Cancelled { restored: Restored::Untouched }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(NixError::NoNix { store: roots.store.clone() })
        }
        Err(error) => Err(NixError::io("started", "nix")(error)),
    }
}
