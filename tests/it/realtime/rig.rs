//! A sound server without a sound card, private to one test.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Sound runs in real time: two worlds at once on two cores would disturb each other.
static TURN: Mutex<()> = Mutex::new(());

/// A sound server of its own; goes away with the value.
pub struct Rig {
    _turn: MutexGuard<'static, ()>,
    pub folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Rig {
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let found = ["pulseaudio", "pactl", "paplay", "parec"]
            .iter()
            .all(|name| std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|dir| dir.join(name).exists()));
        if !found {
            skip!("no PulseAudio");
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let output = script("start", folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let environment = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(Self { _turn: turn, folder, environment })
    }

    /// A program in this sound world.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.envs(self.environment.iter().cloned()).current_dir(self.folder.path());
        command
    }

    /// Runs one of the ignored tests in this sound world, with `words` in `RIG_WORDS`.
    pub fn inside(&self, test: &str, words: &str) -> Child {
        let mut command = self.command(std::env::current_exe().unwrap().to_str().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", test]).env("RIG_WORDS", words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Plays a file into the microphone.
    pub fn speak(&self, file: &Path) -> Child {
        self.command("paplay").arg("--device=micfeed").arg(file).spawn().unwrap()
    }

    /// Waits until an inner test has made this file, and takes it away.
    pub fn wait_for(&self, name: &str) {
        let (file, until) = (self.folder.path().join(name), Instant::now() + Duration::from_secs(20));
        while std::fs::remove_file(&file).is_err() {
            assert!(Instant::now() < until, "nothing is {name}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn stop_server(&self) {
        assert!(script("stop", self.folder.path()).status().unwrap().success());
    }

    pub fn start_server(&self) {
        assert!(script("start", self.folder.path()).output().unwrap().status.success());
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        drop(script("stop", self.folder.path()).stderr(Stdio::null()).status());
    }
}

fn script(action: &str, folder: &Path) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/virtual-audio.sh"));
    command.arg(action).arg(folder);
    command
}
