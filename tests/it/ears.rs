//! Sound files of every form, and the ears on real recordings.
#![expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ask_nix::audio::{AudioError, FRAME_SAMPLES, Frame, SAMPLE_RATE, read_file, write_wav};
use ask_nix::ears::{Endpointing, Heard, Listener, Mode, Start, split, whole};
use ask_nix::fault::Explain;

use super::support::shared_data;

/// Two seconds that rise and fall: their place shows in a correlation.
pub fn chirp(rate: u32) -> Vec<f32> {
    let count = rate * 2;
    (0..count)
        .map(|n| {
            let t = f64::from(n) / f64::from(rate);
            let swell = (t * 7.0).sin().abs() * (t * 2.3).cos();
            (0.4 * swell * (std::f64::consts::TAU * (200.0 + 300.0 * t) * t).sin()) as f32
        })
        .collect()
}

/// The best correlation of `part` with any place in `whole`, in steps of one sample, on the envelope first.
pub fn correlation(whole: &[f32], part: &[f32]) -> f32 {
    let score = |at: usize, step: usize| {
        let (mut both, mut one, mut two) = (0.0_f32, 1e-9_f32, 1e-9_f32);
        for (a, b) in whole[at..].iter().zip(part).step_by(step) {
            both += a * b;
            one += a * a;
            two += b * b;
        }
        both / (one * two).sqrt()
    };
    let last = whole.len().saturating_sub(part.len());
    let coarse = (0..=last).max_by(|a, b| score(*a, 37).total_cmp(&score(*b, 37))).unwrap_or(0);
    (coarse.saturating_sub(3)..=(coarse + 3).min(last)).map(|at| score(at, 1)).fold(0.0, f32::max)
}

pub fn samples(frames: &[Frame]) -> Vec<f32> {
    frames.iter().flat_map(|frame| frame.0).collect()
}

fn recordings(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(recordings(&path));
        } else if path.extension().is_some_and(|extension| extension == "flac") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn rate(folder: &Path) -> (usize, usize) {
    let settings = Endpointing::default();
    let (mut found, mut seconds, mut spent) = (0, 0.0, Duration::ZERO);
    let all = recordings(folder);
    for path in &all {
        let recording = read_file(path).unwrap();
        let began = Instant::now();
        let utterance = whole(&recording.frames, &settings);
        spent += began.elapsed();
        seconds += recording.duration().as_secs_f64();
        match utterance {
            Some(_) => found += 1,
            None => eprintln!("  none in {}", path.file_name().unwrap().to_string_lossy()),
        }
    }
    let cost = spent.as_secs_f64() * 1e6 / seconds.max(1e-9);
    eprintln!("{}: {found} of {} have speech; {cost:.0} us a second", folder.display(), all.len());
    (found, all.len())
}

#[test]
fn real_speech_is_found_and_most_noise_is_not() {
    let Some(data) = shared_data() else { return };
    for (set, least) in [
        ("speech/negative", 1.0),
        ("speech/coffee", 0.98),
        ("speech/dictation", 0.98),
        ("speech/words", 0.8),
        ("wake/positive", 0.98),
        ("wake/negative", 0.95),
    ] {
        let (found, all) = rate(&data.join(set));
        assert!(found as f64 >= least * all as f64, "{set}: {found} of {all}");
    }
    let (found, all) = rate(&data.join("noise"));
    assert!(found * 2 <= all, "noise taken for speech: {found} of {all}");
}

#[test]
fn a_listener_hears_what_the_file_reader_hears() {
    let Some(data) = shared_data() else { return };
    let settings = Endpointing::default();
    for path in recordings(&data.join("speech/negative")).iter().take(5) {
        let mut frames = read_file(path).unwrap().frames;
        frames.extend(std::iter::repeat_n(Frame::SILENCE, 100));
        let by_file = split(&frames, &settings);
        let mut listener = Listener::new(Mode::HandsFree, settings);
        let mut by_voice = Vec::new();
        for frame in frames {
            let captured = ask_nix::audio::Captured { frame, at: Instant::now() };
            if let Some(Heard::Ended(utterance)) = listener.next(captured) {
                by_voice.push(utterance);
            }
        }
        assert_eq!(by_file.len(), by_voice.len(), "{}", path.display());
        for (one, two) in by_file.iter().zip(&by_voice) {
            assert_eq!((one.samples.len(), one.voiced), (two.samples.len(), two.voiced));
            assert_eq!((one.start, two.start), (Start::File, Start::Voice));
            assert!(one.samples == two.samples);
        }
    }
}

