//! How long builds took, by package name: what remains of a build is estimated from it, as nix-output-monitor does.
//!
//! A record that cannot be read or written costs an estimate and nothing else.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Builds that are kept of one package: its newest.
const EACH: u32 = 5;
/// Builds that are kept in all.
const ALL: u32 = 20_000;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS build (name TEXT NOT NULL, milliseconds INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS build_name ON build (name, at);";

/// The usual duration of a build, by the package's name without its version.
#[derive(Debug, Default, Clone)]
pub struct Past {
    usual: HashMap<String, Duration>,
}

impl FromIterator<(String, Duration)> for Past {
    fn from_iter<T: IntoIterator<Item = (String, Duration)>>(builds: T) -> Self {
        Self { usual: builds.into_iter().collect() }
    }
}

impl Past {
    /// What is known of these packages (`name version`, as they are told).
    #[must_use]
    pub fn of(file: &Path, packages: &[String]) -> Self {
        if packages.is_empty() || !file.exists() {
            return Self::default();
        }
        read(file, packages).unwrap_or_else(|error| {
            tracing::warn!(%error, "how long builds took cannot be read");
            Self::default()
        })
    }

    /// How long a package usually takes: the median of its last builds.
    #[must_use]
    pub fn usual(&self, package: &str) -> Option<Duration> {
        self.usual.get(plain(package)).copied()
    }
}

/// Writes down how long builds took.
pub fn remember(file: &Path, builds: &[(String, Duration)]) {
    if builds.is_empty() {
        return;
    }
    if let Err(error) = write(file, builds) {
        tracing::warn!(%error, "how long builds took cannot be written down");
    }
}

/// `vim 9.1` is `vim`.
fn plain(package: &str) -> &str {
    package.split(' ').next().unwrap_or(package)
}

fn open(file: &Path) -> rusqlite::Result<Connection> {
    if let Some(folder) = file.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.execute_batch(TABLES)?;
    Ok(connection)
}

fn read(file: &Path, packages: &[String]) -> rusqlite::Result<Past> {
    let connection = open(file)?;
    let mut find =
        connection.prepare("SELECT milliseconds FROM build WHERE name = ?1 ORDER BY at DESC, rowid DESC LIMIT ?2")?;
    let mut usual = HashMap::new();
    for package in packages {
        let name = plain(package);
        let took: rusqlite::Result<Vec<i64>> = find.query_map(params![name, EACH], |row| row.get(0))?.collect();
        let mut took = took?;
        took.sort_unstable();
        if let Some(median) = took.get(took.len() / 2) {
            usual.insert(name.to_owned(), Duration::from_millis(u64::try_from(*median).unwrap_or(0)));
        }
    }
    Ok(Past { usual })
}

fn write(file: &Path, builds: &[(String, Duration)]) -> rusqlite::Result<()> {
    let mut connection = open(file)?;
    let change = connection.transaction()?;
    let now = Timestamp::now().as_millisecond();
    for (package, took) in builds {
        let name = plain(package);
        let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        change.execute("INSERT INTO build (name, milliseconds, at) VALUES (?1, ?2, ?3)", params![name, took, now])?;
        change.execute(
            "DELETE FROM build WHERE name = ?1 AND rowid NOT IN
             (SELECT rowid FROM build WHERE name = ?1 ORDER BY at DESC, rowid DESC LIMIT ?2)",
            params![name, EACH],
        )?;
    }
    change.execute(
        "DELETE FROM build WHERE rowid NOT IN (SELECT rowid FROM build ORDER BY at DESC, rowid DESC LIMIT ?1)",
        [ALL],
    )?;
    change.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_the_last_builds_counts_whatever_the_version() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| unreachable!("{error}"));
        let file = folder.path().join("new/builds.sqlite");
        for (version, seconds) in [(1, 900), (2, 10), (3, 30), (4, 20), (5, 40), (6, 50)] {
            remember(&file, &[(format!("vim {version}"), Duration::from_secs(seconds))]);
        }
        let past = Past::of(&file, &["vim 7".to_owned(), "git 1".to_owned()]);
        assert_eq!(past.usual("vim 8"), Some(Duration::from_secs(30)), "the oldest is forgotten");
        assert_eq!(past.usual("git 1"), None);
        assert!(std::fs::write(&file, "no database, and long enough to be looked at as one ".repeat(40)).is_ok());
        assert_eq!(Past::of(&file, &["vim 7".to_owned()]).usual("vim 7"), None);
    }
}
