//! Search: what people expect first.
//!
//! Order of evidence: the very name or program; what people call that kind of program; then full
//! text (FTS5, bm25) with a prior for what is well known, for top-level attributes, and for what
//! has an option of its own. Nothing that fits gives nothing.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::known;
use super::names::{key, resolve};
use crate::nix::{SearchHit, SearchKind};

/// Full-text rows that are weighed.
const ROWS: i64 = 120;

/// Words that say nothing about what is looked for.
const STOP: &[&str] = &[
    "a",
    "an",
    "the",
    "some",
    "any",
    "for",
    "to",
    "of",
    "my",
    "me",
    "that",
    "which",
    "can",
    "with",
    "program",
    "programs",
    "app",
    "apps",
    "application",
    "software",
    "package",
    "packages",
    "something",
    "please",
    "good",
    "best",
    "tool",
    "i",
    "in",
    "on",
    "is",
    "it",
    "and",
    "like",
    "called",
    "named",
    "free",
];

/// Packages, programs and options for these words, best first.
pub(super) fn search(connection: &Connection, query: &str, limit: usize) -> Result<Vec<SearchHit>, rusqlite::Error> {
    let query = query.to_lowercase();
    let all: Vec<&str> =
        query.split(|c: char| !(c.is_alphanumeric() || "+#._-".contains(c))).filter(|word| !word.is_empty()).collect();
    let mut words: Vec<&str> = all.iter().copied().filter(|word| !STOP.contains(word)).collect();
    if words.is_empty() {
        words.clone_from(&all);
    }
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut scores: HashMap<String, f64> = HashMap::new();
    for (place, attr) in (0_u16..).zip(kinds(&all, &words)) {
        // Above the very name: many words for a kind are also the name of something that few people know.
        add(&mut scores, attr, 175.0 - f64::from(place));
    }
    for name in [words.join(" "), all.join(" ")] {
        for (attr, score) in exact(connection, &key(&name))? {
            add(&mut scores, &attr, score);
        }
    }
    for (attr, score) in full_text(connection, &words, " AND ")? {
        add(&mut scores, &attr, score);
    }
    if scores.is_empty() {
        for (attr, score) in resolve(connection, &words.join(" "), 5)?.into_iter().filter(|(_, score)| *score > 0.68) {
            add(&mut scores, &attr, f64::from(score) * 10.0);
        }
    }
    // A whole sentence rarely stands in a description: then what has most of its words is better than nothing.
    if scores.is_empty() && words.len() > 2 {
        for (attr, score) in full_text(connection, &words, " OR ")? {
            add(&mut scores, &attr, score / 4.0);
        }
    }
    let mut hits = Vec::with_capacity(scores.len());
    for (attr, score) in scores {
        hits.extend(package_hit(connection, &attr, score, &words)?);
    }
    hits.extend(options(connection, &words, limit)?);
    hits.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then(a.attr.len().cmp(&b.attr.len())).then_with(|| a.attr.cmp(&b.attr))
    });
    hits.truncate(limit);
    Ok(hits)
}

fn add(scores: &mut HashMap<String, f64>, attr: &str, score: f64) {
    let best = scores.entry(attr.to_owned()).or_insert(0.0);
    *best = best.max(score);
}

/// What people expect under a kind of program: all words, without the stop words, or their singular.
fn kinds(all: &[&str], words: &[&str]) -> &'static [&'static str] {
    let without_article = all.strip_prefix(&["a"]).or_else(|| all.strip_prefix(&["an"])).unwrap_or(all);
    [all.join(" "), without_article.join(" "), words.join(" "), words.join(" ").trim_end_matches('s').to_owned()]
        .iter()
        .map(|words| known::kind(words))
        .find(|attrs| !attrs.is_empty())
        .unwrap_or(&[])
}

/// Packages of just this name, or with a program of just this name.
fn exact(connection: &Connection, key: &str) -> Result<Vec<(String, f64)>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT attr, 100 * top + 40 * rank + 2 * module + 20 - length(attr) / 10.0 FROM package WHERE key = ?1
             UNION ALL SELECT attr, 60 * top + 40 * rank + 10 - length(attr) / 10.0 FROM package WHERE name_key = ?1
             UNION ALL SELECT attr, 60 * top + 40 * rank + 12 - length(attr) / 10.0 FROM package WHERE program_key = ?1",
        )?
        .query_map(params![key], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Full text: all words, or any (the last one may be a beginning), weighed by where they stand.
fn full_text(connection: &Connection, words: &[&str], between: &str) -> Result<Vec<(String, f64)>, rusqlite::Error> {
    // Quoted, so that nothing a user says is FTS5 syntax.
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.replace('"', ""))).collect();
    let phrase = format!("{}*", quoted.join(between));
    connection
        .prepare_cached(
            "SELECT package.attr, -bm25(package_words, 8.0, 8.0, 6.0, 3.0, 0.5) + 12 * package.rank + 4 * top + 2 * module
               - CASE WHEN broken THEN 3 ELSE 0 END
             FROM package_words JOIN package ON package.id = package_words.rowid
             WHERE package_words MATCH ?1 ORDER BY bm25(package_words, 8.0, 8.0, 6.0, 3.0, 0.5) LIMIT ?2",
        )?
        .query_map(params![phrase, ROWS], |row| Ok((row.get(0)?, row.get::<_, f64>(1)?.max(0.1))))?
        .collect()
}

fn package_hit(
    connection: &Connection,
    attr: &str,
    score: f64,
    words: &[&str],
) -> Result<Option<SearchHit>, rusqlite::Error> {
    let mut statement = connection
        .prepare_cached("SELECT attr, version, description, program_key, key FROM package WHERE attr = ?1")?;
    let mut rows = statement.query(params![attr])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let said = key(&words.join(""));
    let program: Option<String> = row.get(3)?;
    let own: String = row.get(4)?;
    let kind = if program.as_deref() == Some(&said) && own != said { SearchKind::Program } else { SearchKind::Package };
    Ok(Some(SearchHit { attr: row.get(0)?, kind, version: row.get(1)?, description: row.get(2)?, score }))
}

/// Options: the very path first, else full text below the packages.
fn options(connection: &Connection, words: &[&str], limit: usize) -> Result<Vec<SearchHit>, rusqlite::Error> {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.replace('"', ""))).collect();
    let phrase = format!("{}*", quoted.join(" AND "));
    let path = words.join(".");
    connection
        .prepare_cached(
            "SELECT option.name, type, option.description,
               CASE WHEN option.name = ?1 THEN 110 ELSE min(9, -bm25(option_words, 4.0, 1.0) / 2) - length(option.name) / 40.0
                 + CASE WHEN option.name LIKE '%.enable' THEN 2 ELSE 0 END END
             FROM option_words JOIN option ON option.id = option_words.rowid
             WHERE option_words MATCH ?2 ORDER BY bm25(option_words, 4.0, 1.0) LIMIT ?3",
        )?
        .query_map(params![path, phrase, i64::try_from(limit).unwrap_or(10)], |row| {
            let description: Option<String> = row.get(2)?;
            let first = description.map(|text| text.lines().next().unwrap_or_default().to_owned());
            Ok(SearchHit { attr: row.get(0)?, kind: SearchKind::Option, version: None, description: first, score: row.get(3)? })
        })?
        .collect()
}
