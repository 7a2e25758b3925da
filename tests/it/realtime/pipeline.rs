//! A spoken question gets a spoken answer: the whole chain on its real parts.
//!
//! Piper speaks into a virtual microphone; the program hears it through the sound server, recognises
//! it with Whisper, asks a system that a real Nix has built, and speaks; what came out of the
//! speaker is recognised again.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::rig::Rig;
use crate::keys::{F9, Screen};
use crate::support;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ask-nix");

/// Longest wait for anything: recognition on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(90);

/// The program at work in a sound world, on a demo system that stays between its calls.
struct Stage {
    rig: Rig,
    demo: PathBuf,
    _kept: Kept,
}

/// A folder with a store in it, which is read-only and has to be opened up to go away.
struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        support::remove_store(&self.0);
    }
}

impl Stage {
    fn set() -> Option<Self> {
        support::user_with_nix()?;
        support::models()?;
        let rig = Rig::start()?;
        let folder = tempfile::tempdir().unwrap().keep();
        let demo = folder.join("demo");
        Some(Self { rig, demo, _kept: Kept(folder) })
    }

    fn program(&self, words: &[&str]) -> Command {
        let mut command = self.rig.command(PROGRAM);
        command.arg(format!("--demo={}", self.demo.display())).args(words);
        command
    }

