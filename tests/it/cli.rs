//! The command line, as a user calls it: exit codes, machine-readable answers, bad input.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::support;

/// A user of its own, with nothing but the fetched models.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ask-nix"));
        command.args(words).stdin(Stdio::null()).current_dir(self.path());
        command.env_remove("XDG_CACHE_HOME").env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
        if let Some(models) = support::user().map(|user| user.models()) {
            command.env("ASK_NIX_MODELS", models);
        }
        command.env("HOME", self.path());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn answers(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn parse_tells_the_decision_by_its_keys_and_its_exit_code() {
    let home = Home::new();
    for (sentence, decision, command, exit) in [
        ("list generations", "run", "generations", 0),
        ("roll back to generation three", "confirm", "rollback", 0),
        ("the weather is nice today", "none", "", 3),
    ] {
        let output = home.run(&["parse", "--json", sentence]);
        let answer = answers(&output).remove(0);
        assert_eq!(answer["decision"], decision, "{answer}");
        assert_eq!(answer["command"].as_str().unwrap_or(""), command, "{answer}");
        for key in ["text", "reason", "slots", "risk", "confidence", "preview", "alternatives"] {
            assert!(answer.get(key).is_some(), "{key} is missing: {answer}");
        }
        assert_eq!(code(&output), exit, "{sentence}");
    }
    let number = answers(&home.run(&["parse", "--json", "roll back to generation three"])).remove(0);
    assert_eq!(number["slots"]["number"], serde_json::json!(["3"]));
}

#[test]
fn lines_are_parsed_one_by_one() {
    let home = Home::new();
    let mut child =
        home.command(&["parse", "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"list generations\n\nhelp\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let commands: Vec<Value> = answers(&output).into_iter().map(|answer| answer["command"].clone()).collect();
    assert_eq!(commands.first(), Some(&Value::from("generations")));
    assert_eq!(commands.last(), Some(&Value::from("help")));
}

#[test]
fn hostile_words_are_answered_and_change_nothing() {
    let home = Home::new();
    let long = "install ".repeat(16_000);
    for words in [
        "\u{1b}[2J\u{7} list \u{0}".replace('\0', ""),
        "install $(rm -rf /)".to_owned(),
        "install ../../etc/passwd".to_owned(),
        "install --option".to_owned(),
        "install \u{0444}irefox \u{1f600}".to_owned(),
        "\u{5217}\u{51fa}\u{4e16}\u{4ee3}".to_owned(),
        long,
    ] {
        let output = home.run(&["parse", "--json", "--", &words]);
        let answer = answers(&output).remove(0);
        assert_ne!(answer["decision"], "run", "{answer}");
        assert!([0, 3, 4].contains(&code(&output)), "{} for {words:.40}", text(&output));
        assert!(!String::from_utf8_lossy(&output.stdout).contains('\u{1b}'), "control characters reach the terminal");
    }
    // A megabyte comes by the standard input: no system takes it as an argument.
    let mut child =
        home.command(&["parse", "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), "list ".repeat(210_000).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(answers(&output).remove(0)["decision"], "none");
}

#[test]
fn each_error_says_what_happened_why_and_what_to_do() {
    let home = Home::new();
    fs::write(home.path().join("no.wav"), "this is no sound").unwrap();
    fs::write(home.path().join("empty.wav"), "").unwrap();
    fs::write(home.path().join("wrong.bin"), "this is no model").unwrap();
    fs::write(home.path().join("broken.toml"), "[voice]\nrate = \"fast\"\n").unwrap();
    fs::create_dir_all(home.path().join(".cache/ask-nix")).unwrap();
    fs::write(home.path().join(".cache/ask-nix/index.sqlite"), "this is no database").unwrap();
    for words in [
        &["hear", "there-is-none.wav"][..],
        &["hear", "no.wav"],
        &["hear", "empty.wav"],
        &["--model", "./wrong.bin", "hear", "no.wav"],
        &["--model", "no-such-model", "hear", "no.wav"],
        &["--config", "broken.toml", "generations"],
        &["search", "firefox"],
        &["parse", "--grammar", "no.wav", "x"],
    ] {
        let output = home.run(words);
        let told = text(&output);
        assert!([1, 2, 4].contains(&code(&output)), "{words:?}: {} {told}", code(&output));
        assert!(!told.contains("panicked"), "{told}");
        let json = home.run(&[&["--json"], words].concat());
        let answer = answers(&json).pop().unwrap();
        let error = answer.get("error").unwrap_or(&answer);
        for part in ["what", "why", "hint"] {
            assert!(error[part].as_str().is_some_and(|text| text.ends_with(['.', '?', '!'])), "{words:?}: {answer}");
        }
    }
}

#[test]
fn a_model_that_was_cut_short_is_refused_before_it_is_used() {
    let Some(models) = support::models() else { return };
    let whole = models.join("ggml-base.en.bin");
    if !whole.is_file() {
        skip!("no recognition model");
        return;
    }
    let home = Home::new();
    let cut = home.path().join("cut.bin");
    let mut bytes = fs::read(&whole).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&cut, bytes).unwrap();
    fs::write(home.path().join("no.wav"), "x").unwrap();
    let output = home.run(&["--json", "--model", "./cut.bin", "hear", "no.wav"]);
    assert_eq!(code(&output), 1, "{}", text(&output));
    assert!(text(&output).contains("cut.bin"), "{}", text(&output));
}

#[test]
fn without_nix_reading_says_so_and_typing_still_works() {
    let home = Home::new();
    if Path::new("/nix/var/nix/profiles/system").exists() {
        skip!("this is a NixOS machine");
        return;
    }
    let output = home.run(&["generations"]);
    assert_eq!(code(&output), 1);
    assert!(text(&output).to_lowercase().contains("nix"), "{}", text(&output));
    let help = home.run(&["help"]);
    assert_eq!(code(&help), 0, "{}", text(&help));
}

#[test]
fn completions_and_manual_pages_are_made_for_every_shell_and_verb() {
    for (shell, sign) in [("bash", "complete -F"), ("zsh", "#compdef ask-nix"), ("fish", "complete -c ask-nix")] {
        let output = Home::new().run(&["completions", shell]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains(sign) && text.contains("generations"), "{shell}");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &text).unwrap();
        // The shell itself says whether it can read them, where it is there.
        match Command::new(shell).arg("-n").arg(file.path()).output() {
            Ok(read) => assert!(read.status.success(), "{shell}: {}", String::from_utf8_lossy(&read.stderr)),
            Err(_) => skip!("no {shell}"),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let made = Home::new().run(&["man", folder.path().to_str().unwrap()]);
    assert_eq!(code(&made), 0);
    let page = fs::read_to_string(folder.path().join("ask-nix.1")).unwrap();
    assert!(page.contains(".TH ask-nix 1") && folder.path().join("ask-nix-generations.1").exists());
}

#[test]
fn a_mistyped_verb_is_told_the_right_one() {
    let output = Home::new().run(&["modles"]);
    assert_eq!(code(&output), 3);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("Did you mean: ask-nix models?"), "{told}");
}

#[test]
fn what_was_said_and_how_is_kept_over_calls() {
    let home = Home::new();
    let say = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        String::from_utf8(home.run(&words).stdout).unwrap()
    };
    assert_eq!(say("spell vim"), "vim: Victor, India, Mike.\n");
    assert_eq!(say("speak faster"), "Faster.\n");
    assert!(say("config get voice.rate").starts_with("1.2"), "{}", say("config get voice.rate"));
    assert_eq!(say("speak faster"), "Faster.\n");
    assert_eq!(say("config get voice.rate"), "1.44\n");
    assert_eq!(say("repeat that"), "vim: Victor, India, Mike.\n", "a wish about the voice is nothing to repeat");
    say("be brief");
    assert_eq!(say("config get voice.verbosity"), "\"brief\"\n");
    // What is written down afterwards counts again.
    say("config set voice.rate 1.1");
    assert_eq!(say("config get voice.rate"), "1.1\n");
}
