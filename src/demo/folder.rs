//! The folder of a demo: whose it is, whether it is whole, and who uses it now.
//!
//! A marker file says that the folder is a demo's, and carries the lock: exclusive while the demo
//! is being made, shared while it is used. Nothing is ever removed from a folder without it.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::DemoError;
use super::files::write;

/// Marks a folder as a demo's; also the file that is locked.
const MARKER: &str = ".ask-nix-demo";
/// Written last: a demo with it is whole.
const COMPLETE: &str = ".complete";
/// Raised when a kept demo of an older program can no longer be used.
const LAYOUT: u32 = 1;
/// How fresh demos are called.
const PREFIX: &str = "ask-nix-demo-";
/// A fresh demo that was left behind (by a kill, or a power cut) is removed once it is this old: one that is used is
/// locked, and this is far longer than it takes from the marker to the lock.
const LEFT_BEHIND: Duration = Duration::from_mins(1);

/// A folder that is a demo's, locked for this process.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    lock: File,
    /// Goes away with this value.
    fresh: bool,
}

impl Folder {
    /// A folder of the user's choice, which stays. Waits while another process makes a demo in it.
    pub(super) fn kept(dir: &Path) -> Result<Self, DemoError> {
        fs::create_dir_all(dir).map_err(|error| DemoError::io(dir, &error))?;
        // Nix refuses a store below a symbolic link.
        let path = dir.canonicalize().map_err(|error| DemoError::io(dir, &error))?;
        if !path.to_str().is_some_and(plain) {
            return Err(DemoError::Name { dir: path });
        }
        if !path.join(MARKER).exists() {
            let mut entries = fs::read_dir(&path).map_err(|error| DemoError::io(&path, &error))?;
            // Another process may have made the marker just now.
            if entries.next().is_some() && !path.join(MARKER).exists() {
                return Err(DemoError::NotOurs { dir: path });
            }
        }
        let folder = Self::open(path, false)?;
        folder.lock(FlockOperation::LockShared)?;
        if !folder.is_made() {
            folder.lock(FlockOperation::LockExclusive)?;
        }
        Ok(folder)
    }

    /// A folder of its own below the system's temporary folder, which goes away.
    pub(super) fn fresh() -> Result<Self, DemoError> {
        let temporary = std::env::temp_dir();
        remove_left_behind(&temporary);
        let dir = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&temporary)
            .map_err(|error| DemoError::io(&temporary, &error))?;
        let path = dir.path().canonicalize().map_err(|error| DemoError::io(dir.path(), &error))?;
        if !path.to_str().is_some_and(plain) {
            return Err(DemoError::Name { dir: path });
        }
        let folder = Self::open(path, true)?;
        // From here on this value removes it: `tempfile` cannot, for a store is read-only.
        let _kept = dir.keep();
        folder.lock(FlockOperation::LockExclusive)?;
        Ok(folder)
    }

    fn open(path: PathBuf, fresh: bool) -> Result<Self, DemoError> {
        let marker = path.join(MARKER);
        let lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&marker)
            .map_err(|error| DemoError::io(&marker, &error))?;
        Ok(Self { path, lock, fresh })
    }

    fn lock(&self, operation: FlockOperation) -> Result<(), DemoError> {
        loop {
            match flock(&self.lock, operation) {
                Ok(()) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(DemoError::io(&self.path.join(MARKER), &error.into())),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A whole demo of this layout is here, and it was made at this very place: store paths are absolute.
    pub(super) fn is_made(&self) -> bool {
        fs::read_to_string(self.path.join(COMPLETE)).is_ok_and(|text| text == self.complete())
    }

    fn complete(&self) -> String {
        format!("{LAYOUT} {}\n", self.path.display())
    }

    /// Lets other processes use the demo too.
    pub(super) fn share(&self) -> Result<(), DemoError> {
        self.lock(FlockOperation::LockShared)
    }

    /// Removes what an interrupted or older making has left, all but the marker.
    pub(super) fn clear(&mut self) -> Result<(), DemoError> {
        let failed = |error: &std::io::Error| DemoError::io(&self.path, error);
        for entry in fs::read_dir(&self.path).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            if entry.file_name() != MARKER {
                remove(&entry.path()).map_err(|error| DemoError::io(&entry.path(), &error))?;
            }
        }
        Ok(())
    }

    /// Says that the demo is whole, and lets others use it.
    pub(super) fn finish(&self) -> Result<(), DemoError> {
        let new = self.path.join(".complete.new");
        write(&new, &self.complete())?;
        fs::rename(&new, self.path.join(COMPLETE)).map_err(|error| DemoError::io(&new, &error))?;
        self.share()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.fresh
            && let Err(error) = remove(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the demo could not be removed");
        }
    }
}

/// A path of characters that neither a shell, nor `NIX_PATH`, nor a store reads in a special way.
pub(super) fn plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=@".contains(&byte))
}

