//! `ask-nix status`: what the listening program is doing, in a sentence, or as a line for a desktop's bar.
//!
//! Reads the socket and decides nothing. With `--follow` it goes on for ever, also while nothing listens.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::ask::runtime;
use super::scene::Scene;
use super::socket::{self, Mood};
use super::{Done, print};

/// How often it is looked whether something listens again.
const AGAIN: Duration = Duration::from_secs(2);

/// Tells the state, once or each time that it changes.
pub fn status(scene: &Scene, follow: bool) -> Done {
    let path = socket::path(scene);
    runtime()?.block_on(async {
        let mut last = None;
        loop {
            let mood = watch(&path, follow, |mood| tell(scene.json, mood, &mut last)).await;
            if mood.is_none() {
                tell(scene.json, None, &mut last);
            }
            if !follow {
                return Ok(());
            }
            tokio::time::sleep(AGAIN).await;
        }
    })
}

/// Asks for the state, and with `follow` for all that come; `None` where nothing listens, or no longer.
async fn watch(path: &Path, follow: bool, mut tell: impl FnMut(Option<Mood>)) -> Option<()> {
    let stream = UnixStream::connect(path).await.ok()?;
    let (from, mut to) = stream.into_split();
    let mut wishes = json!({ "do": "state" }).to_string();
    if follow {
        wishes = format!("{}\n{wishes}", json!({ "do": "follow" }));
    }
    to.write_all(format!("{wishes}\n").as_bytes()).await.ok()?;
    let mut lines = BufReader::new(from).lines();
    while let Some(line) = lines.next_line().await.ok().flatten() {
        let told: Value = serde_json::from_str(&line).ok()?;
        // Both the answer and the event name the state by the same key.
        if let Some(mood) = told.get("state").and_then(|state| serde_json::from_value(state.clone()).ok()) {
            tell(Some(mood));
            if !follow {
                return Some(());
            }
        }
    }
    None
}

/// One line, where it is another than the last one. The keys are those of waybar's custom modules.
fn tell(as_json: bool, mood: Option<Mood>, last: &mut Option<&'static str>) {
    let told = mood.map_or("I am not listening: nothing runs.", Mood::told);
    if last.replace(told) == Some(told) {
        return;
    }
    if as_json {
        let name = mood.map_or(json!("off"), |mood| json!(mood));
        print::json(&json!({ "text": name, "alt": name, "class": name, "tooltip": told }));
    } else {
        print::line(told);
    }
}
