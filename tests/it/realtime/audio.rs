//! Capture and playback against a real sound server.
//!
//! The server is private to each test, and the sound system is chosen by the environment: so each
//! test runs its work in a process of its own, which is this very binary with one ignored test.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ask_nix::audio::{
    AudioError, Capture, Direction, Ended, Player, SAMPLE_RATE, Signal, devices, read_file, write_wav,
};
use ask_nix::fault::Explain;

use super::rig::Rig;
use crate::ears::{chirp, correlation, samples};

fn passed(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("1 passed"), "the inner test did not run: {out}");
    format!("{out}{err}")
}

fn words() -> Vec<String> {
    std::env::var("RIG_WORDS").unwrap().split('|').map(str::to_owned).collect()
}

#[test]
fn what_is_spoken_into_the_microphone_arrives_whole_over_both_sound_systems() {
    let Some(rig) = Rig::start() else { return };
    let sound = rig.folder.path().join("chirp.wav");
    write_wav(&sound, &chirp(48_000), 48_000).unwrap();
    for device in ["", "Mic", "alsa:default"] {
        let child = rig.inside("realtime::audio::inside_capture", &format!("{device}|4|captured.wav"));
        rig.wait_for("ready");
        assert!(rig.speak(&sound).wait().unwrap().success());
        let told = passed(child);
        let captured = samples(&read_file(&rig.folder.path().join("captured.wav")).unwrap().frames);
        let found = correlation(&captured, &chirp(SAMPLE_RATE));
        eprintln!(
            "{device:?}: correlation {found:.4}; {}",
            told.lines().find(|l| l.contains("Stats") || l.contains("opened")).unwrap_or("")
        );
        assert!(found > 0.98, "{device:?}: {found}\n{told}");
    }
}

/// Records `seconds` from `device` into `file`.
#[test]
#[ignore = "runs inside the rig"]
fn inside_capture() {
    let words = words();
    let began = Instant::now();
    let mut capture = Capture::open(Some(&words[0])).unwrap();
    assert!(matches!(capture.next_blocking(), Some(Signal::Frame(_))));
    println!("opened, and the first frame is there, after {:?}", began.elapsed());
    std::fs::write("ready", "").unwrap();
    let until = Instant::now() + Duration::from_secs(words[1].parse().unwrap());
    let mut got = Vec::new();
    while Instant::now() < until {
        match capture.next_blocking().unwrap() {
            Signal::Frame(captured) => got.extend(captured.frame.0),
            other => panic!("{other:?}"),
        }
    }
    let stats = capture.stats();
    println!("{:?} {stats:?}", capture.device());
    assert_eq!((stats.overrun, stats.dropped), (0, 0));
    write_wav(Path::new(&words[2]), &got, SAMPLE_RATE).unwrap();
}

#[test]
fn what_is_played_comes_out_of_the_speaker_and_stops_at_once() {
    let Some(rig) = Rig::start() else { return };
    for device in ["", "alsa:default"] {
        let raw = rig.folder.path().join("spoken.raw");
        let mut recorder = rig
            .command("parec")
            .args([
                "--device=speaker.monitor",
                "--rate=16000",
                "--channels=1",
                "--format=float32le",
                "--latency-msec=20",
            ])
            .stdout(std::fs::File::create(&raw).unwrap())
            .spawn()
            .unwrap();
        // The server takes more than a second to let the first recorder hear.
        let until = Instant::now() + Duration::from_secs(20);
        while std::fs::metadata(&raw).unwrap().len() == 0 {
            assert!(Instant::now() < until, "nothing is recorded");
            std::thread::sleep(Duration::from_millis(50));
        }
        let told = passed(rig.inside("realtime::audio::inside_play", device));
        recorder.kill().unwrap();
        recorder.wait().unwrap();
        let bytes = std::fs::read(&raw).unwrap();
        let heard: Vec<f32> = bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
        let found = correlation(&heard, &chirp(SAMPLE_RATE));
        let told: Vec<_> =
            told.lines().filter(|line| line.contains("first sample") || line.contains("opened")).collect();
        eprintln!("{device:?}: correlation {found:.4}; {told:?}");
        assert!(found > 0.98, "{device:?}: {found}");
        // The chirp (2 s), and of the ten seconds of tone only the first part: it was stopped after 0.5 s.
        let loud = heard.chunks(160).filter(|part| part.iter().any(|sample| sample.abs() > 0.15)).count();
        let tone = heard
            .chunks(160)
            .skip_while(|p| p.iter().all(|s| s.abs() < 0.45))
            .take_while(|p| p.iter().any(|s| s.abs() > 0.45))
            .count();
        eprintln!("loud {loud} pieces of 10 ms, of the stopped tone {tone}");
        assert!((35..=65).contains(&tone), "stopped late or never begun: {tone} pieces of 10 ms");
    }
}

