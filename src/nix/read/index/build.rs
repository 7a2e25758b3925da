//! Building the index: from lists, or from the machine's own nixpkgs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rphonetic::{DoubleMetaphone, Encoder};
use rusqlite::{Connection, Transaction, params};
use tokio_util::sync::CancellationToken;

use super::import::{OptionRow, PackageRow, Row, read};
use super::names::key;
use super::{Contents, Index, IndexError, complete, known, schema};
use crate::config::Roots;
use crate::nix::child::nix_program;
use crate::nix::{Progress, Stage};

/// Progress is told every so many rows.
const TELL_EVERY: u64 = 5000;

/// Builds the index at `path` from lists. The old one stays until the new one is whole.
pub fn build(
    path: &Path,
    lists: &[PathBuf],
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Contents, IndexError> {
    let source: Vec<_> = lists.iter().map(|list| list.file_name().unwrap_or_default().to_string_lossy()).collect();
    write(path, &source.join(", "), lists, cancel, tell)
}

/// Builds the index at `path` from the nixpkgs that the machine uses, by `nix-env -qaP --json --meta`.
///
/// Takes a minute or two for a whole nixpkgs (evaluation of every package).
pub fn build_from_nix(
    path: &Path,
    roots: &Roots,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Contents, IndexError> {
    tell(Progress { at: Some("nixpkgs".to_owned()), ..Progress::of(Stage::Evaluating) });
    let folder = folder(path)?;
    let list = tempfile::Builder::new()
        .suffix(".json")
        .tempfile_in(folder)
        .map_err(|error| IndexError::Write(error.to_string()))?;
    let output = list.as_file().try_clone().map_err(|error| IndexError::Write(error.to_string()))?;
    let mut command = nix_program(roots, "nix-env");
    command.args(["-f", "<nixpkgs>", "-qaP", "--json", "--meta"]).stdout(output);
    finish(command, cancel)?;
    let mut lists = vec![list.path().to_owned()];
    let rest = match complete::left_out(roots, list.path(), folder, cancel) {
        Ok(rest) => rest,
        Err(IndexError::Cancelled) => return Err(IndexError::Cancelled),
        // The list alone still makes an index; the best known attributes come from what ships.
        Err(error) => {
            tracing::warn!(target: "nix.index", %error, "attributes that nix-env leaves out could not be asked for");
            None
        }
    };
    lists.extend(rest.as_ref().map(|rest| rest.path().to_owned()));
    write(path, "nixpkgs", &lists, cancel, tell)
}

/// Runs a Nix program whose output goes to a file, to its end or until it is cancelled.
pub(super) fn finish(mut command: Command, cancel: &CancellationToken) -> Result<(), IndexError> {
    let mut child =
        command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => IndexError::NoNix,
            _ => IndexError::Nix(error.to_string()),
        })?;
    // Its errors are read on a thread of their own, so that a full pipe cannot stop it.
    let errors = child.stderr.take().map(|mut stderr| {
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = std::io::Read::read_to_string(&mut stderr, &mut text);
            text
        })
    });
    let status = loop {
        if cancel.is_cancelled() {
            let _ = child.kill();
            let _ = child.wait();
            return Err(IndexError::Cancelled);
        }
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(std::time::Duration::from_millis(50)),
            Err(error) => return Err(IndexError::Nix(error.to_string())),
        }
    };
    if status.success() {
        return Ok(());
    }
    let errors = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
    let reason = errors.lines().rev().find(|line| line.contains("error:")).unwrap_or("it gave no reason").trim();
    Err(IndexError::Nix(reason.trim_end_matches('.').to_owned()))
}

fn folder(path: &Path) -> Result<&Path, IndexError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| IndexError::Write(error.to_string()))?;
    Ok(folder)
}

fn write(
    path: &Path,
    source: &str,
    lists: &[PathBuf],
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Contents, IndexError> {
    let written = |error: rusqlite::Error| IndexError::Write(error.to_string());
    let new = tempfile::Builder::new()
        .prefix(".index-")
        .tempfile_in(folder(path)?)
        .map_err(|error| IndexError::Write(error.to_string()))?;
    let mut connection = Connection::open(new.path()).map_err(written)?;
    schema::create(&connection).map_err(written)?;
    let transaction = connection.transaction().map_err(written)?;
    let mut rows = 0;
    for list in lists {
        let before = rows;
        read(list, &mut |row| {
            insert(&transaction, row).map_err(written)?;
            rows += 1;
            if rows % TELL_EVERY == 0 {
                tell(Progress { done: rows, ..Progress::of(Stage::Indexing) });
            }
            if cancel.is_cancelled() { Err(IndexError::Cancelled) } else { Ok(()) }
        })?;
        if rows == before {
            return Err(IndexError::Empty(list.clone()));
        }
    }
    // An index of options alone would hide every package that the old one had.
    let packages: i64 = transaction.query_row("SELECT count(*) FROM package", [], |row| row.get(0)).map_err(written)?;
    if packages == 0 {
        return Err(IndexError::NoPackages);
    }
    for package in complete::known(&transaction).map_err(written)? {
        insert_package(&transaction, &package).map_err(written)?;
    }
    schema::finish(&transaction, source).map_err(written)?;
    transaction.commit().map_err(written)?;
    drop(connection);
    new.persist(path).map_err(|error| IndexError::Write(error.to_string()))?;
    Index::open(path)?.contents()
}

fn insert(to: &Transaction, row: Row) -> Result<(), rusqlite::Error> {
    match row {
        Row::Package(package) => insert_package(to, &package),
        Row::Option(option) => insert_option(to, &option),
    }
}

fn insert_package(to: &Transaction, package: &PackageRow) -> Result<(), rusqlite::Error> {
    let last = package.attr.rsplit('.').next().unwrap_or(&package.attr);
    let attr_key = key(last);
    let sound = DoubleMetaphone::default().encode(&attr_key);
    let top = !package.attr.contains('.');
    let changed = to
        .prepare_cached(
            "INSERT OR IGNORE INTO package(attr, pname, version, description, program, homepage, licence, unfree, broken,
               long, key, name_key, program_key, sound, top, rank)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            package.attr,
            package.pname,
            package.version,
            package.description,
            package.program,
            package.homepage,
            package.licence,
            package.unfree,
            package.broken,
            package.long,
            attr_key,
            key(&package.pname),
            package.program.as_deref().map(key),
            sound,
            top,
            known::rank(&package.attr),
        ])?;
    if changed == 1 {
        to.prepare_cached(
            "INSERT INTO package_words(rowid, attr, pname, program, description, long) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            to.last_insert_rowid(),
            package.attr,
            package.pname,
            package.program,
            package.description,
            package.long
        ])?;
    }
    Ok(())
}

fn insert_option(to: &Transaction, option: &OptionRow) -> Result<(), rusqlite::Error> {
    let changed = to
        .prepare_cached(
            "INSERT OR IGNORE INTO option(name, type, standard, example, description) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![option.name, option.kind, option.standard, option.example, option.description])?;
    if changed == 1 {
        to.prepare_cached("INSERT INTO option_words(rowid, name, description) VALUES (?1, ?2, ?3)")?
            .execute(params![to.last_insert_rowid(), option.name, option.description])?;
    }
    Ok(())
}
