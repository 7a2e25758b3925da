//! The voice: how soon the first sound is there, against Piper's own way of making the whole text first.
//!
//! `cargo bench --bench voice`. Says so and ends where there is no voice.
#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

use std::time::{Duration, Instant};

use ask_nix::config::Dirs;
use ask_nix::models::find;
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
    let speaker = Speaker::start_blocking(files.clone()).unwrap();
    let mut whole = Voice::load(&files).unwrap();
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
            drop(whole.say(&text(run + 100), 1.0).unwrap());
        });
        let ours = median(|run| {
            let mut speech = speaker.speak(&text(run + 200), 1.0, CancellationToken::new());
            assert!(runtime.block_on(speech.next()).unwrap().is_ok());
        });
        tell(name, theirs, ours);
    }
    let theirs = median(|_| drop(whole.say("Done.", 1.0).unwrap()));
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
    let theirs = median(|_| drop(whole.say("That is done.", 1.0).unwrap()));
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
