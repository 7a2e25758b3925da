//! What Nix says while it works (`--log-format internal-json`), as one [`Progress`].
//!
//! The numbers of activities and results are those of Nix's `logging.hh`. Lines that are none of these, or of a kind
//! that is not known, say nothing about the progress and do no harm.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::nix::read::names::StoreName;
use crate::nix::{Progress, Stage};

use super::past::Past;

/// What begins a line of `internal-json`.
const MARK: &str = "@nix ";
/// Activities that are looked at, at most: more at one time are not believable.
const MOST: usize = 20_000;

/// `logging.hh`, `ActivityType`.
mod kind {
    pub const COPY_PATH: u64 = 100;
    pub const FILE_TRANSFER: u64 = 101;
    pub const BUILDS: u64 = 104;
    pub const BUILD: u64 = 105;
}

/// `logging.hh`, `ResultType`.
mod result {
    pub const PROGRESS: u64 = 105;
    pub const SET_EXPECTED: u64 = 106;
}

/// Highest level of a message that tells of trouble (`lvlWarn`).
const TROUBLE: u64 = 1;

/// One line.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Said {
    Start {
        id: u64,
        #[serde(rename = "type")]
        kind: u64,
        #[serde(default)]
        text: String,
        #[serde(default)]
        fields: Vec<Value>,
    },
    Stop {
        id: u64,
    },
    Result {
        id: u64,
        #[serde(rename = "type")]
        kind: u64,
        #[serde(default)]
        fields: Vec<Value>,
    },
    Msg {
        #[serde(default)]
        level: u64,
        #[serde(default)]
        msg: String,
    },
    #[serde(other)]
    Other,
}

/// What a line is beside the progress that it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Trouble, in Nix's own words: for whoever explains a failure.
    Trouble,
    /// The file that is evaluated.
    Evaluates(String),
    /// A message of other kind, such as a plan's line.
    Message(String),
    /// It tells of the progress alone, or of nothing.
    Nothing,
}

/// One activity that is going on.
#[derive(Debug)]
struct Running {
    kind: u64,
    name: Option<String>,
    since: Instant,
    done: u64,
}

/// All that is going on, and how far it is.
#[derive(Debug, Default)]
pub struct Activities {
    running: HashMap<u64, Running>,
    /// Builds: done and expected.
    builds: (u64, u64),
    /// Bytes that copies which have ended brought.
    copied: u64,
    /// Bytes expected of all copies: what is downloaded, and what that is when it is unpacked.
    expected: (u64, u64),
    /// Builds that have ended, with how long they took.
    built: Vec<(String, Duration)>,
    building: bool,
    at: Option<String>,
}

impl Activities {
    /// Takes a line; gives what it is beside the progress, and the progress if it has moved.
    pub fn take(&mut self, line: &str, now: Instant) -> (Line, Option<Progress>) {
        let Some(text) = line.strip_prefix(MARK) else { return (Line::Nothing, None) };
        let Ok(said) = serde_json::from_str(text) else { return (Line::Nothing, None) };
        let moved = match said {
            Said::Msg { level, .. } if level <= TROUBLE => return (Line::Trouble, None),
            Said::Msg { msg, .. } => return (evaluated(&msg).map_or(Line::Message(msg), Line::Evaluates), None),
            Said::Start { kind: 0, text, .. } => {
                return (evaluated(&text).map_or(Line::Nothing, Line::Evaluates), None);
            }
            Said::Start { id, kind, text, fields } => self.start(id, kind, &text, &fields, now),
            Said::Stop { id } => self.stop(id, now),
            Said::Result { id, kind, fields } => self.result(id, kind, &fields),
            Said::Other => false,
        };
        (Line::Nothing, moved.then(|| self.progress()))
    }

