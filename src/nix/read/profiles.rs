//! Generations, read from a profile's folder.
//!
//! A profile `P` is a link to `P-<number>-link` beside it, which is a link into the store. So a
//! listing needs one folder, and of each generation a few small files that a system carries.
//! `nix-env --list-generations` takes the profile's lock for this; a reading need not.

use std::collections::{HashMap, HashSet};
use std::ffi::{CString, OsString};
use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::thread;

use jiff::Timestamp;
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, open, openat, readlinkat, statat};

use crate::command::GenerationNumber;
use crate::config::Roots;
use crate::nix::{Generation, NixError};

use super::marks;

/// Files of a system that are not smaller, in bytes, are not read: these hold a line, or a script of
/// 40 lines, which takes one reading.
const SMALL: usize = 16 * 1024;
/// About as long as a link into the store is.
const LINK: usize = 128;
/// Systems that one thread reads in less time than it takes to start another.
const FEW: usize = 64;

/// One link of a profile, not yet looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub number: GenerationNumber,
    pub date: Timestamp,
    /// What the link says: a store path.
    pub target: PathBuf,
}

/// The generations of the system, oldest first.
pub fn system_generations(roots: &Roots) -> Result<Vec<Generation>, NixError> {
    let generations = profile_generations(roots, &roots.system_profile())?;
    if generations.is_empty() { Err(missing(roots)) } else { Ok(generations) }
}

/// The generations of any profile of systems, oldest first: `system`, or one of `system-profiles`.
pub fn profile_generations(roots: &Roots, profile: &Path) -> Result<Vec<Generation>, NixError> {
    let links = links(profile)?;
    let current = current_number(profile);
    let booted = fs::read_link(roots.booted_system()).ok();
    let systems = systems(&links);
    let kept = marks::kept(roots);
    // Labels that cannot be read are no reason to hide the generations.
    let labels = marks::labels(roots).unwrap_or_default();
    Ok(links
        .iter()
        .map(|link| {
            let system = systems.get(link.target.as_path()).cloned().unwrap_or_default();
            Generation {
                number: link.number,
                date: link.date,
                version: system.version,
                kernel: system.kernel,
                revision: system.revision,
                current: current == Some(link.number),
                booted: booted.as_deref().is_some_and(|booted| is_of(booted, &link.target, &system.specialisations)),
                specialisations: system.specialisations,
                label: labels.get(&link.target).cloned().or(system.label),
                kept: kept.contains(&link.target),
                path: link.target.clone(),
            }
        })
        .collect())
}

/// What each system that is linked to says, each read once; on all cores where there are many.
fn systems(links: &[Link]) -> HashMap<&Path, System> {
    let paths: Vec<&Path> =
        links.iter().map(|link| link.target.as_path()).collect::<HashSet<_>>().into_iter().collect();
    let read = |paths: &[&Path]| {
        let mut shared = Shared::default();
        paths.iter().map(|&path| System::read_with(path, &mut shared)).collect::<Vec<_>>()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(paths.len() / FEW + 1);
    let parts: Vec<&[&Path]> = paths.chunks(paths.len().div_ceil(threads).max(1)).collect();
    let read: Vec<System> = thread::scope(|scope| {
        let workers: Vec<_> = parts.iter().skip(1).map(|&part| scope.spawn(move || read(part))).collect();
        let mut all = parts.first().map(|part| read(part)).unwrap_or_default();
        for (worker, part) in workers.into_iter().zip(parts.iter().skip(1)) {
            // A worker does not panic; were it to, what it should have read stays empty.
            all.extend(worker.join().unwrap_or_else(|_| vec![System::default(); part.len()]));
        }
        all
    });
    paths.into_iter().zip(read).collect()
}

/// The other profiles of systems that this machine has, by name (`nixos-rebuild --profile-name`).
#[must_use]
pub fn named_system_profiles(roots: &Roots) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(roots.profiles().join("system-profiles")) else { return Vec::new() };
    let mut profiles: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| current_number(path).is_some())
        .collect();
    profiles.sort_unstable();
    profiles
}

/// Why there are no generations: no Nix, or no `NixOS`.
fn missing(roots: &Roots) -> NixError {
    if roots.store.is_dir() {
        NixError::NotNixos { profile: roots.system_profile() }
    } else {
        NixError::NoNix { store: roots.store.clone() }
    }
}

/// The link of one generation, beside its profile.
#[must_use]
pub fn generation_link(profile: &Path, number: GenerationNumber) -> PathBuf {
    let mut name = profile.file_name().unwrap_or_default().to_owned();
    name.push(format!("-{number}-link"));
    profile.with_file_name(name)
}

