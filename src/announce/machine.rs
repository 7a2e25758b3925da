//! The machine itself, in words: what differs, what takes room, why things are there, how well it is.

use std::time::Duration;

use jiff::Zoned;

use super::Verbosity;
use super::plan;
use super::quantity::{duration, size, size_sign};
use super::table::{facts, printable, table};
use super::when::when;
use super::words::{join, list, say};
use crate::fault::Fault;
use crate::nix::read::disk::{Disk, Space};
use crate::nix::read::freshness::Freshness;
use crate::nix::read::health::{Health, NotAsked, Trouble};
use crate::nix::read::reasons::{Footprint, From, Needers, Reasons};
use crate::nix::read::reboot::Reboot;
use crate::nix::read::verify::Soundness;
use crate::nix::{Compared, ProgramOwners, WentWrong};

type Told = (String, Option<String>);

/// Below this much garbage, in bytes, collecting it is not worth a sentence.
const WORTHWHILE: u64 = 50_000_000;

pub(super) fn compared(compared: &Compared, now: &Zoned) -> Told {
    let Compared { from, to, difference: differs } = compared;
    let name = |number: crate::command::GenerationNumber| number.to_string();
    let begin = say!(
        "compared",
        from = name(from.number),
        to = name(to.number),
        since = when(from.date, now),
        until = when(to.date, now)
    );
    let grown = match differs.bytes {
        0 => String::new(),
        bytes if bytes > 0 => say!("compared-larger", size = size(bytes.unsigned_abs())),
        bytes => say!("compared-smaller", size = size(bytes.unsigned_abs())),
    };
    let rows: Vec<Vec<String>> = differs
        .removed
        .iter()
        .map(|name| vec!["-".to_owned(), name.clone()])
        .chain(differs.added.iter().map(|name| vec!["+".to_owned(), name.clone()]))
        .chain(differs.changed.iter().map(|changed| {
            vec!["~".to_owned(), format!("{}: {} -> {}", changed.name, changed.from.join(", "), changed.to.join(", "))]
        }))
        .collect();
    let text = join([begin, plan::compared(differs), grown]);
    let screen =
        (!rows.is_empty()).then(|| format!("{text}\n\n{}", table(&[String::new(), say!("column-name")], &rows)));
    (text, screen)
}

pub(super) fn space(space: &Space, verbosity: Verbosity) -> Told {
    if space.paths == 0 {
        return (say!("space-empty"), None);
    }
    let row = |name: &str, bytes: u64| vec![size_sign(bytes), printable(name)];
    let largest: Vec<Vec<String>> = space.largest.iter().map(|(name, bytes)| row(name, *bytes)).collect();
    let roots: Vec<Vec<String>> =
        space.roots.iter().map(|root| row(&root.link.to_string_lossy(), root.bytes)).collect();
    let of = |disk: &Disk| say!("space-disk-sign", free = size_sign(disk.free), size = size_sign(disk.bytes));
    let head = facts(&[
        (say!("label-total"), Some(size_sign(space.bytes))),
        (say!("label-paths"), Some(space.paths.to_string())),
        (say!("label-garbage"), Some(size_sign(space.garbage.bytes))),
        (say!("label-disk"), space.disk.as_ref().map(of)),
        (say!("label-boot"), space.boot.as_ref().map(of)),
    ]);
    let headings = [say!("column-size"), say!("column-name")];
    let kept = [say!("column-size"), say!("column-kept-by")];
    let tables = [(headings, largest), (kept, roots)].into_iter().filter(|(_, rows)| !rows.is_empty());
    let tables = tables.map(|(headings, rows)| table(&headings, &rows));
    let screen = std::iter::once(head).chain(tables).collect::<Vec<_>>().join("\n\n");
    if verbosity == Verbosity::Brief {
        return (say!("space-total-brief", size = size(space.bytes)), Some(screen));
    }
    let limit = if verbosity == Verbosity::Detailed { 8 } else { 3 };
    let items: Vec<String> = space
        .largest
        .iter()
        .take(limit)
        .map(|(name, bytes)| say!("space-item", name = printable(name), size = size(*bytes)))
        .collect();
    let named = match items.as_slice() {
        [] => String::new(),
        items => say!("space-largest", count = items.len(), list = list(items, limit, items.len())),
    };
    let garbage = match space.garbage.bytes {
        bytes if bytes >= WORTHWHILE => say!("space-garbage", size = size(bytes)),
        _ => String::new(),
    };
    let free = space.disk.as_ref().map_or_else(String::new, |disk| say!("space-free", size = size(disk.free)));
    let boot = space.boot.as_ref().filter(|_| verbosity == Verbosity::Detailed);
    let boot = boot.map_or_else(String::new, |disk| say!("space-boot-free", size = size(disk.free)));
    let total = say!("space-total", count = space.paths, size = size(space.bytes));
    (join([total, named, garbage, free, boot]), Some(screen))
}

