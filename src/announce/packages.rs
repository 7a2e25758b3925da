//! Packages, programs and settings, in words.

use super::Verbosity;
use super::table::{facts, printable, table};
use super::words::{join, list, say};
use crate::nix::{Package, SearchHit, SearchKind};

/// Longest description that is read in full, in characters: about 8 seconds of speech.
const DESCRIPTION: usize = 120;

pub(super) fn search(query: &str, results: &[SearchHit], verbosity: Verbosity) -> (String, Option<String>) {
    let query = printable(query);
    let Some((first, rest)) = results.split_first() else {
        return (join([say!("search-none", query = query), say!("search-none-hint")]), None);
    };
    let screen = hit_table(results);
    let count = results.len();
    let names: Vec<String> = results.iter().map(named).collect();
    if verbosity == Verbosity::Brief {
        let told = say!("search-list", count = count, list = list(&names, 3, count));
        return (join([say!("search-found-brief", count = count), told]), Some(screen));
    }
    let found = say!("search-found", count = count, query = query);
    let item = described_hit(first, verbosity);
    if rest.is_empty() {
        return (join([found, say!("search-only", item = sentence_end(&item))]), Some(screen));
    }
    let mut told = vec![found, say!("search-first", item = sentence_end(&item))];
    if verbosity == Verbosity::Detailed {
        let described: Vec<String> = rest.iter().take(4).map(|hit| described_hit(hit, verbosity)).collect();
        told.extend(described.iter().map(|item| format!("{}.", sentence_end(item))));
        let others: Vec<String> = rest.iter().skip(4).map(named).collect();
        if !others.is_empty() {
            told.push(say!("search-then", list = list(&others, 3, others.len())));
        }
    } else {
        let others: Vec<String> = rest.iter().map(named).collect();
        told.push(say!("search-then", list = list(&others, 3, others.len())));
    }
    (join(told), Some(screen))
}

fn named(hit: &SearchHit) -> String {
    let name = printable(&hit.attr);
    match hit.kind {
        SearchKind::Package => name,
        SearchKind::Program => say!("search-program", name = name),
        SearchKind::Option => say!("search-option", name = name),
    }
}

fn described_hit(hit: &SearchHit, verbosity: Verbosity) -> String {
    let name = named(hit);
    let version = hit.version.as_deref().filter(|_| verbosity == Verbosity::Detailed).map(printable);
    match (hit.description.as_deref().map(shortened).filter(|text| !text.is_empty()), version) {
        (Some(description), Some(version)) => {
            say!("search-item-version", name = name, version = version, description = description)
        }
        (Some(description), None) => say!("search-item", name = name, description = description),
        (None, Some(version)) => say!("search-item-bare-version", name = name, version = version),
        (None, None) => name,
    }
}

/// A description without its full stop, cut at the end of a sentence or between words.
fn shortened(text: &str) -> String {
    let text = printable(text);
    let first = text.split_once(". ").map_or(text.as_str(), |(first, _)| first);
    if first.chars().count() <= DESCRIPTION {
        return sentence_end(first).to_owned();
    }
    let cut: String = first.chars().take(DESCRIPTION).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    cut.trim_end_matches([',', ';', ':', '-']).to_owned()
}

/// A sentence's words without its end, for a sentence that ends it itself.
fn sentence_end(text: &str) -> &str {
    text.trim_end().trim_end_matches(['.', '!', '?', '\u{2026}'])
}

