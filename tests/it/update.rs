//! Updates: from a channel and from a flake's input, on machines that real Nixes build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ask_nix::command::SystemCommand;
use ask_nix::config::Roots;
use ask_nix::nix::{Backend, Event, NixError, Outcome, PlanFacts, Reconfigured, UpdatePlan};
use tokio_util::sync::CancellationToken;

use crate::support;

fn look(backend: &Backend) -> Result<UpdatePlan, NixError> {
    match backend.preview(&SystemCommand::Update)? {
        PlanFacts::Update(plan) => Ok(*plan),
        other => panic!("{other:?}"),
    }
}

/// Says yes to what was told.
fn agree(backend: &Backend, plan: UpdatePlan) -> Result<Reconfigured, String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let agreed = Some(PlanFacts::Update(Box::new(plan)));
        let mut events = backend.run(SystemCommand::Update, agreed, "update", CancellationToken::new());
        loop {
            match events.recv().await.unwrap() {
                Event::Done(Ok(outcome)) => match *outcome {
                    Outcome::Reconfigured(done) => return Ok(*done),
                    other => panic!("{other:?}"),
                },
                Event::Done(Err(fault)) => return Err(format!("{} {}", fault.what, fault.why)),
                _ => {}
            }
        }
    })
}

fn git(roots: &Roots) -> String {
    fs::read_to_string(roots.current_system().join("sw/bin/git")).unwrap_or_default()
}

fn channels(roots: &Roots) -> PathBuf {
    fs::canonicalize(roots.profiles().join("per-user/root/channels/nixos")).unwrap()
}

fn numbers(backend: &Backend) -> Vec<u64> {
    backend.generations().unwrap().iter().map(|generation| generation.number.get()).collect()
}

#[test]
fn a_channel_is_looked_at_first_then_fetched_and_switched_to() {
    for demo in support::demos() {
        let roots = demo.roots();
        let backend = Backend::new(roots.clone(), support::backend(&demo).files().clone());
        let before = (channels(&roots), numbers(&backend), git(&roots));
        let plan = look(&backend).unwrap();
        let moved = plan.moved.first().unwrap();
        assert_eq!((moved.name.as_str(), moved.to.as_str()), ("nixos", "26.11pre934882.c83e5f1b"));
        let changed: Vec<&str> = plan.system.changes.changed.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(changed, ["git", "vim"], "{plan:?}");
        assert_eq!((channels(&roots), numbers(&backend), git(&roots)), before, "looking changes nothing");

        let done = agree(&backend, plan).unwrap();
        assert_eq!(done.to.unwrap().number.get(), 5);
        assert!(git(&roots).contains("2.54.1"), "{}", git(&roots));
        assert!(look(&backend).unwrap().is_nothing(), "there is nothing newer any more");
        // What ran before can be gone back to.
        backend.run_here(&SystemCommand::Undo, "undo", &CancellationToken::new(), &mut |_| {}).unwrap();
        assert_eq!(git(&roots), before.2);
    }
}

#[test]
fn an_update_that_does_not_work_puts_the_channel_back() {
    let Some(demo) = support::demos().into_iter().next() else { return };
    let roots = demo.roots();
    let backend = Backend::new(roots.clone(), support::backend(&demo).files().clone());
    let file = roots.etc_nixos.join("configuration.nix");
    let text = fs::read_to_string(&file).unwrap();
    let with =
        |line: &str| fs::write(&file, text.replacen("{\n  imports", &format!("{{\n  {line}\n  imports"), 1)).unwrap();
    with("fakenixos.switchExitCode = 2;");
    let before = (channels(&roots), numbers(&backend), git(&roots));
    let plan = look(&backend).unwrap();
    let error = agree(&backend, plan.clone()).unwrap_err();
    assert!(error.contains("could not be started"), "{error}");
    assert_eq!((channels(&roots), numbers(&backend), git(&roots)), before);
    // Edited between the question and the yes: it is not what was agreed to.
    with("# another line");
    let error = agree(&backend, plan).unwrap_err();
    assert!(error.contains("agreed"), "{error}");
    assert_eq!((channels(&roots), numbers(&backend), git(&roots)), before);
    // No channel, and a server that is not there, are told.
    let list = roots.home.join(".nix-channels");
    fs::write(&list, format!("file://{}/none nixos\n", demo.path().display())).unwrap();
    assert!(matches!(look(&backend), Err(NixError::Explained { .. })));
    fs::remove_file(&list).unwrap();
    assert!(matches!(look(&backend), Err(NixError::NoChannel { .. })));
}