/// The links of a profile, by number. A folder that is not there has none.
pub fn links(profile: &Path) -> Result<Vec<Link>, NixError> {
    let (Some(folder), Some(name)) = (profile.parent(), profile.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(NixError::io("read", folder)(error)),
    };
    // Names relative to the open folder: the kernel need not walk the whole path for each.
    let opened = File::open(folder).map_err(NixError::io("read", folder))?;
    let mut links = Vec::new();
    for entry in entries {
        let file_name = entry.map_err(NixError::io("read", folder))?.file_name();
        let Some(number) = file_name.to_str().and_then(|file| link_number(name, file)) else { continue };
        // A generation that is deleted while it is listed is none.
        let Ok(target) = readlinkat(&opened, &file_name, Vec::with_capacity(LINK)) else { continue };
        let Ok(metadata) = statat(&opened, &file_name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let Ok(date) = Timestamp::from_second(metadata.st_mtime) else { continue };
        links.push(Link { number, date, target: OsString::from_vec(target.into_bytes()).into() });
    }
    links.sort_unstable_by_key(|link| link.number);
    Ok(links)
}

/// The number in `<profile>-<number>-link`.
#[must_use]
pub fn link_number(profile: &str, file: &str) -> Option<GenerationNumber> {
    let digits = file.strip_prefix(profile)?.strip_prefix('-')?.strip_suffix("-link")?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The generation that a profile points at.
#[must_use]
pub fn current_number(profile: &Path) -> Option<GenerationNumber> {
    let name = profile.file_name()?.to_str()?;
    let target = fs::read_link(profile).ok()?;
    link_number(name, target.file_name()?.to_str()?)
}

/// The system that runs now: what `current-system` points at.
pub fn running_system(roots: &Roots) -> Result<PathBuf, NixError> {
    let link = roots.current_system();
    fs::read_link(&link).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => missing(roots),
        _ => NixError::io("read", link)(error),
    })
}

/// The generation of a system that runs: its own, or the one that it is a specialisation of.
///
/// Several generations may be the same system; the current one is preferred, then the newest.
#[must_use]
pub fn generation_of<'a>(generations: &'a [Generation], system: &Path) -> Option<&'a Generation> {
    let of = |generation: &&Generation| is_of(system, &generation.path, &generation.specialisations);
    generations
        .iter()
        .find(|generation| generation.current && of(generation))
        .or_else(|| generations.iter().rev().find(|generation| generation.path == system))
        .or_else(|| generations.iter().rev().find(of))
}

/// Whether `system` is `path`, or one of its specialisations.
fn is_of(system: &Path, path: &Path, specialisations: &[String]) -> bool {
    system == path
        || specialisations
            .iter()
            .any(|name| fs::read_link(path.join("specialisation").join(name)).is_ok_and(|target| target == system))
}

/// What a system says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct System {
    pub version: Option<String>,
    pub kernel: Option<String>,
    pub revision: Option<String>,
    pub specialisations: Vec<String>,
    pub label: Option<String>,
}

impl System {
    /// Reads the small files of the system at `path`; what is not there stays empty.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        Self::read_with(path, &mut Shared::default())
    }

    fn read_with(path: &Path, shared: &mut Shared) -> Self {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(folder) = open(path, flags, Mode::empty()) else { return Self::default() };
        Self {
            version: line_of(&folder, "nixos-version"),
            kernel: once(&mut shared.kernels, &folder, "kernel-modules", || {
                names_in(&folder, "kernel-modules/lib/modules").into_iter().next()
            }),
            revision: once(&mut shared.revisions, &folder, "sw/bin/nixos-version", || {
                read_small(&folder, "sw/bin/nixos-version").as_deref().and_then(revision_in)
            }),
            specialisations: names_in(&folder, "specialisation"),
            label: line_of(&folder, "configuration-name"),
        }
    }
}

/// What systems have in common: most generations link to the kernel of the one before.
#[derive(Default)]
struct Shared {
    kernels: HashMap<CString, Option<String>>,
    revisions: HashMap<CString, Option<String>>,
}

/// What is read of a link into the store, which never changes, once for each place that it leads to.
fn once(
    known: &mut HashMap<CString, Option<String>>,
    folder: &OwnedFd,
    name: &str,
    read: impl FnOnce() -> Option<String>,
) -> Option<String> {
    match readlinkat(folder, name, Vec::with_capacity(LINK)) {
        // A relative link means another thing in each folder.
        Ok(target) if target.as_bytes().first() == Some(&b'/') => known.entry(target).or_insert_with(read).clone(),
        _ => read(),
    }
}

/// The configuration revision, which `NixOS` keeps only in its `nixos-version` script, as the JSON
/// that `nixos-version --json` prints.
fn revision_in(script: &str) -> Option<String> {
    let json = script.lines().find(|line| line.starts_with('{') && line.contains("configurationRevision"))?;
    let fields: serde_json::Value = serde_json::from_str(json).ok()?;
    let revision = fields.get("configurationRevision")?.as_str()?;
    (!revision.is_empty()).then(|| revision.to_owned())
}

