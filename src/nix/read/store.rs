//! Nix's store database, read directly.
//!
//! Opened read-only, so it can never be changed from here. Where the file system allows no
//! shared-memory file beside it (a read-only mount, a store of another user) it is opened as
//! immutable: then what Nix has not yet checkpointed is not seen, which is told in the log.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::config::Roots;
use crate::nix::NixError;
use crate::nix::error::DatabaseProblem;

use super::closure::Closure;
use super::names::StoreName;

/// How long a writer may keep the database before it is told as busy. Nix's own transactions
/// last milliseconds; a person waits two seconds without doubt.
const BUSY: Duration = Duration::from_secs(2);

/// The store database.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    folder: PathBuf,
}

/// One store path and its size.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StorePath {
    pub path: String,
    /// Size when serialised (NAR), in bytes: about what it takes on the disk.
    pub bytes: u64,
}

impl Store {
    /// Opens the database of the store.
    pub fn open(roots: &Roots) -> Result<Self, NixError> {
        let path = roots.store_database();
        // A database without a store is a leftover: what it says is there is not.
        if !roots.store.is_dir() {
            return Err(NixError::NoNix { store: roots.store.clone() });
        }
        if !path.exists() {
            return Err(NixError::StoreDatabase { path, problem: DatabaseProblem::Missing, source: None });
        }
        let connection = connect(&path, false)
            .or_else(|error| match error.sqlite_error_code() {
                Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                    tracing::info!(path = %path.display(), "the store database is opened as immutable");
                    connect(&path, true)
                }
                _ => Err(error),
            })
            .map_err(|error| failure(&path, error))?;
        Ok(Self { connection, path, folder: roots.store.clone() })
    }

    /// Whether the path is one whole object of this store and registered as valid.
    pub fn is_valid(&self, path: &Path) -> Result<bool, NixError> {
        if path.parent() != Some(self.folder.as_path()) || StoreName::of(path).is_none() {
            return Ok(false);
        }
        let Some(text) = path.to_str() else { return Ok(false) };
        self.query(|connection| connection.prepare_cached("SELECT 1 FROM ValidPaths WHERE path = ?1")?.exists([text]))
    }

    /// Everything that the path needs to work, itself included, by path.
    pub fn requisites(&self, path: &Path) -> Result<Vec<StorePath>, NixError> {
        Closure::of(self, &[path])?.first().map_or_else(|| Ok(Vec::new()), |closure| closure.paths(self))
    }

    /// What the path itself points at, without itself.
    pub fn references(&self, path: &Path) -> Result<Vec<StorePath>, NixError> {
        self.paths(
            "SELECT r.path, r.narSize FROM Refs JOIN ValidPaths p ON p.id = referrer JOIN ValidPaths r ON r.id = reference
             WHERE p.path = ?1 AND r.id <> p.id ORDER BY r.path",
            path,
        )
    }

    /// What points at the path, without itself.
    pub fn referrers(&self, path: &Path) -> Result<Vec<StorePath>, NixError> {
        self.paths(
            "SELECT r.path, r.narSize FROM Refs JOIN ValidPaths p ON p.id = reference JOIN ValidPaths r ON r.id = referrer
             WHERE p.path = ?1 AND r.id <> p.id ORDER BY r.path",
            path,
        )
    }

    /// Size of the path and everything it needs, in bytes; `None` if the store does not know it.
    pub fn closure_size(&self, path: &Path) -> Result<Option<u64>, NixError> {
        Ok(Closure::of(self, &[path])?.first().filter(|closure| !closure.is_empty()).map(Closure::bytes))
    }

    /// How many paths the store has, and their size in bytes.
    pub fn totals(&self) -> Result<(u64, u64), NixError> {
        self.query(|connection| {
            connection.query_row("SELECT count(*), coalesce(sum(narSize), 0) FROM ValidPaths", [], |row| {
                Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)))
            })
        })
    }

    /// The packages that take most: versions and outputs of one name count together.
    pub fn largest(&self, count: usize) -> Result<Vec<(String, u64)>, NixError> {
        let mut sizes: HashMap<String, u64> = HashMap::new();
        self.query(|connection| {
            let mut statement = connection.prepare_cached("SELECT path, narSize FROM ValidPaths")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let path = row.get_ref(0)?.as_str()?;
                let Some(name) = StoreName::of(Path::new(path)) else { continue };
                let bytes = unsigned(row.get::<_, Option<i64>>(1)?.unwrap_or(0));
                match sizes.get_mut(name.name()) {
                    Some(sum) => *sum = sum.saturating_add(bytes),
                    None => {
                        sizes.insert(name.name().to_owned(), bytes);
                    }
                }
            }
            Ok(())
        })?;
        let mut sizes: Vec<_> = sizes.into_iter().collect();
        sizes.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        sizes.truncate(count);
        Ok(sizes)
    }

    fn paths(&self, sql: &str, path: &Path) -> Result<Vec<StorePath>, NixError> {
        let text = path.to_string_lossy();
        self.query(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map([text.as_ref()], |row| {
                    Ok(StorePath { path: row.get(0)?, bytes: unsigned(row.get::<_, Option<i64>>(1)?.unwrap_or(0)) })
                })?
                .collect()
        })
    }

    /// Any reading of the database, its failures told as the store's.
    pub(super) fn query<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, NixError> {
        read(&self.connection).map_err(|error| failure(&self.path, error))
    }
}

