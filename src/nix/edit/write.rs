//! Edits onto the disk, and off it again, byte for byte.
//!
//! Before a file is written its old bytes are kept; a file is replaced whole or not at all; and one
//! that is not as it was when the edit was worked out is never touched.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::EditError;
use super::plan::{Edit, FileEdit};

/// What says in a backup's folder what it is of.
const RECORD: &str = "edit.json";

/// An edit that was made, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// What the user said.
    why: String,
    files: Vec<Kept>,
    state: State,
}

/// How far an edit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// Files may have been written.
    Begun,
    Made,
    TakenBack,
}

/// One file of an edit: its old bytes are beside the record as `N.before`, the new ones as `N.after`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    file: PathBuf,
}

/// Files with their bytes before and after an edit.
type Todo = Vec<(PathBuf, Vec<u8>, Vec<u8>)>;

/// An edit that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    folder: PathBuf,
    /// The files that were changed.
    pub files: Vec<PathBuf>,
    /// What the user had said.
    pub why: String,
    /// The edit's own name: the time at which it was made.
    pub id: String,
}

/// Refuses files that belong to another program: those in the store.
pub fn permitted(edit: &Edit, store: &Path) -> Result<(), EditError> {
    let store = fs::canonicalize(store).unwrap_or_else(|_| store.to_owned());
    match edit.files.iter().find(|file| file.file.starts_with(&store) || file.file.starts_with("/nix/store")) {
        Some(file) => Err(EditError::Managed { file: file.file.clone() }),
        None => Ok(()),
    }
}

/// An edit whose old and new bytes are kept, and that is not written yet.
#[derive(Debug)]
pub struct Prepared<'a> {
    edit: &'a Edit,
    folder: PathBuf,
    record: Record,
    /// The edit's own name.
    pub id: String,
}

/// Keeps the old and the new bytes of an edit. Touches none of its files.
pub fn prepare<'a>(edit: &'a Edit, backups: &Path, why: &str) -> Result<Prepared<'a>, EditError> {
    for file in &edit.files {
        unchanged(&file.file, file.before.as_bytes())?;
    }
    let (folder, id) = new_folder(backups)?;
    for (index, file) in edit.files.iter().enumerate() {
        keep(&folder.join(format!("{index}.before")), file.before.as_bytes())?;
        keep(&folder.join(format!("{index}.after")), file.after.as_bytes())?;
    }
    let kept = edit.files.iter().map(|file| Kept { file: file.file.clone() }).collect();
    let record = Record { why: why.to_owned(), files: kept, state: State::Begun };
    write_record(&folder, &record)?;
    Ok(Prepared { edit, folder, record, id })
}

/// Writes an edit. If one file fails, those before it are as they were.
pub fn make(edit: &Edit, backups: &Path, why: &str) -> Result<Made, EditError> {
    prepare(edit, backups, why)?.write()
}

impl Prepared<'_> {
    /// Writes it. If one file fails, those before it are as they were.
    pub fn write(mut self) -> Result<Made, EditError> {
        let files = &self.edit.files;
        for (index, file) in files.iter().enumerate() {
            if let Err(error) = replace(&file.file, file.before.as_bytes(), file.after.as_bytes()) {
                for done in files.iter().take(index) {
                    put_back(done);
                }
                self.give_up()?;
                return Err(error);
            }
        }
        self.record.state = State::Made;
        write_record(&self.folder, &self.record)?;
        tracing::info!(id = self.id, files = files.len(), "the configuration was edited");
        let files = files.iter().map(|file| file.file.clone()).collect();
        Ok(Made { folder: self.folder, files, why: self.record.why, id: self.id })
    }

    /// Leaves it unwritten for good.
    pub fn give_up(&mut self) -> Result<(), EditError> {
        self.record.state = State::TakenBack;
        write_record(&self.folder, &self.record)
    }
}

fn put_back(file: &FileEdit) {
    if let Err(error) = replace(&file.file, file.after.as_bytes(), file.before.as_bytes()) {
        tracing::error!(%error, file = %file.file.display(), "a file could not be put back");
    }
}

/// The newest edit that is on the disk.
pub fn newest(backups: &Path) -> Result<Option<Made>, EditError> {
    let mut folders: Vec<PathBuf> = match fs::read_dir(backups) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).filter(|path| path.join(RECORD).exists()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(EditError::io("read", backups)(error)),
    };
    // Their names are times, all of one length.
    folders.sort();
    folders.into_iter().rev().find_map(|folder| read_made(&folder).transpose()).transpose()
}

