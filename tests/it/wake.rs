//! The wake word on real recordings: heard in them, and not in other speech.

use std::path::{Path, PathBuf};

use ask_nix::assistant::spot;
use ask_nix::audio::{FRAME_SAMPLES, Frame, SAMPLE_RATE, read_file};
use ask_nix::ears::{Detector, Network, Threshold, WakeFiles};
use ask_nix::models::find;
use ask_nix::recognize::{Recognizer, Settings};
use tokio_util::sync::CancellationToken;

use super::support::{models, shared_data};

fn detector() -> Option<Detector> {
    let folder = models()?;
    let path = |name| find(name).unwrap().path(&folder);
    let files = WakeFiles {
        melspectrogram: path("wake-melspectrogram"),
        embedding: path("wake-embedding"),
        runtime: path("onnxruntime"),
    };
    if [&files.melspectrogram, &files.embedding, &files.runtime].iter().any(|file| !file.is_file()) {
        skip!("the wake word's models are not fetched");
        return None;
    }
    let networks = vec![Network::computer().unwrap()];
    Some(Detector::load(&files, networks, Threshold::of_sensitivity(0.5)).unwrap())
}

fn recordings(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn the_word_is_heard_and_other_speech_is_not() {
    let (Some(mut detector), Some(data)) = (detector(), shared_data()) else { return };
    let words = recordings(&data.join("wake/positive/wake-word-benchmark"));
    let heard = words.iter().filter(|file| detector.spot(&read_file(file).unwrap().frames).len() == 1).count();
    assert!(heard * 100 >= words.len() * 95, "{heard} of {}", words.len());
    let mut others = recordings(&data.join("speech/negative"));
    others.extend(
        ["alexa", "jarvis", "snowboy"].iter().flat_map(|word| recordings(&data.join("wake/negative").join(word))),
    );
    for file in others {
        let found = detector.spot(&read_file(&file).unwrap().frames);
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

/// The recogniser looks again at what the network takes for the word, which then may hear more.
#[test]
fn two_stages_hear_more_and_are_deceived_less() {
    let (Some(detector), Some(data), Some(folder)) = (detector(), shared_data(), models()) else { return };
    let model = folder.join("ggml-base.en.bin");
    if !model.is_file() {
        skip!("no {}", model.display());
        return;
    }
    let mut detector = detector.with_second_stage();
    let mut recognizer = Recognizer::load(&model, Settings::default()).unwrap();
    let mut heard = |file: &Path| {
        let recording = read_file(file).unwrap();
        let found = spot(&mut detector, &mut recognizer, &recording.frames, &CancellationToken::new()).unwrap();
        found.iter().filter(|found| found.score >= 0.5).count()
    };
    let mut words = recordings(&data.join("wake/positive/precise-heycomputer"));
    words.extend(recordings(&data.join("wake/positive/wake-word-benchmark")).into_iter().take(10));
    let right = words.iter().filter(|file| heard(file) == 1).count();
    assert!(right * 100 >= words.len() * 90, "{right} of {}", words.len());
    for folder in ["wake/negative/alexa", "wake/negative/not-wake-words", "speech/negative"] {
        for file in
            recordings(&data.join(folder)).iter().filter(|file| file.extension().is_some_and(|e| e == "flac")).take(8)
        {
            assert_eq!(heard(file), 0, "{}", file.display());
        }
    }
}

/// A stream has no beginning that the word could be lined up with.
#[test]
fn it_is_heard_once_wherever_it_begins_and_rests_afterwards() {
    let (Some(mut detector), Some(data)) = (detector(), shared_data()) else { return };
    let file = &recordings(&data.join("wake/positive/wake-word-benchmark"))[3];
    let word = read_file(file).unwrap().frames;
    for pause in [0, 1, 2, 3, 4, 7, 61] {
        let silence = vec![Frame::SILENCE; pause + 120];
        let stream = silence.iter().chain(&word).chain(&silence);
        let found: Vec<_> = stream.filter_map(|frame| detector.next(frame)).collect();
        assert_eq!(found.len(), 1, "after {pause} frames");
        assert!(found[0].score > 0.5);
    }
    let seconds = (word.len() * FRAME_SAMPLES) as u64 / u64::from(SAMPLE_RATE);
    let found = detector.spot(&word);
    assert!(found.len() == 1 && found[0].at.as_secs() <= seconds, "{found:?}");
}

#[test]
fn silence_noise_and_wild_samples_are_no_word() {
    let Some(mut detector) = detector() else { return };
    let mut state = 1_u32;
    for frame in 0..2000 {
        let frame = Frame(std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            #[expect(clippy::cast_precision_loss, reason = "noise")]
            let noise = state as f32 / u32::MAX as f32 * 2.0 - 1.0;
            match frame / 500 {
                0 => 0.0,
                1 => noise * 0.1,
                2 => noise * 100.0,
                _ => {
                    if state.is_multiple_of(97) {
                        f32::NAN
                    } else {
                        noise
                    }
                }
            }
        }));
        assert_eq!(detector.next(&frame), None);
    }
}
