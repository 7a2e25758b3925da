//! Child processes: the one place where Nix's programs and a system's activation are started.
//!
//! Each gets an argument vector (never a shell), the environment that `Roots` says, and a process
//! group of its own, so that a cancelled one takes everything it has started with it.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio_util::sync::CancellationToken;

use crate::config::Roots;

/// How often a running child is looked at for its end and for a cancellation.
const LOOK: Duration = Duration::from_millis(20);
/// How long a cancelled child may tidy up before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// Longest line that is kept of what a child says, in bytes: an error of Nix with its trace is one line of JSON.
const LINE: usize = 64 << 10;
/// Longest line that is kept of an answer, in bytes: one evaluated value is one line of JSON.
const ANSWER: usize = 1 << 20;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Exited(ExitStatus),
    Cancelled,
}

/// A Nix program, to be found in the machine's folder of Nix programs or in `PATH`.
#[must_use]
pub fn nix_program(roots: &Roots, name: &str) -> Command {
    let program = roots.nix_bin.as_ref().map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    let mut command = Command::new(program);
    environment(roots, &mut command);
    command
}

/// A program of the system itself, such as `journalctl`.
#[must_use]
pub fn system_program(roots: &Roots, name: &str) -> Command {
    let mut command = Command::new(name);
    environment(roots, &mut command);
    // What is read from it has one form in every language.
    command.env("LC_ALL", "C");
    command
}

/// A system's own `switch-to-configuration`.
///
/// Where systemd runs the machine it is started as a unit, so that it survives when it restarts
/// what the caller lives in (a session, a terminal), as `nixos-rebuild` does.
#[must_use]
pub fn activation(roots: &Roots, system: &Path, action: &str) -> Command {
    let program = system.join("bin/switch-to-configuration");
    if !roots.system.join("run/systemd/system").is_dir() {
        let mut command = Command::new(program);
        environment(roots, &mut command);
        command.arg(action);
        return command;
    }
    let mut command = Command::new("systemd-run");
    for name in ["LOCALE_ARCHIVE", "NIXOS_INSTALL_BOOTLOADER", "NIXOS_NO_CHECK"] {
        command.args(["-E", name]);
    }
    command.args(["--collect", "--no-ask-password", "--pipe", "--quiet", "--service-type=exec"]);
    command.arg(format!("--unit={ACTIVATION_UNIT}")).arg(program).arg(action);
    command
}

/// The unit that an activation runs in, where systemd runs the machine. Not that of `nixos-rebuild`:
/// a cancellation must never stop another program's activation. The system's own lock
/// (`/run/nixos/switch-to-configuration.lock`) keeps the two apart.
const ACTIVATION_UNIT: &str = "ask-nix-switch-to-configuration";

/// Ends an activation that runs as a unit: it does not end with the `systemd-run` that waits for it.
pub fn stop_activation_unit(roots: &Roots) {
    if roots.system.join("run/systemd/system").is_dir() {
        let stopped = Command::new("systemctl").args(["stop", ACTIVATION_UNIT]).stdin(Stdio::null()).output();
        if let Err(error) = stopped {
            tracing::warn!(%error, "the activation's unit could not be stopped");
        }
    }
}

fn environment(roots: &Roots, command: &mut Command) {
    let state_home = roots.home.join(".local/state");
    let variables: [(&str, &OsStr); 6] = [
        ("NIX_STORE_DIR", roots.store.as_os_str()),
        ("NIX_STATE_DIR", roots.state.as_os_str()),
        ("NIX_LOCALSTATE_DIR", roots.state.as_os_str()),
        ("NIX_LOG_DIR", roots.log.as_os_str()),
        ("NIX_CONF_DIR", roots.nix_conf.as_os_str()),
        ("HOME", roots.home.as_os_str()),
    ];
    // The machine itself has its defaults built in; only another place must be told.
    if roots.system != Path::new("/") {
        command.envs(variables);
        command.env("XDG_STATE_HOME", state_home).env("XDG_CACHE_HOME", roots.home.join(".cache"));
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").env_remove("NIX_REMOTE");
    }
    if let Some(nix_path) = &roots.nix_path {
        command.env("NIX_PATH", nix_path);
    }
    if let Some(folder) = &roots.nix_bin {
        let before = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder.clone()).chain(std::env::split_paths(&before));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
    }
    command.envs(roots.env.iter().map(|(name, value)| (name, value)));
}

/// Where a child wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: the answer.
    Answer,
    /// Standard error: what is said beside it.
    Talk,
}

