//! The voice: how soon the first sound is there, against Piper's own way of making the whole text first.
//!
//! `cargo bench --bench voice`; with `-- --heard` it speaks the program's own sentences instead, and has Whisper write
//! down what it hears: the share of wrong words. Says so and ends where there is no voice.
#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

use std::time::{Duration, Instant};

use ask_nix::audio::{read_file, write_wav};
use ask_nix::config::Dirs;
use ask_nix::ears::{Endpointing, whole};
use ask_nix::models::find;
use ask_nix::recognize::{Recognizer, Settings};
use ask_nix::speak::{Speaker, Voice, VoiceFiles};
use tokio_util::sync::CancellationToken;

/// Each text is new to the speaker in each run, so that none is at hand.
const RUNS: u64 = 9;

/// A text with this number in it.
type Text = fn(u64) -> String;

fn main() {
    let Some(files) = files() else {
        eprintln!("skipped: no voice; `ask-nix models fetch` gets one");
        return;
    };
    if std::env::args().any(|argument| argument == "--heard") {
        return heard(&files);
    }
    let speaker = Speaker::start_blocking(files.clone()).unwrap();
    let mut piper = Voice::load(&files).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    drop(speaker.speak("Warming up.", 1.0, CancellationToken::new()).collect_blocking());
    println!("{:<40} {:>14} {:>14} {:>7}", "text (median)", "whole first", "first sound", "ratio");
    let texts: [(&str, Text); 3] = [
        ("a short sentence", |n| format!("Generation {n} is the current one.")),
        ("an answer of three sentences", |n| {
            format!(
                "There are {n} generations. The current one is number {n}, from yesterday evening. The others are from \
                 last week and the week before."
            )
        }),
        ("a long list", |n| {
            format!(
                "I found {n} packages. The first is firefox, a web browser built from its source. The second is \
                 chromium, an open source web browser. The third is a small browser for the terminal. Say a number to \
                 hear more about one, or say install and a number."
            )
        }),
    ];
    for (name, text) in texts {
        let theirs = median(|run| {
            drop(piper.say(&text(run + 100), 1.0).unwrap());
        });
        let ours = median(|run| {
            let mut speech = speaker.speak(&text(run + 200), 1.0, CancellationToken::new());
            assert!(runtime.block_on(speech.next()).unwrap().is_ok());
        });
        tell(name, theirs, ours);
    }
    let theirs = median(|_| drop(piper.say("Done.", 1.0).unwrap()));
    let ours = median(|_| {
        let mut speech = speaker.speak("Done.", 1.0, CancellationToken::new());
        assert!(runtime.block_on(speech.next()).unwrap().is_ok());
    });
    tell("a phrase that was said before", theirs, ours);
    let folder = tempfile::tempdir().unwrap();
    let kept = VoiceFiles { phrases: Some(folder.path().to_owned()), ..files };
    let first = Speaker::start_blocking(kept.clone()).unwrap();
    first.prepare(["Stopped.", "That is done."], 1.0);
    drop(first.speak("Once.", 1.0, CancellationToken::new()).collect_blocking());
    while std::fs::read_dir(folder.path()).unwrap().count() < 2 {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(first);
    let theirs = median(|_| drop(piper.say("That is done.", 1.0).unwrap()));
    let mut after_starts: Vec<Duration> = (0..3)
        .map(|_| {
            let speaker = Speaker::start_blocking(kept.clone()).unwrap();
            let begun = Instant::now();
            assert!(
                runtime.block_on(speaker.speak("That is done.", 1.0, CancellationToken::new()).next()).unwrap().is_ok()
            );
            begun.elapsed()
        })
        .collect();
    after_starts.sort_unstable();
    tell("a phrase of the program's own, after a start", theirs, after_starts[1]);
    // Falling silent: from the wish until the voice has nothing more, in the midst of a long text.
    let mut silences: Vec<Duration> = (0..RUNS)
        .map(|run| {
            let cancel = CancellationToken::new();
            let text = format!("The {run}th of them is the current one, since yesterday evening. ").repeat(20);
            let mut speech = speaker.speak(&text, 1.0, cancel.clone());
            assert!(runtime.block_on(speech.next()).unwrap().is_ok());
            let wished = Instant::now();
            cancel.cancel();
            assert!(runtime.block_on(speech.next()).is_none());
            // The next one does not wait for the rest of the one before.
            assert!(runtime.block_on(speaker.speak("Done.", 1.0, CancellationToken::new()).next()).unwrap().is_ok());
            wished.elapsed()
        })
        .collect();
    silences.sort_unstable();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "interrupted, and the next word: median {:.1} ms, longest {:.1} ms",
        milliseconds(silences[silences.len() / 2]),
        milliseconds(silences[silences.len() - 1])
    );
}

