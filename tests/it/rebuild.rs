//! Plan, switch, test and boot on machines that real Nixes build, and what becomes of them when they are cut short.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ask_nix::command::SystemCommand;
use ask_nix::demo::Demo;
use ask_nix::nix::{Backend, Event, Manner, NixError, Outcome, PlanFacts, Progress, Stage};
use tokio_util::sync::CancellationToken;

use crate::machine::Machine;
use crate::support;

#[test]
fn a_plan_tells_what_would_change_and_is_kept_until_something_does() {
    for machine in Machine::all() {
        assert!(machine.plan(&mut |_| {}).same, "the configuration is what runs");
        machine.write_in("pkgs.tmux");
        let text = fs::read_to_string(machine.file()).unwrap().replace("    pkgs.htop\n", "");
        fs::write(machine.file(), text).unwrap();
        let before = machine.state();
        let mut stages = Vec::new();
        let plan = machine.plan(&mut |progress| stages.push(progress.stage));
        assert_eq!(stages, [Stage::Evaluating]);
        let named = |names: &[String], name: &str| names.iter().any(|one| one.split(' ').next() == Some(name));
        assert!(!plan.same && !plan.exact, "{plan:?}");
        assert!(named(&plan.build, "tmux") && !named(&plan.build, "git"), "{plan:?}");
        let changes = &plan.changes;
        assert!(named(&changes.added, "tmux") && changes.added.len() == 1, "{changes:?}");
        assert!(named(&changes.removed, "htop") && changes.removed.len() == 1, "{changes:?}");
        assert_eq!(machine.state(), before, "a plan changes nothing");

        // Kept: Nix is not asked again, by another process either.
        let again = Machine {
            backend: Backend::new(machine.demo.roots(), machine.backend.files().clone()),
            demo: machine.demo,
        };
        assert_eq!(again.plan(&mut |progress| panic!("{progress:?}")), plan);
        let done = again.run(&SystemCommand::Switch).unwrap();
        assert_eq!(
            again.backend.generations().unwrap().last().unwrap().path,
            plan.system,
            "what was told is what was built"
        );
        assert_eq!(done.difference.unwrap().added, plan.changes.added);
        assert!(again.plan(&mut |_| {}).same, "the store has changed: it is worked out anew");
        again.write_in("pkgs.no-such-package");
        let asked = again.backend.run_here(&SystemCommand::Plan, "", &CancellationToken::new(), &mut |_| {});
        assert!(matches!(asked, Err(NixError::Explained { .. })), "{asked:?}");
    }
}

#[test]
fn a_test_runs_until_the_next_start_and_boot_only_from_then_on() {
    for machine in Machine::all() {
        let first = machine.state();
        machine.write_in("pkgs.tmux");
        let before = machine.state();
        let done = machine.run(&SystemCommand::Test).unwrap();
        assert_eq!((done.manner, done.to), (Manner::Test, None));
        let tested = machine.state();
        assert!(machine.has("tmux"));
        assert_eq!((&tested.2, &tested.3), (&before.2, &before.3), "it is no generation, and not what starts next");
        assert_eq!(machine.run(&SystemCommand::Test).unwrap().difference, None, "it runs already");
        machine.run(&SystemCommand::Undo).unwrap();
        assert_eq!(machine.state(), before);

        let done = machine.run(&SystemCommand::Boot).unwrap();
        let made = machine.state();
        assert_eq!(done.to.unwrap().number.get(), 5);
        assert_eq!((&made.1, made.2.as_path(), made.3.len()), (&before.1, Path::new("system-5-link"), 5));
        assert!(!machine.has("tmux"), "it does not run yet");
        machine.run(&SystemCommand::Undo).unwrap();
        let after = machine.state();
        assert_eq!((&after.1, &after.2), (&before.1, &before.2));
        fs::write(machine.file(), first.0).unwrap();
    }
}

