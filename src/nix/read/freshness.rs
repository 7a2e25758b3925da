//! Where nixpkgs comes from, how old it is, and whether the configuration has a newer one than what runs.
//!
//! Reads `flake.lock`, or the channel's own files and links; asks no server. Whether the world has
//! something newer still is not known here, and is not said.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::config::Roots;

use super::discovery::{self, Configuration};
use super::profiles;

/// Largest lock file that is read, in bytes; one of 200 inputs has about 100 kB.
const LOCK: u64 = 8 << 20;

/// A nixpkgs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nixpkgs {
    pub source: Source,
    /// The folder, or the address that a flake names.
    pub at: String,
    /// The commit, if it is told.
    pub revision: Option<String>,
    /// When it was made (flake), or when the channel was last brought up to date.
    pub date: Option<Timestamp>,
}

/// How nixpkgs is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    FlakeLock,
    Channel,
    SearchPath,
}

/// How new the machine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// The version of the `NixOS` that runs.
    pub running: Option<String>,
    pub nixpkgs: Option<Nixpkgs>,
    /// The nixpkgs of the configuration is another than what runs was made of: a switch brings it. `None`: not known.
    pub waiting: Option<bool>,
    /// Age of that nixpkgs in seconds.
    pub seconds: Option<i64>,
}

impl Freshness {
    /// Looks at locks, channels and the running system, at the time `now`.
    #[must_use]
    pub fn read(roots: &Roots, now: Timestamp) -> Self {
        let running = profiles::running_system(roots)
            .ok()
            .and_then(|system| fs::read_to_string(system.join("nixos-version")).ok())
            .and_then(|text| text.lines().next().map(|line| line.trim().to_owned()))
            .filter(|line| !line.is_empty());
        let nixpkgs = nixpkgs(roots);
        let revision = nixpkgs.as_ref().and_then(|nixpkgs| nixpkgs.revision.as_deref());
        let waiting =
            running.as_deref().and_then(short_revision).zip(revision).map(|(runs, has)| !has.starts_with(runs));
        let date = nixpkgs.as_ref().and_then(|nixpkgs| nixpkgs.date);
        let seconds = date.map(|date| now.duration_since(date).as_secs().max(0));
        Self { running, nixpkgs, waiting, seconds }
    }
}

/// The nixpkgs that the machine's configuration uses.
#[must_use]
pub fn nixpkgs(roots: &Roots) -> Option<Nixpkgs> {
    match discovery::configuration(roots)? {
        Configuration::Flake { file, .. } => file.parent().and_then(|folder| locked(&folder.join("flake.lock"))),
        Configuration::Channel { .. } => searched(roots).or_else(|| channel(roots)),
    }
}

/// The commit at the end of a version: `26.05.20261120.5f8c2a1` or `26.11pre921004.5f8c2a1e`.
fn short_revision(version: &str) -> Option<&str> {
    let last = version.rsplit('.').next()?.split_whitespace().next()?;
    (last.len() >= 7 && last.chars().all(|c| c.is_ascii_hexdigit())).then_some(last)
}

fn locked(lock: &Path) -> Option<Nixpkgs> {
    let metadata = fs::metadata(lock).ok().filter(|metadata| metadata.is_file() && metadata.len() <= LOCK)?;
    tracing::trace!(bytes = metadata.len(), "flake.lock is read");
    let lock: Value = serde_json::from_str(&fs::read_to_string(lock).ok()?).ok()?;
    let nodes = lock.get("nodes")?;
    let root = nodes.get(lock.get("root")?.as_str()?)?;
    // An input is the name of a node, or a way to the input of another one.
    let name = match root.get("inputs")?.get("nixpkgs")? {
        Value::String(name) => name.clone(),
        Value::Array(way) => {
            way.iter().filter_map(Value::as_str).try_fold(lock.get("root")?.as_str()?.to_owned(), |at, part| {
                nodes.get(&at)?.get("inputs")?.get(part)?.as_str().map(str::to_owned)
            })?
        }
        _ => return None,
    };
    let locked = nodes.get(&name)?.get("locked")?;
    let text = |key: &str| locked.get(key).and_then(Value::as_str);
    let at = match (text("type")?, text("owner"), text("repo"), text("url").or_else(|| text("path"))) {
        (kind, Some(owner), Some(repo), _) => format!("{kind}:{owner}/{repo}"),
        (_, _, _, Some(url)) => url.to_owned(),
        (kind, ..) => kind.to_owned(),
    };
    let date =
        locked.get("lastModified").and_then(Value::as_i64).and_then(|seconds| Timestamp::from_second(seconds).ok());
    Some(Nixpkgs { source: Source::FlakeLock, at, revision: text("rev").map(str::to_owned), date })
}