    fn start(&mut self, id: u64, kind: u64, text: &str, fields: &[Value], now: Instant) -> bool {
        if self.running.len() >= MOST {
            return false;
        }
        let named = match kind {
            kind::BUILD | kind::COPY_PATH => fields.first().and_then(Value::as_str).and_then(name),
            kind::FILE_TRANSFER => Some(text.to_owned()),
            _ => None,
        };
        self.building |= kind == kind::BUILD;
        if kind == kind::BUILD || (kind == kind::COPY_PATH && !self.building) {
            self.at.clone_from(&named);
        }
        self.running.insert(id, Running { kind, name: named, since: now, done: 0 });
        matches!(kind, kind::BUILD | kind::COPY_PATH)
    }

    fn stop(&mut self, id: u64, now: Instant) -> bool {
        let Some(ended) = self.running.remove(&id) else { return false };
        match ended.kind {
            kind::BUILD => {
                let others = self.running.values().filter(|running| running.kind == kind::BUILD);
                if let Some(other) = others.max_by_key(|running| running.since) {
                    self.at.clone_from(&other.name);
                }
                self.built.extend(ended.name.map(|name| (name, now.saturating_duration_since(ended.since))));
            }
            kind::COPY_PATH => self.copied = self.copied.saturating_add(ended.done),
            _ => return false,
        }
        true
    }

    fn result(&mut self, id: u64, kind: u64, fields: &[Value]) -> bool {
        let number = |at: usize| fields.get(at).and_then(Value::as_u64);
        match (kind, number(0), number(1)) {
            (result::PROGRESS, Some(done), Some(expected)) => match self.running.get_mut(&id) {
                Some(running) if running.kind == kind::BUILDS => {
                    // Nix tells of nothing more when all is done.
                    self.builds = if expected == 0 { self.builds } else { (done, expected) };
                    true
                }
                Some(running) if running.kind == kind::COPY_PATH => {
                    running.done = done;
                    true
                }
                _ => false,
            },
            (result::SET_EXPECTED, Some(kind::COPY_PATH), Some(bytes)) => {
                self.expected.1 = self.expected.1.max(bytes);
                true
            }
            (result::SET_EXPECTED, Some(kind::FILE_TRANSFER), Some(bytes)) => {
                self.expected.0 = self.expected.0.max(bytes);
                true
            }
            _ => false,
        }
    }

    /// How far it is now. The stage goes forward alone, so that it is not told to and fro.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let copying = self.running.values().filter(|running| running.kind == kind::COPY_PATH);
        let copied = copying.map(|running| running.done).fold(self.copied, u64::saturating_add);
        let at = self.at.clone();
        if self.building {
            let (done, expected) = self.builds;
            Progress { done, expected, at, ..Progress::of(Stage::Building) }
        } else if self.expected.1 > 0 || copied > 0 {
            Progress {
                done: copied.min(self.expected.1),
                expected: self.expected.1,
                at,
                ..Progress::of(Stage::Downloading)
            }
        } else {
            Progress { at, ..Progress::of(Stage::Evaluating) }
        }
    }

    /// How long what is to be built may still take, by how long it took before; `None` where too little is known.
    #[must_use]
    pub fn left(&self, to_build: &[String], past: &Past, now: Instant) -> Option<Duration> {
        let builds: Vec<_> = self.running.values().filter(|running| running.kind == kind::BUILD).collect();
        let mut known = Vec::new();
        let mut unknown = 0_u32;
        for package in to_build.iter().filter(|package| !self.built.iter().any(|(built, _)| built == *package)) {
            let begun = builds.iter().find(|running| running.name.as_ref() == Some(package));
            let elapsed = begun.map_or(Duration::ZERO, |running| now.saturating_duration_since(running.since));
            match past.usual(package) {
                Some(usual) => known.push(usual.saturating_sub(elapsed)),
                None => unknown += 1,
            }
        }
        let count = u32::try_from(known.len()).unwrap_or(u32::MAX);
        if count == 0 || unknown > count {
            return None;
        }
        let sum: Duration = known.iter().sum();
        let at_once = u32::try_from(builds.len()).unwrap_or(1).max(1);
        Some((sum + sum / count * unknown) / at_once)
    }

    /// The builds that have ended, with how long they took.
    #[must_use]
    pub fn built(&self) -> &[(String, Duration)] {
        &self.built
    }
}

