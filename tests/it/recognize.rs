//! Recognition with the real model: what is no speech gives no words, and what is no model is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ask_nix::audio::{SAMPLE_RATE, read_file};
use ask_nix::ears::{Endpointing, Start, Utterance, whole};
use ask_nix::recognize::{RecognizeError, Recognizer, Settings};
use tokio_util::sync::CancellationToken;

use crate::support;

/// One thread, so that tests beside each other do not slow each other down.
const SETTINGS: Settings = Settings { threads: 1, full_context: false };

fn model() -> Option<PathBuf> {
    let path = support::models()?.join("ggml-base.en.bin");
    if path.is_file() {
        return Some(path);
    }
    skip!("no {}", path.display());
    None
}

/// What a voice detector that was fooled would hand over.
fn utterance(samples: Vec<f32>) -> Utterance {
    Utterance {
        samples,
        start: Start::Push,
        speech_ended: Instant::now(),
        voiced: Duration::from_secs(1),
        word_ends: None,
    }
}

fn refusal(path: &Path) -> RecognizeError {
    match Recognizer::load(path, SETTINGS) {
        Ok(_) => panic!("{} was loaded", path.display()),
        Err(error) => error,
    }
}

#[test]
fn what_is_no_whole_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    assert!(matches!(refusal(&path), RecognizeError::Missing(_)));
    fs::write(&path, "no model at all").unwrap();
    assert!(matches!(refusal(&path), RecognizeError::NotAModel(_)));
    let Some(model) = model() else { return };
    fs::copy(model, &path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for cut in [1, 1 << 20] {
        file.set_len(file.metadata().unwrap().len() - cut).unwrap();
        assert!(matches!(refusal(&path), RecognizeError::Damaged(_)), "{cut} bytes short");
    }
}

#[test]
fn silence_and_hiss_are_no_words_even_where_the_key_is_held() {
    let Some(model) = model() else { return };
    let mut recognizer = Recognizer::load(&model, SETTINGS).unwrap();
    let cancel = CancellationToken::new();
    let length = SAMPLE_RATE as usize * 2;
    // A fixed linear congruential generator: the same hiss in every run.
    let mut seed = 1_u32;
    let mut hiss = |level: f32| -> Vec<f32> {
        (0..length)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (f32::from(u8::try_from(seed >> 24).unwrap()) / 127.5 - 1.0) * level
            })
            .collect()
    };
    for samples in [vec![0.0; length], hiss(0.01), hiss(0.3), Vec::new(), vec![f32::NAN; length]] {
        let heard = recognizer.recognize(&utterance(samples), &cancel).unwrap();
        assert!(heard.is_silence(), "{heard:?}");
    }
}

#[test]
fn a_cancelled_recognition_ends_at_once_and_the_model_serves_on() {
    let Some(model) = model() else { return };
    let Some(data) = support::shared_data() else { return };
    let mut recognizer = Recognizer::load(&model, SETTINGS).unwrap();
    let mut clips: Vec<PathBuf> =
        fs::read_dir(data.join("speech/coffee")).unwrap().map(|entry| entry.unwrap().path()).collect();
    clips.retain(|path| path.extension().is_some_and(|ending| ending == "flac"));
    clips.sort();
    let speech = whole(&read_file(clips.first().unwrap()).unwrap().frames, &Endpointing::default()).unwrap();
    let cancel = CancellationToken::new();
    let other = cancel.clone();
    let timer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        other.cancel();
    });
    let ended = recognizer.recognize(&speech, &cancel);
    timer.join().unwrap();
    assert!(matches!(ended, Err(RecognizeError::Cancelled)), "{ended:?}");
    let heard = recognizer.recognize(&speech, &CancellationToken::new()).unwrap();
    assert!(!heard.is_silence());
}

#[test]
fn a_famous_sentence_is_heard_word_for_word() {
    let Some(model) = model() else { return };
    let path = model.with_file_name("jfk.wav");
    if !path.is_file() {
        skip!("no {}", path.display());
        return;
    }
    let speech = whole(&read_file(&path).unwrap().frames, &Endpointing::default()).unwrap();
    let heard = Recognizer::load(&model, SETTINGS).unwrap().recognize(&speech, &CancellationToken::new()).unwrap();
    let words: String = heard.text.to_lowercase().chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    assert_eq!(
        words.trim(),
        "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
    );
}

#[test]
fn what_was_said_outweighs_what_was_not() {
    let Some(model) = model() else { return };
    let Some(data) = support::shared_data() else { return };
    // A clip of the coffee shop, by its label: a medium roast iced coffee with milk.
    let path = data.join("speech/coffee/05984e70-4ec7-4aaa-af56-8dbacf982486.flac");
    let speech = whole(&read_file(&path).unwrap().frames, &Endpointing::default()).unwrap();
    let (mut recognizer, cancel) = (Recognizer::load(&model, SETTINGS).unwrap(), CancellationToken::new());
    let mut heard = recognizer.recognize(&speech, &cancel).unwrap();
    let sentences = [
        "make me a dark roast espresso with sugar",
        "make me a medium roast house coffee with milk",
        "make me a medium roast iced coffee with milk",
        "list the generations",
    ]
    .map(str::to_owned);
    recognizer.weigh(&mut heard, &sentences, &cancel).unwrap();
    assert_eq!(heard.alternatives.first().unwrap().text, sentences[2], "{heard:?}");
    // What is far behind is not even weighed to its end.
    assert!(heard.alternatives.iter().all(|other| other.text != sentences[3]), "{heard:?}");
    cancel.cancel();
    assert!(matches!(recognizer.weigh(&mut heard, &sentences, &cancel), Err(RecognizeError::Cancelled)));
}