pub(super) fn footprint(footprint: &Footprint, verbosity: Verbosity) -> String {
    let package = printable(&footprint.package);
    let whole = say!("size-whole", package = package.as_str(), size = size(footprint.closure));
    if verbosity == Verbosity::Brief {
        return whole;
    }
    let own = match footprint.paths {
        0 | 1 => String::new(),
        _ => say!("size-own", size = size(footprint.own)),
    };
    let alone = match footprint.alone {
        Some(bytes) => say!("size-alone", size = size(bytes)),
        None => say!("size-unused"),
    };
    join([whole, own, alone])
}

pub(super) fn reasons(reasons: &Reasons) -> String {
    let package = printable(&reasons.package);
    let mut told: Vec<String> = Vec::new();
    for reason in &reasons.reasons {
        let first = reason.way.first().map(|name| printable(name)).unwrap_or_default();
        let own = reason.from == From::User;
        told.push(match (reason.wanted, own) {
            (true, false) => say!("why-system", package = package.as_str()),
            (true, true) => say!("why-yours", package = package.as_str()),
            (false, _) => {
                let between: Vec<String> = reason
                    .way
                    .get(1..reason.way.len().saturating_sub(1))
                    .unwrap_or_default()
                    .iter()
                    .map(|name| printable(name))
                    .collect();
                let id = if own { "why-needed-yours" } else { "why-needed-system" };
                let through = match between.as_slice() {
                    [] => String::new(),
                    way => say!("why-through", list = list(way, 4, way.len())),
                };
                join([say!(id, package = package.as_str(), first = first), through])
            }
        });
    }
    told.dedup();
    match (told.is_empty(), reasons.left_over) {
        (true, true) => say!("why-left-over", package = package),
        (true, false) => say!("why-not-there", package = package),
        _ => join(told),
    }
}

pub(super) fn needers(needers: &Needers, verbosity: Verbosity) -> Told {
    let package = printable(&needers.package);
    if needers.direct.is_empty() {
        return (say!("needers-none", package = package), None);
    }
    let names: Vec<String> = needers.direct.iter().map(|name| printable(name)).collect();
    let limit = if verbosity == Verbosity::Detailed { 8 } else { 3 };
    let told = say!("needers", count = names.len(), package = package, list = list(&names, limit, names.len()));
    let more = needers.paths > names.len() as u64;
    let all = if more { say!("needers-all", count = needers.paths) } else { String::new() };
    (join([told, all]), (names.len() > limit).then(|| names.join("\n")))
}

pub(super) fn owners(owners: &ProgramOwners) -> String {
    let program = printable(&owners.program);
    let here = owners
        .installed
        .as_deref()
        .map(|owner| say!("program-here", program = program.as_str(), package = printable(owner)));
    let packages: Vec<String> = owners.packages.iter().map(|name| printable(name)).collect();
    let there = match packages.as_slice() {
        [] if here.is_some() => String::new(),
        [] => say!("program-nowhere", program = program),
        [only] => say!("program-in", program = program, package = only.as_str()),
        many => say!("program-in-many", program = program, list = list(many, 4, many.len())),
    };
    join([here.unwrap_or_default(), there])
}