/// Runs a child to its end; each line of its output goes to `line`, without control characters.
pub fn run(command: Command, cancel: &CancellationToken, mut line: impl FnMut(&str)) -> std::io::Result<Ended> {
    run_apart(command, cancel, |_, text| line(text))
}

/// The same, and tells answer and talk apart; a line of the answer may be long.
pub fn run_apart(
    mut command: Command,
    cancel: &CancellationToken,
    mut line: impl FnMut(Stream, &str),
) -> std::io::Result<Ended> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn()?;
    let (sender, lines) = channel();
    let answer = child.stdout.take().map(|pipe| (Stream::Answer, boxed(pipe), ANSWER));
    let talk = child.stderr.take().map(|pipe| (Stream::Talk, boxed(pipe), LINE));
    for (stream, pipe, longest) in [answer, talk].into_iter().flatten() {
        let sender = sender.clone();
        thread::spawn(move || send_lines(stream, pipe, longest, &sender));
    }
    drop(sender);
    let mut open = true;
    loop {
        if cancel.is_cancelled() {
            end_group(&mut child);
            return Ok(Ended::Cancelled);
        }
        let exited = child.try_wait()?;
        if !open {
            match exited {
                Some(status) => return Ok(Ended::Exited(status)),
                None => thread::sleep(LOOK),
            }
            continue;
        }
        match lines.recv_timeout(LOOK) {
            Ok((stream, text)) => line(stream, &text),
            // Whoever left a program in the background keeps the pipes open: the child's own end counts.
            Err(RecvTimeoutError::Timeout) => open = exited.is_none(),
            Err(RecvTimeoutError::Disconnected) => open = false,
        }
    }
}

fn boxed(pipe: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(pipe)
}

/// Ends a child's whole process group: asks first, then kills.
fn end_group(child: &mut Child) {
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let signal = |signal| match kill_process_group(group, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => tracing::warn!(%error, "a cancelled child could not be ended"),
    };
    signal(Signal::TERM);
    let until = Instant::now() + GRACE;
    while Instant::now() < until {
        if matches!(child.try_wait(), Ok(Some(_))) {
            break;
        }
        thread::sleep(LOOK);
    }
    // What the child has started may have outlived it.
    signal(Signal::KILL);
    let _ = child.wait();
}

/// Sends the lines of a pipe until it ends; a line that is too long is cut.
fn send_lines(stream: Stream, mut pipe: Box<dyn Read + Send>, longest: usize, sender: &Sender<(Stream, String)>) {
    let mut line: Vec<u8> = Vec::new();
    let mut buffer = [0_u8; 4096];
    let send = |line: &mut Vec<u8>| {
        let text = printable(&String::from_utf8_lossy(line));
        line.clear();
        text.is_empty() || sender.send((stream, text)).is_ok()
    };
    while let Ok(count) = pipe.read(&mut buffer) {
        if count == 0 {
            break;
        }
        for &byte in buffer.get(..count).unwrap_or_default() {
            if byte == b'\n' {
                if !send(&mut line) {
                    return;
                }
            } else if line.len() < longest {
                line.push(byte);
            }
        }
    }
    send(&mut line);
}

/// Text without terminal colours and control characters.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            if chars.next_if_eq(&'[').is_some() {
                while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
            }
        } else if !c.is_control() {
            shown.push(c);
        }
    }
    shown.trim().to_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_come_clean_and_the_exit_is_told() {
        let mut lines = Vec::new();
        let ended = run(sh("printf '\\033[31mred\\033[0m\\r\\nlast'; exit 4"), &CancellationToken::new(), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(lines, ["red", "last"]);
        assert!(matches!(ended.unwrap(), Ended::Exited(status) if status.code() == Some(4)));
    }

    #[test]
    fn a_program_left_in_the_background_does_not_hold_up_the_end() {
        let begun = Instant::now();
        let ended = run(sh("sleep 5 & exit 0"), &CancellationToken::new(), |_| {}).unwrap();
        assert!(matches!(ended, Ended::Exited(status) if status.success()));
        assert!(begun.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn cancelling_ends_everything_that_the_child_has_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let cancel = CancellationToken::new();
        let script = format!("sleep 60 & echo $! > {}; echo ready; wait", file.display());
        let ended = run(sh(&script), &cancel, |_| cancel.cancel()).unwrap();
        assert_eq!(ended, Ended::Cancelled);
        let pid: i32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Gone, or a zombie that nobody has collected yet.
        assert!(status.is_empty() || status.contains(") Z "), "{status}");
    }
}
