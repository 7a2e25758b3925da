//! The user's own screen reader: what is to be said goes to it, so that there are never two voices.
//!
//! Orca takes messages by D-Bus (Orca 49 and newer, for speech and braille); else speech-dispatcher
//! takes them by its protocol, SSIP. Where neither runs, Piper speaks. This never makes sound itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ssip_client_async::fifo::asynchronous_tokio as fifo;
use ssip_client_async::tokio::AsyncClient;
use ssip_client_async::{
    ClientError, ClientId, ClientName, ClientScope, EventType, MessageScope, NotificationType, Priority,
};
use tokio::io::{BufReader, BufWriter};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::SpeakError;

/// Orca's service since its version 49, and the name that it had before.
const ORCA: [(&str, &str); 2] =
    [("org.gnome.Orca1.Service", "/org/gnome/Orca1/Service"), ("org.gnome.Orca.Service", "/org/gnome/Orca/Service")];
/// Longest wait for a screen reader's answer: one that hangs must not make the assistant hang.
const PATIENCE: Duration = Duration::from_secs(2);
/// Orca does not tell when it has come to the end. Its usual rate is about 15 characters a second.
const PER_CHARACTER: Duration = Duration::from_millis(65);

/// Where screen readers are found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReaderPlaces {
    /// The address of the session's D-Bus; `None` is the environment's.
    pub bus: Option<String>,
    /// The socket of speech-dispatcher.
    pub dispatcher: Option<PathBuf>,
}

/// Which voice the user wants to hear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Which {
    /// Orca where it runs, else speech-dispatcher where it runs.
    #[default]
    Any,
    Orca,
    SpeechDispatcher,
}

type Ssip = AsyncClient<BufReader<fifo::OwnedReadHalf>, BufWriter<fifo::OwnedWriteHalf>>;

/// A screen reader that runs.
pub struct Reader {
    way: Way,
}

enum Way {
    Orca { bus: zbus::Connection, name: &'static str, path: &'static str },
    Dispatcher { client: Mutex<Ssip>, id: ClientId, socket: PathBuf },
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reader({})", self.name())
    }
}

impl Reader {
    /// The screen reader that runs, if one does.
    pub async fn find(which: Which, places: &ReaderPlaces) -> Option<Self> {
        if which != Which::SpeechDispatcher
            && let Some(way) = soon(orca(places.bus.as_deref())).await
        {
            return Some(Self { way });
        }
        if which != Which::Orca
            && let Some(socket) = &places.dispatcher
            && let Some(way) = soon(dispatcher(socket.clone())).await
        {
            return Some(Self { way });
        }
        None
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match &self.way {
            Way::Orca { .. } => "Orca",
            Way::Dispatcher { .. } => "speech-dispatcher",
        }
    }

