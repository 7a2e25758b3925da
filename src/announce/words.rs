//! The sentences: one Fluent file a language, embedded.
//!
//! Gives a sentence for an id and its values. Only the files in `words/` hold sentences; a message
//! that is missing or wrong is logged and never stops the program.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::langid;

static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(langid!("en"), include_str!("words/en.ftl")));

fn bundle(language: unic_langid::LanguageIdentifier, source: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The marks that isolate inserted text are for mixed writing directions on a screen; read aloud they are noise.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(grouped));
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, errors)| {
        tracing::error!(?errors, "the sentences hold errors");
        resource
    });
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(?errors, "the sentences hold an id twice");
    }
    bundle
}

/// Numbers of five digits and more are written in groups of three: 79,503.
fn grouped<M>(value: &FluentValue, _: &M) -> Option<String> {
    let FluentValue::Number(FluentNumber { value, .. }) = value else { return None };
    (*value >= 10_000.0 && value.fract() == 0.0).then(|| group(&format!("{value:.0}")))
}

fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The sentence with this id, with its values put in.
///
/// A missing id gives the id itself with its dashes as spaces: still words, and it is logged.
pub(super) fn format(id: &str, values: &[(&'static str, FluentValue)]) -> String {
    let args: FluentArgs = values.iter().map(|(name, value)| (*name, value.clone())).collect();
    let Some(pattern) = ENGLISH.get_message(id).and_then(|message| message.value()) else {
        tracing::error!(id, "a sentence is missing");
        return id.replace('-', " ");
    };
    let mut errors = Vec::new();
    let text = ENGLISH.format_pattern(pattern, Some(&args), &mut errors);
    if !errors.is_empty() {
        tracing::error!(id, ?errors, "a sentence lacks a value");
    }
    text.into_owned()
}

/// The sentences that are always the same, each of at most `longest` bytes: a voice can make them beforehand, and
/// nothing of the user's is in them.
#[must_use]
pub fn fixed(longest: usize) -> Vec<String> {
    let id = |line: &'static str| line.split_once(" = ").map(|(id, _)| id).filter(|id| !id.contains([' ', '#', '{']));
    let whole = |text: &String| text.ends_with(['.', '!', '?']) && text.len() <= longest;
    let said = |id: &str| {
        let pattern = ENGLISH.get_message(id)?.value()?;
        let mut errors = Vec::new();
        let text = ENGLISH.format_pattern(pattern, None, &mut errors).into_owned();
        errors.is_empty().then_some(text)
    };
    include_str!("words/en.ftl").lines().filter_map(id).filter_map(said).filter(whole).collect()
}

/// The sentence with an id and its values: `say!("for-minutes", count = 3)`.
macro_rules! say {
    ($id:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::announce::words::format($id, &[$((stringify!($name), ::fluent_bundle::FluentValue::from($value))),*])
    };
}
pub(super) use say;

/// Joins sentences with a space; empty ones are left out.
pub(super) fn join(sentences: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for sentence in sentences {
        if !text.is_empty() && !sentence.is_empty() {
            text.push(' ');
        }
        text.push_str(&sentence);
    }
    text
}

/// A list as it is told: "a, b and c"; at most `limit` items, then "and 4 more".
///
/// `total` is how many there are in all, where `items` is already shortened.
pub(super) fn list(items: &[String], limit: usize, total: usize) -> String {
    let shown = items.get(..limit.min(items.len())).unwrap_or(items);
    let rest = total.saturating_sub(shown.len());
    let joined = |part: &[String]| part.join(", ");
    match (shown, rest) {
        ([], _) => String::new(),
        ([first, second], 0) => say!("list-two", first = first.as_str(), second = second.as_str()),
        ([only], 0) => only.clone(),
        ([items @ .., last], 0) => say!("list-last", items = joined(items), last = last.as_str()),
        (items, rest) => say!("list-more", items = joined(items), count = rest),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn source_ids() -> BTreeSet<String> {
        let id = regex::Regex::new(r"(?m)^([a-z][a-z-]*) =").unwrap();
        id.captures_iter(include_str!("words/en.ftl")).map(|found| found[1].to_owned()).collect()
    }

    #[test]
    fn the_file_is_sound() {
        assert!(FluentResource::try_new(include_str!("words/en.ftl").to_owned()).is_ok());
        assert!(source_ids().len() > 100);
    }

    /// Whatever the code asks for is there, and nothing is there that the code never asks for.
    #[test]
    fn ids_in_the_code_and_in_the_file_are_the_same() {
        let quoted = regex::Regex::new(r#""([a-z]+(?:-[a-z]+)*)""#).unwrap();
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/announce");
        let mut quoted_ids = BTreeSet::new();
        let mut asked = BTreeSet::new();
        let ask = regex::Regex::new(r#"say!\(\s*"([a-z-]+)""#).unwrap();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let code = std::fs::read_to_string(path).unwrap();
                let code = code.split("#[cfg(test)]").next().unwrap().to_owned();
                quoted_ids.extend(quoted.captures_iter(&code).map(|found| found[1].to_owned()));
                asked.extend(ask.captures_iter(&code).map(|found| found[1].to_owned()));
            }
        }
        let ids = source_ids();
        assert_eq!(asked.difference(&ids).collect::<Vec<_>>(), Vec::<&String>::new(), "asked for, but not in the file");
        assert_eq!(
            ids.difference(&quoted_ids).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "in the file, never asked for"
        );
    }

    #[test]
    fn fixed_sentences_hold_nothing_that_is_put_in() {
        let fixed = fixed(80);
        assert!(fixed.len() > 60, "{}", fixed.len());
        assert!(fixed.iter().all(|text| !text.contains(['{', '}', '$'])), "{fixed:?}");
        assert!(fixed.contains(&say!("stopped")));
    }

    #[test]
    fn lists_are_told_as_people_tell_them() {
        let items = ["a", "b", "c", "d"].map(str::to_owned);
        assert_eq!(list(&items[..1], 3, 1), "a");
        assert_eq!(list(&items[..2], 3, 2), "a and b");
        assert_eq!(list(&items[..3], 3, 3), "a, b and c");
        assert_eq!(list(&items, 3, 4), "a, b, c and 1 more");
        assert_eq!(list(&items[..1], 3, 79_504), "a and 79,503 more");
        assert_eq!(list(&[], 3, 0), "");
    }

    #[test]
    fn numbers_are_grouped_from_five_digits() {
        assert_eq!(group("79503"), "79,503");
        assert_eq!(group("1234567"), "1,234,567");
        assert_eq!(say!("index-ready", count = 9999), "I know 9999 packages now.");
        assert_eq!(say!("index-ready", count = 79_503), "I know 79,503 packages now.");
    }
}
