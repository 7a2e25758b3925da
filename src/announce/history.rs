//! Everything that was said, kept over restarts: repeat, previous, next.
//!
//! A small `SQLite` file; the caller says where it lies. Calls block for about a millisecond, so an
//! asynchronous caller uses its own thread. It never decides what is said.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Announcement, HistoryError};

/// How many announcements are kept: weeks of use, and well below a megabyte.
const KEPT: u32 = 2000;

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub at: Timestamp,
    pub text: String,
    pub screen: Option<String>,
}

/// What was said, and where in it the user is.
#[derive(Debug)]
pub struct History {
    connection: Connection,
    /// The entry that was heard last while going back and forth; `None` is the newest.
    place: Option<i64>,
}

impl History {
    /// Opens the history, or begins one. A damaged file is put aside as `….damaged`, and a new one is begun.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| HistoryError::Folder { path: folder.to_owned(), source })?;
        }
        let open = || Connection::open(path).and_then(Self::prepared);
        let history = match open() {
            Err(error) if damaged(&error) => {
                let aside = path.with_extension("sqlite.damaged");
                tracing::warn!(path = %path.display(), %error, "the history is damaged and is put aside");
                std::fs::rename(path, aside)
                    .map_err(|source| HistoryError::Folder { path: path.to_owned(), source })?;
                open()
            }
            other => other,
        };
        history.map_err(|source| HistoryError::Open { path: path.to_owned(), source })
    }

    /// A history that ends with the program, for when no file can be had.
    pub fn in_memory() -> Result<Self, HistoryError> {
        Ok(Connection::open_in_memory().and_then(Self::prepared)?)
    }

    fn prepared(connection: Connection) -> Result<Self, rusqlite::Error> {
        // Two programs (a service and a terminal) may write; each waits for the other, briefly.
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS said (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 at INTEGER NOT NULL,
                 text TEXT NOT NULL,
                 screen TEXT
             ) STRICT",
        )?;
        Ok(Self { connection, place: None })
    }

    /// Adds what is being said now. Afterwards "previous" is the one before it.
    pub fn add(&mut self, announcement: &Announcement, at: Timestamp) -> Result<(), HistoryError> {
        self.connection.execute(
            "INSERT INTO said (at, text, screen) VALUES (?1, ?2, ?3)",
            params![at.as_second(), announcement.text, announcement.screen],
        )?;
        let newest = self.connection.last_insert_rowid();
        self.connection.execute("DELETE FROM said WHERE id <= ?1", params![newest - i64::from(KEPT)])?;
        self.place = None;
        Ok(())
    }

    /// What was heard last: the newest, or where "previous" and "next" have led.
    pub fn repeat(&self) -> Result<Option<Entry>, HistoryError> {
        match self.place {
            Some(place) => self.one("WHERE id = ?1", place),
            None => self.one("WHERE id <= ?1 ORDER BY id DESC LIMIT 1", i64::MAX),
        }
    }

    /// One further back; `None` at the oldest, where the place stays.
    pub fn previous(&mut self) -> Result<Option<Entry>, HistoryError> {
        let Some(here) = self.repeat()? else { return Ok(None) };
        let found = self.one("WHERE id < ?1 ORDER BY id DESC LIMIT 1", here.id)?;
        self.place = Some(found.as_ref().map_or(here.id, |entry| entry.id));
        Ok(found)
    }

    /// One towards now; `None` at the newest.
    pub fn following(&mut self) -> Result<Option<Entry>, HistoryError> {
        let Some(place) = self.place else { return Ok(None) };
        let found = self.one("WHERE id > ?1 ORDER BY id LIMIT 1", place)?;
        if let Some(entry) = &found {
            self.place = Some(entry.id);
        }
        Ok(found)
    }

    /// The newest entries, newest first.
    pub fn newest(&self, limit: u32) -> Result<Vec<Entry>, HistoryError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, at, text, screen FROM said ORDER BY id DESC LIMIT ?1")?;
        let rows = statement.query_map(params![limit], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn one(&self, condition: &'static str, id: i64) -> Result<Option<Entry>, HistoryError> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT id, at, text, screen FROM said {condition}"))?;
        Ok(statement.query_row(params![id], entry).optional()?)
    }
}

fn entry(row: &rusqlite::Row) -> Result<Entry, rusqlite::Error> {
    Ok(Entry {
        id: row.get(0)?,
        at: Timestamp::from_second(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
        text: row.get(2)?,
        screen: row.get(3)?,
    })
}

fn damaged(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn fill(history: &mut History, texts: &[&str]) {
        for text in texts {
            history.add(&Announcement::message(*text), Timestamp::now()).unwrap();
        }
    }

    fn text(entry: Option<Entry>) -> Option<String> {
        entry.map(|entry| entry.text)
    }

    #[test]
    fn it_survives_a_restart_and_goes_back_and_forth() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/history.sqlite");
        fill(&mut History::open(&path).unwrap(), &["one", "two", "three"]);
        let mut history = History::open(&path).unwrap();
        assert_eq!(text(history.repeat().unwrap()).as_deref(), Some("three"));
        assert_eq!(text(history.following().unwrap()), None);
        assert_eq!(text(history.previous().unwrap()).as_deref(), Some("two"));
        assert_eq!(text(history.repeat().unwrap()).as_deref(), Some("two"));
        assert_eq!(text(history.previous().unwrap()).as_deref(), Some("one"));
        assert_eq!(text(history.previous().unwrap()), None);
        assert_eq!(text(history.following().unwrap()).as_deref(), Some("two"));
        fill(&mut history, &["four"]);
        assert_eq!(text(history.previous().unwrap()).as_deref(), Some("three"));
    }

    #[test]
    fn it_is_bounded() {
        let mut history = History::in_memory().unwrap();
        for number in 0..KEPT + 50 {
            fill(&mut history, &[&number.to_string()]);
        }
        let all = history.newest(u32::MAX).unwrap();
        assert_eq!(all.len(), KEPT as usize);
        assert_eq!(all.last().map(|entry| entry.text.as_str()), Some("50"));
    }

    #[test]
    fn an_empty_history_has_nothing_to_repeat() {
        let mut history = History::in_memory().unwrap();
        assert_eq!(history.repeat().unwrap(), None);
        assert_eq!(history.previous().unwrap(), None);
        assert_eq!(history.following().unwrap(), None);
    }

    #[test]
    fn a_damaged_file_is_put_aside_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.sqlite");
        std::fs::write(&path, "this is no database, and it is long enough to be looked at".repeat(50)).unwrap();
        let mut history = History::open(&path).unwrap();
        fill(&mut history, &["one"]);
        assert_eq!(text(history.repeat().unwrap()).as_deref(), Some("one"));
        assert!(dir.path().join("history.sqlite.damaged").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "").unwrap();
        assert!(matches!(History::open(&dir.path().join("file/history.sqlite")), Err(HistoryError::Folder { .. })));
    }
}
