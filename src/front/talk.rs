//! `ask-nix talk`: push-to-talk from a compositor's key binding, over the listening service's socket.
//!
//! One word a connection, answered by one line. The socket lies in the user's own runtime folder; nobody else reaches it.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::assistant::Listening;
use crate::fault::{Fault, Kind};

use super::Done;
use super::ask::runtime;
use super::scene::Scene;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Key {
    /// The key went down: hear from now on.
    Start,
    /// The key went up: what was said is taken.
    Stop,
    /// Start, or stop where it was started: for keys that only tell when they go down.
    Toggle,
    /// Forget what was said.
    Cancel,
}

const KEYS: [(&str, Key); 4] =
    [("start", Key::Start), ("stop", Key::Stop), ("toggle", Key::Toggle), ("cancel", Key::Cancel)];
/// The service answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(2);
/// No word of the protocol is longer.
const LONGEST: u64 = 16;

fn socket(scene: &Scene) -> PathBuf {
    scene.dirs.runtime().join("talk.sock")
}

/// Tells the listening service about a key.
pub fn talk(scene: &Scene, key: Key) -> Done {
    let word = KEYS.iter().find(|(_, known)| *known == key).map_or("cancel", |(word, _)| word);
    let path = socket(scene);
    let told = runtime()?.block_on(async { tokio::time::timeout(PATIENCE, ask(&path, word)).await });
    match told {
        Ok(Ok(answer)) if answer.trim() == "ok" => Ok(()),
        Ok(Ok(answer)) if answer.trim() == "deaf" => Err(silent("It has no microphone.").into()),
        Ok(Ok(_)) => Err(silent("It did not understand me.").into()),
        Ok(Err(_)) => Err(silent("Nothing answers on its socket.").into()),
        Err(_) => Err(silent("It does not answer.").into()),
    }
}

fn silent(why: &str) -> Fault {
    Fault::new(Kind::Failed, "I am not listening.", why, "Start ask-nix listen, and press the key again.")
}

async fn ask(path: &Path, word: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(path).await?;
    stream.write_all(format!("{word}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut answer).await?;
    Ok(answer)
}

/// Takes keys over the socket until `cancel`. Where the socket cannot be made the other ways to talk go on.
pub fn serve(scene: &Scene, listening: watch::Receiver<Option<Listening>>, cancel: CancellationToken) {
    let path = socket(scene);
    tokio::spawn(async move {
        match open(&path).await {
            Ok(listener) => {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = accept(&listener, &listening) => {}
                }
                let _ = std::fs::remove_file(&path);
            }
            Err(error) => tracing::warn!(target: "front.talk", %error, path = %path.display(), "no key can be taken"),
        }
    });
}

async fn open(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if UnixStream::connect(path).await.is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another ask-nix listens already"));
    }
    // What is left of one that was killed.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn accept(listener: &UnixListener, listening: &watch::Receiver<Option<Listening>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, which passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let listening = listening.borrow().clone();
        tokio::spawn(async move {
            // One who connects and says nothing is left alone.
            let _ = tokio::time::timeout(PATIENCE, answer(stream, listening)).await;
        });
    }
}

async fn answer(stream: UnixStream, listening: Option<Listening>) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut word = String::new();
    BufReader::new(from.take(LONGEST)).read_line(&mut word).await?;
    let Some(listening) = listening else { return to.write_all(b"deaf\n").await };
    match KEYS.iter().find(|(known, _)| *known == word.trim()).map(|(_, key)| key) {
        None => return to.write_all(b"unknown\n").await,
        Some(Key::Start) => listening.press(),
        Some(Key::Stop) => listening.release(),
        Some(Key::Toggle) => listening.toggle(),
        Some(Key::Cancel) => listening.cancel(),
    }
    to.write_all(b"ok\n").await
}
