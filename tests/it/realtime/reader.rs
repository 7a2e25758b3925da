//! Screen readers: a real speech-dispatcher, and a stand-in for Orca on a private D-Bus.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ask_nix::speak::{Reader, ReaderPlaces, Which};
use tokio_util::sync::CancellationToken;

use super::rig::Rig;
use crate::support;

/// A program that goes away with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A speech-dispatcher of its own, speaking by espeak-ng into a virtual loudspeaker; `None` where there is none.
fn dispatcher(rig: &Rig) -> Option<Running> {
    let folder = rig.folder.path();
    let modules = ["/usr/lib/speech-dispatcher-modules", "/usr/lib/x86_64-linux-gnu/speech-dispatcher-modules"];
    let found = modules.iter().any(|folder| Path::new(folder).join("sd_espeak-ng").exists());
    if !found {
        skip!("no speech-dispatcher with espeak-ng");
        return None;
    }
    fs::create_dir_all(folder.join("conf/modules")).unwrap();
    fs::write(
        folder.join("conf/speechd.conf"),
        "LogLevel 3\nAudioOutputMethod \"pulse\"\nDefaultModule espeak-ng\nAddModule \"espeak-ng\" \"sd_espeak-ng\" \"\"\nDisableAutoSpawn\n",
    )
    .unwrap();
    let child = rig
        .command("speech-dispatcher")
        .arg("--run-single")
        .args(["--communication-method", "unix_socket", "--timeout", "0"])
        .arg("--socket-path")
        .arg(folder.join("speechd.sock"))
        .arg("--config-dir")
        .arg(folder.join("conf"))
        .arg("--log-dir")
        .arg(folder)
        .arg("--pid-file")
        .arg(folder.join("pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child);
    let until = Instant::now() + Duration::from_secs(10);
    while !folder.join("speechd.sock").exists() {
        assert!(Instant::now() < until, "speech-dispatcher does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(running)
}

#[test]
fn speech_dispatcher_speaks_and_falls_silent() {
    let Some(rig) = Rig::start() else { return };
    let Some(_running) = dispatcher(&rig) else { return };
    let folder = &rig.folder;
    let places = ReaderPlaces { bus: None, dispatcher: Some(folder.path().join("speechd.sock")) };
    runtime().block_on(async {
        let reader = Reader::find(Which::SpeechDispatcher, &places).await.expect("it runs");
        assert_eq!(reader.name(), "speech-dispatcher");
        let never = CancellationToken::new();
        // Lines that begin with dots are words like others.
        for text in ["There are four generations.", "one\n. two\n.. three"] {
            tokio::time::timeout(Duration::from_secs(20), reader.say(text, 1.0, &never)).await.unwrap().unwrap();
        }
        let cancel = CancellationToken::new();
        let (stop, text) = (cancel.clone(), "A long sentence. ".repeat(200));
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stop.cancel();
        });
        tokio::time::timeout(Duration::from_secs(20), reader.say(&text, 1.0, &cancel)).await.unwrap().unwrap();
        tokio::time::timeout(Duration::from_secs(20), reader.say("Done.", 1.0, &never)).await.unwrap().unwrap();
    });
    let log = fs::read_to_string(folder.path().join("speech-dispatcher.log")).unwrap_or_default();
    eprintln!("{} lines of its log", log.lines().count());
}

/// What Orca's service is to us: it takes messages.
struct Orca(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.gnome.Orca1.Service")]
impl Orca {
    fn present_message(&self, message: String) -> bool {
        self.0.lock().unwrap().push(message);
        true
    }
}

/// A D-Bus of its own, and its address.
fn bus() -> Option<(Running, String)> {
    let spawned = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--print-address"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        skip!("no dbus-daemon");
        return None;
    };
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    Some((Running(child), address.trim().to_owned()))
}

/// The stand-in, as long as the value lives.
async fn orca(address: &str, said: &Arc<Mutex<Vec<String>>>) -> zbus::Connection {
    let builder = zbus::connection::Builder::address(address).unwrap().name("org.gnome.Orca1.Service").unwrap();
    builder.serve_at("/org/gnome/Orca1/Service", Orca(Arc::clone(said))).unwrap().build().await.unwrap()
}

#[test]
fn orca_takes_the_message_where_it_runs() {
    let Some((_running, address)) = bus() else { return };
    runtime().block_on(async {
        let places = ReaderPlaces { bus: Some(address.clone()), dispatcher: None };
        assert!(Reader::find(Which::Any, &places).await.is_none(), "it does not run yet");
        let said = Arc::new(Mutex::new(Vec::new()));
        let _orca = orca(&address, &said).await;
        let reader = Reader::find(Which::Any, &places).await.expect("it runs");
        assert_eq!(reader.name(), "Orca");
        reader.say("Done.", 1.0, &CancellationToken::new()).await.unwrap();
        let cancelled = CancellationToken::new();
        cancelled.cancel();
        let begun = Instant::now();
        reader.say(&"word ".repeat(100), 1.0, &cancelled).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(3), "it waits for the end of what was cut");
        assert_eq!(said.lock().unwrap().first().map(String::as_str), Some("Done."));
    });
}

/// The whole program: the answer goes to Orca, without a loudspeaker of our own and without a second voice.
#[test]
fn answers_go_to_the_screen_reader() {
    let (Some(_), Some((_running, address))) = (support::user_with_nix(), bus()) else { return };
    let said = Arc::new(Mutex::new(Vec::new()));
    let runtime = runtime();
    let _orca = runtime.block_on(orca(&address, &said));
    let output = Command::new(env!("CARGO_BIN_EXE_ask-nix"))
        .args(["--demo", "--speak", "how old is my system"])
        .env("DBUS_SESSION_BUS_ADDRESS", &address)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = said.lock().unwrap();
    assert!(said.iter().any(|text| text.contains("Your system is")), "{said:?}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
