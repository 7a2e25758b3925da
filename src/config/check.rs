//! A configuration file checked against the table of keys, each fault with its line and column.

use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::error::{ConfigError, Place};
use super::keys::{self, SECTIONS};

/// Everything that is wrong with the text of a file, in the order of the text; and the values that are right.
#[must_use]
pub fn check(text: &str, path: &Path) -> (Table, Vec<ConfigError>) {
    let place = |offset: usize| {
        let (line, column) = place(text, offset);
        Place::File { path: path.to_owned(), line, column }
    };
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            let reason = error.message().trim().to_owned();
            return (Table::new(), vec![ConfigError::Syntax { place: place(offset), reason }]);
        }
    };
    // The same text as plain values: it has just been parsed, so this cannot fail.
    let plain: Table = text.parse().unwrap_or_default();
    let mut good = Table::new();
    let mut wrong: Vec<(usize, ConfigError)> = Vec::new();
    let mut unknown = |at: usize, key: String| {
        let nearest = keys::nearest(&key);
        wrong.push((at, ConfigError::UnknownKey { place: place(at), key, nearest }));
    };
    let mut values: Vec<(usize, &'static keys::Key, Value)> = Vec::new();
    for (section, content) in document.get_ref() {
        let name = section.get_ref().as_ref();
        let table = as_table(content).filter(|_| SECTIONS.iter().any(|(known, _)| *known == name));
        let Some(table) = table else {
            unknown(section.span().start, name.to_owned());
            continue;
        };
        for (leaf, content) in table {
            let path = format!("{name}.{}", leaf.get_ref());
            let value = plain.get(name).and_then(|table| table.get(leaf.get_ref().as_ref()));
            match (keys::find(&path), value) {
                (Some(key), Some(value)) => values.push((content.span().start, key, value.clone())),
                _ => unknown(leaf.span().start, path),
            }
        }
    }
    for (at, key, value) in values {
        if key.kind.takes(&value) {
            put(&mut good, key, value);
        } else {
            wrong.push((at, unfit(place(at), key, &value)));
        }
    }
    wrong.sort_by_key(|(at, _)| *at);
    (good, wrong.into_iter().map(|(_, error)| error).collect())
}

fn as_table<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Option<&'a DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// A value that may not stand there.
pub fn unfit(place: Place, key: &'static keys::Key, value: &Value) -> ConfigError {
    ConfigError::Value { place, key: key.path, value: value.to_string(), allowed: key.kind.allowed() }
}

/// Puts a value into its section.
pub fn put(table: &mut Table, key: &keys::Key, value: Value) {
    let (section, name) = key.parts();
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(name.to_owned(), value);
    }
}

/// Line and column (both from 1) of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        check(text, Path::new("c.toml")).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_fault_is_told_with_its_place_and_the_right_values_stay() {
        let text = "[voice]\nrate = 9 # too fast\nspeed = 2\nalways = true\n\n[colour]\nred = 1\n";
        let (good, wrong) = check(text, Path::new("c.toml"));
        let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        assert_eq!(
            wrong,
            [
                "c.toml:2:8: voice.rate is 9, and must be a number from 0.5 to 3",
                "c.toml:3:1: there is no key voice.speed",
                "c.toml:6:2: there is no key colour",
            ]
        );
        assert_eq!(good.to_string().trim(), "[voice]\nalways = true");
    }

    #[test]
    fn dotted_and_inline_keys_are_the_same_keys() {
        assert_eq!(told("voice.rate = 1.5\nears = { pause_ms = 800 }\n"), Vec::<String>::new());
        assert_eq!(told("voice = 3"), ["c.toml:1:1: there is no key voice"]);
        assert_eq!(
            told("[voice.rate]\nx = 1"),
            ["c.toml:1:1: voice.rate is { x = 1 }, and must be a number from 0.5 to 3"]
        );
    }

    #[test]
    fn broken_syntax_is_told_with_its_place() {
        let wrong = told("[voice]\nrate = \n");
        assert!(wrong.first().is_some_and(|first| first.starts_with("c.toml:2:8: ")), "{wrong:?}");
    }

    #[test]
    fn a_column_counts_letters_and_not_bytes() {
        assert_eq!(place("# ä\nxö = 1", 8), (2, 3));
    }
}
