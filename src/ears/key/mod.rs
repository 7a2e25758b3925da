//! Push-to-talk by a key of the whole desktop, while any other window has the keyboard.
//!
//! Gives what the key asks of the ear; knows nothing of microphones. On X11 the key is grabbed from the server. On
//! Wayland no program may take a key: there the compositor's own binding calls `ask-nix talk` (docs/keys.md).

mod gesture;
mod x11;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::Hotkey;
use crate::fault::{Explain, Fault, Kind};

pub use gesture::{Act, Gesture};

/// Why a key cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("no X server")]
    NoServer,
    #[error("the session is Wayland's")]
    Wayland,
    #[error("{key} is taken")]
    Taken { key: Hotkey },
    #[error("the keyboard has no {key}")]
    NoSuchKey { key: Hotkey },
    #[error("the X server ended the connection")]
    Lost,
}

impl Explain for KeyError {
    fn fault(&self) -> Fault {
        const BIND: &str = "Bind a key of your desktop to: ask-nix talk toggle. The guide to keys tells how.";
        let failed = |what: String, why: String, hint: &str| Fault::new(Kind::Failed, what, why, hint);
        match self {
            Self::NoServer => failed(
                "I cannot hear a key to talk here.".into(),
                "There is no X server that I can reach.".into(),
                BIND,
            ),
            Self::Wayland => failed(
                "I cannot hear a key to talk here.".into(),
                "This desktop is Wayland's, which gives keys to no program.".into(),
                BIND,
            ),
            Self::Taken { key } => failed(
                format!("I cannot have the key {key}."),
                "Another program has taken it for itself.".into(),
                "Set another one: ears dot key in my settings.",
            ),
            Self::NoSuchKey { key } => failed(
                format!("I cannot have the key {key}."),
                "This keyboard has no such key.".into(),
                "Set another one: ears dot key in my settings.",
            ),
            Self::Lost => failed(
                "I hear the key to talk no more.".into(),
                "The X server has ended the connection.".into(),
                "Start me again when the desktop is there again.",
            ),
        }
    }
}

/// Listens to a key from now on, on a thread of its own, until `cancel`; a press shorter than `hold` is a tap.
/// `display` is the X server, such as `:1`; `None` is that of this session.
///
/// # Errors
/// Where the key cannot be had. What comes after that ends the stream with the error; when the stream has ended, the
/// key is free again.
pub fn watch(
    key: &Hotkey,
    hold: Duration,
    display: Option<&str>,
    cancel: CancellationToken,
) -> Result<mpsc::UnboundedReceiver<Result<Act, KeyError>>, KeyError> {
    let grabbed = x11::Grabbed::take(key, display)?;
    let (sender, acts) = mpsc::unbounded_channel();
    let started = std::thread::Builder::new().name("key".to_owned()).spawn(move || {
        if let Err(error) = grabbed.listen(Gesture::new(hold), &cancel, &mut |act| sender.send(Ok(act)).is_ok()) {
            let _ = sender.send(Err(error));
        }
    });
    started.map(|_| acts).map_err(|_| KeyError::Lost)
}

/// Whether a key could be had on this desktop; takes it for a moment. Without a key: whether any could.
///
/// # Errors
/// Where it could not.
pub fn check(key: Option<&Hotkey>) -> Result<(), KeyError> {
    match key {
        Some(key) => x11::Grabbed::take(key, None).map(drop),
        None => x11::connect(None).map(drop),
    }
}
