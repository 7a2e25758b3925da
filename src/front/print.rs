//! What goes to the terminal: answers to standard output, faults to standard error.
//!
//! A reader that has gone (`ask-nix generations | head -1`) is no error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::announce::Announcement;
use crate::fault::Fault;

/// One line on standard output.
pub fn line(text: &str) {
    // The only thing that can go wrong is a reader that has gone, and then nobody misses the line.
    let _ = writeln!(io::stdout().lock(), "{text}");
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
    line(announcement.screen.as_deref().unwrap_or(&announcement.text));
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