/// Removes a tree, read-only folders of a store too; follows no link.
fn remove(path: &Path) -> std::io::Result<()> {
    fn open_up(folder: &Path) -> std::io::Result<()> {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open_up(&entry.path())?;
            }
        }
        Ok(())
    }
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    open_up(path)?;
    fs::remove_dir_all(path)
}

/// Removes fresh demos that no process uses any more. What cannot be removed is left.
fn remove_left_behind(temporary: &Path) {
    let me = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
        if !entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            continue;
        }
        let path = entry.path();
        let Ok(marker) = File::open(path.join(MARKER)) else { continue };
        let old = marker.metadata().is_ok_and(|found| {
            found.uid() == me && found.modified().is_ok_and(|made| made.elapsed().is_ok_and(|age| age > LEFT_BEHIND))
        });
        if old && flock(&marker, FlockOperation::NonBlockingLockExclusive).is_ok() {
            tracing::info!(path = %path.display(), "removing a demo that was left behind");
            let _ = remove(&path);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_files_is_refused_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(Folder::kept(root.path()), Err(DemoError::NotOurs { .. })));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_path_that_a_shell_would_take_apart_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for name in ["my demo", "a;b", "a:b", "é", "$HOME"] {
            assert!(matches!(Folder::kept(&root.path().join(name)), Err(DemoError::Name { .. })), "{name}");
        }
    }

    #[test]
    fn a_half_made_demo_is_not_whole_and_is_cleared() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = Folder::kept(root.path()).unwrap();
        let store = folder.path().join("nix/store/x");
        fs::create_dir_all(&store).unwrap();
        fs::set_permissions(&store, fs::Permissions::from_mode(0o555)).unwrap();
        assert!(!folder.is_made());
        folder.clear().unwrap();
        assert!(!folder.path().join("nix").exists());
        folder.finish().unwrap();
        assert!(folder.is_made());
        // Moved elsewhere it is no longer whole: the store's paths lead to the old place.
        let moved = root.path().join("moved");
        fs::create_dir(&moved).unwrap();
        fs::copy(root.path().join(COMPLETE), moved.join(COMPLETE)).unwrap();
        fs::write(moved.join(MARKER), "").unwrap();
        assert!(!Folder::kept(&moved).unwrap().is_made());
    }

    #[test]
    fn what_a_killed_demo_left_is_removed_and_one_in_use_is_not() {
        let temporary = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - LEFT_BEHIND * 2;
        let made = |name: &str| {
            let path = temporary.path().join(name);
            fs::create_dir_all(path.join("nix/store")).unwrap();
            let folder = Folder::open(path.clone(), false).unwrap();
            folder.lock.set_modified(old).unwrap();
            (path, folder)
        };
        let (left, killed) = made("ask-nix-demo-left");
        let (used, lock) = made("ask-nix-demo-used");
        let (other, foreign) = made("thesis");
        lock.lock(FlockOperation::LockShared).unwrap();
        drop((killed, foreign));
        remove_left_behind(temporary.path());
        assert!(!left.exists() && used.exists() && other.exists());
    }

    #[test]
    fn a_fresh_folder_goes_away_with_its_read_only_store() {
        let folder = Folder::fresh().unwrap();
        let path = folder.path().to_owned();
        fs::create_dir_all(path.join("nix/store/x")).unwrap();
        fs::set_permissions(path.join("nix/store/x"), fs::Permissions::from_mode(0o555)).unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
