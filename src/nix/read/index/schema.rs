//! The index file's tables, and the check that a file is one.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{Contents, IndexError};

/// Counted up whenever a table changes its meaning; an index of another version is built again.
const VERSION: i32 = 1;

/// Tables. `key` and `name_key` are names without separators and in lower case, `sound` is the
/// Double Metaphone of the name; `rank` is the popularity (0 unknown, 1 the best known).
const TABLES: &str = "
CREATE TABLE package(
  id INTEGER PRIMARY KEY, attr TEXT NOT NULL UNIQUE, pname TEXT NOT NULL, version TEXT, description TEXT,
  program TEXT, homepage TEXT, licence TEXT, unfree INTEGER NOT NULL, broken INTEGER NOT NULL, long TEXT,
  key TEXT NOT NULL, name_key TEXT NOT NULL, program_key TEXT, sound TEXT NOT NULL,
  top INTEGER NOT NULL, rank REAL NOT NULL, module INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE option(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT, standard TEXT, example TEXT, description TEXT) STRICT;
CREATE TABLE contents(source TEXT NOT NULL, built INTEGER NOT NULL, packages INTEGER NOT NULL, options INTEGER NOT NULL) STRICT;
CREATE VIRTUAL TABLE package_words USING fts5(attr, pname, program, description, long, content='', tokenize='porter unicode61');
CREATE VIRTUAL TABLE option_words USING fts5(name, description, content='', tokenize='porter unicode61');
";

const INDICES: &str = "
CREATE INDEX package_key ON package(key);
CREATE INDEX package_name_key ON package(name_key);
CREATE INDEX package_program_key ON package(program_key) WHERE program_key IS NOT NULL;
CREATE INDEX package_sound ON package(sound) WHERE top;
";

pub(super) fn create(connection: &Connection) -> Result<(), rusqlite::Error> {
    // A new file, put in place when whole: nothing is lost by not waiting for the disk.
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", VERSION)
}

pub(super) fn finish(connection: &Connection, source: &str) -> Result<(), rusqlite::Error> {
    connection.execute_batch(INDICES)?;
    connection.execute(
        "UPDATE package SET module = 1 WHERE top AND EXISTS (
           SELECT 1 FROM option WHERE name IN ('programs.' || attr || '.enable', 'services.' || attr || '.enable'))",
        [],
    )?;
    connection.execute(
        "INSERT INTO contents SELECT ?1, unixepoch(), (SELECT count(*) FROM package), (SELECT count(*) FROM option)",
        params![source],
    )?;
    connection.execute_batch("ANALYZE;")
}

pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), IndexError> {
    let version: i32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| IndexError::damaged(path, &error))?;
    if version != VERSION {
        return Err(IndexError::OtherVersion(path.to_owned()));
    }
    contents(connection).map(|_| ()).map_err(|error| IndexError::damaged(path, &error))
}

pub(super) fn contents(connection: &Connection) -> Result<Contents, rusqlite::Error> {
    connection.query_row("SELECT packages, options, source, built FROM contents", [], |row| {
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(Contents {
            packages: count(row.get(0)?),
            options: count(row.get(1)?),
            source: row.get(2)?,
            built: jiff::Timestamp::from_second(row.get(3)?).unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        })
    })
}
