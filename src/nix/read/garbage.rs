//! Garbage collector roots, what they keep, and what nothing keeps.
//!
//! Finds roots where Nix finds them (`gcroots` and `profiles`, links and indirect links), and
//! follows what they keep as Nix does with its default settings (`keep-derivations`, not
//! `keep-outputs`). What running programs hold open is not looked for, so what is told to be free
//! is an upper bound; only Nix itself ever deletes.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use crate::config::Roots;
use crate::nix::NixError;

use super::graph::{Graph, Marks, Place};
use super::store::Store;

/// Deepest folder below `gcroots` that is looked into; Nix's own are three deep.
const DEPTH: usize = 16;

/// A link that keeps something in the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Root {
    pub link: PathBuf,
    /// The store object that it keeps.
    pub path: PathBuf,
}

/// What nothing needs any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Garbage {
    pub paths: u64,
    pub bytes: u64,
}

/// What one root keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    pub link: PathBuf,
    /// It and everything that it needs, in bytes: shared things count for each root that needs them.
    pub bytes: u64,
    /// What would go if only this root went, in bytes.
    pub alone: u64,
}

/// All roots that can be seen, by their links.
#[must_use]
pub fn roots(roots: &Roots) -> Vec<Root> {
    let mut found = BTreeMap::new();
    for folder in [roots.state.join("gcroots"), roots.profiles()] {
        look(roots, &folder, DEPTH, &mut found);
    }
    found.into_iter().map(|(link, path)| Root { link, path }).collect()
}

fn look(roots: &Roots, path: &Path, depth: usize, found: &mut BTreeMap<PathBuf, PathBuf>) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    let kind = metadata.file_type();
    if kind.is_dir() {
        let Some(depth) = depth.checked_sub(1) else { return };
        let Ok(entries) = fs::read_dir(path) else { return };
        entries.filter_map(Result::ok).for_each(|entry| look(roots, &entry.path(), depth, found));
    } else if kind.is_symlink() {
        let Some(target) = followed(path) else { return };
        if let Some(object) = store_object(roots, &target) {
            found.insert(path.to_owned(), object);
        } else if let Some(object) = followed(&target).and_then(|second| store_object(roots, &second)) {
            // An indirect root: a link to the link that a user made, which counts as long as that is there.
            found.insert(target, object);
        }
    } else if let Some(name) = path.file_name().filter(|_| kind.is_file()) {
        // A file whose name is that of a store object keeps it.
        let object = roots.store.join(name);
        if fs::symlink_metadata(&object).is_ok() {
            found.insert(path.to_owned(), object);
        }
    }
}

/// Where a link leads, in full, one step.
fn followed(link: &Path) -> Option<PathBuf> {
    let target = fs::read_link(link).ok()?;
    Some(link.parent()?.join(target))
}

/// The object of the store that a path is or lies in.
fn store_object(roots: &Roots, path: &Path) -> Option<PathBuf> {
    match path.strip_prefix(&roots.store).ok()?.components().next()? {
        Component::Normal(name) if name != OsStr::new(".links") => Some(roots.store.join(name)),
        _ => None,
    }
}

/// What the roots keep: their closures, and the derivations that made them.
pub fn live(store: &Store, graph: &Graph, roots: &[Root]) -> Result<Marks, NixError> {
    let mut marks = graph.closure([]);
    let mut waiting = places(store, graph, roots)?.into_iter().map(|(_, place)| place).collect::<Vec<_>>();
    let derivers = derivers(store, graph)?;
    while !waiting.is_empty() {
        graph.widen(&mut marks, waiting.drain(..));
        // A derivation keeps what it was made from, whose derivations count in turn.
        waiting.extend(derivers.iter().filter(|(of, by)| marks.has(*of) && !marks.has(*by)).map(|(_, by)| *by));
    }
    Ok(marks)
}

/// What no root keeps.
pub fn garbage(store: &Store, graph: &Graph, roots: &[Root]) -> Result<Garbage, NixError> {
    let (all, all_bytes) = (graph.len() as u64, graph.total(&graph.closure(all(graph))).1);
    let (kept, kept_bytes) = graph.total(&live(store, graph, roots)?);
    Ok(Garbage { paths: all.saturating_sub(kept), bytes: all_bytes.saturating_sub(kept_bytes) })
}

