//! What building the configuration would do: what is built, what is fetched, and which packages that changes.
//!
//! Nix says what is missing (`nix-store --realise --dry-run`). Which packages change is exact where the system is in
//! the store already; else it is read from the derivation of its system path, which names what it will hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::child::{self, Ended, Stream};
use crate::nix::read::difference::Difference;
use crate::nix::read::installed::system_packages;
use crate::nix::read::names::StoreName;
use crate::nix::read::profiles::running_system;
use crate::nix::read::reboot::reboot_needed;
use crate::nix::read::store::Store;
use crate::nix::{NixError, Progress, Restored};

use super::Kept;
use super::activity::{Activities, Line};
use super::derivation::Derivation;
use super::evaluate::{Evaluated, evaluate};
use super::kept;
use super::source::Source;

/// The derivation that makes `/run/current-system/sw`.
const SYSTEM_PATH: &str = "system-path";

/// What building the configuration, and using it, would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemPlan {
    /// The store path of the system that would be built.
    pub system: PathBuf,
    #[serde(default)]
    pub derivation: PathBuf,
    /// It runs now, and is what starts at the next boot.
    pub same: bool,
    /// Packages that would be built here, `name version`.
    pub build: Vec<String>,
    /// Paths that would be fetched, `name version`.
    pub fetch: Vec<String>,
    /// Bytes that would be downloaded, and what they take when they are unpacked.
    pub download_bytes: u64,
    pub unpacked_bytes: u64,
    /// Packages of the system that come, go and change, against what runs now.
    pub changes: Difference,
    /// The difference was measured on the built system; else its sizes are not known yet, and are zero.
    pub exact: bool,
    /// Whether it would need a restart to be whole; `None` where only the built system tells.
    pub reboot_needed: Option<bool>,
}

