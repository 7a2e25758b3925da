//! The listening program's socket: one JSON object a line, both ways, so that others can build on it.
//!
//! `docs/socket.md` is the protocol. Only the user's own programs reach it: the socket lies in the user's runtime
//! folder with mode 0600, and each peer's user is asked of the kernel besides. A peer decides nothing: what it asks
//! goes the way of typed words, with the same questions and the same answers.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::announce::{Announcement, Priority};
use crate::assistant::{Listening, Told};

use super::scene::Scene;
use super::talk::Key;

/// Raised when a program written for the one before would misunderstand.
pub const PROTOCOL: u32 = 1;
/// No line is longer, in bytes.
const LONGEST: u64 = 4096;
/// So many programs at once; more wait.
const PEERS: usize = 16;
/// What a slow reader may be behind; it then misses the oldest events, and is told how many.
const BEHIND: usize = 64;

/// What the assistant is doing, as others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mood {
    Idle,
    /// What is said now is taken.
    Listening,
    Working,
    /// A question is open.
    Asking,
}

impl Mood {
    /// The state as a sentence.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Idle => "I am ready.",
            Self::Listening => "I am listening.",
            Self::Working => "I am at work.",
            Self::Asking => "I have asked you something.",
        }
    }
}

/// What another program wants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Request {
    /// What it is doing now.
    State,
    /// Push-to-talk.
    Talk { key: Key },
    /// Words, as if they were typed.
    Ask { text: String },
    /// Speak and show a text.
    Say { text: String },
    /// Tell everything from now on.
    Follow,
}

/// What reaches the conversation from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Ask(String),
    Say(String),
}

/// The inner end: the conversation tells here what happens, and takes what is wished.
pub struct Door {
    events: broadcast::Sender<Arc<str>>,
    mood: watch::Sender<Mood>,
    /// The socket's file, once it is there and ours.
    bound: Arc<OnceLock<PathBuf>>,
}

