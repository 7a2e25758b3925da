//! Nix's own lock of a profile, so that `nix-env`, `nixos-rebuild` and ask-nix can run together.
//!
//! The protocol (Nix's `pathlocks.cc`): open `<profile>.lock`, take an exclusive `flock`, and begin
//! again if the file has a size, because then its owner has given it up and deleted it. On release
//! the file is deleted and one byte written into it, in that order. Never waits without end: the
//! caller can cancel, and is told that it waits.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::nix::{NixError, Restored};

/// How often a lock that another holds is tried again. Nix holds it for milliseconds.
const AGAIN: Duration = Duration::from_millis(20);

/// A profile that no other program changes as long as this lives.
#[derive(Debug)]
pub struct ProfileLock {
    path: PathBuf,
    file: File,
}

impl ProfileLock {
    /// Takes the lock of a profile; `waiting` is asked before each new try and ends the wait by `false`.
    pub fn take(profile: &Path, mut waiting: impl FnMut() -> bool) -> Result<Self, NixError> {
        let mut path = profile.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(NixError::io("locked", &path))?;
            if exclusive(&file).map_err(NixError::io("locked", &path))? {
                let size = file.metadata().map_err(NixError::io("locked", &path))?.len();
                if size == 0 {
                    return Ok(Self { path, file });
                }
            } else if waiting() {
                thread::sleep(AGAIN);
            } else {
                return Err(NixError::Cancelled { restored: Restored::Untouched });
            }
        }
    }
}

impl Drop for ProfileLock {
    fn drop(&mut self) {
        // A lock file that stays is harmless: the next one takes it.
        if fs::remove_file(&self.path).is_ok() {
            let _ = self.file.write_all(b"d");
        }
    }
}

/// Tries to lock the whole file; `false` if another holds it.
pub(super) fn exclusive(file: &File) -> std::io::Result<bool> {
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_waits_until_the_first_is_done_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("system");
        let first = ProfileLock::take(&profile, || false).unwrap();
        assert!(matches!(ProfileLock::take(&profile, || false), Err(NixError::Cancelled { .. })));
        let mut first = Some(first);
        let mut asked = 0;
        let second = ProfileLock::take(&profile, || {
            asked += 1;
            first.take();
            true
        })
        .unwrap();
        assert_eq!(asked, 1);
        drop(second);
        assert!(!folder.path().join("system.lock").exists());
    }

    #[test]
    fn a_lock_file_that_its_owner_gave_up_is_not_taken_for_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("system");
        // Opened before it is deleted, locked after: the state that the size tells apart.
        let stale = folder.path().join("system.lock");
        fs::write(&stale, "d").unwrap();
        let mut removed = false;
        let unlink = std::thread::spawn({
            let stale = stale.clone();
            move || {
                thread::sleep(Duration::from_millis(50));
                fs::remove_file(stale).is_ok()
            }
        });
        let lock = ProfileLock::take(&profile, || true).unwrap();
        removed |= unlink.join().unwrap();
        assert!(removed);
        assert_eq!(lock.file.metadata().unwrap().len(), 0);
    }
}
