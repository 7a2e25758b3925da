//! The activation journal: what was changed, from what, to what, why, and how it went.
//!
//! Each change and each of its steps is written down before it is made, so that a change that was
//! cut short (a kill, a power cut) is known at the next start. From here comes also which system
//! ran before the one that runs now, which no Nix program records.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, params};

use crate::command::GenerationNumber;
use crate::nix::NixError;

use super::lock::exclusive;
use super::tables;

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// To a generation that was named.
    To,
    /// One step back.
    Back,
    /// To what the configuration says.
    Switch,
    /// The same, until the next restart.
    Test,
    /// The same, from the next restart on.
    Boot,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The target runs and is the default.
    Done,
    /// It failed, and what ran before runs again (or nothing had been changed).
    Restored,
    /// It failed, and what ran before could not be brought back.
    Broken,
    /// A later change took its place while it was unfinished.
    Superseded,
}

/// One change as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub started: Timestamp,
    pub what: What,
    pub why: String,
    pub ran_path: PathBuf,
    pub ran_number: Option<GenerationNumber>,
    pub default_number: Option<GenerationNumber>,
    /// The system that it goes to; `None` until that is known.
    pub to_path: Option<PathBuf>,
    pub to_number: Option<GenerationNumber>,
    /// The edit of the configuration that belongs to it, by its own name.
    pub edit: Option<String>,
    pub ending: Option<Ending>,
}

impl Entry {
    /// Whether it went to this system.
    #[must_use]
    pub fn went_to(&self, system: &Path) -> bool {
        self.to_path.as_deref() == Some(system)
    }
}

/// What is written down when a change begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin<'a> {
    pub what: What,
    pub why: &'a str,
    pub ran_path: &'a Path,
    pub ran_number: Option<GenerationNumber>,
    pub default_number: Option<GenerationNumber>,
    /// The generation that it goes to, where that is known from the beginning.
    pub to: Option<(&'a Path, GenerationNumber)>,
}

impl What {
    const ALL: [(Self, &'static str); 5] =
        [(Self::To, "to"), (Self::Back, "back"), (Self::Switch, "switch"), (Self::Test, "test"), (Self::Boot, "boot")];
}

impl Ending {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Done, "done"),
        (Self::Restored, "restored"),
        (Self::Broken, "broken"),
        (Self::Superseded, "superseded"),
    ];
}