/// A small text file in a folder; `None` if it is not there, is larger, or is no text.
fn read_small(folder: &OwnedFd, name: &str) -> Option<String> {
    // Not blocking: a pipe in the place of a file must not hold up the listing.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty()).ok()?;
    let mut buffer = [0_u8; SMALL];
    let length = rustix::io::read(&file, &mut buffer).ok()?;
    let text = buffer.get(..length).filter(|text| text.len() < SMALL)?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

/// The first line of a small file, if it is not empty.
fn line_of(folder: &OwnedFd, name: &str) -> Option<String> {
    let text = read_small(folder, name)?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The names in a folder inside a folder, in order; none if it is not there.
fn names_in(folder: &OwnedFd, name: &str) -> Vec<String> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(inner) = openat(folder, name, flags, Mode::empty()) else { return Vec::new() };
    let mut buffer = [MaybeUninit::uninit(); 2048];
    let mut entries = RawDir::new(inner, &mut buffer);
    let mut names = Vec::new();
    while let Some(Ok(entry)) = entries.next() {
        if let Ok(name) = entry.file_name().to_str()
            && name != "."
            && name != ".."
        {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    names
}

/// One of the generations by its number; a number that is not there is told with those that are.
///
/// # Errors
/// [`NixError::NoGeneration`].
pub fn pick(generations: Vec<Generation>, number: GenerationNumber) -> Result<Generation, NixError> {
    let (oldest, newest) = (generations.first().map(|g| g.number), generations.last().map(|g| g.number));
    generations.into_iter().find(|generation| generation.number == number).ok_or(NixError::NoGeneration {
        number,
        oldest: oldest.unwrap_or(number),
        newest: newest.unwrap_or(number),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A machine with the given links of its system profile, all to one small system.
    fn machine(folder: &Path, links: &[&str]) -> Roots {
        let roots = Roots::below(folder, None);
        let system = roots.store.join("0c0qnd5mvwz9k2rlpb6ziv7n8iw1wlsh-nixos-system-test-26.05");
        for made in ["kernel-modules/lib/modules/6.18.1", "specialisation", "sw/bin"] {
            fs::create_dir_all(system.join(made)).unwrap();
        }
        fs::write(system.join("nixos-version"), "26.05\n").unwrap();
        symlink("/elsewhere", system.join("specialisation/gaming")).unwrap();
        let script = "case $1 in\n  --json)\n{\"configurationRevision\":\"abc123\",\"nixosVersion\":\"26.05\"}\nesac\n";
        fs::write(system.join("sw/bin/nixos-version"), script).unwrap();
        fs::create_dir_all(roots.profiles()).unwrap();
        for link in links {
            symlink(&system, roots.profiles().join(link)).unwrap();
        }
        roots
    }

    #[test]
    fn generations_come_in_order_of_their_numbers_with_what_the_system_says() {
        let folder = tempfile::tempdir().unwrap();
        let names =
            ["system-10-link", "system-2-link", "system-0-link", "system-x-link", "system--link", "other-1-link"];
        let roots = machine(folder.path(), &names);
        symlink("system-2-link", roots.system_profile()).unwrap();
        let generations = system_generations(&roots).unwrap();
        let seen: Vec<_> = generations.iter().map(|g| (g.number.get(), g.current, g.booted)).collect();
        assert_eq!(seen, [(2, true, false), (10, false, false)]);
        let first = generations.first().unwrap();
        assert_eq!(first.version.as_deref(), Some("26.05"));
        assert_eq!(first.kernel.as_deref(), Some("6.18.1"));
        assert_eq!(first.revision.as_deref(), Some("abc123"));
        assert_eq!(first.specialisations, ["gaming"]);
        // A specialisation that runs belongs to its generation.
        assert_eq!(generation_of(&generations, Path::new("/elsewhere")).unwrap().number.get(), 2);
        assert_eq!(generation_of(&generations, Path::new("/nowhere")), None);
    }

    #[test]
    fn a_generation_whose_system_is_gone_is_still_listed() {
        let folder = tempfile::tempdir().unwrap();
        let roots = machine(folder.path(), &["system-1-link"]);
        fs::remove_dir_all(&roots.store).unwrap();
        let generations = system_generations(&roots).unwrap();
        assert_eq!(generations.len(), 1);
        assert_eq!(generations.first().unwrap().version, None);
    }

    #[test]
    fn it_is_told_whether_there_is_no_nixos_or_no_nix() {
        let folder = tempfile::tempdir().unwrap();
        let roots = machine(folder.path(), &[]);
        assert!(matches!(system_generations(&roots), Err(NixError::NotNixos { .. })));
        fs::remove_dir_all(&roots.store).unwrap();
        assert!(matches!(system_generations(&roots), Err(NixError::NoNix { .. })));
    }

    #[test]
    fn names_that_are_no_generation_are_none() {
        for file in
            ["system-+1-link", "system- 1-link", "system-99999999999999999999-link", "system-1-link~", "system-1"]
        {
            assert_eq!(link_number("system", file), None, "{file}");
        }
        assert_eq!(link_number("system", "system-007-link").map(GenerationNumber::get), Some(7));
    }
}
