//! Evaluations and plans that are kept from call to call, each under everything that went into it.
//!
//! The key is the Nix in use, its settings, where nixpkgs is, and the contents of every file beside the configuration;
//! the files outside of it that an evaluation reached are looked at too. An evaluation can also depend on the time or
//! on what no file tells; that costs no safety: what is built is compared with what was told before it is used.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::Roots;

use super::evaluate::Evaluated;
use super::plan::SystemPlan;
use super::source::Source;

/// Changes when what is kept has another form.
const FORM: u32 = 1;
/// Rows that are kept of each table: the newest.
const ROWS: u32 = 50;
/// Files beside a configuration that are read for the key, and how large one and how deep: where there is more,
/// nothing is kept, and the evaluation is simply done.
const FILES: usize = 2_000;
const LARGEST: u64 = 4 << 20;
const DEPTH: usize = 8;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS evaluation (key TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS plan (key TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL);";

/// Everything that goes into an evaluation, as one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    key: String,
}

#[derive(Serialize, Deserialize)]
struct Row {
    evaluated: Evaluated,
    /// Files that were reached, with what their contents hash to.
    reached: Vec<(PathBuf, String)>,
}

impl Inputs {
    /// What goes into the evaluation of `source` now; `None` where that is too much to look at.
    #[must_use]
    pub fn of(roots: &Roots, source: &Source) -> Option<Self> {
        let mut hasher = Sha256::new();
        let mut add = |part: &[u8]| {
            hasher.update(part.len().to_le_bytes());
            hasher.update(part);
        };
        add(&FORM.to_le_bytes());
        add(std::env::consts::ARCH.as_bytes());
        match source {
            Source::Channel { file, nixpkgs } => {
                add(file.as_os_str().as_encoded_bytes());
                add(nixpkgs.as_deref().unwrap_or(Path::new("")).as_os_str().as_encoded_bytes());
            }
            Source::Flake { host, lock, .. } => {
                add(host.as_str().as_bytes());
                if let Some(lock) = lock {
                    add(content(lock)?.as_bytes());
                }
            }
        }
        add(source.folder().as_os_str().as_encoded_bytes());
        let program = program(roots, "nix-instantiate")?;
        let facts = fs::metadata(&program).ok()?;
        add(format!("{} {} {:?}", program.display(), facts.len(), facts.modified().ok()).as_bytes());
        add(fs::read(roots.nix_conf.join("nix.conf")).unwrap_or_default().as_slice());
        for (name, value) in &roots.env {
            add(name.as_encoded_bytes());
            add(value.as_encoded_bytes());
        }
        let nix_path = roots.nix_path.clone().or_else(|| std::env::var_os("NIX_PATH")).unwrap_or_default();
        add(nix_path.as_encoded_bytes());
        // A channel is a link to a store path: where it leads is what it holds.
        let entries = std::env::split_paths(&nix_path).map(|entry| {
            let text = entry.to_string_lossy().into_owned();
            PathBuf::from(text.split_once('=').map_or(text.as_str(), |(_, path)| path))
        });
        let usual = [roots.profiles().join("per-user/root/channels"), roots.home.join(".nix-defexpr/channels")];
        for entry in entries.chain(usual) {
            add(fs::canonicalize(entry).unwrap_or_default().as_os_str().as_encoded_bytes());
        }
        let mut left = FILES;
        folder(source.folder(), DEPTH, &mut left, &mut add)?;
        Some(Self { key: hex(&hasher.finalize()) })
    }
}

/// A kept evaluation, if every file that it reached is as it was.
#[must_use]
pub fn evaluation(plans: &Path, inputs: &Inputs) -> Option<Evaluated> {
    let row: Row = get(plans, "evaluation", &inputs.key)?;
    row.reached.iter().all(|(file, hash)| content(file).as_ref() == Some(hash)).then_some(row.evaluated)
}

/// Keeps an evaluation.
pub fn keep_evaluation(plans: &Path, inputs: &Inputs, evaluated: &Evaluated, reached: &[PathBuf]) {
    let hashed = reached.iter().map(|file| Some((file.clone(), content(file)?))).collect::<Option<Vec<_>>>();
    let Some(reached) = hashed else { return };
    put(plans, "evaluation", &inputs.key, &Row { evaluated: evaluated.clone(), reached });
}

/// What the store, the running system and the default are now: what a plan depends on beside the derivation.
#[must_use]
pub fn state(roots: &Roots, derivation: &Path) -> String {
    let mut hasher = Sha256::new();
    hasher.update(derivation.as_os_str().as_encoded_bytes());
    let database = roots.store_database();
    for file in [database.clone(), PathBuf::from(format!("{}-wal", database.display()))] {
        let facts = fs::metadata(file).ok().map(|facts| (facts.len(), facts.modified().ok()));
        hasher.update(format!("{facts:?}"));
    }
    for link in [roots.current_system(), roots.booted_system(), roots.system_profile()] {
        hasher.update(fs::read_link(link).unwrap_or_default().as_os_str().as_encoded_bytes());
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

/// The kept plan of a system.
#[must_use]
pub fn plan(plans: &Path, state: &str) -> Option<SystemPlan> {
    get(plans, "plan", state)
}

/// Keeps a plan under the state that it was made in.
pub fn keep_plan(plans: &Path, state: &str, plan: &SystemPlan) {
    put(plans, "plan", state, plan);
}

/// The program behind a name, as it would be started.
fn program(roots: &Roots, name: &str) -> Option<PathBuf> {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = roots.nix_bin.iter().cloned().chain(std::env::split_paths(&own)).collect();
    folders.truncate(100);
    folders.into_iter().find_map(|folder| fs::canonicalize(folder.join(name)).ok())
}

fn folder(path: &Path, depth: usize, left: &mut usize, add: &mut impl FnMut(&[u8])) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let mut paths: Vec<PathBuf> = fs::read_dir(path).ok()?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        // Nix reads neither git's own files nor a build's result here.
        let name = path.file_name().unwrap_or_default();
        let linked = fs::symlink_metadata(&path).is_ok_and(|facts| facts.is_symlink());
        if name == ".git" || (linked && name.to_string_lossy().starts_with("result")) {
            continue;
        }
        *left = left.checked_sub(1)?;
        add(path.as_os_str().as_encoded_bytes());
        if path.is_dir() && !linked {
            folder(&path, depth, left, add)?;
        } else if path.is_file() {
            add(content(&path)?.as_bytes());
        } else {
            add(fs::read_link(&path).unwrap_or_default().as_os_str().as_encoded_bytes());
        }
    }
    Some(())
}

