//! What the documents say can be done: their commands exist and run, and what is set up can be taken back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;

use crate::support;

fn docs() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_verb_in_the_documents_is_there() {
    let call = regex::Regex::new(r"(?m)(?:^    |`)ask-nix ([a-z][a-z-]*)").unwrap();
    let verbs: BTreeSet<String> =
        docs().iter().flat_map(|(_, text)| call.captures_iter(text).map(|found| found[1].to_owned())).collect();
    assert!(verbs.len() > 10, "{verbs:?}");
    let help = Command::new(cargo_bin("ask-nix")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for verb in verbs {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{verb} "))), "there is no verb {verb}");
    }
}

#[test]
fn the_guide_s_commands_run_on_the_demo_system() {
    if support::user_with_nix().is_none() {
        return;
    }
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide.md");
    let text = fs::read_to_string(guide).unwrap();
    let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    ask-nix --demo ")).collect();
    assert!(commands.len() >= 3);
    for command in commands {
        let output = Command::new(cargo_bin("ask-nix")).arg("--demo").args(command.split(' ')).output().unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // A change is declined where nobody can answer.
        assert!([Some(0), Some(5)].contains(&output.status.code()), "{command}: {told}");
        assert!(!output.stdout.is_empty(), "{command} tells nothing");
    }
}

#[test]
fn what_is_set_up_is_taken_back_to_the_letter() {
    let home = tempfile::tempdir().unwrap();
    let sway = home.path().join(".config/sway/config");
    fs::create_dir_all(sway.parent().unwrap()).unwrap();
    let mine = "# mine\nset $mod Mod4\nbindsym $mod+Return exec foot\n";
    fs::write(&sway, mine).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/integrate");
    let run = |how: &str| {
        let programs = cargo_bin("ask-nix").parent().unwrap().display().to_string();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
        let mut command = Command::new(&script);
        for name in
            ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"]
        {
            command.env_remove(name);
        }
        command.env("HOME", home.path()).env("PATH", path).arg(how).output().unwrap()
    };
    let shown = run("--show");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("talk start"));
    assert_eq!(fs::read_to_string(&sway).unwrap(), mine, "it only shows");
    // Twice: the second time finds its own lines.
    for _ in 0..2 {
        let done = run("--yes");
        assert!(String::from_utf8_lossy(&done.stdout).contains("The configuration is right."), "{done:?}");
        let text = fs::read_to_string(&sway).unwrap();
        assert!(text.starts_with(mine) && text.matches("talk stop").count() == 1, "{text}");
    }
    let unit = home.path().join(".config/systemd/user/ask-nix.service");
    let text = fs::read_to_string(&unit).unwrap();
    assert!(text.contains("Type=notify") && text.contains("ask-nix listen"), "{text}");
    assert!(run("--remove").status.success());
    assert_eq!(fs::read_to_string(&sway).unwrap(), mine);
    assert!(!unit.exists());
    let copies = fs::read_dir(home.path().join(".local/state/ask-nix/integrate")).unwrap();
    assert!(copies.into_iter().any(|copy| fs::read_to_string(copy.unwrap().path()).unwrap() == mine), "a copy is kept");
}
