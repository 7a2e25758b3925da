//! Options of the system in the index: find them, explain one, and the nearest to a wrong one.
//!
//! A name in the index may hold places that are chosen freely (`<name>`, `*`); they stand for one
//! part each of what is asked for.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::{Index, IndexError};
use crate::command::{OptionPath, Query};

/// Options that are offered in place of one that is not there.
const NEAR: usize = 3;
/// Below this likeness (Jaro-Winkler, 0 to 1) an option is no near miss but another one.
const LIKE: f64 = 0.85;

/// An option as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptionFacts {
    /// As in the documentation, with places such as `<name>`.
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// As Nix text.
    pub default: Option<String>,
    /// As Nix text.
    pub example: Option<String>,
    /// Markdown without the roles of the NixOS manual.
    pub description: Option<String>,
}

impl Index {
    /// All that is known of one option.
    pub fn option(&self, option: &OptionPath) -> Result<Option<OptionFacts>, IndexError> {
        self.with(|connection| {
            if let Some(found) = read(connection, option.as_str())? {
                return Ok(Some(found));
            }
            let names = names_with_places(connection, option.as_str())?;
            let found = names.into_iter().find(|name| stands_for(name, option.as_str()));
            found.map(|name| read(connection, &name)).transpose().map(Option::flatten)
        })
    }

    /// Options for these words, best first.
    pub fn find_options(&self, query: &Query, limit: usize) -> Result<Vec<OptionFacts>, IndexError> {
        self.with(|connection| find(connection, query.as_str(), limit))
    }

    /// Options whose names are most like one that is not there, the nearest first.
    pub fn near_options(&self, option: &str) -> Result<Vec<String>, IndexError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached("SELECT name FROM option")?;
            let mut rows = statement.query([])?;
            let mut near: Vec<(f64, String)> = Vec::new();
            while let Some(row) = rows.next()? {
                let name = row.get_ref(0)?.as_str()?;
                let likeness = likeness(name, option);
                if likeness > LIKE {
                    near.push((likeness, name.to_owned()));
                }
            }
            near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            Ok(near.into_iter().take(NEAR).map(|(_, name)| name).collect())
        })
    }
}

/// How alike two options are: by their letters, and more so if they end in the same part.
fn likeness(one: &str, other: &str) -> f64 {
    let last = |name: &'_ str| name.rsplit('.').next().map(str::to_owned);
    let same_end = if last(one) == last(other) { 1.0 } else { 0.9 };
    // The distance of letters does not favour a common beginning, which all options of one kind share.
    strsim::normalized_damerau_levenshtein(one, other).max(strsim::jaro(one, other) * 0.95) * same_end
}

fn read(connection: &Connection, name: &str) -> rusqlite::Result<Option<OptionFacts>> {
    connection
        .prepare_cached("SELECT name, type, standard, example, description FROM option WHERE name = ?1")?
        .query_row(params![name], |row| {
            Ok(OptionFacts {
                name: row.get(0)?,
                kind: row.get(1)?,
                default: row.get(2)?,
                example: row.get(3)?,
                description: row.get::<_, Option<String>>(4)?.map(|text| without_roles(&text)),
            })
        })
        .optional()
}

/// Names with places in them that begin with the same part.
fn names_with_places(connection: &Connection, option: &str) -> rusqlite::Result<Vec<String>> {
    let first = option.split('.').next().unwrap_or_default();
    connection
        .prepare_cached(
            "SELECT name FROM option WHERE name >= ?1 || '.' AND name < ?1 || '/'
               AND (instr(name, '<') > 0 OR instr(name, '*') > 0)",
        )?
        .query_map(params![first], |row| row.get(0))?
        .collect()
}

/// Whether a name with places stands for this option.
fn stands_for(name: &str, option: &str) -> bool {
    let (mut parts, mut given) = (name.split('.'), option.split('.'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(own)) if part == own || part == "*" || part.starts_with('<') => {}
            _ => return false,
        }
    }
}

fn find(connection: &Connection, query: &str, limit: usize) -> rusqlite::Result<Vec<OptionFacts>> {
    let words: Vec<String> = query
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| {
            !word.is_empty() && !["option", "options", "setting", "settings", "for", "the", "a", "to"].contains(word)
        })
        // Quoted, so that nothing a user says is the syntax of the full-text search.
        .map(|word| format!("\"{word}\""))
        .collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    // What is to be set most often is a switch, and short; a place in the name is for those who know it.
    let mut statement = connection.prepare_cached(
        "SELECT option.name FROM option_words JOIN option ON option.id = option_words.rowid
         WHERE option_words MATCH ?1
         ORDER BY bm25(option_words, 6.0, 1.0) + length(option.name) / 12.0
           - CASE WHEN option.name LIKE '%.enable' THEN 3 ELSE 0 END + CASE WHEN instr(option.name, '<') THEN 2 ELSE 0 END
         LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let phrase = format!("{}*", words.join(" AND "));
    let names: Vec<String> =
        statement.query_map(params![phrase, limit], |row| row.get(0))?.collect::<Result<_, _>>()?;
    names.iter().filter_map(|name| read(connection, name).transpose()).collect()
}

/// The roles of the manual (``{option}`x` ``, ``[](#opt-x)``) as plain Markdown.
fn without_roles(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        let role = after.split_once("}`").filter(|(role, _)| {
            !role.is_empty() && role.len() < 20 && role.chars().all(|c| c.is_ascii_alphanumeric() || "-_:.".contains(c))
        });
        rest = if role.is_some() {
            after.split_once('}').map_or("", |(_, rest)| rest)
        } else {
            plain.push('{');
            after
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stand_for_one_part_each() {
        let name = "services.h2o.hosts.<name>.acme.enable";
        assert!(stands_for(name, "services.h2o.hosts.home.acme.enable"));
        for other in ["services.h2o.hosts.acme.enable", "services.h2o.hosts.a.b.acme.enable", "services.h2o"] {
            assert!(!stands_for(name, other), "{other}");
        }
    }

    #[test]
    fn descriptions_lose_the_roles_of_the_manual_and_nothing_else() {
        assert_eq!(without_roles("See {option}`a.b` and {manpage}`x(1)`."), "See `a.b` and `x(1)`.");
        for same in ["{ a = 1; }", "a {b", "``{}``", "{é}`", ""] {
            assert_eq!(without_roles(same), same);
        }
    }

    #[test]
    fn a_slip_of_a_letter_is_near_and_another_option_is_not() {
        assert!(likeness("services.openssh.enable", "services.opensh.enable") > LIKE);
        assert!(likeness("services.openssh.enable", "service.openssh.enable") > LIKE);
        assert!(likeness("services.openssh.enable", "hardware.bluetooth.enable") < LIKE);
    }
}
