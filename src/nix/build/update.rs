//! What bringing the sources of the configuration up to date would do: looked at before anything is changed.
//!
//! A flake's new lock file is made beside the old one (`--output-lock-file`); a channel's newest nixpkgs is fetched
//! into the store alone. The system is evaluated from these, so that a yes is said to what is known.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::child::{self, Ended, Stream};
use crate::nix::edit::{Change, Edit, FileEdit};
use crate::nix::{NixError, Progress, Restored, Stage};

use super::kept::Inputs;
use super::source::{Source, flake_program};
use super::{Kept, SystemPlan, plan};

/// Names of the channel that the system is made from, the first that there is.
const CHANNELS: [&str; 2] = ["nixos", "nixpkgs"];
/// Words of a failing program that are kept, in lines.
const LINES: usize = 400;

/// One source that has something newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The flake's input, or the channel.
    pub name: String,
    /// Its date or its version; `None` where it was not there.
    pub from: Option<String>,
    pub to: String,
}

/// What an update would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdatePlan {
    pub moved: Vec<Moved>,
    /// The system that would then be built.
    pub system: SystemPlan,
    #[serde(skip)]
    pub(in crate::nix) how: How,
    /// What else went into the evaluation.
    #[serde(skip)]
    inputs: Option<Inputs>,
}

/// How the sources are brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::nix) enum How {
    /// The lock file is written anew; nothing where it would be the same.
    Lock(Option<Edit>),
    Channel(Channel),
}

/// A channel that the user has subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::nix) struct Channel {
    pub name: String,
    url: String,
    /// The file that names it.
    list: PathBuf,
    /// The profile that holds what was fetched.
    pub profile: PathBuf,
}

impl UpdatePlan {
    /// Whether there is nothing newer, and nothing to switch to.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.moved.is_empty() && self.system.same
    }

    /// Whether the configuration is still the one that was looked at.
    #[must_use]
    pub fn still(&self, roots: &Roots) -> bool {
        self.inputs.is_some() && Source::of(roots).ok().and_then(|source| Inputs::of(roots, &source)) == self.inputs
    }
}

