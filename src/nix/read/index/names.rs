//! From a name as it was heard or typed to the real one: spelling, sound, letters, common names.

use std::collections::HashMap;

use rphonetic::{DoubleMetaphone, Encoder};
use rusqlite::{Connection, params};
use strsim::{jaro_winkler, osa_distance};

use super::{known, sound};

/// A name without what people leave out or say otherwise: case, dashes, dots, blanks.
pub(super) fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '+' | '#')).flat_map(char::to_lowercase).collect()
}

/// Letters as they are named in English, and by the ICAO spelling alphabet.
const LETTERS: &[(&str, char)] = &[
    ("ay", 'a'),
    ("alpha", 'a'),
    ("alfa", 'a'),
    ("bee", 'b'),
    ("be", 'b'),
    ("bravo", 'b'),
    ("see", 'c'),
    ("sea", 'c'),
    ("cee", 'c'),
    ("charlie", 'c'),
    ("dee", 'd'),
    ("delta", 'd'),
    ("ee", 'e'),
    ("echo", 'e'),
    ("eff", 'f'),
    ("ef", 'f'),
    ("foxtrot", 'f'),
    ("gee", 'g'),
    ("golf", 'g'),
    ("aitch", 'h'),
    ("age", 'h'),
    ("hotel", 'h'),
    ("eye", 'i'),
    ("india", 'i'),
    ("jay", 'j'),
    ("juliet", 'j'),
    ("juliett", 'j'),
    ("kay", 'k'),
    ("kilo", 'k'),
    ("ell", 'l'),
    ("el", 'l'),
    ("lima", 'l'),
    ("em", 'm'),
    ("mike", 'm'),
    ("en", 'n'),
    ("november", 'n'),
    ("oh", 'o'),
    ("oscar", 'o'),
    ("pee", 'p'),
    ("papa", 'p'),
    ("cue", 'q'),
    ("queue", 'q'),
    ("quebec", 'q'),
    ("are", 'r'),
    ("ar", 'r'),
    ("romeo", 'r'),
    ("ess", 's'),
    ("es", 's'),
    ("sierra", 's'),
    ("tee", 't'),
    ("tea", 't'),
    ("tango", 't'),
    ("you", 'u'),
    ("uniform", 'u'),
    ("vee", 'v'),
    ("victor", 'v'),
    ("whiskey", 'w'),
    ("ex", 'x'),
    ("xray", 'x'),
    ("x-ray", 'x'),
    ("why", 'y'),
    ("yankee", 'y'),
    ("zee", 'z'),
    ("zed", 'z'),
    ("zulu", 'z'),
];

/// Words that are letters, as letters: "vee ell see" is "vlc", "aitch top" is "htop".
///
/// Only leading runs of letters are joined, and a lone letter name inside other words is left alone.
fn spelled(words: &[&str]) -> Option<String> {
    let letter = |word: &str| {
        let mut chars = word.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_alphanumeric() => Some(c),
            _ => LETTERS.iter().find(|(name, _)| *name == word).map(|(_, c)| *c),
        }
    };
    let run = words.iter().take_while(|word| letter(word).is_some()).count();
    if run == 0 || (run == 1 && words.len() == 1) {
        return None;
    }
    let letters: String = words.iter().take(run).filter_map(|word| letter(word)).collect();
    Some(letters + &words.iter().skip(run).copied().collect::<String>())
}

struct Row {
    attr: String,
    key: String,
    top: bool,
    rank: f64,
}

fn rows(connection: &Connection, filter: &str, value: &str) -> Result<Vec<Row>, rusqlite::Error> {
    connection
        .prepare_cached(&format!("SELECT attr, key, top, rank FROM package WHERE {filter} LIMIT 4000"))?
        .query_map(params![value], |row| {
            Ok(Row { attr: row.get(0)?, key: row.get(1)?, top: row.get(2)?, rank: row.get(3)? })
        })?
        .collect()
}

/// Real names behind what was heard, best first.
pub(super) fn resolve(
    connection: &Connection,
    heard: &str,
    limit: usize,
) -> Result<Vec<(String, f32)>, rusqlite::Error> {
    let heard = heard.trim().to_lowercase();
    let words: Vec<&str> = heard.split_whitespace().collect();
    let mut scores = Scores::default();
    for (place, attr) in (0_u8..).zip(known::kind(&heard)) {
        if !rows(connection, "attr = ?1", attr)?.is_empty() {
            // A kind of program has several answers, so none of them is sure.
            scores.add(attr, 0.88 - 0.02 * f64::from(place));
        }
    }
    // A name in its own spelling, such as `python313Packages.numpy`, is that package and no other.
    if rows(connection, "attr = ?1", heard.trim())?.iter().any(|row| row.top) {
        scores.add(&heard, 1.0);
    }
    let joined = key(&heard);
    exact(connection, &joined, 1.0, &mut scores)?;
    if let Some(letters) = spelled(&words) {
        exact(connection, &key(&letters), 0.99, &mut scores)?;
    }
    if scores.best() < 0.95 && joined.chars().count() >= 3 {
        alike(connection, &joined, &mut scores)?;
    }
    Ok(scores.first(limit))
}

