//! Recognition: from the end of speech to its transcript, against whisper.cpp as it comes.
//!
//! `cargo bench --bench recognize`. Commands of about two seconds, spoken by Piper. The peer is the same
//! whisper.cpp with the settings of its own command line (`examples/cli/cli.cpp`: the whole context of
//! 30 s, beam search of 5), in the same process, each clip by turns. `-- --peer` measures the peer alone:
//! `scripts/bench` does so in a build with ggml's own defaults. Says so and ends where there are no models.
#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

use std::path::Path;
use std::time::{Duration, Instant};

use ask_nix::audio::{read_file, write_wav};
use ask_nix::config::Dirs;
use ask_nix::ears::{Endpointing, Utterance, whole};
use ask_nix::models::find;
use ask_nix::recognize::{Recognizer, Settings};
use ask_nix::speak::{Voice, VoiceFiles};
use tokio_util::sync::CancellationToken;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

const COMMANDS: [&str; 8] = [
    "List generations.",
    "Search for a web browser.",
    "What is installed?",
    "Roll back to generation three.",
    "How old is my system?",
    "Is firefox installed?",
    "How large is the store?",
    "Describe generation two.",
];
/// Rounds over all commands; the first is not counted.
const ROUNDS: usize = 4;
/// Both sides get as many.
const THREADS: u8 = 2;

fn main() {
    let Some(user) = Dirs::of_user() else {
        eprintln!("skipped: no home folder");
        return;
    };
    let Some(clips) = clips(&user) else {
        eprintln!("skipped: no voice; `ask-nix models fetch` gets one");
        return;
    };
    let seconds: f64 = clips.iter().map(|(_, clip)| clip.duration().as_secs_f64()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a handful of clips")]
    let mean = seconds / clips.len() as f64;
    println!("{} clips of {mean:.1} s in the mean, {THREADS} threads", clips.len());
    println!("{:<12} {:<34} {:>9} {:>9} {:>9} {:>7}", "model", "how", "median", "longest", "right", "ratio");
    let alone = std::env::args().any(|argument| argument == "--peer");
    for name in ["whisper-base.en", "whisper-tiny.en"] {
        let path = find(name).map(|model| model.path(&user.models())).filter(|path| path.is_file());
        let Some(path) = path else {
            eprintln!("skipped: {name} is not there; `ask-nix models fetch {name}`, or scripts/convert-whisper");
            continue;
        };
        measure(name, &path, &clips, alone);
    }
}

fn measure(name: &str, path: &Path, clips: &[(&str, Utterance)], alone: bool) {
    let settings = Settings { threads: THREADS, full_context: false };
    let mut ours = (!alone).then(|| Recognizer::load(path, settings).unwrap());
    whisper_rs::install_logging_hooks();
    let context = WhisperContext::new_with_params(path, WhisperContextParameters::default()).unwrap();
    let mut peer = context.create_state().unwrap();
    let (mut our_times, mut peer_times) = (Times::default(), Times::default());
    for round in 0..ROUNDS {
        for (said, clip) in clips {
            let (heard, took) = timed(|| by_default(&mut peer, &clip.samples));
            // The first round warms the caches.
            if round > 0 {
                peer_times.add(took, said, &heard);
            }
            if let Some(ours) = &mut ours {
                let (heard, took) = timed(|| ours.recognize(clip, &CancellationToken::new()).unwrap().text);
                if round > 0 {
                    our_times.add(took, said, &heard);
                }
            }
        }
    }
    let theirs = peer_times.tell(name, "whisper.cpp's defaults", None);
    if !alone {
        our_times.tell(name, "ask-nix (context that fits)", Some(theirs));
    }
}

/// Whisper as whisper.cpp's own command line runs it.
fn by_default(state: &mut WhisperState, samples: &[f32]) -> String {
    let mut params = FullParams::new(SamplingStrategy::BeamSearch { beam_size: 5, patience: -1.0 });
    params.set_n_threads(THREADS.into());
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    state.full(params, samples).unwrap();
    state.as_iter().map(|segment| segment.to_str_lossy().unwrap().into_owned()).collect()
}

#[derive(Default)]
struct Times {
    all: Vec<Duration>,
    right: usize,
}

impl Times {
    fn add(&mut self, took: Duration, said: &str, heard: &str) {
        self.all.push(took);
        self.right += usize::from(letters(said) == letters(heard));
    }

    fn tell(&mut self, model: &str, how: &str, against: Option<Duration>) -> Duration {
        self.all.sort_unstable();
        let (median, longest) = (self.all[self.all.len() / 2], self.all[self.all.len() - 1]);
        let ratio =
            against.map_or(String::new(), |other| format!("{:.1}x", other.as_secs_f64() / median.as_secs_f64()));
        println!(
            "{model:<12} {how:<34} {:>6.0} ms {:>6.0} ms {:>9} {ratio:>7}",
            median.as_secs_f64() * 1000.0,
            longest.as_secs_f64() * 1000.0,
            format!("{}/{}", self.right, self.all.len()),
        );
        median
    }
}

/// Letters alone, small: Whisper writes "three" as "3" and sets marks of its own.
fn letters(text: &str) -> String {
    let text = text.to_lowercase().replace('3', "three").replace('2', "two");
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = act();
    (done, began.elapsed())
}

/// The commands as a microphone's path would give them.
fn clips(user: &Dirs) -> Option<Vec<(&'static str, Utterance)>> {
    let folder = user.models();
    let file = |name| find(name).map(|model| model.path(&folder)).filter(|path| path.is_file());
    let (model, runtime) = (file("piper-en_US-joe-medium")?, file("onnxruntime")?);
    let mut voice = Voice::load(&VoiceFiles::new(model, runtime, user.espeak_data())).unwrap();
    let path = std::env::temp_dir().join(format!("ask-nix-bench-recognize-{}.wav", std::process::id()));
    let clips = COMMANDS.map(|said| {
        write_wav(&path, &voice.say(said, 1.0).unwrap(), voice.sample_rate()).unwrap();
        (said, whole(&read_file(&path).unwrap().frames, &Endpointing::default()).unwrap())
    });
    let _ = std::fs::remove_file(&path);
    Some(clips.into())
}
