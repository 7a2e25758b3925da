//! The clipboard: by the desktop's own program where there is one, else by the terminal.
//!
//! The text goes to a program's standard input, never into its arguments.

use std::io::{IsTerminal, Write};
use std::process::{Child, Command, Stdio};

use crate::announce::{self, Announcement, Turn};
use crate::fault::{Fault, Kind};

/// Longest text that is copied by the terminal, in bytes: xterm takes no longer sequence.
const LONGEST: usize = 74_000;

/// The programs that fill a clipboard, each with the variable that says that its desktop runs.
const PROGRAMS: [(&str, &str, &[&str]); 3] = [
    ("WAYLAND_DISPLAY", "wl-copy", &[]),
    ("DISPLAY", "xclip", &["-selection", "clipboard"]),
    ("DISPLAY", "xsel", &["--clipboard", "--input"]),
];

/// Puts a text on the clipboard, and says what came of it.
pub fn copied(text: &str) -> Announcement {
    if by_program(text) || by_terminal(text) {
        return announce::dialogue(&Turn::Copied);
    }
    announce::fault(&Fault::new(
        Kind::Failed,
        "I could not copy it.",
        "There is neither a desktop with wl-copy, xclip or xsel, nor a terminal.",
        "Install wl-clipboard or xclip, and try again.",
    ))
}

fn by_program(text: &str) -> bool {
    let runs = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    PROGRAMS.iter().filter(|(variable, ..)| runs(variable)).any(|(_, program, arguments)| {
        let child = Command::new(program)
            .args(*arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.is_ok_and(|child| feed(child, text))
    })
}

fn feed(mut child: Child, text: &str) -> bool {
    let written = child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    // These go on in the background by themselves and end this process at once.
    written && child.wait().is_ok_and(|status| status.success())
}

/// OSC 52, which most terminals know, over SSH too.
fn by_terminal(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    if !out.is_terminal() || text.len() * 4 / 3 > LONGEST {
        return false;
    }
    write!(out, "{}", sequence(text)).and_then(|()| out.flush()).is_ok()
}

fn sequence(text: &str) -> String {
    format!("\u{1b}]52;c;{}\u{7}", base64(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = group.iter().chain([0, 0].iter()).take(3).fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        for place in 0..4 {
            let letter = LETTERS.get(number >> (18 - 6 * place) & 63).filter(|_| place <= group.len());
            text.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_s_sequence_holds_the_text() {
        // The examples of RFC 4648.
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(sequence("f"), "\u{1b}]52;c;Zg==\u{7}");
    }
}
