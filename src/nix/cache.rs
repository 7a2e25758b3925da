//! Answers that are worth keeping for a while: they live five minutes, and only as long as nothing
//! changes that they were read from.
//!
//! Whether something has changed is seen by a look at the files themselves (profile links, store
//! database, configuration, index) when an answer is asked for: a change is noticed at once, also
//! one by another program, and nothing needs to run in the background. A configuration may import
//! files from outside its folder; those are what the five minutes are for.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use serde::Serialize;

use crate::config::Roots;
use crate::observe::{Ending, Stage, count};

use super::Outcome;

const LIFE: Duration = Duration::from_mins(5);
/// Answers kept at most; each is some kilobytes.
const KEPT: u64 = 200;
/// Files of a configuration that are looked at, and how deep; a folder of configuration has dozens.
const FILES: usize = 2_000;
const DEPTH: usize = 6;

/// Answers by question.
#[derive(Debug)]
pub struct Answers {
    cache: Cache<String, (u64, Arc<Outcome>)>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How often an answer was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CacheCounts {
    pub hits: u64,
    pub misses: u64,
}

impl Default for Answers {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(KEPT).time_to_live(LIFE).build();
        Self { cache, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }
}

impl Answers {
    /// The kept answer to a question, or what `find` finds, which is then kept. Failures are not kept.
    pub fn get<E>(
        &self,
        roots: &Roots,
        index: &Path,
        question: String,
        find: impl FnOnce() -> Result<Outcome, E>,
    ) -> Result<Outcome, E> {
        // Before the reading: what changes while it goes on makes the answer old at once.
        let state = state(roots, index);
        if let Some((_, answer)) = self.cache.get(&question).filter(|(of, _)| *of == state) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            count(Stage::Cache, "hit", Ending::Done);
            return Ok(answer.as_ref().clone());
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        count(Stage::Cache, "miss", Ending::Done);
        let answer = find()?;
        self.cache.insert(question, (state, Arc::new(answer.clone())));
        Ok(answer)
    }

    /// How often an answer was there already.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }
}

/// What the machine's files look like now, as one number.
fn state(roots: &Roots, index: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    for link in [roots.system_profile(), roots.current_system(), roots.booted_system()] {
        fs::read_link(link).ok().hash(&mut hasher);
    }
    let database = roots.store_database();
    let log = PathBuf::from(format!("{}-wal", database.display()));
    let user = roots.home.join(".local/state/nix/profiles");
    let folders = [roots.profiles(), roots.state.join("gcroots/auto"), user];
    for file in folders.iter().chain([&database, &log]).map(PathBuf::as_path).chain([index]) {
        stamp(file, &mut hasher);
    }
    let mut left = FILES;
    folder(&roots.etc_nixos, DEPTH, &mut left, &mut hasher);
    // `/etc/nixos/flake.nix` is often a link to where the configuration really lies.
    if let Ok(real) = fs::canonicalize(roots.etc_nixos.join("flake.nix"))
        && let Some(parent) = real.parent().filter(|parent| *parent != roots.etc_nixos)
    {
        folder(parent, DEPTH, &mut left, &mut hasher);
    }
    hasher.finish()
}

fn stamp(path: &Path, hasher: &mut DefaultHasher) {
    let facts = fs::metadata(path).ok();
    facts.map(|facts| (facts.ino(), facts.size(), facts.mtime(), facts.mtime_nsec())).hash(hasher);
}

fn folder(path: &Path, depth: usize, left: &mut usize, hasher: &mut DefaultHasher) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let Ok(entries) = fs::read_dir(path) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        if *left == 0 || path.file_name().is_some_and(|name| name == ".git") {
            continue;
        }
        *left -= 1;
        path.hash(hasher);
        stamp(&path, hasher);
        if path.is_dir() {
            folder(&path, depth, left, hasher);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_until_something_changes_and_a_failure_is_not() {
        let place = tempfile::tempdir().unwrap();
        let roots = Roots::below(place.path(), None);
        fs::create_dir_all(roots.etc_nixos.join("modules")).unwrap();
        let index = place.path().join("index");
        let answers = Answers::default();
        let ask = |size| {
            let found = move || Ok::<_, ()>(Outcome::Installed { system: vec![String::new(); size], user: vec![] });
            match answers.get(&roots, &index, "installed".into(), found).unwrap() {
                Outcome::Installed { system, .. } => system.len(),
                _ => unreachable!(),
            }
        };
        assert!(answers.get(&roots, &index, "installed".into(), || Err(())).is_err());
        assert_eq!((ask(1), ask(2)), (1, 1));
        fs::write(roots.etc_nixos.join("modules/new.nix"), "{ }").unwrap();
        assert_eq!((ask(3), ask(4)), (3, 3));
        fs::create_dir_all(roots.profiles()).unwrap();
        std::os::unix::fs::symlink("system-1-link", roots.system_profile()).unwrap();
        assert_eq!(ask(5), 5);
        assert_eq!(answers.counts(), CacheCounts { hits: 2, misses: 4 });
    }
}