/// Names and programs that are spelled just so.
fn exact(connection: &Connection, key: &str, sure: f64, scores: &mut Scores) -> Result<(), rusqlite::Error> {
    if key.is_empty() {
        return Ok(());
    }
    for (filter, worth) in [("key = ?1", 0.0), ("name_key = ?1", 0.03), ("program_key = ?1", 0.04)] {
        for row in rows(connection, filter, key)? {
            let nested = if row.top { 0.0 } else { 0.2 };
            scores.add(&row.attr, sure - worth - nested - if row.rank > 0.0 || worth == 0.0 { 0.0 } else { 0.05 });
        }
    }
    Ok(())
}

/// Names that sound or look like this.
fn alike(connection: &Connection, joined: &str, scores: &mut Scores) -> Result<(), rusqlite::Error> {
    let sound = DoubleMetaphone::default().encode(joined);
    if !sound.is_empty() {
        for row in rows(connection, "sound = ?1 AND top", &sound)? {
            scores.add(&row.attr, 0.3 + 0.58 * jaro_winkler(joined, &row.key) + 0.08 * row.rank);
        }
    }
    for (attr, alike) in sound::alike(joined) {
        if !rows(connection, "attr = ?1", attr)?.is_empty() {
            scores.add(attr, 0.86 * alike + 0.08 * known::rank(attr));
        }
    }
    let length = joined.chars().count();
    let first: String = joined.chars().take(1).collect();
    for row in near(connection, &first, length)? {
        let distance = osa_distance(joined, &row.key);
        if distance <= 1 + length / 6 {
            #[expect(clippy::cast_precision_loss, reason = "names are short")]
            let share = distance as f64 / length as f64;
            scores.add(&row.attr, 0.95 - 1.2 * share + 0.08 * row.rank);
        }
    }
    for row in near_prefix(connection, joined)? {
        scores.add(&row.attr, 0.6 + 0.1 * row.rank);
    }
    Ok(())
}

fn near(connection: &Connection, first: &str, length: usize) -> Result<Vec<Row>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT attr, key, top, rank FROM package
             WHERE key >= ?1 AND key < ?1 || char(1114111) AND top AND length(key) BETWEEN ?2 - 2 AND ?2 + 2",
        )?
        .query_map(params![first, i64::try_from(length).unwrap_or(i64::MAX)], |row| {
            Ok(Row { attr: row.get(0)?, key: row.get(1)?, top: row.get(2)?, rank: row.get(3)? })
        })?
        .collect()
}

fn near_prefix(connection: &Connection, joined: &str) -> Result<Vec<Row>, rusqlite::Error> {
    if joined.chars().count() < 4 {
        return Ok(Vec::new());
    }
    connection
        .prepare_cached(
            "SELECT attr, key, top, rank FROM package WHERE key >= ?1 AND key < ?1 || char(1114111) AND top
             ORDER BY rank DESC, length(key) LIMIT 5",
        )?
        .query_map(params![joined], |row| {
            Ok(Row { attr: row.get(0)?, key: row.get(1)?, top: row.get(2)?, rank: row.get(3)? })
        })?
        .collect()
}

/// The best score of each name.
#[derive(Default)]
struct Scores(HashMap<String, f64>);

impl Scores {
    fn add(&mut self, attr: &str, score: f64) {
        let best = self.0.entry(attr.to_owned()).or_insert(0.0);
        *best = best.max(score.min(1.0));
    }

    fn best(&self) -> f64 {
        self.0.values().copied().fold(0.0, f64::max)
    }

    fn first(self, limit: usize) -> Vec<(String, f32)> {
        let mut all: Vec<(String, f64)> = self.0.into_iter().collect();
        all.sort_by(|(left, a), (right, b)| {
            b.total_cmp(a)
                .then_with(|| known::rank(right).total_cmp(&known::rank(left)))
                .then(left.len().cmp(&right.len()))
                .then(left.cmp(right))
        });
        #[expect(clippy::cast_possible_truncation, reason = "a score from 0 to 1")]
        let all = all.into_iter().take(limit).map(|(attr, score)| (attr, score as f32)).collect();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_joined() {
        let spell = |text: &str| spelled(&text.split(' ').collect::<Vec<_>>());
        assert_eq!(spell("vee ell see").as_deref(), Some("vlc"));
        assert_eq!(spell("aitch top").as_deref(), Some("htop"));
        assert_eq!(spell("n e o v i m").as_deref(), Some("neovim"));
        assert_eq!(spell("november echo oscar").as_deref(), Some("neo"));
        assert_eq!(spell("fire fox"), None);
        assert_eq!(spell("see"), None);
    }

    #[test]
    fn keys_forget_separators() {
        assert_eq!(key("Visual_Studio-Code 2.0"), "visualstudiocode20");
        assert_eq!(key("notepad++"), "notepad++");
    }
}