#[test]
fn a_system_that_fails_is_neither_tested_nor_made_the_default() {
    for machine in Machine::all() {
        let text = fs::read_to_string(machine.file()).unwrap();
        for (command, exit, fails) in [
            (SystemCommand::Test, "fakenixos.switchExitCode = 2;", true),
            (SystemCommand::Test, "fakenixos.bootExitCode = 1;", false),
            (SystemCommand::Boot, "fakenixos.bootExitCode = 1;", true),
            (SystemCommand::Switch, "fakenixos.switchExitCode = 4;", true),
        ] {
            fs::write(machine.file(), text.replacen("{\n  imports", &format!("{{\n  {exit}\n  imports"), 1)).unwrap();
            let before = machine.state();
            let result = machine.run(&command);
            assert_eq!(result.is_err(), fails, "{command:?} {exit}: {result:?}");
            if fails {
                assert_eq!(machine.state(), before, "{command:?} {exit}");
            } else {
                machine.run(&SystemCommand::Undo).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_yes_is_a_yes_to_the_system_that_was_told() {
    for machine in Machine::all() {
        machine.write_in("pkgs.tmux");
        let agreed = machine.backend.preview(&SystemCommand::Switch).unwrap();
        assert!(matches!(&agreed, PlanFacts::Rebuild { manner: Manner::Switch, system } if !system.same));
        let told = machine.state();
        // Somebody edits the configuration between the question and the yes.
        machine.write_in("pkgs.jq");
        let changed = machine.state();
        let cancel = CancellationToken::new();
        let run = |agreed: PlanFacts| {
            let mut events = machine.backend.run(SystemCommand::Switch, Some(agreed), "a test", cancel.clone());
            async move {
                loop {
                    if let Event::Done(result) = events.recv().await.unwrap() {
                        return result;
                    }
                }
            }
        };
        let fault = run(agreed.clone()).await.unwrap_err();
        assert!(fault.why.contains("agreed"), "{fault:?}");
        assert_eq!(machine.state(), changed);
        fs::write(machine.file(), &told.0).unwrap();
        run(agreed).await.unwrap();
        assert!(machine.has("tmux") && !machine.has("jq"));
    }
}

#[test]
fn a_build_is_told_as_it_goes_and_estimated_when_it_is_done_again() {
    let Some(machine) = Machine::all().into_iter().next() else { return };
    let build = |machine: &Machine| {
        let mut told: Vec<Progress> = Vec::new();
        let cancel = CancellationToken::new();
        machine.backend.run_here(&SystemCommand::Boot, "a test", &cancel, &mut |progress| told.push(progress)).unwrap();
        told.retain(|progress| progress.stage == Stage::Building);
        told
    };
    machine.write_in("pkgs.emacs");
    let told = build(&machine);
    let last = told.last().unwrap();
    assert!(last.done >= 3 && last.expected >= last.done, "{last:?}");
    assert!(told.iter().any(|progress| progress.at.as_deref().is_some_and(|at| at.starts_with("emacs "))), "{told:?}");
    assert!(told.iter().all(|progress| progress.left.is_none()), "nothing was built before: {told:?}");
    // Gone from the store, and built again.
    machine.run(&SystemCommand::Undo).unwrap();
    let delete =
        SystemCommand::DeleteGenerations { which: ask_nix::command::Deletion::Numbers(vec!["5".parse().unwrap()]) };
    let cancel = CancellationToken::new();
    machine.backend.run_here(&delete, "a test", &cancel, &mut |_| {}).unwrap();
    machine.backend.run_here(&SystemCommand::Gc { age: None, keep: None }, "a test", &cancel, &mut |_| {}).unwrap();
    let left: Vec<Duration> = build(&machine).iter().filter_map(|progress| progress.left).collect();
    let first = left.first().unwrap();
    assert!((Duration::from_secs(1)..Duration::from_secs(20)).contains(first), "emacs takes 2 seconds: {left:?}");
}

#[test]
fn what_is_tried_can_be_started_and_nothing_is_installed() {
    for machine in Machine::all() {
        let before = machine.state();
        let packages = |name: &str| ask_nix::command::Packages::new(vec![name.parse().unwrap()]).unwrap();
        let run = |name: &str| {
            let command = SystemCommand::Try { packages: packages(name) };
            machine.backend.run_here(&command, "try", &CancellationToken::new(), &mut |_| {})
        };
        let Outcome::Tried(trial) = run("kdePackages.okular").unwrap() else { panic!() };
        assert_eq!(trial.programs, ["okular"]);
        let program = trial.folders.first().unwrap().join("okular");
        let said = Command::new(&program).output().unwrap();
        assert!(String::from_utf8_lossy(&said.stdout).contains("okular"), "{said:?}");
        assert_eq!(machine.state(), before);
        // The garbage collector spares it for now.
        let gc = SystemCommand::Gc { age: None, keep: None };
        machine.backend.run_here(&gc, "gc", &CancellationToken::new(), &mut |_| {}).unwrap();
        assert!(program.exists());
        for name in ["spotify", "brokenpkg", "no-such-package"] {
            assert!(matches!(run(name), Err(NixError::Explained { .. })), "{name}");
        }
        assert_eq!(machine.state(), before);
    }
}

/// Not a test of its own: what the next test starts as another process, to kill it.
#[test]
fn an_install_to_be_killed() {
    let Some(folder) = std::env::var_os("ASK_NIX_TEST_INSTALL").map(PathBuf::from) else { return };
    let user = support::user_with_nix().unwrap();
    let machine = Machine::of(Demo::create(Some(&folder), &user, None).unwrap());
    println!("{:?}", machine.run(&install("blender")));
}

fn install(package: &str) -> SystemCommand {
    let packages = ask_nix::command::Packages::new(vec![package.parse().unwrap()]).unwrap();
    SystemCommand::Install { packages }
}

#[test]
fn an_install_that_was_killed_is_found_and_taken_back_with_its_edit() {
    let Some(user) = support::user_with_nix() else { return };
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("machine");
    let machine = Machine::of(Demo::create(Some(&folder), &user, None).unwrap());
    let before = machine.state();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "rebuild::an_install_to_be_killed"])
        .env("ASK_NIX_TEST_INSTALL", &folder)
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !machine.backend.last_steps().unwrap().last().is_some_and(|(name, ended)| name == "build" && !ended) {
        assert!(Instant::now() < until, "the build was never begun");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_ne!(machine.state().0, before.0, "the file was edited by then");
    let until = Instant::now() + Duration::from_secs(10);
    while machine.backend.unfinished().unwrap().is_none() {
        assert!(Instant::now() < until, "the install that was killed was never found");
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = machine.backend.preview(&SystemCommand::Undo).unwrap();
    assert!(matches!(told, PlanFacts::CutShort { .. }), "{told:?}");
    let done = machine.run(&SystemCommand::Undo).unwrap();
    assert_eq!(done.put_back, [machine.file()]);
    assert_eq!(machine.state(), before);
    assert_eq!(machine.backend.unfinished().unwrap(), None);
    drop(machine);
    support::remove_store(&folder);
}