/// The word that stands for a value in the file.
fn word<T: Copy + PartialEq>(all: &[(T, &'static str)], value: T) -> &'static str {
    all.iter().find(|(one, _)| *one == value).map_or("", |(_, word)| word)
}

fn value<T: Copy>(all: &[(T, &'static str)], text: &str) -> Option<T> {
    all.iter().find(|(_, word)| *word == text).map(|(one, _)| *one)
}

/// The journal.
pub struct Journal {
    connection: Connection,
    path: PathBuf,
}

/// The right to change the machine through this journal: one program at a time has it.
///
/// Held by `flock`, so it ends with the process that holds it, however that ends.
#[derive(Debug)]
pub struct Turn {
    _file: File,
}

impl Journal {
    /// Opens the journal, or begins one.
    ///
    /// A damaged journal is put aside under another name and a new one begun, which is told once as
    /// [`NixError::JournalDamaged`]: nobody may be kept from going back to a system that works because of a damaged
    /// record, and nobody may believe that nothing was written in it.
    pub fn open(path: &Path) -> Result<Self, NixError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(NixError::io("made", folder))?;
        }
        let connection = match tables::connect(path) {
            Err(error)
                if matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)) =>
            {
                let mut aside = path.as_os_str().to_owned();
                aside.push(format!(".damaged-{}", Timestamp::now().as_second()));
                tracing::error!(journal = %path.display(), "the journal is damaged: it is put aside");
                fs::rename(path, &aside).map_err(NixError::io("put aside", path))?;
                return tables::connect(path)
                    .map_err(|source| NixError::Journal { path: path.to_owned(), source })
                    .and(Err(NixError::JournalDamaged { aside: aside.into() }));
            }
            other => other,
        };
        let connection = connection.map_err(|source| NixError::Journal { path: path.to_owned(), source })?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Takes the turn to change the machine; [`NixError::Busy`] if another has it.
    pub fn turn(&self) -> Result<Turn, NixError> {
        let mut path = self.path.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(NixError::io("locked", &path))?;
        if exclusive(&file).map_err(NixError::io("locked", &path))? {
            Ok(Turn { _file: file })
        } else {
            Err(NixError::Busy)
        }
    }

    /// Writes down that a change begins; what was unfinished until now has been superseded.
    pub fn begin(&self, _turn: &Turn, begin: &Begin<'_>) -> Result<i64, NixError> {
        let now = Timestamp::now().as_millisecond();
        self.run(|connection| {
            connection.execute(
                "UPDATE change SET ending = ?1, ended = ?2 WHERE ending IS NULL",
                params![word(&Ending::ALL, Ending::Superseded), now],
            )?;
            connection.execute(
                "INSERT INTO change (started, who, what, why, ran_path, ran_number, default_number, to_path, to_number)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    now,
                    who(),
                    word(&What::ALL, begin.what),
                    begin.why,
                    begin.ran_path.to_string_lossy(),
                    begin.ran_number.map(stored),
                    begin.default_number.map(stored),
                    begin.to.map(|(path, _)| path.to_string_lossy()),
                    begin.to.map(|(_, number)| stored(number)),
                ],
            )?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// Writes down which edit of the configuration belongs to a change. Before a file is written.
    pub fn edits(&self, change: i64, edit: &str) -> Result<(), NixError> {
        self.run(|connection| connection.execute("UPDATE change SET edit = ?1 WHERE id = ?2", params![edit, change]))?;
        Ok(())
    }

    /// Writes down which system a change goes to, and which generation that is.
    pub fn goes_to(&self, change: i64, system: &Path, number: Option<GenerationNumber>) -> Result<(), NixError> {
        self.run(|connection| {
            connection.execute(
                "UPDATE change SET to_path = ?1, to_number = ?2 WHERE id = ?3",
                params![system.to_string_lossy(), number.map(stored), change],
            )
        })?;
        Ok(())
    }

    /// Takes a change out that turned out to be none.
    pub fn forget(&self, change: i64) -> Result<(), NixError> {
        self.run(|connection| {
            connection.execute("DELETE FROM step WHERE change = ?1", [change])?;
            connection.execute("DELETE FROM change WHERE id = ?1", [change])
        })?;
        Ok(())
    }

    /// Does a step and writes it down: before, and how long it took and how it ended after.
    pub fn step<T>(&self, change: i64, name: &str, act: impl FnOnce() -> Result<T, NixError>) -> Result<T, NixError> {
        let begun = std::time::Instant::now();
        let id = self.run(|connection| {
            connection.execute(
                "INSERT INTO step (change, name, started) VALUES (?1, ?2, ?3)",
                params![change, name, Timestamp::now().as_millisecond()],
            )?;
            Ok(connection.last_insert_rowid())
        })?;
        let result = act();
        let told = result.as_ref().err().map_or_else(|| "done".to_owned(), ToString::to_string);
        let took = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let written = self.run(|connection| {
            connection
                .execute("UPDATE step SET milliseconds = ?1, result = ?2 WHERE rowid = ?3", params![took, told, id])
        });
        // The step is done: a record that cannot be completed must not make it look failed.
        if let Err(error) = written {
            tracing::error!(%error, step = name, "the end of a step could not be written down");
        }
        result
    }

    /// Writes down how a change ended.
    pub fn end(&self, change: i64, ending: Ending) -> Result<(), NixError> {
        self.run(|connection| {
            connection.execute(
                "UPDATE change SET ending = ?1, ended = ?2 WHERE id = ?3",
                params![word(&Ending::ALL, ending), Timestamp::now().as_millisecond(), change],
            )
        })?;
        Ok(())
    }

    /// The changes, newest first, at most `count`.
    pub fn entries(&self, count: u32) -> Result<Vec<Entry>, NixError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, started, what, why, ran_path, ran_number, default_number, to_path, to_number, ending,
                     edit FROM change ORDER BY id DESC LIMIT ?1",
                )?
                .query_map([count], entry)?
                .filter_map(Result::transpose)
                .collect()
        })
    }

    /// The change that was cut short, if there is one. Ask for it only with the [`Turn`]: without
    /// it the change may simply be at work.
    pub fn unfinished(&self, _turn: &Turn) -> Result<Option<Entry>, NixError> {
        Ok(self.entries(1)?.into_iter().find(|entry| entry.ending.is_none()))
    }

    /// The names of the steps of a change, in order, and whether each came to its end.
    pub fn steps(&self, change: i64) -> Result<Vec<(String, bool)>, NixError> {
        self.run(|connection| {
            connection
                .prepare_cached("SELECT name, result IS NOT NULL FROM step WHERE change = ?1 ORDER BY rowid")?
                .query_map([change], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    fn run<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, NixError> {
        act(&self.connection).map_err(|source| NixError::Journal { path: self.path.clone(), source })
    }
}

/// A row as an entry; a row that a newer version wrote in words unknown here is left out.
fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let number = |stored: Option<i64>| stored.and_then(|n| u64::try_from(n).ok()).and_then(GenerationNumber::new);
    let ending: Option<String> = row.get(9)?;
    let known = (
        Timestamp::from_millisecond(row.get(1)?).ok(),
        value(&What::ALL, &row.get::<_, String>(2)?),
        ending.as_ref().map_or(Some(None), |word| value(&Ending::ALL, word).map(Some)),
    );
    let (Some(started), Some(what), Some(ending)) = known else { return Ok(None) };
    Ok(Some(Entry {
        id: row.get(0)?,
        started,
        what,
        why: row.get(3)?,
        ran_path: row.get::<_, String>(4)?.into(),
        ran_number: number(row.get(5)?),
        default_number: number(row.get(6)?),
        to_path: row.get::<_, Option<String>>(7)?.map(PathBuf::from),
        to_number: number(row.get(8)?),
        edit: row.get(10)?,
        ending,
    }))
}

fn stored(number: GenerationNumber) -> i64 {
    i64::try_from(number.get()).unwrap_or(i64::MAX)
}

/// Who makes the change: the user's number, which no variable can change.
fn who() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    fn number(n: u64) -> GenerationNumber {
        GenerationNumber::new(n).unwrap()
    }

    fn begin<'a>(from: &'a Path, to: &'a Path) -> Begin<'a> {
        Begin {
            what: What::To,
            why: "roll back to generation 2",
            ran_path: from,
            ran_number: Some(number(3)),
            default_number: Some(number(3)),
            to: Some((to, number(2))),
        }
    }

    #[test]
    fn a_change_is_unfinished_until_its_end_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/journal.sqlite");
        let (from, to) = (Path::new("/s/3"), Path::new("/s/2"));
        let journal = Journal::open(&file).unwrap();
        let turn = journal.turn().unwrap();
        assert!(matches!(Journal::open(&file).unwrap().turn(), Err(NixError::Busy)));
        let change = journal.begin(&turn, &begin(from, to)).unwrap();
        journal.step(change, "test", || Ok(())).unwrap();
        let failed: Result<(), _> = journal.step(change, "profile", || Err(NixError::Busy));
        assert!(matches!(failed, Err(NixError::Busy)));
        drop((turn, journal));

        let journal = Journal::open(&file).unwrap();
        let turn = journal.turn().unwrap();
        let entry = journal.unfinished(&turn).unwrap().unwrap();
        assert_eq!((entry.id, entry.to_number, entry.went_to(to)), (change, Some(number(2)), true));
        assert_eq!(journal.steps(change).unwrap(), [("test".to_owned(), true), ("profile".to_owned(), true)]);
        let next = journal.begin(&turn, &begin(from, to)).unwrap();
        journal.end(next, Ending::Done).unwrap();
        assert_eq!(journal.unfinished(&turn).unwrap(), None);
        let endings: Vec<_> = journal.entries(10).unwrap().iter().map(|entry| entry.ending).collect();
        assert_eq!(endings, [Some(Ending::Done), Some(Ending::Superseded)]);
    }

    #[test]
    fn a_damaged_journal_is_put_aside_and_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal.sqlite");
        fs::write(&file, "this is no database, and it is long enough to be looked at as one ".repeat(50)).unwrap();
        assert!(matches!(Journal::open(&file), Err(NixError::JournalDamaged { .. })));
        assert_eq!(Journal::open(&file).unwrap().entries(10).unwrap(), []);
        let aside = fs::read_dir(&folder)
            .unwrap()
            .filter_map(Result::ok)
            .any(|entry| entry.file_name().to_string_lossy().contains("damaged"));
        assert!(aside);
    }
}