/// The entry `nixpkgs=…` of `NIX_PATH`, where that is a folder.
fn searched(roots: &Roots) -> Option<Nixpkgs> {
    let own =
        roots.nix_path.clone().or_else(|| std::env::var_os("NIX_PATH").filter(|_| roots.system == Path::new("/")))?;
    let text = own.to_str()?;
    let folder = text.split(':').find_map(|entry| entry.strip_prefix("nixpkgs="))?;
    let folder = Path::new(folder);
    // A channel is told as one, with the date of its own link.
    let of_channel = folder.starts_with(roots.profiles())
        || folder.ancestors().any(|path| path.file_name() == Some(OsStr::new("channels")));
    if of_channel { in_channel(folder) } else { folder.is_dir().then(|| of_folder(Source::SearchPath, folder, None)) }
}

/// Root's channel `nixos`, then `nixpkgs`.
fn channel(roots: &Roots) -> Option<Nixpkgs> {
    let channels = roots.profiles().join("per-user/root/channels");
    ["nixos", "nixpkgs"].iter().find_map(|name| in_channel(&channels.join(name)))
}

fn in_channel(folder: &Path) -> Option<Nixpkgs> {
    if !folder.is_dir() {
        return None;
    }
    // The channel's profile is a link to its newest generation, made when it was last updated.
    let profile = folder.parent()?;
    let link = match fs::read_link(profile) {
        Ok(target) => profile.parent()?.join(target),
        Err(_) => folder.to_owned(),
    };
    let modified = fs::symlink_metadata(&link).ok()?.modified().ok();
    Some(of_folder(Source::Channel, folder, modified.and_then(|time| Timestamp::try_from(time).ok())))
}

fn of_folder(source: Source, folder: &Path, date: Option<Timestamp>) -> Nixpkgs {
    let line = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
    };
    let suffix = || line(".version-suffix").and_then(|suffix| short_revision(&suffix).map(str::to_owned));
    let at: PathBuf = folder.to_owned();
    Nixpkgs { source, at: at.to_string_lossy().into_owned(), revision: line(".git-revision").or_else(suffix), date }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    fn lock(text: &str) -> Option<Nixpkgs> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("flake.lock");
        fs::write(&file, text).unwrap();
        locked(&file)
    }

    #[test]
    fn the_lock_tells_the_source_the_commit_and_the_date_of_nixpkgs() {
        let found = lock(
            r#"{"nodes":{"nixpkgs_2":{"locked":{"lastModified":1732238400,"owner":"NixOS","repo":"nixpkgs","rev":"5f8c2a1e4b7d","type":"github"}},
                "hm":{"inputs":{"nixpkgs":"nixpkgs_2"}},"root":{"inputs":{"hm":"hm","nixpkgs":["hm","nixpkgs"]}}},"root":"root","version":7}"#,
        )
        .unwrap();
        assert_eq!((found.at.as_str(), found.revision.as_deref()), ("github:NixOS/nixpkgs", Some("5f8c2a1e4b7d")));
        assert_eq!(found.date.unwrap().as_second(), 1_732_238_400);
        for broken in [
            "",
            "{}",
            "[]",
            r#"{"nodes":{},"root":"root"}"#,
            r#"{"nodes":{"root":{"inputs":{"nixpkgs":["root"]}}},"root":"root"}"#,
        ] {
            assert_eq!(lock(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_version_tells_its_commit_only_where_it_has_one() {
        assert_eq!(short_revision("26.05.20261120.5f8c2a1"), Some("5f8c2a1"));
        assert_eq!(short_revision("26.11pre921004.5f8c2a1e (Demo)"), Some("5f8c2a1e"));
        for none in ["26.05", "26.05pre-git", "", "26.05.20261120.dirty"] {
            assert_eq!(short_revision(none), None, "{none}");
        }
    }
}