/// Works out what building `source` would do. Changes nothing.
pub fn plan(
    roots: &Roots,
    source: &Source,
    kept: &Kept,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<SystemPlan, NixError> {
    let evaluated = evaluate(roots, source, &kept.plans, cancel, tell)?;
    let state = kept::state(roots, &evaluated.derivation);
    if let Some(plan) = kept::plan(&kept.plans, &state) {
        return Ok(plan);
    }
    let plan = work_out(roots, &evaluated, cancel)?;
    // The dry run itself may have written into the database.
    kept::keep_plan(&kept.plans, &kept::state(roots, &evaluated.derivation), &plan);
    Ok(plan)
}

fn work_out(roots: &Roots, evaluated: &Evaluated, cancel: &CancellationToken) -> Result<SystemPlan, NixError> {
    let store = Store::open(roots)?;
    let running = running_system(roots)?;
    let default = std::fs::canonicalize(roots.system_profile()).ok();
    let valid = store.is_valid(&evaluated.system)?;
    let missing = if valid { Missing::default() } else { missing(roots, &evaluated.derivation, cancel)? };
    let changes = if valid {
        Difference::between(&store, &running, &evaluated.system)?
    } else {
        let before = system_packages(&running, Some(&store))?;
        declared(&evaluated.derivation)
            .map_or_else(Difference::default, |after| Difference::of_packages(&before, &after))
    };
    Ok(SystemPlan {
        same: running == evaluated.system && default.as_deref() == Some(evaluated.system.as_path()),
        system: evaluated.system.clone(),
        derivation: evaluated.derivation.clone(),
        build: missing.build,
        fetch: missing.fetch,
        download_bytes: missing.download_bytes,
        unpacked_bytes: missing.unpacked_bytes,
        changes,
        exact: valid,
        reboot_needed: valid.then(|| reboot_needed(roots, &evaluated.system)),
    })
}

/// What is not in the store.
#[derive(Debug, Default, PartialEq, Eq)]
struct Missing {
    build: Vec<String>,
    fetch: Vec<String>,
    download_bytes: u64,
    unpacked_bytes: u64,
}

/// Asks Nix what is missing to build a derivation.
fn missing(roots: &Roots, derivation: &Path, cancel: &CancellationToken) -> Result<Missing, NixError> {
    let mut command = child::nix_program(roots, "nix-store");
    command.args(["--realise", "--dry-run", "--log-format", "internal-json"]).arg(derivation);
    let mut activities = Activities::default();
    let (mut told, mut said) = (Vec::new(), Vec::new());
    let ended = child::run_apart(command, cancel, |stream, line| {
        if stream == Stream::Talk {
            if let (Line::Message(message), _) = activities.take(line, Instant::now()) {
                told.extend(message.lines().map(str::to_owned));
            }
            said.push(line.to_owned());
        }
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() => Ok(Missing::told(told.iter().map(String::as_str))),
        Ok(Ended::Exited(_)) => Err(NixError::explained(&said.join("\n"))),
        Ok(Ended::Cancelled) => Err(NixError::Cancelled { restored: Restored::Untouched }),
        Err(error) => Err(NixError::io("started", "nix-store")(error)),
    }
}

impl Missing {
    /// Reads Nix's own plan (`misc.cc`, `printMissing`).
    fn told<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut missing = Self::default();
        let mut into_build = None;
        for line in lines {
            if let Some(path) = line.strip_prefix("  ") {
                let path = path.strip_suffix(".drv").unwrap_or(path);
                let name = StoreName::of(Path::new(path)).map(|name| name.to_string());
                match into_build {
                    Some(true) => missing.build.extend(name),
                    Some(false) => missing.fetch.extend(name),
                    None => {}
                }
            } else if line.contains("will be built") {
                into_build = Some(true);
            } else if line.contains("will be fetched") {
                into_build = Some(false);
                (missing.download_bytes, missing.unpacked_bytes) = sizes(line);
            } else {
                into_build = None;
            }
        }
        missing
    }
}

/// `these 4 paths will be fetched (2.8 KiB download, 12.0 KiB unpacked):`
fn sizes(line: &str) -> (u64, u64) {
    let inside = line.split_once('(').map_or("", |(_, rest)| rest);
    let mut sizes = inside.split(',').map(|part| {
        let mut words = part.split_whitespace();
        let number = words.next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0);
        let power = match words.next() {
            Some("KiB") => 10,
            Some("MiB") => 20,
            Some("GiB") => 30,
            Some("TiB") => 40,
            _ => 0,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, told with one digit")]
        let bytes = (number.max(0.0) * f64::from(2_f32.powi(power))) as u64;
        bytes
    });
    (sizes.next().unwrap_or(0), sizes.next().unwrap_or(0))
}

/// The packages that a system that is not built yet will offer, by name; `None` where its derivation does not tell.
fn declared(system: &Path) -> Option<BTreeSet<StoreName>> {
    let named = |path: &&PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.get(33..));
        name.is_some_and(|name| name.strip_suffix(".drv") == Some(SYSTEM_PATH))
    };
    let path = Derivation::read(system)?.inputs.into_iter().find(|path| named(&path))?;
    let sw = Derivation::read(&path)?;
    // What is linked together is named in the environment; what does the linking is not, but for its own variables.
    let tools = ["builder", "stdenv", "PATH", "nativeBuildInputs", "buildInputs", "out"];
    let linked = sw.environment.iter().filter(|(name, _)| !tools.contains(&name.as_str()));
    let text = linked.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("\n");
    let packages = sw.inputs.iter().filter_map(|input| {
        let read = Derivation::read(input)?;
        let is_linked = read.outputs.iter().any(|(_, path)| path.to_str().is_some_and(|path| text.contains(path)));
        is_linked.then(|| read.outputs.first().and_then(|(_, path)| StoreName::of(path)))?
    });
    let packages: BTreeSet<StoreName> = packages.collect();
    (!packages.is_empty()).then_some(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_is_read_with_its_sizes() {
        let hash = "0c0qnd5mvwz9k2rlpb6ziv7n8iw1wlsh";
        let told = format!(
            "these 2 derivations will be built:\n  /nix/store/{hash}-system-path.drv\n  /nix/store/{hash}-vim-9.1.drv\n\
             these 2 paths will be fetched (2.8 KiB download, 1.5 MiB unpacked):\n  /nix/store/{hash}-git-2.50.1\n  /nix/store/{hash}-git-2.50.1-man\nanother line"
        );
        let missing = Missing::told(told.lines());
        assert_eq!(missing.build, ["system-path", "vim 9.1"]);
        assert_eq!(missing.fetch, ["git 2.50.1", "git 2.50.1"]);
        assert_eq!((missing.download_bytes, missing.unpacked_bytes), (2867, 1_572_864));
        assert_eq!(Missing::told(["", "  ", "these"]), Missing::default());
    }
}