pub(super) fn reboot(reboot: &Reboot) -> String {
    if !reboot.needed {
        return say!("reboot-no");
    }
    match (&reboot.booted_kernel, &reboot.kernel) {
        (Some(booted), Some(new)) if booted != new => {
            say!("reboot-kernel", booted = printable(booted), kernel = printable(new))
        }
        _ => say!("reboot-yes"),
    }
}

pub(super) fn freshness(fresh: &Freshness) -> Told {
    let waiting = match fresh.waiting {
        Some(true) => say!("fresh-waiting"),
        Some(false) => say!("fresh-same"),
        None => String::new(),
    };
    let age = match fresh.seconds.and_then(|seconds| u64::try_from(seconds).ok()) {
        Some(seconds) => say!("fresh-age", age = duration(Duration::from_secs(seconds))),
        None if fresh.nixpkgs.is_some() => say!("fresh-age-unknown"),
        None => say!("fresh-none"),
    };
    let look = if fresh.nixpkgs.is_some() { say!("fresh-update") } else { String::new() };
    let nixpkgs = fresh.nixpkgs.as_ref();
    let screen = facts(&[
        (say!("column-version"), fresh.running.clone()),
        (say!("label-nixpkgs"), nixpkgs.map(|nixpkgs| nixpkgs.at.clone())),
        (say!("label-revision"), nixpkgs.and_then(|nixpkgs| nixpkgs.revision.clone())),
    ]);
    let text = join([age, waiting, look]);
    let screen = (!screen.is_empty()).then(|| format!("{text}\n\n{screen}"));
    (text, screen)
}

pub(super) fn soundness(sound: &Soundness) -> Told {
    if sound.is_whole() {
        return (say!("verified", count = sound.paths), None);
    }
    let names: Vec<String> = sound.names.iter().map(|name| printable(name)).collect();
    let missing = match sound.missing {
        0 => String::new(),
        count => say!(
            "verified-missing",
            count = count,
            list = list(&names, 3, usize::try_from(count).unwrap_or(usize::MAX))
        ),
    };
    let database = if sound.database { String::new() } else { say!("verified-database") };
    (join([database, missing, say!("verified-hint")]), (!names.is_empty()).then(|| names.join("\n")))
}

pub(super) fn health(health: &Health) -> String {
    let mut told: Vec<String> = health.troubles.iter().map(trouble).collect();
    if told.is_empty() {
        told.push(say!("health-well"));
    }
    if health.not_asked.contains(&NotAsked::Services) {
        told.push(say!("health-services-not-asked"));
    }
    join(told)
}

fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::FailedServices { names } => failed(names),
        Trouble::DiskNearlyFull { disk } => say!("health-disk", size = size(disk.free)),
        Trouble::BootNearlyFull { disk } => say!("health-boot", size = size(disk.free)),
        Trouble::RebootNeeded => say!("reboot-yes"),
        Trouble::UnfinishedChange => say!("health-unfinished"),
        Trouble::StoreUnreadable => say!("health-store"),
    }
}

fn failed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| printable(name)).collect();
    say!("health-services", count = names.len(), list = list(&names, 4, names.len()))
}

pub(super) fn went_wrong(wrong: &WentWrong, now: &Zoned) -> String {
    let fault = wrong.fault.as_ref().map(Fault::spoken).unwrap_or_default();
    let change = wrong.change.as_ref().filter(|_| wrong.fault.is_none()).map(|change| {
        let id = if change.finished { "wrong-change" } else { "wrong-unfinished" };
        say!(id, what = printable(&change.why), when = when(change.started, now))
    });
    let services = if wrong.services.is_empty() { String::new() } else { failed(&wrong.services) };
    let told = join([fault, change.unwrap_or_default(), services]);
    if told.is_empty() { say!("wrong-nothing") } else { told }
}