    /// The machine-readable list of the generations.
    fn generations(&self) -> Vec<Value> {
        let output = self.program(&["generations", "--json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A sentence, spoken by Piper.
    fn speech(&self, sentence: &str) -> PathBuf {
        let file = self.rig.folder.path().join("question.wav");
        let said = self.program(&["say", sentence, "--out"]).arg(&file).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        file
    }

    /// Records what comes out of the speaker until the answer is dropped.
    fn record(&self, name: &str) -> Recording {
        let file = self.rig.folder.path().join(name);
        let recorder = self
            .rig
            .command("parec")
            .args(["--device=speaker.monitor", "--file-format=wav", "--rate=16000", "--channels=1"])
            .arg(&file)
            .spawn()
            .unwrap();
        Recording { recorder, file }
    }
}

/// The number of the current one.
fn current(generations: &[Value]) -> u64 {
    generations.iter().find(|one| one["current"] == true).unwrap()["number"].as_u64().unwrap()
}

struct Recording {
    recorder: Child,
    file: PathBuf,
}

impl Recording {
    /// Ends the recording and gives the sound file.
    fn end(mut self) -> PathBuf {
        // The signal that makes it write the right length into the file's head.
        let id = rustix::process::Pid::from_child(&self.recorder);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        self.recorder.wait().unwrap();
        self.file
    }
}

/// A listening assistant, and the lines that it prints.
struct Assistant {
    child: Child,
    lines: Receiver<String>,
}

impl Assistant {
    fn start(stage: &Stage) -> Self {
        Self::start_as(stage.program(&["listen", "--no-wake", "--speak"]))
    }

    fn start_as(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for pipe in pipes {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    eprintln!("  assistant: {line}");
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines }
    }

    /// Waits for a line that has this in it.
    fn wait_for(&self, part: &str) -> String {
        self.line_with(part, PATIENCE).unwrap_or_else(|| panic!("no line with {part:?} came"))
    }

    fn line_with(&self, part: &str, patience: Duration) -> Option<String> {
        self.line_with_one_of(&[part], patience)
    }

    fn line_with_one_of(&self, parts: &[&str], patience: Duration) -> Option<String> {
        let until = Instant::now() + patience;
        loop {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())).ok()?;
            if parts.iter().any(|part| line.to_lowercase().contains(&part.to_lowercase())) {
                return Some(line);
            }
        }
    }

    /// Speaks into the microphone, and again as a person would if nothing is heard: on a busy machine
    /// the sound server drops pieces of what it plays.
    fn hear(&self, stage: &Stage, sentence: &Path) -> String {
        for _ in 0..3 {
            assert!(stage.rig.speak(sentence).wait().unwrap().success());
            if let Some(line) = self.line_with("you:", Duration::from_secs(40)) {
                return line;
            }
        }
        panic!("said three times and not heard");
    }
}

impl Drop for Assistant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the speaker has been silent for two seconds; asks the recording for it.
fn until_silent(file: &Path) {
    let until = Instant::now() + PATIENCE;
    let quiet =
        |bytes: &[u8]| bytes.chunks_exact(2).all(|two| i16::from_le_bytes([two[0], two[1]]).unsigned_abs() < 200);
    loop {
        assert!(Instant::now() < until, "the assistant does not stop speaking");
        std::thread::sleep(Duration::from_millis(250));
        let mut bytes = Vec::new();
        File::open(file).unwrap().read_to_end(&mut bytes).unwrap();
        // Two seconds of 16-bit samples, after a head of 44 bytes and at least one sound.
        let tail = bytes.len().saturating_sub(2 * 16_000 * 2).max(44) & !1;
        if bytes.len() > 44 && !quiet(&bytes[44..]) && quiet(&bytes[tail..]) && bytes.len() - tail >= 64_000 {
            return;
        }
    }
}

/// The words of a recording, by Whisper, sentence by sentence as a person would hear them.
fn recognized(file: &Path) -> String {
    let models = support::models().unwrap();
    let mut recognizer =
        ask_nix::recognize::Recognizer::load(&models.join("ggml-base.en.bin"), ask_nix::recognize::Settings::default())
            .unwrap();
    let recording = ask_nix::audio::read_file(file).unwrap();
    let utterances = ask_nix::ears::split(&recording.frames, &ask_nix::ears::Endpointing::default());
    let never = tokio_util::sync::CancellationToken::new();
    utterances
        .iter()
        .map(|utterance| recognizer.recognize(utterance, &never).unwrap().text)
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// Whether a text names a number, as a numeral or as a word.
fn names(text: &str, number: u64) -> bool {
    const WORDS: [&str; 11] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = usize::try_from(number).ok().and_then(|number| WORDS.get(number).copied());
    text.split(|c: char| !c.is_alphanumeric()).any(|found| found == number.to_string() || Some(found) == word)
}

#[test]
fn a_spoken_question_gets_a_spoken_answer_with_the_right_numbers() {
    let Some(stage) = Stage::set() else { return };
    // What the answer must hold, by another way.
    let list = stage.generations();
    assert!(list.len() > 1, "{list:?}");
    let current = current(&list);

    let question = stage.speech("List generations.");
    let assistant = Assistant::start(&stage);
    assistant.wait_for("listening on");
    let recording = stage.record("answer.wav");
    // The welcome is spoken; while it speaks the assistant does not hear.
    until_silent(&recording.file);
    let welcome = recording.end();
    let recording = stage.record("answer.wav");
    drop(welcome);
    let asked = Instant::now();
    let heard = assistant.hear(&stage, &question);
    eprintln!("heard {heard:?} {:?} after the question began", asked.elapsed());
    until_silent(&recording.file);
    let answer = recognized(&recording.end());
    eprintln!("the answer, recognised again: {answer:?}");
    let count = u64::try_from(list.len()).unwrap();
    assert!(answer.contains("generation"), "{answer}");
    assert!(names(&answer, count), "{count} generations: {answer}");
    assert!(names(&answer, current), "generation {current} is current: {answer}");
}

#[test]
fn what_is_said_while_a_key_is_held_needs_no_wake_word() {
    let Some(stage) = Stage::set() else { return };
    let Some(screen) = Screen::start() else { return };
    let question = stage.speech("List generations.");
    let mut command = stage.program(&["listen", "--no-speak", "--set", "ears.key=F9"]);
    command.env("DISPLAY", &screen.display).env_remove("WAYLAND_DISPLAY");
    let assistant = Assistant::start_as(command);
    assistant.wait_for("say \u{201c}computer");
    // Without the key it is not addressed.
    assert!(stage.rig.speak(&question).wait().unwrap().success());
    assert_eq!(assistant.line_with("you:", Duration::from_secs(5)), None);
    let held = |sentence: &Path| {
        screen.key(F9, true);
        assert!(stage.rig.speak(sentence).wait().unwrap().success());
        screen.key(F9, false);
        assistant.line_with("you:", Duration::from_secs(40))
    };
    let heard = (0..3).find_map(|_| held(&question)).expect("said three times and not heard");
    assert!(heard.to_lowercase().contains("generations"), "{heard}");
    // Answered, or asked about where the sound server has torn the words.
    let answer = assistant.line_with_one_of(&["current", "is that right?"], PATIENCE);
    assert!(answer.is_some(), "heard and not answered");
}

#[test]
fn a_change_is_done_only_after_a_spoken_yes() {
    let Some(stage) = Stage::set() else { return };
    let before = current(&stage.generations());
    let turn = |assistant: &Assistant, sentence: &str, answer: &str| {
        let question = stage.speech(sentence);
        let recording = stage.record("turn.wav");
        assistant.hear(&stage, &question);
        assistant.wait_for(answer);
        until_silent(&recording.file);
        recording.end();
    };
    let assistant = Assistant::start(&stage);
    assistant.wait_for("listening on");
    let welcome = stage.record("welcome.wav");
    until_silent(&welcome.file);
    welcome.end();
    turn(&assistant, "Roll back.", "?");
    assert_eq!(current(&stage.generations()), before, "asked, not done");
    turn(&assistant, "No.", "");
    assert_eq!(current(&stage.generations()), before, "declined");
    turn(&assistant, "Roll back.", "?");
    turn(&assistant, "Yes.", "generation");
    assert!(current(&stage.generations()) < before, "rolled back");
}

#[test]
fn a_human_recording_is_transcribed_right() {
    let Some(models) = support::models() else { return };
    let clip = models.join("jfk.wav");
    if !clip.is_file() {
        skip!("no jfk.wav; `ask-nix models fetch jfk` gets it");
        return;
    }
    let output = Command::new(PROGRAM).args(["hear", "--json"]).arg(&clip).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let words: Vec<String> = answer["transcript"]
        .as_str()
        .unwrap()
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    // President Kennedy, 20 January 1961.
    let said =
        "and so my fellow americans ask not what your country can do for you ask what you can do for your country";
    assert_eq!(words.join(" "), said);
    assert_eq!(answer["decision"], "none", "a speech is no command: {answer}");
}
