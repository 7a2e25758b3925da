//! Profile links: a new generation, and which generation is the current one.
//!
//! Always under the profile's lock, always to an explicit number, always by a rename: at no moment
//! is there no profile.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::command::GenerationNumber;
use crate::nix::NixError;
use crate::nix::read::profiles::{current_number, generation_link, links};

use super::lock::ProfileLock;

/// How many temporary names are tried; more leftovers of killed programs than this are not believable.
const NAMES: u32 = 1000;

/// A profile that this program alone may change for now.
pub struct LockedProfile<'a> {
    profile: &'a Path,
    _lock: ProfileLock,
}

impl<'a> LockedProfile<'a> {
    /// Locks a profile; `waiting` as in [`ProfileLock::take`].
    pub fn lock(profile: &'a Path, waiting: impl FnMut() -> bool) -> Result<Self, NixError> {
        Ok(Self { profile, _lock: ProfileLock::take(profile, waiting)? })
    }

    /// Makes a generation the current one, if `expected` still is the current one.
    pub fn switch(&self, expected: Option<GenerationNumber>, to: GenerationNumber) -> Result<(), NixError> {
        if current_number(self.profile) != expected {
            return Err(NixError::ChangedMeanwhile { path: self.profile.to_owned() });
        }
        let link = self.link(to);
        fs::symlink_metadata(&link).map_err(NixError::io("found", &link))?;
        let target = link.file_name().map(PathBuf::from).unwrap_or_default();
        replace_link(&target, self.profile)
    }

    /// Makes a store path the newest generation and gives its number; the current one stays.
    ///
    /// The number of the last generation is given if that is this very path, as Nix does. The link
    /// lies below the garbage collector's roots, so it keeps the path alive.
    pub fn add(&self, path: &Path) -> Result<GenerationNumber, NixError> {
        let last = links(self.profile)?.pop();
        if let Some(last) = &last
            && last.target == path
        {
            return Ok(last.number);
        }
        let next = last.map_or(1, |last| last.number.get().saturating_add(1));
        let number =
            GenerationNumber::new(next).ok_or_else(|| NixError::ChangedMeanwhile { path: self.profile.to_owned() })?;
        replace_link(path, &self.link(number))?;
        Ok(number)
    }

    fn link(&self, number: GenerationNumber) -> PathBuf {
        generation_link(self.profile, number)
    }
}

/// Puts a link in the place of whatever link is there, at once, and makes it last a power cut.
fn replace_link(target: &Path, link: &Path) -> Result<(), NixError> {
    let (Some(folder), Some(name)) = (link.parent(), link.file_name()) else {
        return Err(NixError::io("changed", link)(std::io::ErrorKind::InvalidInput.into()));
    };
    for attempt in 0..NAMES {
        let mut temporary = std::ffi::OsString::from(format!(".{}-{attempt}_", std::process::id()));
        temporary.push(name);
        let temporary = folder.join(temporary);
        match symlink(target, &temporary) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(NixError::io("changed", link)(error)),
        }
        return fs::rename(&temporary, link)
            .inspect_err(|_| {
                let _ = fs::remove_file(&temporary);
            })
            .and_then(|()| File::open(folder)?.sync_all())
            .map_err(NixError::io("changed", link));
    }
    Err(NixError::io("changed", link)(std::io::ErrorKind::AlreadyExists.into()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn generations_are_added_and_switched_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("system");
        let number = |n| GenerationNumber::new(n).unwrap();
        let locked = LockedProfile::lock(&profile, || false).unwrap();
        assert_eq!(locked.add(Path::new("/store/a")).unwrap(), number(1));
        assert_eq!(locked.add(Path::new("/store/a")).unwrap(), number(1));
        assert_eq!(locked.add(Path::new("/store/b")).unwrap(), number(2));
        assert_eq!(current_number(&profile), None);
        locked.switch(None, number(2)).unwrap();
        assert_eq!(fs::read_link(&profile).unwrap(), Path::new("system-2-link"));
        assert!(matches!(locked.switch(None, number(1)), Err(NixError::ChangedMeanwhile { .. })));
        assert!(locked.switch(Some(number(2)), number(7)).is_err());
        assert_eq!(current_number(&profile), Some(number(2)));
        locked.switch(Some(number(2)), number(1)).unwrap();
        assert_eq!(current_number(&profile), Some(number(1)));
        drop(locked);
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["system", "system-1-link", "system-2-link"]);
    }
}
