//! The store's whole reference graph in memory: closures, ways and garbage without asking the database again.
//!
//! One pass over two tables (100,000 paths with 500,000 references: a few dozen milliseconds), then
//! each question is a walk over numbers. For one small closure of a large store the database's own
//! recursive query is quicker: see `Store::requisites`. Never holds text: names are asked for at the end.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::nix::NixError;

use super::store::{Store, unsigned};

/// A path of the store by its place in the [`Graph`].
pub type Place = u32;

/// Ids are given out in order and seldom leave large gaps; a table of places is made up to so many ids for
/// each path. Beyond that (a store from which most was deleted) places are searched for.
const GAPS: usize = 32;

/// No place: an id that the store no longer has.
const NONE: Place = Place::MAX;

/// Who refers to whom.
#[derive(Debug)]
pub struct Graph {
    /// The database's ids, ascending.
    ids: Vec<i64>,
    /// NAR sizes in bytes, by place.
    sizes: Vec<u64>,
    /// Where the references of each place begin in `references`; one more at the end.
    starts: Vec<u32>,
    references: Vec<Place>,
    places: Vec<Place>,
}

/// A set of places.
#[derive(Debug, Clone)]
pub struct Marks(Vec<bool>);

impl Marks {
    /// Whether the place is in the set.
    #[must_use]
    pub fn has(&self, place: Place) -> bool {
        self.0.get(place as usize).copied().unwrap_or(false)
    }

    /// Puts a place in; false if it was there already.
    fn put(&mut self, place: Place) -> bool {
        self.0.get_mut(place as usize).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    /// The places, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Place> {
        (0..).zip(&self.0).filter_map(|(place, &there)| there.then_some(place))
    }
}

impl Graph {
    /// Reads the graph of a store.
    pub fn read(store: &Store) -> Result<Self, NixError> {
        store.query(|connection| {
            let (ids, sizes) = paths(connection)?;
            let mut graph = Self { places: table(&ids), ids, sizes, starts: vec![0], references: Vec::new() };
            graph.connect(connection)?;
            Ok(graph)
        })
    }

    /// How many paths there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether the store is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The place of a store path; `None` if the store does not know it.
    pub fn place(&self, store: &Store, path: &Path) -> Result<Option<Place>, NixError> {
        let Some(text) = path.to_str() else { return Ok(None) };
        let id: Option<i64> = store.query(|connection| {
            connection
                .prepare_cached("SELECT id FROM ValidPaths WHERE path = ?1")?
                .query_row([text], |row| row.get(0))
                .optional()
        })?;
        Ok(id.and_then(|id| self.place_of(id)))
    }

    /// The place behind an id of the database.
    #[must_use]
    pub fn place_of(&self, id: i64) -> Option<Place> {
        if self.places.is_empty() {
            return self.ids.binary_search(&id).ok().and_then(|at| Place::try_from(at).ok());
        }
        let place = self.places.get(usize::try_from(id).ok()?).copied()?;
        (place != NONE).then_some(place)
    }

    /// The database's id of a place.
    #[must_use]
    pub fn id(&self, place: Place) -> Option<i64> {
        self.ids.get(place as usize).copied()
    }

    /// Size of one path, in bytes.
    #[must_use]
    pub fn bytes(&self, place: Place) -> u64 {
        self.sizes.get(place as usize).copied().unwrap_or(0)
    }

    /// What a place points at.
    #[must_use]
    pub fn references(&self, place: Place) -> &[Place] {
        let at = |index: usize| self.starts.get(index).map_or(0, |&start| start as usize);
        self.references.get(at(place as usize)..at(place as usize + 1)).unwrap_or_default()
    }

    /// Everything that these need, themselves included.
    #[must_use]
    pub fn closure(&self, of: impl IntoIterator<Item = Place>) -> Marks {
        let mut marks = Marks(vec![false; self.len()]);
        self.widen(&mut marks, of);
        marks
    }

    /// Adds to a closure everything that these need.
    pub fn widen(&self, marks: &mut Marks, of: impl IntoIterator<Item = Place>) {
        let mut waiting: Vec<Place> = of.into_iter().filter(|&place| marks.put(place)).collect();
        while let Some(place) = waiting.pop() {
            for &reference in self.references(place) {
                if marks.put(reference) {
                    waiting.push(reference);
                }
            }
        }
    }

    /// How many are in a set, and their size in bytes.
    #[must_use]
    pub fn total(&self, marks: &Marks) -> (u64, u64) {
        marks.iter().fold((0, 0), |(count, bytes), place| (count + 1, self.bytes(place).saturating_add(bytes)))
    }

