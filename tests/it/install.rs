//! Install, remove and set from end to end on machines that real Nixes build: edited, built, activated, taken back.

use std::fs;
use std::path::Path;
use std::process::Command;

use ask_nix::demo::Demo;
use ask_nix::fault::Explain;
use ask_nix::nix::edit::EditError;
use ask_nix::nix::{NixError, PlanFacts};

use crate::machine::{Machine, command};
use crate::support;

#[test]
fn install_edits_builds_and_activates_and_undo_takes_all_of_it_back() {
    for machine in Machine::all() {
        let before = machine.state();
        assert!(!machine.has("tmux"));
        let install = command("install", &[("package", "tmux")]);
        let PlanFacts::Edit(plan) = machine.backend.preview(&install).unwrap() else { panic!() };
        assert!(plan.diff().contains("+    pkgs.tmux\n"), "{}", plan.diff());
        assert_eq!(machine.state(), before, "a preview changes nothing");

        let done = machine.run(&install).unwrap();
        assert_eq!(done.to.unwrap().number.get(), 5);
        assert!(machine.has("tmux") && machine.state().0.contains("\n    pkgs.tmux\n"));
        assert_eq!(machine.state().2, Path::new("system-5-link"));
        assert!(matches!(machine.run(&install), Err(NixError::Edit(EditError::AlreadyThere { .. }))));

        let undo = command("undo", &[]);
        let PlanFacts::Undo(plan) = machine.backend.preview(&undo).unwrap() else { panic!() };
        assert!(plan.files.len() == 1 && plan.rollback.is_some());
        machine.run(&undo).unwrap();
        let after = machine.state();
        assert_eq!((&after.0, &after.1, &after.2), (&before.0, &before.1, &before.2));
        assert!(!machine.has("tmux"));
        // An undo is not undone, and there was nothing before it.
        assert!(matches!(machine.run(&undo), Err(NixError::Edit(EditError::NothingToTakeBack))));
    }
}

#[test]
fn remove_and_settings_change_what_runs() {
    let Some(machine) = Machine::fresh() else { return };
    let before = machine.state();
    machine.say("remove", &[("package", "htop")]).unwrap();
    assert!(!machine.has("htop") && machine.has("git"));
    let service = |name: &str| {
        machine.demo.roots().current_system().join("etc/systemd/system").join(format!("{name}.service")).exists()
    };
    assert!(service("openssh"));
    machine.say("set-option", &[("option", "services.openssh.enable"), ("to", "false")]).unwrap();
    assert!(!service("openssh"));
    machine.say("set-option", &[("option", "services.printing.enable"), ("to", "true")]).unwrap();
    assert!(service("printing"));
    for _ in 0..3 {
        machine.say("undo", &[]).unwrap();
    }
    let after = machine.state();
    assert_eq!((&after.0, &after.1, &after.2), (&before.0, &before.1, &before.2));
    assert_eq!(machine.say("switch", &[]).unwrap().to, None, "the configuration is what runs");
}

#[test]
fn what_cannot_be_built_or_activated_leaves_everything_as_it_was() {
    let Some(machine) = Machine::fresh() else { return };
    let before = machine.state();
    for (name, slots) in [
        ("install", vec![("package", "brokenpkg")]),
        ("install", vec![("package", "spotify")]),
        ("install", vec![("package", "no-such-package")]),
        ("set-option", vec![("option", "no.such.option"), ("to", "true")]),
        ("set-option", vec![("option", "fakenixos.switchExitCode"), ("to", "2")]),
        ("set-option", vec![("option", "fakenixos.switchExitCode"), ("to", "4")]),
        ("set-option", vec![("option", "fakenixos.bootExitCode"), ("to", "1")]),
    ] {
        let error = machine.say(name, &slots).unwrap_err();
        let fault = error.fault();
        assert!(matches!(error, NixError::NotApplied { put_back: true, .. }), "{slots:?}: {error:?}");
        assert!(fault.what.ends_with("Your configuration is as it was."), "{fault:?}");
        assert_eq!(machine.state(), before, "{slots:?}");
    }
    assert!(matches!(machine.say("undo", &[]), Err(NixError::Edit(EditError::NothingToTakeBack))));
}

#[test]
fn a_sentence_installs_and_another_takes_it_back() {
    let Some(user) = support::user_with_nix() else { return };
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("kept");
    drop(Demo::create(Some(&dir), &user, None).unwrap());
    let say = |sentence: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ask-nix"));
        command.arg(format!("--demo={}", dir.display())).args(["--yes", sentence]);
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{sentence}: {text}");
        text
    };
    let file = dir.join("root/etc/nixos/configuration.nix");
    let before = fs::read(&file).unwrap();
    let told = say("install tmux");
    assert!(told.contains("tmux is installed.") && told.contains("Generation 5 runs now."), "{told}");
    assert!(dir.join("root/run/current-system/sw/bin/tmux").exists());
    assert!(say("is tmux installed").to_lowercase().contains("yes"));
    let told = say("undo that");
    assert!(told.contains("configuration.nix is as before."), "{told}");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(!dir.join("root/run/current-system/sw/bin/tmux").exists());
    support::remove_store(&dir);
}
