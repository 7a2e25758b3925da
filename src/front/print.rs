//! What goes to the terminal: answers to standard output, faults to standard error.
//!
//! A reader that has gone (`ask-nix generations | head -1`) is no error.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::announce::Announcement;
use crate::fault::Fault;

/// Set where the user wants plain lines.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// Takes the user's wish for plain lines: the flag, or the variables `ACCESSIBLE` and `NO_COLOR`, or a terminal that
/// can nothing else.
pub fn style(plain: bool) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    PLAIN.store(plain || dumb || set("ACCESSIBLE") || set("NO_COLOR"), Ordering::Relaxed);
}

/// Whether only plain lines are wanted.
pub fn is_plain() -> bool {
    PLAIN.load(Ordering::Relaxed)
}

/// Whether somebody looks at what is printed.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// One line on standard output.
pub fn line(text: &str) {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => {}
        // Nobody misses the line.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            UNWRITTEN.store(true, Ordering::Relaxed);
            note(&format!("The answer cannot be written: {}.", error.kind()));
        }
    }
}

/// Set once an answer could not be written.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// Whether an answer was lost, as on a full disk: what was done may have worked, and yet the call has failed.
pub fn lost_an_answer() -> bool {
    UNWRITTEN.load(Ordering::Relaxed)
}

/// One JSON object on a line of its own.
pub fn json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(error) => note(&format!("The answer cannot be written as JSON: {error}.")),
    }
}

/// An announcement as a terminal shows it.
pub fn announcement(announcement: &Announcement) {
    let shown = announcement.shown();
    if is_plain() || !io::stdout().is_terminal() {
        return line(shown);
    }
    shown.lines().for_each(|shown| line(&coloured(shown)));
}

/// A line of a difference in colour; its sign says the same without.
fn coloured(shown: &str) -> String {
    let colour = match shown.as_bytes() {
        [b'+', ..] => "\u{1b}[32m",
        [b'-', ..] => "\u{1b}[31m",
        [b'@', b'@', ..] => "\u{1b}[36m",
        _ => return shown.to_owned(),
    };
    format!("{colour}{shown}\u{1b}[0m")
}

/// Something beside the answer: on standard error, so that a pipe carries the answer alone.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A fault: a JSON object on standard output with `--json`, else three lines on standard error.
pub fn fault(fault: &Fault, as_json: bool) {
    if as_json {
        json(&serde_json::json!({ "error": fault }));
    } else {
        note(&format!("{}\n  {}\n  {}", fault.what, fault.why, fault.hint));
    }
}

/// Whether somebody sits at the terminal and can answer a question.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
