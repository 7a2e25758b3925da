//! The journal's tables, and how those of an earlier version become these.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

/// Version of the tables, kept in the file itself.
const SCHEMA: i32 = 2;

const CHANGE: &str = "
    id INTEGER PRIMARY KEY,
    started INTEGER NOT NULL,         -- milliseconds since 1970
    ended INTEGER,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL,
    ran_path TEXT NOT NULL,           -- the system that ran before
    ran_number INTEGER,               -- its generation, if it had one
    default_number INTEGER,           -- what the profile pointed at before
    to_path TEXT,                     -- empty until it is known which system it is
    to_number INTEGER,                -- empty for a test, which is no generation
    edit TEXT,                        -- the edit of the configuration that belongs to it
    ending TEXT                       -- empty while it is at work\n";

const STEP: &str = "
CREATE TABLE step (
    change INTEGER NOT NULL REFERENCES change (id),
    name TEXT NOT NULL,
    started INTEGER NOT NULL,
    milliseconds INTEGER,
    result TEXT
);
CREATE INDEX step_change ON step (change);";

/// Opens the journal's file, and makes or brings up to date its tables.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // What is written here must outlast a power cut in the step that follows.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let make = match version {
        0 => format!("CREATE TABLE change ({CHANGE}); {STEP}"),
        // Until then a change was written down when its generation was known already.
        1 => format!(
            "CREATE TABLE change_2 ({CHANGE});
             INSERT INTO change_2 SELECT id, started, ended, who, what, why, ran_path, ran_number, default_number,
                 to_path, to_number, NULL, ending FROM change;
             DROP TABLE change; ALTER TABLE change_2 RENAME TO change;"
        ),
        _ => String::new(),
    };
    if !make.is_empty() {
        connection.pragma_update(None, "foreign_keys", false)?;
        let make = format!("BEGIN IMMEDIATE; {make} PRAGMA user_version = {SCHEMA}; COMMIT;");
        connection.execute_batch(&make).or_else(|error| {
            // Another program may have made the tables at this very moment.
            let _ = connection.execute_batch("ROLLBACK");
            let now: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if now == SCHEMA { Ok(()) } else { Err(error) }
        })?;
    }
    connection.query_row("SELECT count(*) FROM change", [], |_| Ok(()))?;
    Ok(connection)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::super::journal::{Begin, Ending, Journal, What};
    use super::*;
    use crate::command::GenerationNumber;

    #[test]
    fn a_journal_of_the_first_form_is_read_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal.sqlite");
        let old = Connection::open(&file).unwrap();
        let change = CHANGE.replace("    edit TEXT,", "    --").replace("TEXT,   ", "TEXT NOT NULL,");
        let values = "1, 1000, 2000, 'uid 0', 'to', 'go', '/s/3', 3, 3, '/s/2', 2, 'done'";
        let step = "INSERT INTO step VALUES (1, 'test', 1000, 5, 'done')";
        let make = format!("CREATE TABLE change ({change}); {STEP} INSERT INTO change VALUES ({values}); {step};");
        old.execute_batch(&format!("{make} PRAGMA user_version = 1;")).unwrap();
        drop(old);
        let journal = Journal::open(&file).unwrap();
        let entries = journal.entries(10).unwrap();
        assert_eq!(entries.len(), 1);
        let one = entries.first().unwrap();
        assert_eq!((one.id, one.to_number, one.ending), (1, GenerationNumber::new(2), Some(Ending::Done)));
        assert_eq!(journal.steps(1).unwrap(), [("test".to_owned(), true)]);
        let turn = journal.turn().unwrap();
        let (from, to) = (Path::new("/s/2"), Path::new("/s/4"));
        let begin =
            Begin { what: What::Test, why: "test", ran_path: from, ran_number: None, default_number: None, to: None };
        let change = journal.begin(&turn, &begin).unwrap();
        journal.edits(change, "0001").unwrap();
        journal.goes_to(change, to, None).unwrap();
        let entry = journal.unfinished(&turn).unwrap().unwrap();
        assert_eq!((entry.edit.as_deref(), entry.went_to(to), entry.to_number), (Some("0001"), true, None));
        journal.forget(change).unwrap();
        assert_eq!(journal.entries(10).unwrap().len(), 1);
    }
}
