//! Why a package is on the machine, what needs it, and how much it takes.
//!
//! Takes the name of a package as people say it and looks for the store paths of that name among
//! what the running system and the user's profiles need. Tells names and versions, never hashes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::command::PackageAttr;
use crate::config::Roots;
use crate::nix::NixError;

use super::graph::{Graph, Marks, Place};
use super::names::StoreName;
use super::store::Store;
use super::{installed, profiles};

/// Where something is used from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// The system that runs now.
    System,
    /// One of the user's own profiles.
    User,
}

/// One reason why a package is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub from: From,
    /// It is one of the packages that were asked for, not only something that these need.
    pub wanted: bool,
    /// The way to it by names: what was asked for first, the package itself last.
    pub way: Vec<String>,
}

/// Why a package is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reasons {
    pub package: String,
    /// None: it is not on the machine, or nothing that is used needs it.
    pub reasons: Vec<Reason>,
    /// It is in the store, though nothing that is used needs it.
    pub left_over: bool,
}

/// What needs a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needers {
    pub package: String,
    /// What points at it itself, by name, among what is used now.
    pub direct: Vec<String>,
    /// How many store paths need it in all, among what is used now.
    pub paths: u64,
}

/// How much a package takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Footprint {
    pub package: String,
    pub version: Option<String>,
    /// The package itself, in bytes.
    pub own: u64,
    /// With everything that it needs, in bytes.
    pub closure: u64,
    /// How many store paths that are.
    pub paths: u64,
    /// What only it needs, in bytes: what would go with it; `None` if nothing used now has it.
    pub alone: Option<u64>,
}

/// The store as a package's reasons are looked for in it.
pub struct Used {
    store: Store,
    graph: Graph,
    /// Where things are used from, with the top of each.
    tops: Vec<(From, Place)>,
    /// What holds the packages that were asked for: the system path, the user's environments.
    holders: Vec<Place>,
    live: Marks,
}

impl Used {
    /// Reads the store's graph, and what the running system and the user's profiles need.
    pub fn read(roots: &Roots) -> Result<Self, NixError> {
        let store = Store::open(roots)?;
        let graph = Graph::read(&store)?;
        let mut paths: Vec<(From, PathBuf)> = Vec::new();
        match profiles::running_system(roots) {
            Ok(system) => paths.push((From::System, system)),
            Err(NixError::NotNixos { .. }) => {}
            Err(error) => return Err(error),
        }
        for profile in installed::user_profiles(roots) {
            paths.extend(std::fs::canonicalize(profile).ok().map(|path| (From::User, path)));
        }
        let (mut tops, mut holders) = (Vec::new(), Vec::new());
        for (from, path) in paths {
            let Some(top) = graph.place(&store, &path)? else { continue };
            tops.push((from, top));
            holders.push(top);
            for inside in insides(&path) {
                holders.extend(graph.place(&store, &inside)?);
            }
        }
        let live = graph.closure(tops.iter().map(|&(_, top)| top));
        Ok(Self { store, graph, tops, holders, live })
    }

    /// Why a package is on the machine.
    pub fn why(&self, package: &PackageAttr) -> Result<Reasons, NixError> {
        let wanted = self.named(package)?;
        let set: BTreeSet<Place> = wanted.iter().map(|(place, _)| *place).collect();
        let mut reasons = Vec::new();
        for &(from, top) in &self.tops {
            let Some(way) = self.graph.way(top, |place| set.contains(&place)) else { continue };
            // The top and what holds the packages are not what people asked for: the way begins behind them.
            let begin = way.iter().take_while(|place| self.holders.contains(place)).count();
            let own = way.get(begin..).unwrap_or_default();
            reasons.push(Reason { from, wanted: own.len() == 1, way: self.names(own)? });
        }
        let left_over = reasons.is_empty() && !wanted.is_empty();
        Ok(Reasons { package: package.to_string(), reasons, left_over })
    }

    /// What needs a package.
    pub fn referrers(&self, package: &PackageAttr) -> Result<Needers, NixError> {
        let wanted: BTreeSet<Place> = self.live_named(package)?.into_iter().map(|(place, _)| place).collect();
        let direct: Vec<Place> = self
            .live
            .iter()
            .filter(|place| !wanted.contains(place) && !self.holders.contains(place))
            .filter(|&place| self.graph.references(place).iter().any(|reference| wanted.contains(reference)))
            .collect();
        let mut names = self.names(&direct)?;
        names.sort_unstable();
        names.dedup();
        let above = self.above(&wanted);
        let paths = above.iter().filter(|place| !wanted.contains(place) && !self.holders.contains(place)).count();
        Ok(Needers { package: package.to_string(), direct: names, paths: paths as u64 })
    }

