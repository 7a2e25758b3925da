//! The terminal UI, driven by keys through a real pseudo-terminal.

use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::support;

/// A demo system is made before the first line, and other tests may run beside this one.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program in a pseudo-terminal of 24 lines and 80 columns.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn start(arguments: &str) -> Option<Self> {
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
            skip!("there is no script(1)");
            return None;
        };
        let (keys, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let filled = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                filled.lock().unwrap().extend_from_slice(&piece[..count]);
            }
        });
        Some(Self { child, keys, received })
    }

    /// All that was sent to the terminal, with its control sequences.
    fn received(&self) -> String {
        String::from_utf8_lossy(&self.received.lock().unwrap()).into_owned()
    }

    /// What a person sees now.
    fn screen(&self) -> String {
        let mut terminal = vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 0);
        terminal.process(&self.received.lock().unwrap());
        terminal.screen().contents()
    }

    /// Waits until something is so, and fails with the screen if it never is.
    fn wait(&self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !so(self) {
            assert!(began.elapsed() < PATIENCE, "{what} never came: {}", self.screen());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the screen shows a text.
    fn see(&self, text: &str) {
        self.wait(&format!("{text:?}"), |terminal| terminal.screen().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).unwrap();
    }

    /// Waits for the program's own end.
    fn leave(mut self) -> String {
        let mut ended = None;
        let began = Instant::now();
        while ended.is_none() {
            assert!(began.elapsed() < PATIENCE, "it does not end: {}", self.screen());
            std::thread::sleep(Duration::from_millis(50));
            ended = self.child.try_wait().unwrap();
        }
        assert!(ended.unwrap().success(), "{}", self.received());
        self.received()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_question_is_typed_pages_are_turned_and_it_is_left() {
    let Some(mut terminal) = Terminal::start("--demo tui --no-speak") else { return };
    terminal.see("Say or type");
    terminal.press("help\r");
    // The end of the list of commands: the screen shows the newest lines.
    terminal.see("wake up");
    terminal.press("\t");
    terminal.see("NixOS: 26.11");
    terminal.press("d");
    terminal.see("roll back to it");
    terminal.press("\t");
    terminal.see("Search for");
    terminal.press("vim");
    // The index is built meanwhile; what was looked for is found when it is there.
    terminal.see("install it");
    // Control and Q.
    terminal.press("\u{11}");
    terminal.leave();
}

#[test]
fn for_screen_readers_it_goes_line_by_line() {
    let Some(mut terminal) = Terminal::start("--demo tui --plain --no-speak") else { return };
    terminal.see("This is a demo system");
    terminal.press("list generations\n");
    terminal.see("current");
    // Control and D: the end of what is typed.
    terminal.press("\u{4}");
    let shown = terminal.leave();
    assert!(!shown.contains("\u{1b}["), "control sequences: {shown:?}");
}