/// The roots that keep most, the largest first; several links to one object count as the first of them.
pub fn largest_roots(store: &Store, graph: &Graph, roots: &[Root], count: usize) -> Result<Vec<Kept>, NixError> {
    let mut by_place: BTreeMap<Place, &Root> = BTreeMap::new();
    for (root, place) in places(store, graph, roots)? {
        by_place.entry(place).or_insert(root);
    }
    let mut needed = vec![0_u32; graph.len()];
    let closures: Vec<(&Root, Vec<Place>)> = by_place
        .iter()
        .map(|(&place, &root)| (root, graph.closure([place]).iter().collect::<Vec<_>>()))
        .inspect(|(_, closure)| {
            for &place in closure {
                if let Some(count) = needed.get_mut(place as usize) {
                    *count += 1;
                }
            }
        })
        .collect();
    let sum = |places: &mut dyn Iterator<Item = Place>| places.map(|place| graph.bytes(place)).sum();
    let mut kept: Vec<Kept> = closures
        .iter()
        .map(|(root, closure)| Kept {
            link: root.link.clone(),
            bytes: sum(&mut closure.iter().copied()),
            alone: sum(&mut closure.iter().copied().filter(|&place| needed.get(place as usize) == Some(&1))),
        })
        .collect();
    kept.sort_unstable_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.link.cmp(&b.link)));
    kept.truncate(count);
    Ok(kept)
}

fn all(graph: &Graph) -> impl Iterator<Item = Place> + use<> {
    0..Place::try_from(graph.len()).unwrap_or(Place::MAX)
}

fn places<'a>(store: &Store, graph: &Graph, roots: &'a [Root]) -> Result<Vec<(&'a Root, Place)>, NixError> {
    let mut places = Vec::with_capacity(roots.len());
    for root in roots {
        if let Some(place) = graph.place(store, &root.path)? {
            places.push((root, place));
        }
    }
    Ok(places)
}

/// Which derivation made which path, where both are in the store.
fn derivers(store: &Store, graph: &Graph) -> Result<Vec<(Place, Place)>, NixError> {
    store.query(|connection| {
        let mut statement = connection.prepare_cached(
            "SELECT made.id, by.id FROM ValidPaths made JOIN ValidPaths by ON by.path = made.deriver",
        )?;
        let mut rows = statement.query([])?;
        let mut derivers = Vec::new();
        while let Some(row) = rows.next()? {
            if let (Some(made), Some(by)) = (graph.place_of(row.get(0)?), graph.place_of(row.get(1)?)) {
                derivers.push((made, by));
            }
        }
        Ok(derivers)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::nix::read::store::tests::{path, store};

    #[test]
    fn what_roots_keep_stays_and_the_rest_is_garbage() {
        let folder = tempfile::tempdir().unwrap();
        let machine = store(folder.path());
        let (gcroots, outside) = (machine.state.join("gcroots/auto"), folder.path().join("result"));
        fs::create_dir_all(&gcroots).unwrap();
        // An indirect root on b, and one whose link is gone.
        symlink(path(&machine, 2, "b-2.0").join("bin"), &outside).unwrap();
        symlink(&outside, gcroots.join("x")).unwrap();
        symlink(folder.path().join("gone"), gcroots.join("y")).unwrap();
        let found = roots(&machine);
        assert_eq!(found, [Root { link: outside.clone(), path: path(&machine, 2, "b-2.0") }]);
        let store = Store::open(&machine).unwrap();
        let graph = Graph::read(&store).unwrap();
        // a (100 bytes) and d (400) are needed by nothing.
        assert_eq!(garbage(&store, &graph, &found).unwrap(), Garbage { paths: 2, bytes: 500 });
        assert_eq!(largest_roots(&store, &graph, &found, 3).unwrap(), [Kept { link: outside, bytes: 500, alone: 500 }]);
    }

    #[test]
    fn links_in_a_circle_end() {
        let folder = tempfile::tempdir().unwrap();
        let machine = store(folder.path());
        let gcroots = machine.state.join("gcroots");
        fs::create_dir_all(&gcroots).unwrap();
        symlink(gcroots.join("b"), gcroots.join("a")).unwrap();
        symlink(gcroots.join("a"), gcroots.join("b")).unwrap();
        symlink(&gcroots, gcroots.join("self")).unwrap();
        assert!(roots(&machine).is_empty());
    }
}