fn files() -> Option<VoiceFiles> {
    let dirs = Dirs::of_user()?;
    let folder = dirs.models();
    let file = |name| find(name).map(|model| model.path(&folder));
    let (model, runtime) = (file("piper-en_US-joe-medium")?, file("onnxruntime")?);
    (model.is_file() && runtime.is_file()).then(|| VoiceFiles::new(model, runtime, dirs.espeak_data()))
}

/// Sentences that are spoken and heard again.
const HEARD: usize = 200;
/// Longest of them, in bytes: what a person says in one breath.
const LONGEST: usize = 160;

/// Speaks sentences, and counts the words that Whisper hears otherwise. Worse than 8 of 100 is a failure.
fn heard(files: &VoiceFiles) {
    let model = Dirs::of_user().and_then(|dirs| Some(find("whisper-base.en")?.path(&dirs.models())));
    let Some(model) = model.filter(|path| path.is_file()) else {
        eprintln!("skipped: whisper-base.en is not there");
        return;
    };
    let mut whisper = Recognizer::load(&model, Settings { threads: 1, full_context: false }).unwrap();
    let speaker = Speaker::start_blocking(files.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("said.wav");
    let (mut wrong, mut all, mut seconds) = (0, 0, 0.0);
    let sentences = ask_nix::announce::fixed(LONGEST);
    let sentences = sentences.iter().take(HEARD);
    let count = sentences.len();
    for said in sentences {
        let speech = speaker.speak(said, 1.0, CancellationToken::new());
        let (samples, rate) = speech.collect_blocking().unwrap();
        write_wav(&path, &samples, rate).unwrap();
        let utterance = whole(&read_file(&path).unwrap().frames, &Endpointing::default());
        let text = utterance.map_or_else(String::new, |utterance| {
            seconds += utterance.duration().as_secs_f64();
            whisper.recognize(&utterance, &CancellationToken::new()).unwrap().text
        });
        let (wanted, got) = (words(said), words(&text));
        let off = strsim::generic_levenshtein(&wanted, &got);
        if off > 0 {
            println!("{off} of {:>2}: {said:?} heard as {text:?}", wanted.len());
        }
        wrong += off;
        all += wanted.len();
    }
    let rate = f64::from(u32::try_from(wrong).unwrap()) / f64::from(u32::try_from(all).unwrap()) * 100.0;
    println!("{count} sentences, {seconds:.0} s of speech: {wrong} of {all} words wrong, {rate:.1} %");
    assert!(rate <= 8.0, "more than 8 % of the words are heard wrong");
}

/// Words alone, small. Whisper is American, and writes small numbers as digits.
fn words(text: &str) -> Vec<String> {
    let kept: String =
        text.to_lowercase().chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    kept.split_whitespace().map(str::to_owned).collect()
}

fn median(mut act: impl FnMut(u64)) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|run| {
            let begun = Instant::now();
            act(run);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn tell(name: &str, theirs: Duration, ours: Duration) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("{name:<40} {:>11.1} ms {:>11.1} ms {ratio:>6.1}x", milliseconds(theirs), milliseconds(ours));
}
