//! The terminal UI, driven by keys through a real pseudo-terminal.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::support;

/// Presses keys, each after a pause, and gives all that the terminal was sent.
fn drive(arguments: &str, keys: &[&str]) -> Option<String> {
    support::user_with_nix()?;
    // `script` (util-linux) runs a program in a pseudo-terminal of its own.
    let program = format!("stty rows 24 cols 80; {} {arguments}", env!("CARGO_BIN_EXE_ask-nix"));
    let spawned = Command::new("script")
        .args(["--quiet", "--return", "--command", &program, "/dev/null"])
        .env("TERM", "xterm")
        .env_remove("ACCESSIBLE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: there is no script(1)");
        return None;
    };
    let mut typed = child.stdin.take().unwrap();
    for key in keys {
        std::thread::sleep(Duration::from_millis(1500));
        // A program that has ended takes no more keys; what it showed tells why.
        let _ = typed.write_all(key.as_bytes()).and_then(|()| typed.flush());
    }
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}");
    Some(shown)
}

/// What a terminal was sent, without its control sequences.
fn plain(shown: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;?]*[a-zA-Z]|\u{1b}[()][0-9A-Z]").unwrap().replace_all(shown, " ").into_owned()
}

#[test]
fn a_question_is_typed_pages_are_turned_and_it_is_left() {
    let keys = ["", "", "help\r", "\t", "d", "\t", "vim", "\u{11}"];
    let Some(shown) = drive("--demo tui --no-speak", &keys) else { return };
    let shown = plain(&shown);
    // Only cells that change are sent, so that a text over an older one may come in pieces.
    for part in ["Say or type", "What you can say", "NixOS: 26.11", "roll back to it", "found", "install it"] {
        assert!(shown.contains(part), "{part:?} is missing: {shown}");
    }
}

#[test]
fn for_screen_readers_it_goes_line_by_line() {
    let Some(shown) = drive("--demo tui --plain --no-speak", &["", "list generations\n", "", "\u{4}"]) else { return };
    assert!(shown.contains("current"), "{shown}");
    assert!(!shown.contains("\u{1b}["), "control sequences: {shown:?}");
}
