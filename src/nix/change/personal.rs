//! Installing where there is no NixOS: into the user's own profile, by `nix profile`, or by `nix-env` where the
//! profile is of its making. Needs no rights but the user's own.
//!
//! A profile keeps its generations, so a change is undone by its link. What was changed by ask-nix is written down
//! beside the journal: only that is taken back, and only as long as nothing else has changed the profile since.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::command::{GenerationNumber, PackageAttr};
use crate::config::Roots;
use crate::nix::build::{flake_program, realise};
use crate::nix::child;
use crate::nix::edit::{EditError, Request};
use crate::nix::read::discovery;
use crate::nix::read::installed::user_packages;
use crate::nix::read::names::StoreName;
use crate::nix::read::profiles::current_number;
use crate::nix::read::store::Store;
use crate::nix::{NixError, Progress};

use super::profile::LockedProfile;

/// Changes that are remembered.
const KEPT: usize = 100;

/// What would be done to the user's own profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonalPlan {
    pub install: Vec<String>,
    pub remove: Vec<String>,
    /// It takes a change back, of which this was said.
    pub undoes: Option<String>,
    /// The profile's generation that it begins from.
    #[serde(skip)]
    from: Option<GenerationNumber>,
}

/// One change, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Past {
    why: String,
    install: Vec<String>,
    remove: Vec<String>,
    /// The generations of the profile before and after.
    before: Option<u64>,
    after: u64,
}

/// Whether packages go into the user's own profile here: there is neither NixOS nor a configuration of it.
#[must_use]
pub fn applies(roots: &Roots) -> bool {
    !roots.nixos_marker().exists() && !roots.system_profile().exists() && discovery::configuration(roots).is_none()
}

/// Works out what a request would do. Changes nothing.
pub fn plan(roots: &Roots, request: &Request) -> Result<PersonalPlan, NixError> {
    let store = Store::open(roots)?;
    let has = user_packages(roots, Some(&store))?;
    let find = |package: &PackageAttr| has.iter().find(|name| is(name, package));
    let mut plan = PersonalPlan { install: Vec::new(), remove: Vec::new(), undoes: None, from: number(roots) };
    match request {
        Request::Install(packages) => {
            for package in packages {
                if find(package).is_some() {
                    return Err(NixError::InProfile { package: package.to_string() });
                }
                plan.install.push(package.to_string());
            }
        }
        Request::Remove(packages) => {
            for package in packages {
                find(package).ok_or_else(|| NixError::NotOnMachine { package: package.to_string() })?;
                plan.remove.push(package.to_string());
            }
        }
        Request::Set(..) | Request::Unset(..) => {
            return Err(NixError::NoConfiguration { at: roots.etc_nixos.clone() });
        }
    }
    Ok(plan)
}

/// Works out what an undo would do. Changes nothing.
pub fn plan_undo(roots: &Roots, journal: &Path) -> Result<PersonalPlan, NixError> {
    let last = past(journal).pop().ok_or(EditError::NothingToTakeBack)?;
    let from = number(roots);
    if from.map(GenerationNumber::get) != Some(last.after) {
        return Err(NixError::ChangedMeanwhile { path: profile(roots).unwrap_or_else(|| roots.home.clone()) });
    }
    Ok(PersonalPlan { install: last.remove, remove: last.install, undoes: Some(last.why), from })
}

/// Does what a plan tells of.
pub fn carry_out(
    roots: &Roots,
    journal: &Path,
    plan: &PersonalPlan,
    why: &str,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), NixError> {
    if plan.from != number(roots) {
        return Err(NixError::ChangedMeanwhile { path: profile(roots).unwrap_or_else(|| roots.home.clone()) });
    }
    if plan.undoes.is_some() {
        return take_back(roots, journal, plan, cancel, tell);
    }
    change(roots, plan, cancel, tell)?;
    let (before, after) = (plan.from.map(GenerationNumber::get), number(roots).map_or(0, GenerationNumber::get));
    let mut all = past(journal);
    all.push(Past { why: why.to_owned(), install: plan.install.clone(), remove: plan.remove.clone(), before, after });
    keep(journal, &all)
}

