//! The program as a whole: how fast it starts, how much memory each way of using it takes.
//!
//! `cargo bench --bench program`. What needs models or a Nix is left out, with a word, where there
//! are none. The peer of the start is the smallest Nix program, asked for its version.
#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ask_nix::config::{self, Dirs};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ask-nix");
const RUNS: usize = 21;

fn main() {
    let Some(user) = Dirs::of_user() else {
        eprintln!("skipped: no home folder");
        return;
    };
    let parse = || command(&["parse", "--json", "list generations"]);
    let ours = start(&parse);
    println!("ask-nix parse, from the call to its end        {:>9.2} ms", milliseconds(ours));
    if let Some(nix) = config::find_nix(&user) {
        let theirs = start(&|| {
            let mut command = Command::new(nix.join("nix-env"));
            command.arg("--version");
            command
        });
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!("nix-env --version                              {:>9.2} ms {ratio:>6.1}x", milliseconds(theirs));
    }
    println!();
    println!("{:<46} {:>12}", "memory, resident, the most at any time", "MiB");
    memory("parse", &mut parse());
    let sentence = std::env::temp_dir().join(format!("ask-nix-bench-{}.wav", std::process::id()));
    let file = sentence.to_string_lossy().into_owned();
    if user.models().join("ggml-base.en.bin").is_file() {
        memory("say (the voice)", &mut command(&["say", "list generations", "--out", &file]));
        memory("hear (recognition)", &mut command(&["hear", &file]));
        memory("listen, idle after its welcome", &mut command(&["listen"]));
        let _ = fs::remove_file(&sentence);
    } else {
        eprintln!("skipped: no models; `ask-nix models fetch` gets them");
    }
    if config::find_nix(&user).is_some() {
        let demo: PathBuf = std::env::temp_dir().join(format!("ask-nix-bench-{}", std::process::id()));
        let kept = format!("--demo={}", demo.display());
        drop(command(&[&kept, "generations"]).output());
        memory("generations", &mut command(&[&kept, "generations"]));
        memory("search", &mut command(&[&kept, "search", "editor"]));
        drop(Command::new("chmod").args(["-R", "u+w"]).arg(&demo).status());
        let _ = fs::remove_dir_all(&demo);
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The median time from the call to the end.
fn start(make: &dyn Fn() -> Command) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            let status = make().stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            assert!(status.success());
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[RUNS / 2]
}

/// Runs it to its end, or for ten seconds, and tells the most memory that it had.
fn memory(what: &str, command: &mut Command) {
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut most = 0.0_f64;
    while child.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_secs(10) {
        most = most.max(resident(&child).unwrap_or(0.0));
        std::thread::sleep(Duration::from_micros(500));
    }
    let _ = child.kill();
    let _ = child.wait();
    println!("{what:<46} {most:>12.1}");
}

/// The high-water mark of a process, MiB (`proc_pid_status(5)`).
fn resident(child: &Child) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? / 1024.0)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
