//! The counts in a `SQLite` file, bounded in age and size.
//!
//! Single measures give percentiles and go when they are old; totals stay, as a counter must never go back.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use super::error::ObserveError;
use super::measure::Measure;

/// Upper bounds of the buckets of a duration, seconds: from a parsed sentence to a rebuilt system.
pub const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3600.0];
/// The bucket of what only happens, and takes no time.
pub const NO_TIME: i64 = -1;
/// When the file is too large, so much of it goes at once.
const SHARE: i64 = 4;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub days: u32,
    pub megabytes: u32,
}

/// The open file.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
}

impl Store {
    /// Opens the counts, or begins them. A damaged file is put aside as `….damaged`, and a new one is begun.
    pub fn open(path: &Path) -> Result<Self, ObserveError> {
        let unusable = |reason: String| ObserveError::Open { path: path.to_owned(), reason };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
        }
        let open = || Connection::open(path).and_then(prepared);
        let connection = match open() {
            Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::NotADatabase => {
                tracing::warn!(target: "observe.store", path = %path.display(), "the counts are damaged and are put aside");
                std::fs::rename(path, path.with_extension("sqlite.damaged"))
                    .map_err(|error| unusable(error.to_string()))?;
                open()
            }
            other => other,
        };
        let connection = connection.map_err(|error| unusable(error.to_string()))?;
        // When somebody speaks with their machine is nobody else's business.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Self { connection })
    }

    /// Opens what is there for reading; `None` where nothing was ever counted.
    pub fn open_existing(path: &Path) -> Result<Option<Self>, ObserveError> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        Ok(Some(Self { connection }))
    }

    /// Adds measures, in one transaction.
    pub fn add(&mut self, measures: &[(Timestamp, Measure)]) -> Result<(), ObserveError> {
        let transaction = self.connection.transaction()?;
        {
            let mut single = transaction
                .prepare_cached("INSERT INTO measures (at, stage, name, ending, took) VALUES (?1, ?2, ?3, ?4, ?5)")?;
            let mut total = transaction.prepare_cached(
                "INSERT INTO totals (stage, name, ending, bucket, count, took) VALUES (?1, ?2, ?3, ?4, 1, ?5)
                 ON CONFLICT (stage, name, ending, bucket) DO UPDATE SET count = count + 1, took = took + ?5",
            )?;
            for (at, Measure { stage, name, ending, took }) in measures {
                let (stage, ending) = (stage.as_str(), ending.as_str());
                let micros = took.map(|took| i64::try_from(took.as_micros()).unwrap_or(i64::MAX));
                single.execute(params![at.as_millisecond(), stage, name, ending, micros])?;
                total.execute(params![stage, name, ending, took.map_or(NO_TIME, bucket), micros.unwrap_or(0)])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Adds what the user said, and the command that it was taken for.
    pub fn add_words(&mut self, at: Timestamp, words: &str, command: &str) -> Result<(), ObserveError> {
        let sql = "INSERT INTO words (at, said, command) VALUES (?1, ?2, ?3)";
        self.connection.execute(sql, params![at.as_millisecond(), words, command])?;
        Ok(())
    }

    /// Takes out what is too old or too much.
    pub fn prune(&mut self, limits: Limits, now: Timestamp) -> Result<(), ObserveError> {
        let oldest = now.as_millisecond() - i64::from(limits.days) * 24 * 3600 * 1000;
        self.connection.execute("DELETE FROM measures WHERE at < ?1", [oldest])?;
        self.connection.execute("DELETE FROM words WHERE at < ?1", [oldest])?;
        while self.bytes()? > u64::from(limits.megabytes) << 20 {
            let sql = "DELETE FROM measures WHERE id <= (SELECT min(id) + (max(id) - min(id)) / ?1 FROM measures)";
            let gone = self.connection.execute(sql, [SHARE])?;
            let sql = "DELETE FROM words WHERE id <= (SELECT min(id) + (max(id) - min(id)) / ?1 FROM words)";
            if gone + self.connection.execute(sql, [SHARE])? == 0 {
                break;
            }
        }
        self.shrink()
    }

    /// Gives what is free in the file back to the disk.
    fn shrink(&self) -> Result<(), ObserveError> {
        for sql in ["PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            // It frees one page a step.
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
        }
        Ok(())
    }

    /// What is in use of the file.
    pub fn bytes(&self) -> Result<u64, ObserveError> {
        let number = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let bytes = (number("page_count")? - number("freelist_count")?) * number("page_size")?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    /// Forgets everything.
    pub fn forget(&mut self) -> Result<(), ObserveError> {
        self.connection.execute_batch("DELETE FROM measures; DELETE FROM totals; DELETE FROM words")?;
        self.shrink()
    }
}

fn bucket(took: Duration) -> i64 {
    let seconds = took.as_secs_f64();
    let at = BUCKETS.iter().position(|bound| seconds <= *bound).unwrap_or(BUCKETS.len());
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn prepared(connection: Connection) -> Result<Connection, rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(2))?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A count that a power cut takes away is no loss.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS measures (
             id INTEGER PRIMARY KEY, at INTEGER NOT NULL, stage TEXT NOT NULL, name TEXT NOT NULL,
             ending TEXT NOT NULL, took INTEGER
         ) STRICT;
         CREATE TABLE IF NOT EXISTS totals (
             stage TEXT NOT NULL, name TEXT NOT NULL, ending TEXT NOT NULL, bucket INTEGER NOT NULL,
             count INTEGER NOT NULL, took INTEGER NOT NULL, PRIMARY KEY (stage, name, ending, bucket)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS words (
             id INTEGER PRIMARY KEY, at INTEGER NOT NULL, said TEXT NOT NULL, command TEXT NOT NULL
         ) STRICT;",
    )?;
    Ok(connection)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::observe::{Ending, Stage};

    fn measure(micros: u64) -> Measure {
        let took = Some(Duration::from_micros(micros));
        Measure { stage: Stage::Backend, name: "generations", ending: Ending::Done, took }
    }

    #[test]
    fn age_and_size_are_bounded_and_totals_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/metrics.sqlite");
        let mut store = Store::open(&path).unwrap();
        let now = Timestamp::from_second(2_000_000_000).unwrap();
        let old = Timestamp::from_second(2_000_000_000 - 40 * 86_400).unwrap();
        store.add(&[(old, measure(1)), (now, measure(2))]).unwrap();
        store.prune(Limits { days: 30, megabytes: 1 }, now).unwrap();
        let count = |store: &Store, sql: &str| store.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count(&store, "SELECT count(*) FROM measures"), 1);
        assert_eq!(count(&store, "SELECT sum(count) FROM totals"), 2);
        let many: Vec<_> = (0..60_000).map(|at| (now, measure(at))).collect();
        store.add(&many).unwrap();
        assert!(store.bytes().unwrap() > 2 << 20);
        store.prune(Limits { days: 30, megabytes: 1 }, now).unwrap();
        assert!(store.bytes().unwrap() <= 1 << 20);
        assert!(std::fs::metadata(&path).unwrap().len() <= 2 << 20, "the file itself becomes small again");
        // The newest stay.
        assert_eq!(count(&store, "SELECT max(took) FROM measures"), 59_999);
        assert_eq!(count(&store, "SELECT sum(count) FROM totals"), 60_002);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sqlite");
        std::fs::write(
            &path,
            "this is no database, and it is longer than a header of one hundred bytes would be".repeat(4),
        )
        .unwrap();
        Store::open(&path).unwrap().add(&[(Timestamp::now(), measure(1))]).unwrap();
        assert!(folder.path().join("metrics.sqlite.damaged").exists());
    }
}