fn take_back(
    roots: &Roots,
    journal: &Path,
    plan: &PersonalPlan,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), NixError> {
    let mut all = past(journal);
    let last = all.pop().ok_or(EditError::NothingToTakeBack)?;
    match (last.before.and_then(GenerationNumber::new), profile(roots)) {
        (Some(before), Some(profile)) => {
            LockedProfile::lock(&profile, || !cancel.is_cancelled())?.switch(plan.from, before)?;
        }
        // It was the profile's first generation.
        _ => change(roots, plan, cancel, tell)?,
    }
    keep(journal, &all)
}

/// Installs and removes by Nix's own program for the kind of profile that there is.
fn change(
    roots: &Roots,
    plan: &PersonalPlan,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), NixError> {
    let old = profile(roots).is_some_and(|profile| profile.join("manifest.nix").exists());
    if !plan.remove.is_empty() {
        let mut command = if old { child::nix_program(roots, "nix-env") } else { flake_program(roots) };
        command.args(if old { &["--uninstall"][..] } else { &["profile", "remove"] });
        let has = user_packages(roots, Some(&Store::open(roots)?))?;
        for package in &plan.remove {
            let package: PackageAttr =
                package.parse().map_err(|_| NixError::NotOnMachine { package: package.clone() })?;
            let name = has.iter().find(|name| is(name, &package));
            command.arg(name.map_or_else(|| package.to_string(), |name| name.name().to_owned()));
        }
        realise(roots, command, &[], None, cancel, tell)?;
    }
    if !plan.install.is_empty() {
        let mut command = if old { child::nix_program(roots, "nix-env") } else { flake_program(roots) };
        match (old, has_nixpkgs(roots)) {
            (true, _) => {
                command.args(["--file", "<nixpkgs>", "--install", "--attr"]).args(&plan.install);
            }
            (false, true) => {
                command.args(["profile", "install", "--file", "<nixpkgs>"]).args(&plan.install);
            }
            (false, false) => {
                command.args(["profile", "install"]);
                command.args(plan.install.iter().map(|package| format!("nixpkgs#{package}")));
            }
        }
        realise(roots, command, &[], None, cancel, tell)?;
    }
    Ok(())
}

/// Whether `<nixpkgs>` means something here; else the flake registry's is taken.
fn has_nixpkgs(roots: &Roots) -> bool {
    let own = roots.nix_path.clone().or_else(|| std::env::var_os("NIX_PATH")).unwrap_or_default();
    let channels = [roots.home.join(".nix-defexpr/channels"), roots.profiles().join("per-user/root/channels")];
    own.to_string_lossy().contains("nixpkgs=") || channels.iter().any(|channels| channels.join("nixpkgs").exists())
}

/// A package is told by the last part of its attribute: `kdePackages.okular` is `okular`.
fn is(name: &StoreName, package: &PackageAttr) -> bool {
    let attr = package.as_str();
    let last = attr.rsplit('.').next().unwrap_or(attr);
    name.name().eq_ignore_ascii_case(attr) || name.name().eq_ignore_ascii_case(last)
}

/// The link that the user's profile is: what `~/.nix-profile` points at.
fn profile(roots: &Roots) -> Option<PathBuf> {
    let links = [roots.home.join(".nix-profile"), roots.home.join(".local/state/nix/profile")];
    links.iter().find_map(|link| fs::read_link(link).ok()).filter(|profile| profile.is_absolute())
}

fn number(roots: &Roots) -> Option<GenerationNumber> {
    current_number(&profile(roots)?)
}

fn list(journal: &Path) -> PathBuf {
    journal.with_file_name("profile.json")
}

fn past(journal: &Path) -> Vec<Past> {
    fs::read(list(journal)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn keep(journal: &Path, all: &[Past]) -> Result<(), NixError> {
    let path = list(journal);
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let file = tempfile::NamedTempFile::new_in(folder)?;
        let newest = all.get(all.len().saturating_sub(KEPT)..).unwrap_or(all);
        serde_json::to_writer(&file, newest)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(NixError::io("written", &path))
}
