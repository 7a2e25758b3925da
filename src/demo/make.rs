//! Makes the system: builds its generations, sets the profile, activates, and dates them back.
//!
//! Every step is a real Nix program in the demo's own environment, cleared of the caller's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::{Timestamp, ToSpan, Zoned};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

use super::{DemoError, channel, error, files, tools};
use crate::config::Roots;

/// The generations in `history.nix`, oldest first: how many days ago each was made, and at what hour and minute.
const HISTORY: &[(&str, i64, i8, i8)] = &[("g1", 43, 9, 5), ("g2", 21, 16, 30), ("g3", 8, 10, 15), ("g4", 1, 19, 42)];

/// Which of [`HISTORY`] was running when the machine was last started: the one before the newest.
const BOOTED: usize = 2;

/// What the user has installed without touching the system.
const USER_PACKAGES: &[&str] = &["bat", "tree"];

/// How much of a failing program's output is kept, in lines: its end says why.
const LOG_LINES: usize = 12;

/// Makes everything below `root`, which must be empty.
pub(super) fn make(root: &Path, roots: &Roots) -> Result<(), DemoError> {
    let tools = tools::path().into_string().unwrap_or_default();
    files::write_all(root, &roots.etc_nixos, &roots.nix_conf, &tools)?;
    files::write(&roots.nixos_marker(), "")?;
    files::write(&roots.system.join("etc/os-release"), files::OS_RELEASE)?;
    lay_out(roots)?;
    channel::subscribe(root, roots, &tools)?;

    let systems = build(root, roots)?;
    let profile = roots.system_profile();
    for system in &systems {
        let mut set = nix(roots, "nix-env")?;
        set.arg("--profile").arg(&profile).arg("--set").arg(system);
        run(set, "set the profile")?;
        let mut activate = clean(roots, &system.join("bin/switch-to-configuration"));
        activate.arg("switch");
        run(activate, "activate")?;
    }
    if let Some(booted) = systems.get(BOOTED) {
        let link_path = roots.booted_system();
        std::fs::remove_file(&link_path).map_err(|error| DemoError::io(&link_path, &error))?;
        link(booted, &link_path)?;
    }
    install_for_user(root, roots)?;
    date_back(&profile)
}

/// Folders and links that an installed machine has.
fn lay_out(roots: &Roots) -> Result<(), DemoError> {
    let gcroots = roots.state.join("gcroots");
    let user_profiles = roots.home.join(".local/state/nix/profiles");
    for folder in [&roots.store, &roots.log, &roots.profiles(), &gcroots, &user_profiles, &roots.system.join("run")] {
        std::fs::create_dir_all(folder).map_err(|error| DemoError::io(folder, &error))?;
    }
    link(&roots.current_system(), &gcroots.join("current-system"))?;
    link(&roots.booted_system(), &gcroots.join("booted-system"))?;
    // Nix would put root's profile elsewhere than other users': here it is the same for all.
    link(&user_profiles.join("profile"), &roots.home.join(".nix-profile"))
}

pub(super) fn link(target: &Path, at: &Path) -> Result<(), DemoError> {
    if let Some(folder) = at.parent() {
        std::fs::create_dir_all(folder).map_err(|error| DemoError::io(folder, &error))?;
    }
    std::os::unix::fs::symlink(target, at).map_err(|error| DemoError::io(at, &error))
}

/// Builds all generations at once; gives their store paths, oldest first.
fn build(root: &Path, roots: &Roots) -> Result<Vec<PathBuf>, DemoError> {
    let mut build = nix(roots, "nix-build")?;
    build.arg(root.join("history.nix")).arg("--no-out-link");
    build.arg("--arg").arg("nixpkgs").arg(root.join("nixpkgs"));
    build.arg("--arg").arg("configuration").arg(roots.etc_nixos.join("configuration.nix"));
    for (name, ..) in HISTORY {
        build.args(["-A", name]);
    }
    let systems: Vec<PathBuf> = run(build, "build")?.lines().map(PathBuf::from).collect();
    if systems.len() == HISTORY.len() {
        return Ok(systems);
    }
    let reason = format!("{} systems were built in place of {}", systems.len(), HISTORY.len());
    Err(DemoError::Build { step: "build", reason })
}

fn install_for_user(root: &Path, roots: &Roots) -> Result<(), DemoError> {
    let mut install = nix(roots, "nix-env")?;
    install.arg("--file").arg(root.join("nixpkgs")).args(["--install", "--attr"]).args(USER_PACKAGES);
    run(install, "install").map(drop)
}

/// Gives each generation's link the time at which it would have been made.
fn date_back(profile: &Path) -> Result<(), DemoError> {
    let now = Zoned::now();
    for (index, &(_, days, hour, minute)) in HISTORY.iter().enumerate() {
        let made = now
            .checked_sub(days.days())
            .and_then(|day| day.with().hour(hour).minute(minute).second(0).build())
            .map_or_else(|_| Timestamp::now(), |zoned| zoned.timestamp());
        let time = Timespec { tv_sec: made.as_second(), tv_nsec: 0 };
        let times = Timestamps { last_access: time, last_modification: time };
        let mut link = profile.as_os_str().to_owned();
        link.push(format!("-{}-link", index + 1));
        utimensat(CWD, &link, &times, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| DemoError::io(Path::new(&link), &error.into()))?;
    }
    Ok(())
}

/// A Nix program in the demo's environment.
fn nix(roots: &Roots, program: &str) -> Result<Command, DemoError> {
    let folder = roots.nix_bin.as_deref().ok_or(DemoError::NoNix)?;
    Ok(clean(roots, &folder.join(program)))
}

/// A program in the demo's environment and in no other.
fn clean(roots: &Roots, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(roots.env.iter().map(|(name, value)| (name, value)));
    // Nix makes its temporary folders there; the caller may have chosen a larger disk.
    if let Some(temporary) = std::env::var_os("TMPDIR") {
        command.env("TMPDIR", temporary);
    }
    command.current_dir(&roots.system).stdin(Stdio::null());
    command
}

/// Runs a program to its end; gives what it printed.
fn run(mut command: Command, step: &'static str) -> Result<String, DemoError> {
    let program = PathBuf::from(command.get_program());
    tracing::debug!(?command, step, "demo.run");
    let output = command
        .output()
        .map_err(|failed| DemoError::NixUnusable { program: program.clone(), reason: error::plain(&failed) })?;
    let log = String::from_utf8_lossy(&output.stderr);
    tracing::debug!(step, %log, "demo.ran");
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    if log.contains("No space left on device") || log.contains("database or disk is full") {
        let dir = command.get_current_dir().unwrap_or(Path::new("/")).to_owned();
        return Err(DemoError::Full { dir });
    }
    let lines: Vec<&str> = log.lines().collect();
    let end = lines.get(lines.len().saturating_sub(LOG_LINES)..).unwrap_or_default().join("\n");
    let reason = if end.trim().is_empty() { output.status.to_string() } else { end };
    Err(DemoError::Build { step, reason })
}