/// `SQLite` knows only signed numbers; a size below zero would be a damaged row and counts nothing.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn connect(path: &Path, immutable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if immutable {
        let uri = format!("file:{}?immutable=1", uri_path(path));
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(BUSY)?;
    // `SQLite` opens lazily: the first reading shows whether it can be read at all.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// A path inside a `file:` address: what has a meaning there is escaped.
fn uri_path(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn failure(path: &Path, error: rusqlite::Error) -> NixError {
    let problem = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DatabaseProblem::Busy,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DatabaseProblem::Corrupt,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => DatabaseProblem::NotPermitted,
        _ => DatabaseProblem::Unexpected,
    };
    NixError::StoreDatabase { path: path.to_owned(), problem, source: Some(error) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
pub(super) mod tests {
    use std::fs;

    use super::*;

    const HASH: &str = "0c0qnd5mvwz9k2rlpb6ziv7n8iw1wls";

    pub(in crate::nix::read) fn path(roots: &Roots, digit: u32, name: &str) -> PathBuf {
        roots.store.join(format!("{HASH}{digit}-{name}"))
    }

    /// A store database with Nix's tables: a needs b, b needs c and itself; d stands alone.
    pub(in crate::nix::read) fn store(folder: &Path) -> Roots {
        let roots = Roots::below(folder, None);
        fs::create_dir_all(&roots.store).unwrap();
        fs::create_dir_all(roots.store_database().parent().unwrap()).unwrap();
        let database = Connection::open(roots.store_database()).unwrap();
        database
            .execute_batch(
                "CREATE TABLE ValidPaths (id integer primary key, path text unique not null, hash text,
                    registrationTime integer, deriver text, narSize integer, ultimate integer, sigs text, ca text);
                 CREATE TABLE Refs (referrer integer, reference integer, primary key (referrer, reference));
                 INSERT INTO Refs VALUES (1, 2), (2, 2), (2, 3);",
            )
            .unwrap();
        for (id, name) in [(1, "a-1.0"), (2, "b-2.0"), (3, "c-3.0"), (4, "b-1.9")] {
            let text = path(&roots, id, name);
            database
                .execute(
                    "INSERT INTO ValidPaths (id, path, narSize) VALUES (?1, ?2, ?3)",
                    rusqlite::params![id, text.to_str().unwrap(), id * 100],
                )
                .unwrap();
        }
        roots
    }

    fn problem(roots: &Roots) -> DatabaseProblem {
        match Store::open(roots).and_then(|store| store.totals()) {
            Err(NixError::StoreDatabase { problem, .. }) => problem,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn closures_are_followed_to_their_ends() {
        let folder = tempfile::tempdir().unwrap();
        let roots = store(folder.path());
        let store = Store::open(&roots).unwrap();
        let (a, b) = (path(&roots, 1, "a-1.0"), path(&roots, 2, "b-2.0"));
        let names = |paths: Vec<StorePath>| paths.iter().map(|path| path.bytes).collect::<Vec<_>>();
        assert_eq!(names(store.requisites(&a).unwrap()), [100, 200, 300]);
        assert_eq!(names(store.references(&b).unwrap()), [300]);
        assert_eq!(names(store.referrers(&b).unwrap()), [100]);
        assert_eq!(store.closure_size(&b).unwrap(), Some(500));
        assert_eq!(store.closure_size(Path::new("/nowhere")).unwrap(), None);
        assert_eq!(store.totals().unwrap(), (4, 1000));
        assert_eq!(store.largest(1).unwrap(), [("b".to_owned(), 600)]);
    }

    #[test]
    fn only_whole_objects_of_this_store_are_valid() {
        let folder = tempfile::tempdir().unwrap();
        let roots = store(folder.path());
        let store = Store::open(&roots).unwrap();
        let valid = path(&roots, 1, "a-1.0");
        assert!(store.is_valid(&valid).unwrap());
        for wrong in [valid.join("bin"), path(&roots, 9, "a-1.0"), "/etc".into(), roots.store.clone(), "x' OR 1".into()]
        {
            assert!(!store.is_valid(&wrong).unwrap(), "{}", wrong.display());
        }
    }

    #[test]
    fn each_trouble_with_the_database_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let roots = store(folder.path());
        let file = roots.store_database();
        let writer = Connection::open(&file).unwrap();
        writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert_eq!(problem(&roots), DatabaseProblem::Busy);
        writer.execute_batch("ROLLBACK").unwrap();
        drop(writer);

        let whole = fs::read(&file).unwrap();
        fs::write(&file, vec![b'x'; 5000]).unwrap();
        assert_eq!(problem(&roots), DatabaseProblem::Corrupt);
        fs::write(&file, whole.get(..whole.len() / 2).unwrap()).unwrap();
        assert_eq!(problem(&roots), DatabaseProblem::Corrupt);
        fs::write(&file, "").unwrap();
        assert_eq!(problem(&roots), DatabaseProblem::Unexpected);
        fs::remove_file(&file).unwrap();
        assert_eq!(problem(&roots), DatabaseProblem::Missing);
        fs::remove_dir_all(&roots.store).unwrap();
        assert!(matches!(Store::open(&roots), Err(NixError::NoNix { .. })));
    }
}