/// What a file's contents hash to; `None` for one that is too large, or cannot be read.
fn content(path: &Path) -> Option<String> {
    let facts = fs::metadata(path).ok()?;
    (facts.is_file() && facts.len() <= LARGEST).then(|| fs::read(path).ok().map(|bytes| hex(&Sha256::digest(bytes))))?
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn open(plans: &Path) -> rusqlite::Result<Connection> {
    if let Some(folder) = plans.parent() {
        let _ = fs::create_dir_all(folder);
    }
    let connection = Connection::open(plans)?;
    connection.busy_timeout(Duration::from_millis(500))?;
    connection.execute_batch(TABLES)?;
    Ok(connection)
}

/// A row; what cannot be read is not there. The tables' names are our own words.
fn get<T: DeserializeOwned>(plans: &Path, table: &'static str, key: &str) -> Option<T> {
    if !plans.exists() {
        return None;
    }
    let found = open(plans).and_then(|connection| {
        let sql = format!("SELECT value FROM {table} WHERE key = ?1");
        connection.query_row(&sql, [key], |row| row.get::<_, String>(0)).optional()
    });
    match found {
        Ok(text) => serde_json::from_str(&text?).ok(),
        Err(error) => {
            tracing::warn!(%error, "kept plans cannot be read");
            if matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)) {
                let _ = fs::remove_file(plans);
            }
            None
        }
    }
}

fn put<T: Serialize>(plans: &Path, table: &'static str, key: &str, value: &T) {
    let write = || -> rusqlite::Result<()> {
        let text =
            serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let connection = open(plans)?;
        let now = Timestamp::now().as_millisecond();
        let sql = format!("INSERT OR REPLACE INTO {table} (key, value, at) VALUES (?1, ?2, ?3)");
        connection.execute(&sql, params![key, text, now])?;
        let sql = format!("DELETE FROM {table} WHERE key NOT IN (SELECT key FROM {table} ORDER BY at DESC LIMIT ?1)");
        connection.execute(&sql, [ROWS])?;
        Ok(())
    };
    if let Err(error) = write() {
        tracing::warn!(%error, "a plan cannot be kept");
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn an_evaluation_is_kept_until_anything_changes_that_went_into_it() {
        let place = tempfile::tempdir().unwrap();
        let bin = place.path().join("bin");
        let roots = Roots::below(place.path(), Some(bin.clone()));
        let (etc, outside) = (&roots.etc_nixos, place.path().join("outside.nix"));
        for folder in [etc, &bin, &etc.join("modules"), &etc.join(".git")] {
            fs::create_dir_all(folder).unwrap();
        }
        let file = etc.join("configuration.nix");
        for (path, text) in [(&file, "{ }"), (&outside, "1"), (&bin.join("nix-instantiate"), "")] {
            fs::write(path, text).unwrap();
        }
        let plans = place.path().join("cache/plans.sqlite");
        let source = Source::Channel { file: file.clone(), nixpkgs: None };
        let evaluated = Evaluated { derivation: "/s/a.drv".into(), system: "/s/a".into() };
        let inputs = || Inputs::of(&roots, &source).unwrap();
        let found = || evaluation(&plans, &inputs());
        assert_eq!(found(), None);
        keep_evaluation(&plans, &inputs(), &evaluated, std::slice::from_ref(&outside));
        assert_eq!(found().as_ref(), Some(&evaluated));
        fs::write(etc.join(".git/index"), "x").unwrap();
        assert_eq!(found().as_ref(), Some(&evaluated), "git's own files are not evaluated");
        for (path, text, old) in [(&outside, "2", "1"), (&file, "{ a = 1; }", "{ }")] {
            fs::write(path, text).unwrap();
            assert_eq!(found(), None, "{}", path.display());
            fs::write(path, old).unwrap();
            assert_eq!(found().as_ref(), Some(&evaluated));
        }
        fs::write(etc.join("modules/new.nix"), "{ }").unwrap();
        assert_eq!(found(), None);
        fs::remove_file(etc.join("modules/new.nix")).unwrap();
        fs::write(bin.join("nix-instantiate"), "another Nix").unwrap();
        assert_eq!(found(), None);
        fs::write(&plans, "no database, and long enough to be looked at as one ".repeat(40)).unwrap();
        assert_eq!(found(), None);
    }
}