impl Drop for Door {
    /// Nobody knocks at a door that is gone.
    fn drop(&mut self) {
        if let Some(path) = self.bound.get() {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[derive(Clone)]
struct Outside {
    listening: watch::Receiver<Option<Listening>>,
    wishes: mpsc::Sender<Wish>,
    events: broadcast::Sender<Arc<str>>,
    mood: watch::Receiver<Mood>,
}

impl Door {
    /// Tells others what the conversation told.
    pub fn told(&self, told: &Told) {
        match told {
            Told::Announce(announcement) => self.announced(announcement),
            Told::Asked => self.mood(Mood::Asking),
            Told::Ended(result) => {
                let kind = result.as_ref().err();
                self.event(&json!({ "event": "ended", "ok": kind.is_none(), "kind": kind }));
                self.mood(Mood::Idle);
            }
            Told::Outcome(outcome) => self.event(&json!({ "event": "outcome", "outcome": outcome })),
            Told::Hush | Told::Manner(_) | Told::Copy(_) | Told::Work(_) => {}
        }
    }

    /// Tells others in what state it is from now on.
    pub fn mood(&self, mood: Mood) {
        let changed = self.mood.send_if_modified(|old| std::mem::replace(old, mood) != mood);
        if changed {
            self.event(&json!({ "event": "state", "state": mood }));
        }
    }

    /// The state, for those who show it.
    pub fn moods(&self) -> watch::Receiver<Mood> {
        self.mood.subscribe()
    }

    fn announced(&self, announcement: &Announcement) {
        let important = announcement.priority == Priority::Important;
        self.event(&json!({ "event": "announce", "text": announcement.text, "important": important }));
    }

    fn event(&self, event: &Value) {
        // Nobody follows: nobody misses it.
        let _ = self.events.send(event.to_string().into());
    }
}

/// Where the socket is.
pub fn path(scene: &Scene) -> PathBuf {
    scene.dirs.runtime().join("talk.sock")
}

/// Serves the socket until `cancel`. Where it cannot be made the other ways to talk go on.
pub fn serve(
    scene: &Scene,
    listening: watch::Receiver<Option<Listening>>,
    cancel: CancellationToken,
) -> (Door, mpsc::Receiver<Wish>) {
    let path = path(scene);
    let (events, _) = broadcast::channel(BEHIND);
    let (mood, now) = watch::channel(Mood::Idle);
    let (wish, wishes) = mpsc::channel(1);
    let outside = Outside { listening, wishes: wish, events: events.clone(), mood: now };
    let bound = Arc::new(OnceLock::new());
    let binds = Arc::clone(&bound);
    tokio::spawn(async move {
        match open(&path).await {
            Ok(listener) => {
                let _ = binds.set(path);
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = accept(&listener, &outside) => {}
                }
            }
            Err(error) => {
                tracing::warn!(target: "front.socket", %error, path = %path.display(), "no program can reach me");
            }
        }
    });
    (Door { events, mood, bound }, wishes)
}

async fn open(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
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

async fn accept(listener: &UnixListener, outside: &Outside) {
    let peers = Arc::new(Semaphore::new(PEERS));
    loop {
        let Ok(permit) = Arc::clone(&peers).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, which passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let own = rustix::process::geteuid().as_raw();
        let peer = stream.peer_cred().map(|peer| peer.uid());
        if !peer.as_ref().is_ok_and(|peer| allowed(*peer, own)) {
            tracing::warn!(target: "front.socket", ?peer, "a program of another user was turned away");
            continue;
        }
        let outside = outside.clone();
        tokio::spawn(async move {
            // A peer that has gone is no fault of ours.
            let _ = talk(stream, outside).await;
            drop(permit);
        });
    }
}

/// The user's own programs, and the administrator's, who can do everything anyway.
const fn allowed(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

async fn talk(stream: UnixStream, outside: Outside) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    let mut events = None;
    loop {
        let line = tokio::select! {
            line = line(&mut from) => line?,
            event = next(&mut events) => {
                write(&mut to, &event).await?;
                continue;
            }
        };
        let Some(line) = line else { return Ok(()) };
        let answer = match serde_json::from_str(&line) {
            Ok(request) => {
                if matches!(request, Request::Follow | Request::Ask { .. }) && events.is_none() {
                    // Before the words are passed on, so that no answer is missed.
                    events = Some(outside.events.subscribe());
                }
                outside.answer(request).await
            }
            Err(error) => refused(&format!("not a request: {error}")),
        };
        write(&mut to, &answer.to_string()).await?;
    }
}

/// One line; `None` at the end. One that is too long ends the talk.
async fn line(from: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = from.take(LONGEST).read_line(&mut line).await?;
    Ok((read > 0 && line.ends_with('\n')).then_some(line))
}

async fn next(events: &mut Option<broadcast::Receiver<Arc<str>>>) -> Arc<str> {
    let Some(events) = events else { return std::future::pending().await };
    match events.recv().await {
        Ok(event) => event,
        Err(broadcast::error::RecvError::Lagged(missed)) => {
            json!({ "event": "missed", "count": missed }).to_string().into()
        }
        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
    }
}

async fn write(to: &mut OwnedWriteHalf, line: &str) -> io::Result<()> {
    to.write_all(format!("{line}\n").as_bytes()).await
}

fn refused(why: &str) -> Value {
    json!({ "ok": false, "protocol": PROTOCOL, "error": why })
}

impl Outside {
    async fn answer(&self, request: Request) -> Value {
        let done = json!({ "ok": true, "protocol": PROTOCOL });
        match request {
            Request::State => {
                let hears = self.listening.borrow().is_some();
                json!({ "ok": true, "protocol": PROTOCOL, "state": *self.mood.borrow(), "microphone": hears,
                    "version": env!("CARGO_PKG_VERSION") })
            }
            Request::Follow => done,
            Request::Talk { key } => {
                let listening = self.listening.borrow().clone();
                let Some(listening) = listening else { return refused("there is no microphone") };
                match key {
                    Key::Start => listening.press(),
                    Key::Stop => listening.release(),
                    Key::Toggle => listening.toggle(),
                    Key::Cancel => listening.cancel(),
                    // It is asked for in words, and never reaches this.
                    Key::Yes => return refused("ask it in words"),
                }
                done
            }
            Request::Ask { text } => self.wish(text, Wish::Ask).await,
            Request::Say { text } => self.wish(text, Wish::Say).await,
        }
    }

    async fn wish(&self, text: String, wish: impl FnOnce(String) -> Wish) -> Value {
        if text.trim().is_empty() || text.contains(|letter: char| letter.is_control()) {
            return refused("the text is empty, or has control characters in it");
        }
        match self.wishes.send(wish(text)).await {
            Ok(()) => json!({ "ok": true, "protocol": PROTOCOL }),
            Err(_) => refused("the conversation has ended"),
        }
    }
}

/// Sends one request, and gives the first line of the answer.
pub async fn request(path: &Path, request: &Value) -> io::Result<Value> {
    let stream = UnixStream::connect(path).await?;
    let (from, mut to) = stream.into_split();
    write(&mut to, &request.to_string()).await?;
    let answer = line(&mut BufReader::new(from)).await?;
    answer.and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::fault::Kind;

    struct Rig {
        _folder: tempfile::TempDir,
        path: PathBuf,
        door: Door,
        wishes: mpsc::Receiver<Wish>,
        _listening: watch::Sender<Option<Listening>>,
    }

    async fn rig() -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/talk.sock");
        let (hears, listening) = watch::channel(None);
        let (events, _) = broadcast::channel(BEHIND);
        let (mood, now) = watch::channel(Mood::Idle);
        let (wish, wishes) = mpsc::channel(1);
        let outside = Outside { listening, wishes: wish, events: events.clone(), mood: now };
        let listener = open(&path).await.unwrap();
        tokio::spawn(async move { accept(&listener, &outside).await });
        let bound = Arc::new(OnceLock::from(path.clone()));
        Rig { _folder: folder, path, door: Door { events, mood, bound }, wishes, _listening: hears }
    }

    #[tokio::test]
    async fn state_and_wrong_requests_are_answered() {
        let rig = rig().await;
        let mode = std::fs::metadata(&rig.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let state = request(&rig.path, &json!({ "do": "state" })).await.unwrap();
        assert_eq!(
            (state["ok"].as_bool(), state["state"].as_str(), state["protocol"].as_u64()),
            (Some(true), Some("idle"), Some(1))
        );
        for wrong in [
            json!({ "do": "shell", "text": "rm" }),
            json!({ "do": "ask" }),
            json!({ "do": "ask", "text": " " }),
            json!({ "do": "say", "text": "a\u{1b}[2J" }),
            json!({ "do": "talk", "key": "hold" }),
            json!({ "do": "talk", "key": "start" }),
            json!("start"),
        ] {
            let answer = request(&rig.path, &wrong).await.unwrap();
            assert_eq!(answer["ok"], false, "{wrong}");
            assert!(answer["error"].is_string());
        }
        // A line without an end is dropped, and the socket goes on.
        let mut stream = UnixStream::connect(&rig.path).await.unwrap();
        let _ = stream.write_all(&vec![b'x'; 10_000]).await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(request(&rig.path, &json!({ "do": "state" })).await.is_ok());
        let Rig { path, door, .. } = rig;
        drop(door);
        assert!(!path.exists(), "nothing is left of it");
    }

    #[tokio::test]
    async fn what_is_asked_reaches_the_conversation_and_its_answer_comes_back() {
        let mut rig = rig().await;
        let stream = UnixStream::connect(&rig.path).await.unwrap();
        let (from, mut to) = stream.into_split();
        let mut from = BufReader::new(from);
        write(&mut to, &json!({ "do": "ask", "text": "list generations" }).to_string()).await.unwrap();
        assert_eq!(rig.wishes.recv().await, Some(Wish::Ask("list generations".to_owned())));
        rig.door.mood(Mood::Working);
        rig.door.told(&Told::Announce(Announcement::message("Two generations.")));
        rig.door.told(&Told::Ended(Err(Kind::Declined)));
        let mut lines = Vec::new();
        for _ in 0..5 {
            let line = line(&mut from).await.unwrap().unwrap();
            lines.push(serde_json::from_str::<Value>(&line).unwrap());
        }
        assert_eq!(lines.iter().filter(|line| line["ok"] == true && line.get("protocol").is_some()).count(), 1);
        let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
        assert_eq!(events, ["state", "announce", "ended", "state"]);
        let ended = lines.iter().find(|line| line["event"] == "ended").unwrap();
        assert_eq!((ended["ok"].as_bool(), ended["kind"].as_str()), (Some(false), Some("declined")));
    }

    #[test]
    fn only_the_user_and_the_administrator_are_let_in() {
        assert!(allowed(1000, 1000) && allowed(0, 1000));
        assert!(!allowed(1001, 1000) && !allowed(65534, 1000) && !allowed(1000, 0));
    }
}