fn hit_table(results: &[SearchHit]) -> String {
    let headings = [say!("column-name"), say!("column-version"), say!("column-kind"), say!("column-about")];
    let mixed = results.iter().any(|hit| hit.kind != SearchKind::Package);
    let rows: Vec<Vec<String>> = results
        .iter()
        .map(|hit| {
            let kind = match hit.kind {
                _ if !mixed => String::new(),
                SearchKind::Package => say!("kind-package"),
                SearchKind::Program => say!("kind-program"),
                SearchKind::Option => say!("kind-option"),
            };
            vec![
                hit.attr.clone(),
                hit.version.clone().unwrap_or_default(),
                kind,
                hit.description.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(&headings, &rows)
}

pub(super) fn described(package: &Package, verbosity: Verbosity) -> (String, Option<String>) {
    let name = printable(&package.attr);
    let about = package.description.as_deref().map(printable).filter(|text| !text.is_empty());
    let version = package.version.as_deref().filter(|_| verbosity != Verbosity::Brief).map(printable);
    let mut told = vec![match (about.as_deref().map(sentence_end), version) {
        (Some(about), Some(version)) => {
            say!("described-version", name = name, version = version, description = about)
        }
        (Some(about), None) => say!("described", name = name, description = about),
        (None, Some(version)) => say!("described-bare-version", name = name, version = version),
        (None, None) => say!("described-bare", name = name),
    }];
    if package.broken {
        told.push(say!("described-broken"));
    }
    if package.unfree {
        told.push(say!("described-unfree"));
    }
    if verbosity != Verbosity::Brief
        && let Some(program) = package.main_program.as_deref().filter(|program| *program != package.attr)
    {
        told.push(say!("described-program", program = printable(program)));
    }
    if verbosity == Verbosity::Detailed {
        if let Some(licence) = package.licence.as_deref() {
            told.push(say!("described-licence", licence = printable(licence)));
        }
        if let Some(homepage) = package.homepage.as_deref() {
            told.push(say!("described-homepage", homepage = site(homepage)));
        }
        if let Some(text) = package.long_description.as_deref() {
            told.push(first_sentences(text, 2));
        }
    }
    let mut screen = facts(&[
        (say!("column-name"), Some(package.attr.clone())),
        (say!("column-version"), package.version.clone()),
        (say!("column-about"), package.description.clone()),
        (say!("label-program"), package.main_program.clone()),
        (say!("label-licence"), package.licence.clone()),
        (say!("label-homepage"), package.homepage.clone()),
    ]);
    for (so, id) in [(package.unfree, "label-unfree"), (package.broken, "label-broken")] {
        if so {
            screen = format!("{screen}\n{}", say!(id));
        }
    }
    if let Some(text) = package.long_description.as_deref() {
        let lines: Vec<String> = text.trim().lines().map(printable).collect();
        screen = format!("{screen}\n\n{}", lines.join("\n"));
    }
    (join(told), Some(screen))
}

/// An address as it is told: its site alone.
fn site(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    printable(host.strip_prefix("www.").unwrap_or(host))
}

/// The first sentences of a longer text, on one line.
fn first_sentences(text: &str, count: usize) -> String {
    let text = printable(text);
    let sentences: Vec<&str> = text.split_inclusive(". ").take(count).collect();
    let told = sentences.concat();
    match sentence_end(&told) {
        "" => String::new(),
        told => format!("{told}."),
    }
}

pub(super) fn is_installed(package: &str, installed: bool, version: Option<&str>) -> String {
    let package = printable(package);
    match (installed, version) {
        (true, Some(version)) => say!("installed-yes-version", package = package, version = printable(version)),
        (true, None) => say!("installed-yes", package = package),
        (false, _) => say!("installed-no", package = package),
    }
}

pub(super) fn installed(system: &[String], user: &[String], verbosity: Verbosity) -> (String, Option<String>) {
    let count = system.len() + user.len();
    if count == 0 {
        return (say!("installed-nothing"), None);
    }
    let section = |heading: String, names: &[String]| {
        let lines: Vec<String> = names.iter().map(|name| format!("  {}", printable(name))).collect();
        if lines.is_empty() { String::new() } else { format!("{heading}:\n{}", lines.join("\n")) }
    };
    let sections = [section(say!("label-system"), system), section(say!("label-yours"), user)];
    let screen = sections.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    if verbosity == Verbosity::Brief {
        return (say!("installed-brief", count = count), Some(screen));
    }
    let limit = if verbosity == Verbosity::Detailed { 12 } else { 3 };
    let told = |id: &str, names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| printable(name)).collect();
        if names.is_empty() {
            String::new()
        } else {
            say!(id, count = names.len(), list = list(&names, limit, names.len()))
        }
    };
    let own = told(if system.is_empty() { "installed-user-only" } else { "installed-user" }, user);
    (join([told("installed-system", system), own]), Some(screen))
}