    /// Says a text; comes back when it has been said, as far as the screen reader tells, or when `cancel`
    /// is cancelled: then it falls silent.
    ///
    /// `pace` is 0.5 (slow) to 3 (fast) of the usual rate; 1 leaves it as its user has set it. Orca takes none.
    ///
    /// # Errors
    /// [`SpeakError::Reader`] where the screen reader has gone away or refuses.
    pub async fn say(&self, text: &str, pace: f32, cancel: &CancellationToken) -> Result<(), SpeakError> {
        match &self.way {
            Way::Orca { bus, name, path } => {
                let message = (text,);
                let taken = bus.call_method(Some(*name), *path, Some(*name), "PresentMessage", &message);
                let taken = tokio::time::timeout(PATIENCE, taken).await.map_err(|error| self.failed(&error))?;
                taken.map_err(|error| self.failed(&error))?;
                let length = PER_CHARACTER * u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                if cancel.run_until_cancelled(tokio::time::sleep(length)).await.is_none() {
                    let silence = bus.call_method(
                        Some(*name),
                        format!("{path}/SpeechManager"),
                        Some(name.replace("Service", "SpeechManager")),
                        "InterruptSpeech",
                        &(false,),
                    );
                    // Before version 50 there is no such method; then Orca speaks to its end.
                    let _ = tokio::time::timeout(PATIENCE, silence).await;
                }
                Ok(())
            }
            Way::Dispatcher { client, id, socket } => {
                let mut client = client.lock().await;
                let saying = speak(&mut client, text, rate(pace));
                if let Some(said) = cancel.run_until_cancelled(saying).await {
                    return said.map_err(|error| self.failed(&error));
                }
                // The broken-off exchange leaves the connection in the middle of an answer: a second one stops
                // the voice, and a new one takes its place.
                stop(socket, *id).await.map_err(|error| self.failed(&error))?;
                let Some(Way::Dispatcher { client: fresh, .. }) = soon(dispatcher(socket.clone())).await else {
                    return Err(self.failed(&"it does not answer any more"));
                };
                *client = fresh.into_inner();
                Ok(())
            }
        }
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> SpeakError {
        SpeakError::Reader { name: self.name(), reason: error.to_string() }
    }
}

/// What is there within a moment, or nothing.
async fn soon<T, E: std::fmt::Display>(work: impl Future<Output = Result<T, E>>) -> Option<T> {
    let found = tokio::time::timeout(PATIENCE, work).await.ok()?;
    found.inspect_err(|error| tracing::debug!(target: "speak.reader", %error, "not found")).ok()
}

async fn orca(bus: Option<&str>) -> zbus::Result<Way> {
    let bus = match bus {
        Some(address) => zbus::connection::Builder::address(address)?.build().await?,
        None => zbus::Connection::session().await?,
    };
    let all = zbus::fdo::DBusProxy::new(&bus).await?;
    for (name, path) in ORCA {
        if all.name_has_owner(name.try_into()?).await? {
            return Ok(Way::Orca { bus, name, path });
        }
    }
    Err(zbus::Error::Failure("Orca does not run".to_owned()))
}

async fn dispatcher(socket: PathBuf) -> Result<Way, ClientError> {
    let mut client = connect(&socket).await?;
    let id = client.history_get_client_id().await?.receive_client_id().await?;
    for ending in [NotificationType::End, NotificationType::Cancel] {
        client.set_notification(ending, true).await?.receive().await?;
    }
    Ok(Way::Dispatcher { client: Mutex::new(client), id, socket })
}

async fn connect(socket: &Path) -> Result<Ssip, ClientError> {
    let mut client = fifo::Builder::default().path(socket).build().await?;
    client.set_client_name(ClientName::new("ask-nix", "assistant")).await?.check_client_name_set().await?;
    client.set_priority(Priority::Message).await?.receive().await?;
    Ok(client)
}

/// A pace as SSIP's rate: -100 is the slowest, 0 usual, 100 the fastest. The usual pace sets none.
#[expect(clippy::cast_possible_truncation, reason = "-100 to 100")]
fn rate(pace: f32) -> Option<i8> {
    let pace = pace.clamp(0.5, 3.0);
    let rate = if pace < 1.0 { (pace - 1.0) * 200.0 } else { (pace - 1.0) * 50.0 };
    Some(rate.round() as i8).filter(|rate| *rate != 0)
}

/// Speaks, and waits for the end of it.
async fn speak(client: &mut Ssip, text: &str, rate: Option<i8>) -> Result<(), ClientError> {
    if let Some(rate) = rate {
        client.set_rate(ClientScope::Current, rate).await?.receive().await?;
    }
    let lines: Vec<String> = text.lines().map(escaped).collect();
    client.speak().await?.check_receiving_data().await?;
    let id = client.send_lines(&lines).await?.receive_message_id().await?;
    loop {
        let event = client.receive_event().await?;
        if event.id.message == id.to_string() && matches!(event.ntype, EventType::End | EventType::Cancel) {
            return Ok(());
        }
    }
}

/// A line that begins with a dot would end the message (SSIP, "SPEAK": dot stuffing).
fn escaped(line: &str) -> String {
    if line.starts_with('.') { format!(".{line}") } else { line.to_owned() }
}

async fn stop(socket: &Path, id: ClientId) -> Result<(), ClientError> {
    let mut other = connect(socket).await?;
    other.cancel(MessageScope::Message(id)).await?.receive().await?;
    other.quit().await?;
    Ok(())
}