/// Commits all files of a folder.
fn commit(folder: &Path) {
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "x"],
    ] {
        let done = Command::new("git").current_dir(folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

#[test]
fn a_flake_is_locked_anew_and_its_old_lock_comes_back_byte_for_byte() {
    if Command::new("git").arg("--version").output().is_err() {
        return skip!("there is no git");
    }
    for demo in support::demos() {
        // The demo's flake, with its nixpkgs as an input that lies in a repository of its own.
        let (flake, input) = (demo.flake(), demo.path().join("input"));
        fs::rename(flake.join("nixpkgs"), &input).unwrap();
        commit(&input);
        let text = fs::read_to_string(flake.join("flake.nix")).unwrap();
        let text = text
            .replace("{ self }:", "{ self, nixpkgs }:")
            .replace("./nixpkgs", "nixpkgs")
            .replace("nixpkgs/nixos {", "(nixpkgs + \"/nixos\") {")
            .replace(
                "  outputs =",
                &format!(
                    "  inputs.nixpkgs = {{ url = \"git+file://{}\"; flake = false; }};\n  outputs =",
                    input.display()
                ),
            );
        fs::write(flake.join("flake.nix"), text).unwrap();
        let mut roots = demo.roots();
        roots.etc_nixos.clone_from(&flake);
        roots.host = Some("demo".into());
        let backend = Backend::new(roots.clone(), support::backend(&demo).files().clone());
        assert!(matches!(look(&backend), Err(NixError::NotLocked { .. })));
        let mut lock = Command::new(roots.nix_bin.as_ref().unwrap().join("nix"));
        lock.env_clear().envs(roots.env.iter().map(|(name, value)| (name, value)));
        lock.env("PATH", format!("{}:{}", roots.nix_bin.as_ref().unwrap().display(), std::env::var("PATH").unwrap()));
        let locked = lock.args(["flake", "lock"]).arg(&flake).output().unwrap();
        assert!(locked.status.success(), "{locked:?}");
        let old = fs::read(flake.join("flake.lock")).unwrap();
        assert!(look(&backend).unwrap().moved.is_empty());

        let packages = fs::read_to_string(input.join("packages.tsv")).unwrap();
        fs::write(input.join("packages.tsv"), packages.replace("git\tgit\t2.54.0", "git\tgit\t2.54.1")).unwrap();
        commit(&input);
        let plan = look(&backend).unwrap();
        assert_eq!(plan.moved.iter().map(|moved| moved.name.as_str()).collect::<Vec<_>>(), ["nixpkgs"]);
        assert_eq!(fs::read(flake.join("flake.lock")).unwrap(), old, "looking changes nothing");
        let before = git(&roots);
        agree(&backend, plan).unwrap();
        assert!(git(&roots).contains("2.54.1"), "{}", git(&roots));
        assert_ne!(fs::read(flake.join("flake.lock")).unwrap(), old);
        backend.run_here(&SystemCommand::Undo, "undo", &CancellationToken::new(), &mut |_| {}).unwrap();
        assert_eq!((fs::read(flake.join("flake.lock")).unwrap(), git(&roots)), (old.clone(), before.clone()));

        // A newer nixpkgs that does not build leaves the old lock.
        fs::write(input.join("packages.tsv"), "").unwrap();
        commit(&input);
        let error = look(&backend).unwrap_err();
        assert!(matches!(error, NixError::Explained { .. }), "{error:?}");
        assert_eq!((fs::read(flake.join("flake.lock")).unwrap(), git(&roots)), (old, before));
    }
}