/// Works out what an update would do. Fetches into the store and into a temporary file, and changes nothing else.
pub fn look(
    roots: &Roots,
    kept: &Kept,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<UpdatePlan, NixError> {
    tell(Progress::of(Stage::Downloading));
    let source = Source::of(roots)?;
    let inputs = Inputs::of(roots, &source);
    let temporary = tempfile::tempdir().map_err(NixError::io("made", std::env::temp_dir()))?;
    let (newer, moved, how) = match &source {
        Source::Flake { folder, host, .. } => {
            let lock = temporary.path().join("flake.lock");
            let mut command = flake_program(roots);
            command.args(["flake", "update", "--output-lock-file"]).arg(&lock).arg("--flake").arg(folder);
            run(roots, command, cancel)?;
            let (file, after) = (folder.join("flake.lock"), text(&lock)?);
            let before = if file.exists() { Some(text(&file)?) } else { None };
            let moved = moved(before.as_deref().unwrap_or("{}"), &after);
            let edit = match before {
                Some(before) if before != after && !moved.is_empty() => Some(Edit {
                    changes: moved.iter().map(change).collect(),
                    files: vec![FileEdit { file, before, after }],
                }),
                // A flake that was never locked has no older state to come back to.
                None if !moved.is_empty() => return Err(NixError::NotLocked { flake: folder.clone() }),
                _ => None,
            };
            let lock = edit.is_some().then_some(lock);
            (Source::Flake { folder: folder.clone(), host: host.clone(), lock }, moved, How::Lock(edit))
        }
        Source::Channel { file, .. } => {
            let channel = subscribed(roots).ok_or_else(|| NixError::NoChannel { file: file.clone() })?;
            let newer = fetch(roots, &channel, cancel)?;
            let (from, to) = (release(&channel.profile.join(&channel.name)), release(&newer));
            let name = channel.name.clone();
            let moved = if from == to { Vec::new() } else { vec![Moved { name, from, to: to.unwrap_or_default() }] };
            (Source::Channel { file: file.clone(), nixpkgs: Some(newer) }, moved, How::Channel(channel))
        }
    };
    let system = plan(roots, &newer, kept, cancel, tell)?;
    Ok(UpdatePlan { moved, system, how, inputs })
}

fn change(moved: &Moved) -> Change {
    Change::Updated { input: moved.name.clone(), from: moved.from.clone(), to: moved.to.clone() }
}

fn text(path: &Path) -> Result<String, NixError> {
    fs::read_to_string(path).map_err(NixError::io("read", path))
}

/// Runs a Nix program that fetches; gives the last line of its answer.
fn run(roots: &Roots, command: Command, cancel: &CancellationToken) -> Result<Option<String>, NixError> {
    let (mut answer, mut said) = (None, Vec::new());
    let ended = child::run_apart(command, cancel, |stream, line| match stream {
        Stream::Answer => answer = Some(line.to_owned()),
        Stream::Talk if said.len() < LINES => said.push(line.to_owned()),
        Stream::Talk => {}
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() => Ok(answer),
        Ok(Ended::Exited(_)) => Err(NixError::explained(&said.join("\n"))),
        Ok(Ended::Cancelled) => Err(NixError::Cancelled { restored: Restored::Untouched }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(NixError::NoNix { store: roots.store.clone() })
        }
        Err(error) => Err(NixError::io("started", "nix")(error)),
    }
}

/// Inputs of a flake that two lock files lock to different things.
fn moved(before: &str, after: &str) -> Vec<Moved> {
    let (before, after) = (locked(before), locked(after));
    let newer = after.iter().filter(|(name, (_, hash))| before.get(*name).is_none_or(|(_, old)| old != hash));
    newer
        .map(|(name, (to, _))| Moved {
            name: name.clone(),
            from: before.get(name).map(|(from, _)| from.clone()),
            to: to.clone(),
        })
        .collect()
}

/// The root's own inputs: what people call them, and what they are locked to.
fn locked(lock: &str) -> BTreeMap<String, (String, String)> {
    let read = || {
        let lock: Value = serde_json::from_str(lock).ok()?;
        let nodes = lock.get("nodes")?;
        let root = nodes.get(lock.get("root")?.as_str()?)?.get("inputs")?.as_object()?.clone();
        let inputs = root.into_iter().filter_map(|(name, node)| {
            let locked = nodes.get(node.as_str()?)?.get("locked")?;
            let text = |key: &str| locked.get(key).and_then(Value::as_str);
            let date = locked.get("lastModified").and_then(Value::as_i64);
            let date = date.and_then(|seconds| Timestamp::from_second(seconds).ok());
            let date = date.map(|date| date.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string());
            let short = || text("rev").map(|rev| rev.chars().take(7).collect::<String>());
            Some((name, (date.or_else(short).unwrap_or_default(), locked.to_string())))
        });
        Some(inputs.collect())
    };
    read().unwrap_or_default()
}

/// The channel that nixpkgs comes from, if the user has subscribed to one.
fn subscribed(roots: &Roots) -> Option<Channel> {
    let homes = [roots.home.clone(), roots.system.join("root")];
    let list = homes.iter().map(|home| home.join(".nix-channels")).find(|list| list.is_file())?;
    let text = fs::read_to_string(&list).ok()?;
    let profiles =
        [roots.profiles().join("per-user/root/channels"), list.parent()?.join(".local/state/nix/profiles/channels")];
    let profile = profiles.into_iter().find(|profile| fs::read_link(profile).is_ok())?;
    let named: BTreeMap<&str, &str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .map(|(url, name)| (name.trim(), url))
        .collect();
    let (name, url) = CHANNELS.iter().find_map(|name| Some((*name, *named.get(name)?)))?;
    Some(Channel { name: name.to_owned(), url: url.to_owned(), list, profile })
}

/// Fetches the newest nixpkgs of a channel into the store.
fn fetch(roots: &Roots, channel: &Channel, cancel: &CancellationToken) -> Result<PathBuf, NixError> {
    let mut command = child::nix_program(roots, "nix-instantiate");
    // The address is data: Nix reads it as the string that it is.
    command.args(["--eval", "--raw", "--option", "tarball-ttl", "0", "--argstr", "url"]);
    command.arg(format!("{}/nixexprs.tar.xz", channel.url.trim_end_matches('/')));
    command.args(["--expr", "{ url }: \"${builtins.fetchTarball url}\""]);
    let path = run(roots, command, cancel)?.map(PathBuf::from).filter(|path| path.starts_with(&roots.store));
    path.ok_or_else(|| NixError::explained("Nix named no result"))
}

impl Channel {
    /// Brings it up to date for good: `nix-channel --update`.
    pub fn update(&self, roots: &Roots, cancel: &CancellationToken) -> Result<(), NixError> {
        let mut command = child::nix_program(roots, "nix-channel");
        command.args(["--update", &self.name]);
        if let Some(home) = self.list.parent() {
            command.env("HOME", home);
        }
        run(roots, command, cancel).map(drop)
    }
}

/// How a nixpkgs calls itself: its version, else its commit.
fn release(folder: &Path) -> Option<String> {
    let line = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
    };
    let version = line(".version").zip(line(".version-suffix")).map(|(version, suffix)| version + &suffix);
    version.or_else(|| line(".git-revision")).or_else(|| line("svn-revision"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inputs_that_are_locked_to_something_else_have_moved() {
        let lock = |rev: &str, date: i64| {
            format!(
                r#"{{"nodes":{{"n":{{"locked":{{"rev":"{rev}","lastModified":{date}}}}},"same":{{"locked":{{"rev":"x"}}}},
                "root":{{"inputs":{{"nixpkgs":"n","other":"same","follows":["nixpkgs"]}}}}}},"root":"root","version":7}}"#
            )
        };
        let told = moved(&lock("aaaaaaaaa", 1_700_000_000), &lock("bbbbbbbbb", 1_732_238_400));
        let expected = Moved { name: "nixpkgs".into(), from: Some("2023-11-14".into()), to: "2024-11-22".into() };
        assert_eq!(told, [expected]);
        assert_eq!(moved(&lock("a", 1), &lock("a", 1)), []);
        assert_eq!(moved("{}", "not json"), []);
        assert_eq!(moved("{}", &lock("a", 1)).len(), 2);
    }
}
