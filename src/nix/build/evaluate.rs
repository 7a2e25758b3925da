//! Evaluation: from the configuration to the one derivation of the system. Seconds of work, so what came of it is
//! kept under all that went into it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::child::{self, Ended, Stream};
use crate::nix::{NixError, Progress, Restored, Stage};

use super::activity::{Activities, Line};
use super::derivation::Derivation;
use super::kept;
use super::source::Source;

/// Words of trouble that are kept of a failing evaluation, in lines.
const LINES: usize = 400;
/// Files that an evaluation is believed to reach; nixpkgs alone has some thousand.
const FILES: usize = 50_000;

/// What an evaluation gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluated {
    /// The store path of the derivation.
    pub derivation: PathBuf,
    /// The store path that building it gives.
    pub system: PathBuf,
}

/// Evaluates the configuration, unless nothing that went into it has changed since it was last done.
pub fn evaluate(
    roots: &Roots,
    source: &Source,
    plans: &Path,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Evaluated, NixError> {
    let inputs = kept::Inputs::of(roots, source);
    if let Some(inputs) = &inputs
        && let Some(found) = kept::evaluation(plans, inputs).filter(|found| found.derivation.exists())
    {
        return Ok(found);
    }
    let (evaluated, reached) = afresh(roots, source, cancel, tell)?;
    // What was read while it changed is not what is kept.
    if let Some(inputs) = inputs.filter(|before| kept::Inputs::of(roots, source).as_ref() == Some(before)) {
        kept::keep_evaluation(plans, &inputs, &evaluated, &reached);
    }
    Ok(evaluated)
}

/// Evaluates it, and gives the files outside the store that were reached.
fn afresh(
    roots: &Roots,
    source: &Source,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<(Evaluated, Vec<PathBuf>), NixError> {
    let _span = tracing::info_span!("nix.evaluate").entered();
    tell(Progress::of(Stage::Evaluating));
    let (mut answer, mut trouble, mut reached) = (None, Vec::new(), Vec::new());
    let mut activities = Activities::default();
    let ended = child::run_apart(source.evaluation(roots), cancel, |stream, line| match stream {
        Stream::Answer => answer = Some(PathBuf::from(line)),
        Stream::Talk => match activities.take(line, Instant::now()).0 {
            Line::Evaluates(file) => {
                let file = PathBuf::from(file);
                if !file.starts_with(&roots.store) && reached.len() < FILES {
                    reached.push(file);
                }
            }
            Line::Trouble => {
                if trouble.len() < LINES {
                    trouble.push(line.to_owned());
                }
            }
            // What is fetched or built so that the evaluation can go on.
            Line::Message(_) | Line::Nothing => {
                if !line.starts_with('@') && trouble.len() < LINES {
                    trouble.push(line.to_owned());
                }
            }
        },
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() => {
            let derivation = answer.ok_or_else(|| NixError::explained("Nix named no result"))?;
            let read = Derivation::read(&derivation);
            let system = read.as_ref().and_then(|read| read.output("out"));
            let system = system.ok_or_else(|| NixError::NotInStore { path: derivation.clone() })?.to_owned();
            reached.sort();
            reached.dedup();
            Ok((Evaluated { derivation, system }, reached))
        }
        Ok(Ended::Exited(_)) => Err(NixError::explained(&trouble.join("\n"))),
        Ok(Ended::Cancelled) => Err(NixError::Cancelled { restored: Restored::Untouched }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(NixError::NoNix { store: roots.store.clone() })
        }
        Err(error) => Err(NixError::io("started", "nix")(error)),
    }
}