#[test]
#[ignore = "runs inside the rig"]
fn inside_play() {
    let player = Player::open(Some(&words()[0])).unwrap();
    // A sound server takes its time to start the first stream; the assistant opens the speaker early.
    let opened = Instant::now();
    assert_eq!(player.queue(vec![0.0; 480], 48_000).ended_blocking(), Ok(Ended::Whole));
    println!("opened, and the first sound is through, after {:?}", opened.elapsed());
    let began = Instant::now();
    let mut playing = player.queue(chirp(22_050), 22_050);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(playing.ended()), Ok(Ended::Whole));
    let first = playing.first_sample().unwrap() - began;
    let whole = began.elapsed();
    println!("first sample after {first:?}, all heard after {whole:?}");
    // Generous: what is checked is that it was played in its own time; how fast it begins is measured elsewhere.
    assert!(first < Duration::from_secs(4) && whole > Duration::from_millis(1950), "{first:?} {whole:?}");
    let tone = player.queue(vec![0.0; 4800].into_iter().chain((0..480_000).map(square)).collect(), 48_000);
    std::thread::sleep(Duration::from_millis(600));
    assert!(player.is_sounding());
    let asked = Instant::now();
    player.stop();
    assert_eq!(tone.ended_blocking(), Ok(Ended::Stopped));
    assert!(asked.elapsed() < Duration::from_millis(100));
    player.drain_blocking();
    assert!(!player.is_sounding());
    std::thread::sleep(Duration::from_millis(300));
}

fn square(n: u32) -> f32 {
    if (n / 60).is_multiple_of(2) { 0.6 } else { -0.6 }
}

#[test]
fn devices_are_listed_with_their_defaults() {
    let Some(rig) = Rig::start() else { return };
    passed(rig.inside("realtime::audio::inside_list", ""));
}

#[test]
#[ignore = "runs inside the rig"]
fn inside_list() {
    let all = devices().unwrap();
    println!("{all:#?}");
    let mic = all.iter().find(|device| device.name == "Mic").unwrap();
    assert!(mic.default && mic.direction == Direction::Input && mic.rate == 48_000);
    let speaker = all.iter().find(|device| device.name == "Speaker").unwrap();
    assert!(speaker.default && speaker.direction == Direction::Output);
    assert!(Capture::open(Some(&mic.id)).is_ok(), "by stable id");
    let missing = Capture::open(Some("Nobody's microphone")).map(|_| ()).unwrap_err();
    assert!(matches!(missing, AudioError::NotFound { .. }), "{missing:?}");
}

#[test]
fn a_sound_server_that_dies_is_told_and_recovered_from() {
    let Some(rig) = Rig::start() else { return };
    for device in ["", "alsa:default"] {
        let child = rig.inside("realtime::audio::inside_lose", device);
        rig.wait_for("ready");
        std::thread::sleep(Duration::from_millis(500));
        rig.stop_server();
        std::thread::sleep(Duration::from_secs(3));
        rig.start_server();
        let told = passed(child);
        eprintln!("{device:?}: {:?}", told.lines().filter(|line| line.contains("ost after")).collect::<Vec<_>>());
    }
}

#[test]
#[ignore = "runs inside the rig"]
fn inside_lose() {
    let mut capture = Capture::open(Some(&words()[0])).unwrap();
    assert!(matches!(capture.next_blocking(), Some(Signal::Frame(_))));
    let player = Player::open(Some(&words()[0])).unwrap();
    let began = Instant::now();
    let long = player.queue(vec![0.1; 48_000 * 20], 48_000);
    let mut lost = false;
    std::fs::write("ready", "").unwrap();
    loop {
        assert!(began.elapsed() < Duration::from_secs(25), "not recovered; lost: {lost}");
        match capture.next_blocking().unwrap() {
            Signal::Frame(_) => {}
            Signal::Lost(error) => {
                println!("lost after {:?}: {}", began.elapsed(), error.fault().spoken());
                lost = true;
            }
            Signal::Back(device) => {
                println!("back, was lost after all {:?}: {device:?}", began.elapsed());
                break;
            }
        }
    }
    assert!(lost);
    assert!(matches!(capture.next_blocking(), Some(Signal::Frame(_))));
    let error = long.ended_blocking().unwrap_err();
    println!("speaker: {error}");
    let until = Instant::now() + Duration::from_secs(10);
    while player.queue(vec![0.1; 4800], 48_000).ended_blocking() != Ok(Ended::Whole) {
        assert!(Instant::now() < until, "the speaker did not come back");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn without_any_sound_system_both_ends_say_so_fast_and_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "realtime::audio::inside_nothing"]);
    let nowhere = folder.path().join("nothing");
    command.env("PULSE_SERVER", format!("unix:{}", nowhere.display())).env("XDG_RUNTIME_DIR", &nowhere);
    // The system's own ALSA configuration: its default leads to no card here, or to a real one.
    let told = passed(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    assert!(!told.contains("ALSA lib"), "{told}");
}

#[test]
#[ignore = "runs without sound"]
fn inside_nothing() {
    if Path::new("/dev/snd").exists() {
        skip!("this machine has a sound card");
        return;
    }
    let began = Instant::now();
    for error in [Capture::open(None).map(|_| ()).unwrap_err(), Player::open(None).map(|_| ()).unwrap_err()] {
        println!("{}", error.fault().spoken());
        assert!(matches!(error, AudioError::NoDevice { .. }), "{error:?}");
    }
    assert!(devices().unwrap().iter().all(|device| device.rate > 0));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
