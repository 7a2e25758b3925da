//! Wording and the Piper voice.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use ask_nix::audio::read_file;
use ask_nix::fault::Explain;
use ask_nix::speak::{SpeakError, Speaker, VoiceFiles};
use tokio_util::sync::CancellationToken;

/// The voice of the models folder, or `None` with a word about it.
fn voice() -> Option<VoiceFiles> {
    let dirs = ask_nix::config::Dirs::of_user()?;
    let models = dirs.models();
    let runtime = std::fs::read_dir(&models).ok().and_then(|entries| {
        let mut files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libonnxruntime")))
    });
    let model = models.join("en_US-joe-medium.onnx");
    match runtime {
        Some(runtime) if model.is_file() => Some(VoiceFiles::new(model, runtime, dirs.espeak_data())),
        _ => {
            skip!("no Piper voice or no ONNX Runtime in {}", models.display());
            None
        }
    }
}

fn rms(samples: &[f32]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand samples")]
    let count = samples.len().max(1) as f32;
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / count).sqrt()
}

fn seconds(samples: &[f32], rate: u32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand samples")]
    let (count, rate) = (samples.len() as f32, rate as f32);
    count / rate
}

const LONG: &str = "There are 16 generations. Generation 107, from yesterday evening, is the current one. The others are \
                    106 from 3 days ago, 105 from a week ago, 104 from 2 weeks ago and 12 more. The store takes 12 \
                    gigabytes, for 48,213 paths. I found 12 results for web browser. The first is firefox: a web \
                    browser built from the Firefox source tree.";

#[test]
fn speech_has_sound_of_the_right_length() {
    let Some(files) = voice() else { return };
    let begun = Instant::now();
    let speaker = Speaker::start_blocking(files).unwrap();
    eprintln!("loading: {:?}", begun.elapsed());
    let say = |text: &str, rate| speaker.speak(text, rate, CancellationToken::new()).collect_blocking().unwrap();

    let (done, rate) = say("Done.", 1.0);
    assert!((0.2..1.5).contains(&seconds(&done, rate)), "{} s", seconds(&done, rate));
    assert!(rms(&done) > 0.01, "silent: {}", rms(&done));

    let (long, _) = say(LONG, 1.0);
    assert!((18.0..40.0).contains(&seconds(&long, rate)), "{} s", seconds(&long, rate));
    assert!(rms(&long) > 0.02 && long.iter().all(|sample| sample.abs() <= 1.0), "{}", rms(&long));

    // Faster and slower speech is as much shorter and longer.
    let length = |speed| seconds(&say("The system was rolled back to generation 106, from 3 days ago.", speed).0, rate);
    let (slow, normal, fast) = (length(0.5), length(1.0), length(3.0));
    assert!(slow > normal * 1.6 && fast < normal * 0.5, "{slow} {normal} {fast}");

    assert!(say("", 1.0).0.is_empty() && say(" \n\u{7}\u{1f680} ", 1.0).0.is_empty());
}

#[test]
fn the_first_sound_comes_before_the_last_sentence_is_made() {
    let Some(files) = voice() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let speaker = Speaker::start(files).await.unwrap();
        for text in ["Warming up.", "Done.", LONG] {
            let begun = Instant::now();
            let mut speech = speaker.speak(text, 1.0, CancellationToken::new());
            let mut first = None;
            let mut chunks = 0;
            while let Some(chunk) = speech.next().await {
                chunk.unwrap();
                chunks += 1;
                first.get_or_insert_with(|| begun.elapsed());
            }
            let (first, all) = (first.unwrap(), begun.elapsed());
            eprintln!("{} characters in {chunks} pieces: first samples after {first:?}, all after {all:?}", text.len());
            if text == LONG {
                assert!(chunks > 4 && first < all / 3, "{first:?} of {all:?}");
            }
        }
        // Said again, a short phrase is at hand.
        let begun = Instant::now();
        assert!(speaker.speak("Done.", 1.0, CancellationToken::new()).next().await.is_some());
        eprintln!("a kept phrase: {:?}", begun.elapsed());
    });
}

#[test]
fn a_cancelled_speech_ends_at_once_and_the_next_one_is_spoken() {
    let Some(files) = voice() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let speaker = Speaker::start(files).await.unwrap();
        let cancel = CancellationToken::new();
        let mut speech = speaker.speak(LONG, 1.0, cancel.clone());
        assert!(speech.next().await.is_some());
        cancel.cancel();
        let begun = Instant::now();
        assert!(speech.next().await.is_none());
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        // The old speech is still held, and nobody takes its pieces: it must not hold up the next one.
        let mut next = speaker.speak("Stopped.", 1.0, CancellationToken::new());
        assert!(next.next().await.unwrap().is_ok());
        // A speech that is dropped is no hindrance either.
        drop(speaker.speak(LONG, 1.0, CancellationToken::new()));
        assert!(speaker.speak("Done.", 1.0, CancellationToken::new()).next().await.unwrap().is_ok());
    });
}

#[test]
fn a_missing_or_damaged_voice_is_told_and_nothing_dies() {
    let Some(files) = voice() else { return };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let refused = |files: VoiceFiles| Speaker::start_blocking(files).unwrap_err();

    let missing = refused(VoiceFiles { model: at("none.onnx"), ..files.clone() });
    assert!(matches!(missing, SpeakError::Missing { .. }), "{missing}");

    let whole = std::fs::read(&files.model).unwrap();
    std::fs::write(at("short.onnx"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(at("noise.onnx"), "this is no network").unwrap();
    std::fs::write(at("noise.json"), "{\"audio\": 7").unwrap();
    for model in ["short.onnx", "noise.onnx"] {
        let damaged = refused(VoiceFiles { model: at(model), ..files.clone() });
        assert!(matches!(damaged, SpeakError::Voice { .. }), "{damaged}");
    }
    let damaged = refused(VoiceFiles { description: at("noise.json"), ..files.clone() });
    assert!(matches!(damaged, SpeakError::Voice { .. }), "{damaged}");

    for error in [missing, damaged] {
        let fault = error.fault();
        for part in [&fault.what, &fault.why, &fault.hint] {
            assert!(part.ends_with('.') && !part.contains("onnx"), "{part}");
        }
    }
    // And a good voice still loads afterwards.
    assert!(Speaker::start_blocking(files).is_ok());
}

/// A network that is sound, but is no Piper voice.
#[test]
fn another_network_is_no_voice() {
    let Some(files) = voice() else { return };
    let other: PathBuf = files.model.with_file_name("embedding_model.onnx");
    if !other.is_file() {
        skip!("no {}", other.display());
        return;
    }
    let error = Speaker::start_blocking(VoiceFiles { model: other, ..files }).unwrap_err();
    assert!(matches!(error, SpeakError::Voice { .. }), "{error}");
}

/// Without Piper's files nobody is left in silence: the spare voice speaks, and it is said why.
#[test]
fn a_missing_voice_is_stood_in_for() {
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("said.wav");
    let output = Command::new(env!("CARGO_BIN_EXE_ask-nix"))
        .args(["say", "There are four generations.", "--out"])
        .arg(&wav)
        .env("ASK_NIX_MODELS", dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("spare voice") && told.contains("models fetch"), "{told}");
    let said = read_file(&wav).unwrap();
    assert!(said.duration() > Duration::from_secs(1), "{:?}", said.duration());
}