    /// How much a package takes: the one in use, else the newest in the store.
    pub fn size(&self, package: &PackageAttr) -> Result<Footprint, NixError> {
        let named = self.named(package)?;
        let used = named.iter().find(|(place, _)| self.live.has(*place));
        let (place, name) = used.or(named.last()).ok_or_else(|| not_here(package))?;
        let closure = self.graph.closure([*place]);
        let (paths, bytes) = self.graph.total(&closure);
        let alone = used.map(|_| self.alone(&closure, *place));
        Ok(Footprint {
            package: package.to_string(),
            version: name.plain_version().map(str::to_owned),
            own: self.graph.bytes(*place),
            closure: bytes,
            paths,
            alone,
        })
    }

    /// What of a closure nothing else in use needs, in bytes.
    fn alone(&self, closure: &Marks, without: Place) -> u64 {
        let mut others = self.graph.closure([]);
        let tops: BTreeSet<Place> = self.tops.iter().map(|&(_, top)| top).chain(self.holders.iter().copied()).collect();
        let below = tops.iter().flat_map(|&top| self.graph.references(top)).copied();
        let kept: Vec<Place> = below.filter(|place| !tops.contains(place) && *place != without).collect();
        self.graph.widen(&mut others, kept);
        closure.iter().filter(|&place| !others.has(place)).map(|place| self.graph.bytes(place)).sum()
    }

    /// What is used now and needs one of these, themselves included.
    fn above(&self, wanted: &BTreeSet<Place>) -> BTreeSet<Place> {
        let mut above = wanted.clone();
        loop {
            let more: Vec<Place> = self
                .live
                .iter()
                .filter(|place| !above.contains(place))
                .filter(|&place| self.graph.references(place).iter().any(|reference| above.contains(reference)))
                .collect();
            if more.is_empty() {
                return above;
            }
            above.extend(more);
        }
    }

    fn live_named(&self, package: &PackageAttr) -> Result<Vec<(Place, StoreName)>, NixError> {
        let named: Vec<_> = self.named(package)?.into_iter().filter(|(place, _)| self.live.has(*place)).collect();
        if named.is_empty() { Err(not_here(package)) } else { Ok(named) }
    }

    /// The store paths of a package's name, the oldest first; derivations and sources are none.
    fn named(&self, package: &PackageAttr) -> Result<Vec<(Place, StoreName)>, NixError> {
        let attr = package.as_str();
        // The last part of an attribute path is the package's name: `kdePackages.okular` is `okular`.
        let last = attr.rsplit('.').next().unwrap_or(attr);
        let rows: Vec<(i64, String)> = self.store.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, path FROM ValidPaths WHERE instr(lower(path), lower(?1)) > 0 AND path NOT LIKE '%.drv'
                     ORDER BY registrationTime, id",
                )?
                .query_map([last], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let named = rows.into_iter().filter_map(|(id, path)| {
            let name = StoreName::of(Path::new(&path))?;
            (name.name().eq_ignore_ascii_case(last)).then_some((self.graph.place_of(id)?, name))
        });
        Ok(named.collect())
    }

    fn names(&self, places: &[Place]) -> Result<Vec<String>, NixError> {
        self.store.query(|connection| {
            let mut path = connection.prepare_cached("SELECT path FROM ValidPaths WHERE id = ?1")?;
            let ids = places.iter().filter_map(|&place| self.graph.id(place));
            ids.map(|id| path.query_row([id], |row| row.get::<_, String>(0)))
                .map(|path| path.map(|path| StoreName::of(Path::new(&path)).map_or(path, |name| name.to_string())))
                .collect()
        })
    }
}

/// What of a system holds packages: the system path, and the systems that are its variants with theirs.
fn insides(system: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_link(system.join("sw")).into_iter().collect();
    let variants = std::fs::read_dir(system.join("specialisation")).into_iter().flatten().filter_map(Result::ok);
    for variant in variants.filter_map(|entry| std::fs::read_link(entry.path()).ok()) {
        found.extend(std::fs::read_link(variant.join("sw")));
        found.push(variant);
    }
    found
}

fn not_here(package: &PackageAttr) -> NixError {
    NixError::NotOnMachine { package: package.to_string() }
}
