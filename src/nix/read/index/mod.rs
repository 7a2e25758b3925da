//! The search index: packages, programs and options in one `SQLite` file of the user's cache.
//!
//! Reading opens it read-only; building writes a new file beside it and puts it in place at the
//! end, so that a broken import leaves the old one as it was.

mod build;
mod complete;
mod error;
mod find;
mod import;
mod known;
mod names;
mod options;
mod schema;
mod sound;

use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

pub use build::{build, build_from_nix};
pub use error::IndexError;
pub use options::OptionFacts;

/// The attributes that are well known, in no order; not all of them need be in an index.
pub fn well_known() -> impl Iterator<Item = &'static str> {
    known::popular()
}

use super::super::{Package, SearchHit};
use crate::command::{PackageAttr, Query};

/// An open index. Calls take a millisecond or less, and may come from any thread.
#[derive(Debug)]
pub struct Index {
    connection: Mutex<Connection>,
}

/// What an index holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Contents {
    pub packages: u64,
    pub options: u64,
    /// Where it came from: a file's name, or nixpkgs.
    pub source: String,
    pub built: jiff::Timestamp,
}

impl Index {
    /// Opens the index for reading.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        if !path.exists() {
            return Err(IndexError::NotBuilt);
        }
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .and_then(|connection| {
                    connection.execute_batch("PRAGMA mmap_size = 268435456; PRAGMA query_only = ON;")?;
                    connection.set_prepared_statement_cache_capacity(64);
                    Ok(connection)
                })
                .map_err(|error| IndexError::damaged(path, &error))?;
        schema::check(&connection, path)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// What the index holds.
    pub fn contents(&self) -> Result<Contents, IndexError> {
        self.with(schema::contents)
    }

    /// Packages, programs and options for these words, best first; none if nothing fits.
    pub fn search(&self, query: &Query, limit: usize) -> Result<Vec<SearchHit>, IndexError> {
        self.with(|connection| find::search(connection, query.as_str(), limit))
    }

    /// Real names behind a name that was heard or typed, with how sure each is (0 to 1), best first.
    pub fn resolve(&self, heard: &str, limit: usize) -> Result<Vec<(String, f32)>, IndexError> {
        self.with(|connection| names::resolve(connection, heard, limit))
    }

    /// All that is known of one package.
    pub fn describe(&self, attr: &PackageAttr) -> Result<Option<Package>, IndexError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT attr, pname, version, description, program, homepage, licence, unfree, broken, long
                     FROM package WHERE attr = ?1",
                )?
                .query_row(params![attr.as_str()], |row| {
                    Ok(Package {
                        attr: row.get(0)?,
                        pname: row.get(1)?,
                        version: row.get(2)?,
                        description: row.get(3)?,
                        main_program: row.get(4)?,
                        homepage: row.get(5)?,
                        licence: row.get(6)?,
                        unfree: row.get(7)?,
                        broken: row.get(8)?,
                        long_description: row.get(9)?,
                    })
                })
                .optional()
        })
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>) -> Result<T, IndexError> {
        let connection = self.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        read(&connection).map_err(IndexError::Database)
    }
}
