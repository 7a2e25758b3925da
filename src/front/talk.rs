//! `ask-nix talk`: push-to-talk from a compositor's key binding, over the listening program's socket.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::fault::{Fault, Kind};

use super::ask::runtime;
use super::scene::Scene;
use super::{Done, socket};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// The key went down: hear from now on.
    Start,
    /// The key went up: what was said is taken.
    Stop,
    /// Start, or stop where it was started: for keys that only tell when they go down.
    Toggle,
    /// Forget what was said.
    Cancel,
    /// Answer the open question with yes: where a voice is not enough.
    #[serde(skip)]
    Yes,
}

/// It answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells the listening program about a key.
pub fn talk(scene: &Scene, key: Key) -> Done {
    let path = socket::path(scene);
    let request = match key {
        Key::Yes => json!({ "do": "ask", "text": "yes" }),
        key => json!({ "do": "talk", "key": key }),
    };
    let told = runtime()?.block_on(async { tokio::time::timeout(PATIENCE, socket::request(&path, &request)).await });
    match told {
        Ok(Ok(answer)) if answer["ok"] == true => Ok(()),
        Ok(Ok(answer)) => {
            let why = answer["error"].as_str().unwrap_or("it did not understand me");
            Err(silent(&format!("It says: {why}.")).into())
        }
        Ok(Err(_)) => Err(silent("Nothing answers on its socket.").into()),
        Err(_) => Err(silent("It does not answer.").into()),
    }
}

fn silent(why: &str) -> Fault {
    Fault::new(Kind::Failed, "I am not listening.", why, "Start ask-nix listen, and press the key again.")
}
