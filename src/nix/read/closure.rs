//! Closures: everything that a store path needs, whichever way is quicker.
//!
//! A small closure is followed reference by reference; one that turns out to be a good part of the
//! store is walked in the [`Graph`], which reads everything once. Both give the same.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::nix::NixError;

use super::graph::Graph;
use super::store::{Store, StorePath, unsigned};

/// A closure larger than the store's newest id divided by this is cheaper to find by reading the whole
/// store: a reference that is looked up costs about this many that are read in order.
const SHARE: i64 = 16;
/// Up to so many paths following is quick in any store.
const FEW: i64 = 256;

/// Everything that a path needs, itself included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closure {
    /// The database's ids with sizes in bytes, ascending.
    members: Vec<(i64, u64)>,
}

impl Closure {
    /// The closures of these paths, in their order; empty for a path that the store does not know.
    pub fn of(store: &Store, paths: &[&Path]) -> Result<Vec<Self>, NixError> {
        let mut graph = None;
        paths.iter().map(|path| Self::with(store, path, &mut graph)).collect()
    }

    fn with(store: &Store, path: &Path, graph: &mut Option<Graph>) -> Result<Self, NixError> {
        let Some(id) = id_of(store, path)? else { return Ok(Self::default()) };
        if graph.is_none() {
            if let Some(members) = store.query(|connection| follow(connection, id))? {
                return Ok(Self { members });
            }
            *graph = Some(Graph::read(store)?);
        }
        let Some(graph) = graph else { return Ok(Self::default()) };
        let closure = graph.closure(graph.place_of(id));
        let members =
            closure.iter().filter_map(|place| Some((graph.id(place)?, graph.bytes(place)))).collect::<Vec<_>>();
        Ok(Self { members })
    }

    /// How many paths.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the store did not know the path.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Size of all, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.members.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    /// How many paths of this closure the other lacks, and their size in bytes.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> (u64, u64) {
        let mut others = other.members.iter().map(|(id, _)| *id).peekable();
        let (mut count, mut sum) = (0, 0_u64);
        for &(id, bytes) in &self.members {
            while others.next_if(|other| *other < id).is_some() {}
            if others.peek() != Some(&id) {
                count += 1;
                sum = sum.saturating_add(bytes);
            }
        }
        (count, sum)
    }

    /// The paths by name, with their sizes.
    pub fn paths(&self, store: &Store) -> Result<Vec<StorePath>, NixError> {
        let size = |id| self.members.binary_search_by_key(&id, |(id, _)| *id).ok().and_then(|at| self.members.get(at));
        store.query(|connection| {
            let mut paths = Vec::with_capacity(self.len());
            if i64::try_from(self.len()).unwrap_or(i64::MAX) > limit(connection)? {
                // The table's own order of paths: nothing needs to be sorted.
                let mut statement = connection.prepare_cached("SELECT path, id FROM ValidPaths ORDER BY path")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    if let Some(&(_, bytes)) = size(row.get(1)?) {
                        paths.push(StorePath { path: row.get(0)?, bytes });
                    }
                }
                return Ok(paths);
            }
            let mut statement = connection.prepare_cached("SELECT path FROM ValidPaths WHERE id = ?1")?;
            for &(id, bytes) in &self.members {
                paths.extend(
                    statement.query_row([id], |row| row.get(0)).optional()?.map(|path| StorePath { path, bytes }),
                );
            }
            paths.sort_unstable();
            Ok(paths)
        })
    }
}

fn id_of(store: &Store, path: &Path) -> Result<Option<i64>, NixError> {
    let Some(text) = path.to_str() else { return Ok(None) };
    store.query(|connection| {
        connection
            .prepare_cached("SELECT id FROM ValidPaths WHERE path = ?1")?
            .query_row([text], |row| row.get(0))
            .optional()
    })
}

/// How many paths are followed one by one before the whole store is read.
fn limit(connection: &Connection) -> rusqlite::Result<i64> {
    let newest: Option<i64> = connection.query_row("SELECT max(id) FROM ValidPaths", [], |row| row.get(0))?;
    Ok((newest.unwrap_or(0) / SHARE).max(FEW))
}

/// Follows references one by one; `None` as soon as there are too many.
fn follow(connection: &Connection, id: i64) -> rusqlite::Result<Option<Vec<(i64, u64)>>> {
    let limit = usize::try_from(limit(connection)?).unwrap_or(usize::MAX);
    let mut references = connection.prepare_cached("SELECT reference FROM Refs WHERE referrer = ?1")?;
    let mut sizes = connection.prepare_cached("SELECT narSize FROM ValidPaths WHERE id = ?1")?;
    let (mut seen, mut waiting, mut members) = (HashSet::from([id]), vec![id], Vec::new());
    while let Some(id) = waiting.pop() {
        if seen.len() > limit {
            return Ok(None);
        }
        // A row that refers to a path which is gone is no part of the closure.
        let Some(bytes) = sizes.query_row([id], |row| row.get::<_, Option<i64>>(0)).optional()? else { continue };
        members.push((id, unsigned(bytes.unwrap_or(0))));
        let mut rows = references.query([id])?;
        while let Some(row) = rows.next()? {
            let reference = row.get(0)?;
            if seen.insert(reference) {
                waiting.push(reference);
            }
        }
    }
    members.sort_unstable();
    Ok(Some(members))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use crate::nix::read::store::tests::{path, store};

    #[test]
    fn both_ways_give_the_same_closure() {
        let folder = tempfile::tempdir().unwrap();
        let roots = store(folder.path());
        // Far more paths than are followed: a chain below d, whose ids have gaps.
        let database = Connection::open(roots.store_database()).unwrap();
        for id in 10..700_i64 {
            let name = roots.store.join(format!("{id:032}-chain-{id}"));
            database
                .execute(
                    "INSERT INTO ValidPaths (id, path, narSize) VALUES (?1, ?2, 1)",
                    rusqlite::params![id * 3, name.to_str().unwrap()],
                )
                .unwrap();
            let above = if id == 10 { 4 } else { (id - 1) * 3 };
            database.execute("INSERT INTO Refs VALUES (?1, ?2)", [above, id * 3]).unwrap();
        }
        drop(database);
        let store = Store::open(&roots).unwrap();
        let (a, d) = (path(&roots, 1, "a-1.0"), path(&roots, 4, "b-1.9"));
        let closures = Closure::of(&store, &[&d, &a, Path::new("/nowhere")]).unwrap();
        let [long, short, none] = closures.as_slice() else { unreachable!() };
        assert_eq!((long.len(), long.bytes()), (691, 400 + 690));
        assert_eq!((short.len(), short.bytes(), none.len()), (3, 600, 0));
        assert_eq!(store.query(|connection| follow(connection, 4)).unwrap(), None, "too many to follow");
        // The graph was read for the first: the second came from it, and following gives the same.
        assert_eq!(store.query(|connection| follow(connection, 1)).unwrap().as_ref(), Some(&short.members));
        assert_eq!(long.beyond(short), (691, 1090));
        assert_eq!(long.beyond(long), (0, 0));
        let paths = long.paths(&store).unwrap();
        assert_eq!(paths.len(), 691);
        assert!(paths.is_sorted());
        assert_eq!(short.paths(&store).unwrap().iter().map(|path| path.bytes).collect::<Vec<_>>(), [100, 200, 300]);
    }
}