    /// The shortest way from a place to any that is wanted, both ends included.
    #[must_use]
    pub fn way(&self, from: Place, wanted: impl Fn(Place) -> bool) -> Option<Vec<Place>> {
        let mut before = vec![NONE; self.len()];
        *before.get_mut(from as usize)? = from;
        let mut layer = vec![from];
        let mut found = wanted(from).then_some(from);
        while found.is_none() && !layer.is_empty() {
            let mut next = Vec::new();
            for &place in &layer {
                for &reference in self.references(place) {
                    if let Some(slot) = before.get_mut(reference as usize).filter(|slot| **slot == NONE) {
                        *slot = place;
                        next.push(reference);
                        if found.is_none() && wanted(reference) {
                            found = Some(reference);
                        }
                    }
                }
            }
            layer = next;
        }
        let mut way = vec![found?];
        while let Some(&last) = way.last()
            && last != from
        {
            way.push(*before.get(last as usize)?);
        }
        way.reverse();
        Some(way)
    }

    /// Reads who refers to whom: the table's own key has them by referrer, so they come as they are kept.
    fn connect(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("SELECT referrer, reference FROM Refs ORDER BY referrer")?;
        let mut rows = statement.query([])?;
        self.starts.reserve(self.len());
        self.references.reserve(self.len().saturating_mul(5));
        let (mut last, mut place) = (None, None);
        while let Some(row) = rows.next()? {
            let referrer: i64 = row.get(0)?;
            if last != Some(referrer) {
                last = Some(referrer);
                place = self.place_of(referrer);
                if let Some(place) = place {
                    self.fill(place as usize);
                }
            }
            let reference = self.place_of(row.get(1)?);
            // A path may refer to itself, which says nothing; a row of a path that is gone is none.
            if let (Some(place), Some(reference)) = (place, reference)
                && place != reference
            {
                self.references.push(reference);
            }
        }
        self.fill(self.len());
        Ok(())
    }

    /// The references of all places before this one end here.
    fn fill(&mut self, place: usize) {
        let end = u32::try_from(self.references.len()).unwrap_or(u32::MAX);
        self.starts.resize(self.starts.len().max(place + 1), end);
    }
}

fn paths(connection: &Connection) -> rusqlite::Result<(Vec<i64>, Vec<u64>)> {
    let count: i64 = connection.query_row("SELECT count(*) FROM ValidPaths", [], |row| row.get(0))?;
    let count = usize::try_from(count).unwrap_or(0);
    let (mut ids, mut sizes) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut statement = connection.prepare_cached("SELECT id, narSize FROM ValidPaths ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        ids.push(row.get(0)?);
        sizes.push(unsigned(row.get::<_, Option<i64>>(1)?.unwrap_or(0)));
    }
    Ok((ids, sizes))
}

/// The place of each id, where the ids are dense enough for a table; else none.
fn table(ids: &[i64]) -> Vec<Place> {
    let last = ids.last().and_then(|&id| usize::try_from(id).ok());
    let first = ids.first().copied().unwrap_or(0);
    let Some(last) = last.filter(|&last| first >= 0 && last <= ids.len().saturating_mul(GAPS)) else {
        return Vec::new();
    };
    let mut places = vec![NONE; last + 1];
    for (place, &id) in (0..).zip(ids) {
        if let Some(slot) = usize::try_from(id).ok().and_then(|id| places.get_mut(id)) {
            *slot = place;
        }
    }
    places
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use crate::nix::read::store::tests::{path, store};

    #[test]
    fn walks_agree_with_the_references() {
        let folder = tempfile::tempdir().unwrap();
        let roots = store(folder.path());
        let store = Store::open(&roots).unwrap();
        let graph = Graph::read(&store).unwrap();
        let place = |id, name| graph.place(&store, &path(&roots, id, name)).unwrap().unwrap();
        let (a, b, c, alone) = (place(1, "a-1.0"), place(2, "b-2.0"), place(3, "c-3.0"), place(4, "b-1.9"));
        assert_eq!(graph.total(&graph.closure([a])), (3, 600));
        assert_eq!(graph.references(b), [c], "a path's reference to itself says nothing");
        assert_eq!(graph.way(a, |place| place == c), Some(vec![a, b, c]));
        assert_eq!(graph.way(c, |place| place == a), None);
        assert_eq!(graph.way(a, |place| place == a), Some(vec![a]));
        assert!(!graph.closure([a]).has(alone));
        assert!(graph.references(alone).is_empty());
    }

    #[test]
    fn ids_with_large_gaps_are_found_without_a_large_table() {
        let ids = [1, 7, i64::MAX / 2];
        assert!(table(&ids).is_empty());
        let graph =
            Graph { places: table(&ids), ids: ids.to_vec(), sizes: vec![1; 3], starts: vec![0; 4], references: vec![] };
        assert_eq!(graph.place_of(i64::MAX / 2), Some(2));
        assert_eq!(graph.place_of(8), None);
    }
}
