//! Options of the system in words. People call them settings, and so does the text.

use serde_json::Value;

use super::Verbosity;
use super::table::{facts, printable, table};
use super::words::{join, list, say};
use crate::nix::OptionNow;
use crate::nix::read::index::OptionFacts;
use crate::nix::read::value::OptionValueNow;

/// Longest description or value that is read in full, in characters: about 12 seconds of speech.
const LONGEST: usize = 180;

type Told = (String, Option<String>);

pub(super) fn found(query: &str, results: &[OptionFacts], verbosity: Verbosity) -> Told {
    let query = printable(query);
    let Some(first) = results.first() else { return (say!("options-none", query = query), None) };
    let names: Vec<String> = results.iter().map(|facts| printable(&facts.name)).collect();
    let rows: Vec<Vec<String>> = results
        .iter()
        .map(|facts| {
            let about = facts.description.as_deref().map(first_sentence).unwrap_or_default();
            vec![facts.name.clone(), facts.kind.clone().unwrap_or_default(), about]
        })
        .collect();
    let screen = table(&[say!("column-name"), say!("column-kind"), say!("column-about")], &rows);
    let count = say!("options-found", count = names.len(), query = query);
    let about = first.description.as_deref().map(first_sentence).filter(|_| verbosity != Verbosity::Brief);
    let told = join([count, say!("options-are", count = names.len(), list = list(&names, 3, names.len()))]);
    let about = about.filter(|about| !about.is_empty()).map(|about| say!("options-first", about = about));
    (join([told, about.unwrap_or_default()]), Some(screen))
}

pub(super) fn explained(option: &str, option_facts: &OptionFacts, verbosity: Verbosity) -> Told {
    let name = printable(option);
    let about = option_facts.description.as_deref().map(first_sentence).filter(|about| !about.is_empty());
    let about = match about {
        Some(about) => say!("option-is", name = name, about = about),
        None => say!("option-bare", name = name),
    };
    let kind = option_facts.kind.as_deref().map(|kind| say!("option-type", kind = printable(kind)));
    let default = option_facts.default.as_deref().map(|text| say!("option-default", value = shortened(text)));
    let example = option_facts
        .example
        .as_deref()
        .filter(|_| verbosity == Verbosity::Detailed)
        .map(|text| say!("option-example", value = shortened(text)));
    let screen = facts(&[
        (say!("column-name"), Some(option_facts.name.clone())),
        (say!("column-kind"), option_facts.kind.clone()),
        (say!("label-default"), option_facts.default.clone()),
        (say!("label-example"), option_facts.example.clone()),
        (say!("column-about"), option_facts.description.clone()),
    ]);
    let parts = if verbosity == Verbosity::Brief { [None, None, None] } else { [kind, default, example] };
    (join(std::iter::once(about).chain(parts.into_iter().flatten())), Some(screen))
}

pub(super) fn now(option: &OptionNow) -> Told {
    let name = printable(&option.option);
    let default = option.default.as_deref();
    match &option.value {
        OptionValueNow::Unset => match default {
            Some(default) => (say!("option-unset-default", name = name, value = shortened(default)), None),
            None => (say!("option-unset", name = name), None),
        },
        OptionValueNow::Text(text) => (say!("option-now", name = name, value = shortened(text)), Some(printable(text))),
        OptionValueNow::Value(value) => {
            let text = match value {
                Value::Bool(true) => say!("option-on", name = name),
                Value::Bool(false) => say!("option-off", name = name),
                Value::Null => say!("option-null", name = name),
                Value::Array(items) if items.is_empty() => say!("option-empty", name = name),
                Value::Array(items) => {
                    let shown: Vec<String> = items.iter().map(item).collect();
                    say!("option-list", name = name, count = shown.len(), list = list(&shown, 5, shown.len()))
                }
                other => say!("option-now", name = name, value = item(other)),
            };
            (text, Some(format!("{} = {value}", printable(&option.option))))
        }
    }
}

/// A value inside a sentence: store paths by what they hold.
fn item(value: &Value) -> String {
    match value {
        Value::String(text) => match text.strip_prefix('/').and_then(|_| text.rsplit('/').next()?.split_once('-')) {
            Some((hash, name)) if hash.len() == 32 => printable(name),
            _ => shortened(text),
        },
        other => shortened(&other.to_string()),
    }
}

/// The first sentence of Markdown, without its marks.
fn first_sentence(text: &str) -> String {
    let plain: String = printable(text).chars().filter(|c| !matches!(c, '`' | '*')).collect();
    let end = plain.find(". ").map_or(plain.len(), |at| at);
    shortened(plain.get(..end).unwrap_or(&plain)).trim_end_matches('.').to_owned()
}

fn shortened(text: &str) -> String {
    let text = printable(text);
    if text.chars().count() <= LONGEST {
        return text;
    }
    format!("{} …", text.chars().take(LONGEST).collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_people_say_them() {
        let told = |value: Value| {
            now(&OptionNow { option: "a.b".into(), value: OptionValueNow::Value(value), default: None }).0
        };
        assert_eq!(told(Value::Bool(true)), "a.b is switched on.");
        assert_eq!(told(serde_json::json!([22, 80])), "a.b is a list of 2: 22 and 80.");
        let path = "/nix/store/0c0qnd5mvwz9k2rlpb6ziv7n8iw1wlsh-git-2.50.1";
        assert_eq!(told(serde_json::json!([path])), "a.b is a list of one: git-2.50.1.");
        assert_eq!(told(serde_json::json!("Europe/Berlin")), "a.b is Europe/Berlin.");
    }

    #[test]
    fn a_description_is_told_by_its_first_sentence() {
        assert_eq!(first_sentence("Whether to enable `sshd`.\n\nMore text. And more."), "Whether to enable sshd");
        assert_eq!(first_sentence(""), "");
    }
}