#[test]
fn a_held_key_gives_one_utterance_with_its_pre_roll_and_silence_gives_none() {
    let Some(data) = shared_data() else { return };
    let settings = Endpointing::default();
    let frames = read_file(&recordings(&data.join("speech/dictation"))[0]).unwrap().frames;
    let mut listener = Listener::new(Mode::Push, settings);
    let hear = |listener: &mut Listener, frame: &Frame| {
        listener.next(ask_nix::audio::Captured { frame: frame.clone(), at: Instant::now() })
    };
    for _ in 0..100 {
        assert!(hear(&mut listener, &Frame::SILENCE).is_none());
    }
    listener.press();
    let mut heard: Vec<Heard> = frames.iter().filter_map(|frame| hear(&mut listener, frame)).collect();
    listener.release();
    heard.extend((0..60).filter_map(|_| hear(&mut listener, &Frame::SILENCE)));
    let [Heard::Ended(utterance)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(utterance.start, Start::Push);
    assert!(utterance.samples.len() + 60 * FRAME_SAMPLES > frames.len() * FRAME_SAMPLES, "something was lost");
    listener.press();
    let mut heard: Vec<Heard> = (0..100).filter_map(|_| hear(&mut listener, &Frame::SILENCE)).collect();
    listener.release();
    heard.extend((0..60).filter_map(|_| hear(&mut listener, &Frame::SILENCE)));
    assert!(matches!(heard.as_slice(), [Heard::Silent]), "{heard:?}");
}

#[test]
fn every_format_of_wav_and_flac_gives_the_same_sound() {
    let folder = tempfile::tempdir().unwrap();
    let want = chirp(SAMPLE_RATE);
    for rate in [8_000, 16_000, 22_050, 44_100, 48_000, 96_000] {
        for channels in [1_u16, 2, 6] {
            for bits in [8_u16, 16, 24, 32, 0] {
                let path = folder.path().join(format!("{rate}-{channels}-{bits}.wav"));
                let float = bits == 0;
                let spec = hound::WavSpec {
                    channels,
                    sample_rate: rate,
                    bits_per_sample: if float { 32 } else { bits },
                    sample_format: if float { hound::SampleFormat::Float } else { hound::SampleFormat::Int },
                };
                let mut writer = hound::WavWriter::create(&path, spec).unwrap();
                let full = f64::from(1_u32 << (u32::from(bits).max(1) - 1)) - 1.0;
                for sample in chirp(rate) {
                    for _ in 0..channels {
                        if float {
                            writer.write_sample(sample).unwrap();
                        } else {
                            writer.write_sample((f64::from(sample) * full).round() as i32).unwrap();
                        }
                    }
                }
                writer.finalize().unwrap();
                check_chirp(&path, &want);
            }
        }
    }
    let source = folder.path().join("44100-2-16.wav");
    for (program, arguments) in [("flac", vec!["-s", "-o", "a.flac"]), ("sox", vec![])] {
        let mut command = Command::new(program);
        command.current_dir(folder.path());
        if program == "sox" {
            command.arg(&source).arg("b.flac");
        } else {
            command.args(arguments).arg(&source);
        }
        if command.status().is_ok_and(|status| status.success()) {
            check_chirp(&folder.path().join(if program == "sox" { "b.flac" } else { "a.flac" }), &want);
        } else {
            skip!("no {program}");
        }
    }
}

fn check_chirp(path: &Path, want: &[f32]) {
    let recording = read_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let got = samples(&recording.frames);
    assert!(got.len().abs_diff(want.len()) <= FRAME_SAMPLES, "{}: {}", path.display(), got.len());
    let found = correlation(&got[..want.len().min(got.len())], &want[..want.len().min(got.len())]);
    assert!(found > 0.985, "{}: {found}", path.display());
}

#[test]
fn what_is_no_sound_is_told_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let good = folder.path().join("good.wav");
    write_wav(&good, &chirp(16_000), 16_000).unwrap();
    let bytes = std::fs::read(&good).unwrap();
    assert!(matches!(read_file(&folder.path().join("missing.wav")), Err(AudioError::Unreadable { .. })));
    assert!(matches!(read_file(folder.path()), Err(AudioError::Unreadable { .. })));
    assert!(matches!(read_file(&file("empty.wav", b"")), Err(AudioError::Empty { .. })));
    assert!(matches!(
        read_file(&file("head.wav", &bytes[..44])),
        Err(AudioError::Damaged { .. } | AudioError::Empty { .. })
    ));
    assert!(matches!(
        read_file(&file("text.wav", b"list generations\n".repeat(100).as_slice())),
        Err(AudioError::NotSound { .. })
    ));
    assert!(matches!(read_file(&file("stub.wav", &bytes[..20])), Err(AudioError::NotSound { .. })));
    let cut = read_file(&file("cut.wav", &bytes[..bytes.len() / 2])).unwrap_err();
    assert!(matches!(cut, AudioError::Damaged { .. }), "{cut:?}");
    assert!(cut.fault().why.contains("0.9 seconds") || cut.fault().why.contains("1.0 seconds"), "{cut:?}");
    // Every beginning of a good file, and noise in its head, gives an answer and no panic.
    for length in (0..200).chain([1000, 5000]) {
        drop(read_file(&file("any.wav", &bytes[..length])));
    }
    for at in 0..60 {
        let mut broken = bytes.clone();
        broken[at] ^= 0xff;
        drop(read_file(&file("any.wav", &broken)));
    }
}
