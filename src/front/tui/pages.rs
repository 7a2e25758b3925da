//! What the pages of history and settings show, and the line about the work. Reads, and sets one key.

use jiff::tz::TimeZone;

use crate::announce::{self, Announcement, Beat, Turn};
use crate::assistant::{Record, Work};
use crate::config::{self, KEYS};
use crate::fault::{Explain, Fault};

use super::app::Entry;
use crate::front::scene::Scene;

/// Messages that the history page shows.
const SHOWN: u32 = 200;

/// What was said, newest first.
pub async fn history(record: &Record) -> Vec<Entry> {
    let zone = TimeZone::system();
    let entries = record.newest(SHOWN).await.into_iter().map(|entry| {
        let when = entry.at.to_zoned(zone.clone()).strftime("%m-%d %H:%M");
        Entry { name: format!("{when}  {}", entry.text), about: entry.text }
    });
    entries.collect()
}

/// Every key with its value, and what it is for.
pub fn settings(scene: &Scene) -> Result<Vec<Entry>, Fault> {
    let (loaded, _) = scene.sources.read_what_is_right().map_err(|error| error.fault())?;
    let entries = KEYS.iter().map(|key| {
        let value = loaded.value(key).0.unwrap_or_else(|| "not set".to_owned());
        let about = format!("{}\n\n{} is {value}.\nIt may be {}.", key.about, key.path, key.kind.allowed());
        Entry { name: format!("{} = {value}", key.path), about }
    });
    Ok(entries.collect())
}

/// Sets one key in the user's file.
pub fn set(scene: &Scene, key: &str, value: &str) -> Result<Announcement, Fault> {
    config::set(&scene.sources.user, key, value).map_err(|error| error.fault())?;
    if let Some(said) = scene.sources.said.as_deref().filter(|said| said.exists()) {
        // What is written now counts, and no longer what was said before.
        config::unset(said, key).map_err(|error| error.fault())?;
    }
    Ok(announce::dialogue(&Turn::SettingsKept))
}

/// How far the work is, in a few words.
pub fn work(work: &Work) -> String {
    let told = announce::progress(&work.progress, Beat::Start { left: work.left }).text;
    let told = told.trim_end_matches('.');
    match work.progress.expected {
        0 => told.to_owned(),
        expected => format!("{told}, {} of {expected}", work.progress.done),
    }
}