/// An edit by its own name; `None` if it is not on the disk.
pub fn find(backups: &Path, id: &str) -> Result<Option<Made>, EditError> {
    let folder = backups.join(id);
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_digit()) || !folder.join(RECORD).exists() {
        return Ok(None);
    }
    read_made(&folder)
}

/// The edit that a folder keeps, if it was not taken back.
fn read_made(folder: &Path) -> Result<Option<Made>, EditError> {
    let record = read_record(folder)?;
    if record.state == State::TakenBack {
        return Ok(None);
    }
    let id = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let files = record.files.into_iter().map(|kept| kept.file).collect();
    Ok(Some(Made { folder: folder.to_owned(), files, why: record.why, id }))
}

impl Made {
    /// Whether [`Made::take_back`] would find every file as this edit left it. Changes nothing.
    pub fn can_be_taken_back(&self) -> Result<(), EditError> {
        self.todo().map(drop)
    }

    /// Puts every file back as it was before this edit. One that was changed since is refused, and none is touched.
    pub fn take_back(&self) -> Result<(), EditError> {
        let (todo, mut record) = self.todo()?;
        for (file, before, after) in todo {
            replace(&file, &after, &before)?;
        }
        record.state = State::TakenBack;
        write_record(&self.folder, &record)
    }

    /// The files that are to be put back, with their bytes before and after.
    fn todo(&self) -> Result<(Todo, Record), EditError> {
        let record = read_record(&self.folder)?;
        let mut todo = Vec::new();
        for (index, kept) in record.files.iter().enumerate() {
            let read = |name: String| {
                let path = self.folder.join(name);
                fs::read(&path).map_err(EditError::io("read", &path))
            };
            let (before, after) = (read(format!("{index}.before"))?, read(format!("{index}.after"))?);
            let now = fs::read(&kept.file).map_err(EditError::io("read", &kept.file))?;
            // An edit that was cut short has left some files as they were.
            if now == before {
                continue;
            }
            if now != after {
                return Err(EditError::Changed { file: kept.file.clone() });
            }
            todo.push((kept.file.clone(), before, after));
        }
        Ok((todo, record))
    }
}

fn unchanged(file: &Path, bytes: &[u8]) -> Result<(), EditError> {
    let now = fs::read(file).map_err(EditError::io("read", file))?;
    if now == bytes { Ok(()) } else { Err(EditError::Changed { file: file.to_owned() }) }
}

/// Replaces a file whole, keeping its mode and its owner.
fn replace(file: &Path, old: &[u8], new: &[u8]) -> Result<(), EditError> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let failed = || EditError::io("written", file);
    let metadata = fs::metadata(file).map_err(failed())?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".ask-nix-")
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(failed())?;
    temporary.write_all(new).map_err(failed())?;
    let handle = temporary.as_file();
    let made = handle.metadata().map_err(failed())?;
    if (made.uid(), made.gid()) != (metadata.uid(), metadata.gid()) {
        let (owner, group) = (rustix::fs::Uid::from_raw(metadata.uid()), rustix::fs::Gid::from_raw(metadata.gid()));
        rustix::fs::fchown(handle, Some(owner), Some(group)).map_err(|error| failed()(error.into()))?;
    }
    handle.set_permissions(metadata.permissions()).map_err(failed())?;
    handle.sync_all().map_err(failed())?;
    // As late as can be: another program may have written in the meantime.
    unchanged(file, old)?;
    temporary.persist(file).map_err(|error| failed()(error.error))?;
    sync_folder(folder);
    Ok(())
}

/// The new name is on the disk too; a file system that cannot do that does no harm.
fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "a folder could not be synced");
    }
}

fn new_folder(backups: &Path) -> Result<(PathBuf, String), EditError> {
    fs::create_dir_all(backups).map_err(EditError::io("made", backups))?;
    let mut time = Timestamp::now().as_microsecond();
    loop {
        let id = format!("{time:020}");
        let folder = backups.join(&id);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok((folder, id)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => time += 1,
            Err(error) => return Err(EditError::io("made", &folder)(error)),
        }
    }
}

fn keep(path: &Path, bytes: &[u8]) -> Result<(), EditError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(EditError::io("kept", path))
}

fn write_record(folder: &Path, record: &Record) -> Result<(), EditError> {
    let path = folder.join(RECORD);
    let write = || {
        let text = serde_json::to_vec_pretty(record)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        temporary.write_all(&text)?;
        temporary.as_file().sync_all()?;
        temporary.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(EditError::io("kept", &path))?;
    sync_folder(folder);
    Ok(())
}

fn read_record(folder: &Path) -> Result<Record, EditError> {
    let path = folder.join(RECORD);
    let read = || Ok(serde_json::from_slice(&fs::read(&path)?)?);
    read().map_err(EditError::io("read", &path))
}