/// The package's name and version behind a store path or a derivation's.
fn name(path: &str) -> Option<String> {
    let path = path.strip_suffix(".drv").unwrap_or(path);
    StoreName::of(Path::new(path)).map(|name| name.to_string())
}

/// `evaluating file '/etc/nixos/configuration.nix'`
fn evaluated(text: &str) -> Option<String> {
    let path = text.strip_prefix("evaluating file '")?.split('\'').next()?;
    path.starts_with('/').then(|| path.to_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replay(log: &str) -> (Activities, Vec<Progress>) {
        let mut activities = Activities::default();
        let now = Instant::now();
        let told = log.lines().filter_map(|line| activities.take(line, now).1).collect();
        (activities, told)
    }

    const BUILD: &str = include_str!("../../../tests/data/nix/internal-json-build.log");
    const COPY: &str = include_str!("../../../tests/data/nix/internal-json-substitute.log");

    #[test]
    fn a_real_build_is_counted_to_its_end() {
        let (activities, told) = replay(BUILD);
        let last = told.last().unwrap();
        // Nix expects a fifth for a moment, and never takes that back.
        assert_eq!((last.stage, last.done), (Stage::Building, 4));
        assert!((4..=5).contains(&last.expected), "{last:?}");
        assert_eq!(activities.built().len(), 4, "{:?}", activities.built());
        assert!(told.windows(2).all(|pair| matches!(pair, [a, b] if a.stage as u8 <= b.stage as u8)));
        assert!(activities.running.is_empty());
    }

    #[test]
    fn a_real_copy_is_told_in_bytes() {
        let (_, told) = replay(COPY);
        let last = told.last().unwrap();
        assert_eq!((last.stage, last.done, last.expected), (Stage::Downloading, 12_256, 12_256));
        assert!(told.iter().any(|progress| progress.at.as_deref() == Some("git 2.50.1")));
    }

    #[test]
    fn the_rest_is_estimated_from_the_past() {
        let start = Instant::now();
        let mut activities = Activities::default();
        let build = |id: u64, name: &str| {
            let path = format!("/nix/store/0c0qnd5mvwz9k2rlpb6ziv7n8iw1wlsh-{name}.drv");
            format!("@nix {{\"action\":\"start\",\"id\":{id},\"type\":105,\"text\":\"\",\"fields\":[\"{path}\"]}}")
        };
        let to_build = ["vim 9.1".to_owned(), "git 2.50".to_owned(), "new 1".to_owned()];
        let past: Past =
            [("vim", 60_u64), ("git", 120)].into_iter().map(|(n, s)| (n.to_owned(), Duration::from_secs(s))).collect();
        activities.take(&build(1, "vim-9.1"), start);
        let now = start + Duration::from_secs(20);
        // 40 s of vim and 120 s of git, and for the new one as much as these on the average.
        assert_eq!(activities.left(&to_build, &past, now), Some(Duration::from_mins(4)));
        activities.take("@nix {\"action\":\"stop\",\"id\":1}", now);
        assert_eq!(activities.left(&to_build, &past, now), Some(Duration::from_mins(4)));
        assert_eq!(activities.left(&["new 1".to_owned()], &past, now), None);
    }

    proptest! {
        #[test]
        fn any_line_is_taken(cut in 0_usize..5_000, put in "\\PC{0,20}", lines in prop::collection::vec("@nix \\{\"action\":\"(start|stop|result|msg)\",\"id\":[0-9]{1,20},\"type\":1[0-9]{2},\"fields\":\\[[0-9]{0,20}\\]\\}|\\PC{0,60}", 0..20)) {
            let cut = (0..=cut.min(BUILD.len())).rev().find(|at| BUILD.is_char_boundary(*at)).unwrap_or(0);
            let (head, tail) = BUILD.split_at(cut);
            let (_, told) = replay(&format!("{head}{put}{tail}\n{}", lines.join("\n")));
            prop_assert!(told.iter().all(|progress| progress.expected == 0 || progress.done <= progress.expected || progress.stage == Stage::Building));
        }
    }
}
