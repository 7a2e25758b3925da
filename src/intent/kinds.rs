//! Kinds of slots: which words may stand in one, and the value that they come to.
//!
//! A kind that refuses its words refuses the whole template: talk never fills a slot.

use std::str::FromStr;

use super::talk;
use crate::command::{Age, KeepCount, OptionPath, ServiceName, When};

/// What may stand in a slot of the ask-nix domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    /// A place in a list: a number, an ordinal, or "last".
    Nth,
    Age,
    Keep,
    Date,
    /// A package or a program: a few words that could be a name.
    Name,
    /// A name without an article: what "the" stands before is a thing.
    Bare,
    Service,
    /// What is named together with the word "service".
    NamedService,
    Option,
    /// What an option is set to.
    Value,
    /// Words to search for.
    Query,
    /// Words to search for that are no thing of daily life.
    Thing,
    /// Something that one does with a computer: "edit photos".
    Doing,
    /// A name that the user makes up.
    Label,
    /// Words that another domain understands by itself.
    Free,
}

const ORDINALS: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
];

/// The international spelling alphabet, in the order of the letters.
const ALPHABET: [&str; 26] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima",
    "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray",
    "yankee", "zulu",
];

impl Kind {
    /// The kind behind a slot's name in a grammar file.
    pub fn named(name: &str) -> Self {
        match name {
            "number" | "from" | "to" => Self::Number,
            "nth" => Self::Nth,
            "age" => Self::Age,
            "keep" => Self::Keep,
            "date" => Self::Date,
            "package" | "program" => Self::Name,
            "bare" => Self::Bare,
            "service" => Self::Service,
            "named" => Self::NamedService,
            "thing" => Self::Thing,
            "doing" => Self::Doing,
            "label" => Self::Label,
            "option" => Self::Option,
            "value" => Self::Value,
            "query" => Self::Query,
            _ => Self::Free,
        }
    }

    /// One word for whatever stands in such a slot, where sentences are compared.
    pub fn token(self) -> &'static str {
        match self {
            Self::Number | Self::Nth | Self::Keep => "<number>",
            Self::Age => "<age>",
            Self::Date => "<time>",
            _ => "<name>",
        }
    }

    /// The regular expression of words that may stand in such a slot.
    pub fn pattern(self, many: bool, lazy: bool) -> String {
        let lazy = if lazy { "?" } else { "" };
        let words = |most: u8| format!("[^ ]+(?: [^ ]+){{0,{}}}{lazy}", most - 1);
        match self {
            Self::Number if many => r"[0-9]{1,9}(?: (?:and )?[0-9]{1,9}){0,19}".to_owned(),
            Self::Number => "[0-9]{1,9}".to_owned(),
            Self::Nth => format!("(?:{}|last|[0-9]{{1,2}}(?:st|nd|rd|th)?)", ORDINALS.join("|")),
            Self::Age => "(?:[0-9]{1,5}|an?|a couple of|half a) (?:hour|day|week|month|year)s?".to_owned(),
            Self::Keep => "[0-9]{1,5}".to_owned(),
            Self::Date => words(7),
            // A name has few words, or is spelled letter by letter; a longer one is talk.
            Self::Name | Self::Bare if many => words(16),
            Self::Name | Self::Bare => words(12),
            Self::Service | Self::Value => words(4),
            Self::NamedService => words(1),
            Self::Doing | Self::Label => words(6),
            Self::Option => words(9),
            Self::Query | Self::Thing => words(14),
            Self::Free => "[^ ]+(?: [^ ]+)*".to_owned(),
        }
    }

    /// The value of a slot's words; `None` where they cannot be one.
    pub fn value(self, words: &[&str]) -> Option<String> {
        let text = words.join(" ");
        match self {
            Self::Number => (text.parse::<u64>().ok()? > 0).then_some(text),
            Self::Nth => nth(&text),
            Self::Age => age(words),
            Self::Keep => text.parse::<KeepCount>().ok().map(|_| text),
            Self::Date => Some(When::from_str(&text).ok()?.words().to_owned()),
            Self::Name => name(words),
            Self::Bare => (!words.first().is_some_and(|first| talk::ARTICLES.contains(first))).then(|| name(words))?,
            Self::Service => service(words),
            Self::NamedService => (talk::plausible_name(words) && ServiceName::from_str(&text).is_ok()).then_some(text),
            Self::Thing => query(words).filter(|_| talk::plausible_query(words) && !talk::is_daily(words)),
            Self::Doing => talk::is_doing(words).then_some(text),
            Self::Label => talk::is_label(words).then_some(text),
            Self::Option => option(words),
            Self::Value => is_value(words).then(|| match text.as_str() {
                "on" | "yes" => "true".to_owned(),
                "off" | "no" => "false".to_owned(),
                _ => text,
            }),
            Self::Query => query(words).filter(|_| talk::plausible_query(words)),
            Self::Free => Some(text),
        }
    }
}

/// Whether the words could be what an option is set to: a number, a path, on or off, a name.
fn is_value(words: &[&str]) -> bool {
    match words {
        [one] => {
            matches!(*one, "on" | "off" | "yes" | "no")
                || one.chars().all(|c| c.is_ascii_digit())
                || (one.contains('/') && talk::is_label(words))
                || talk::plausible_name(words)
        }
        several => talk::plausible_name(several),
    }
}

/// What is searched for, without the words that only lead to it.
fn query(words: &[&str]) -> Option<String> {
    const LEADING: &[&str] = &[
        "a",
        "an",
        "the",
        "some",
        "any",
        "me",
        "for",
        "to",
        "something",
        "anything",
        "good",
        "decent",
        "nice",
        "better",
        "best",
        "great",
        "that",
        "can",
        "which",
    ];
    let skip = words.iter().take_while(|word| LEADING.contains(word)).count();
    words.get(skip..).filter(|rest| !rest.is_empty()).map(|rest| rest.join(" "))
}

fn nth(text: &str) -> Option<String> {
    if text == "last" {
        return Some(text.to_owned());
    }
    if let Some(place) = ORDINALS.iter().position(|ordinal| *ordinal == text) {
        return Some((place + 1).to_string());
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    (digits.parse::<u8>().ok()? > 0).then(|| digits.to_owned())
}

fn age(words: &[&str]) -> Option<String> {
    let text = match words {
        ["a", "couple", "of", unit] => format!("2 {unit}"),
        ["half", "a", "year" | "years"] => "6 months".to_owned(),
        _ => words.join(" "),
    };
    Some(text.replace("an ", "a ").parse::<Age>().ok()?.to_string())
}

/// Words that point back at what was spoken of before.
pub const PRONOUNS: &[&str] =
    &["it", "that", "this", "that one", "this one", "that 1", "this 1", "them", "those", "these"];

fn name(words: &[&str]) -> Option<String> {
    const OTHERS: &[&str] = &["your", "his", "her", "some", "any", "another", "more"];
    if words.first().is_some_and(|first| OTHERS.contains(first)) {
        return None;
    }
    let (bare, article) = match words {
        [first, rest @ ..] if !rest.is_empty() && talk::ARTICLES.contains(first) => (rest, true),
        all => (all, false),
    };
    let (words, named) = match bare {
        [rest @ .., "package" | "program" | "app" | "application" | "software"] if !rest.is_empty() => (rest, true),
        all => (all, false),
    };
    if article && !named && words.iter().any(|word| talk::BOTH.contains(word)) {
        return None;
    }
    if let Some(spelled) = alphabet(words) {
        return Some(spelled);
    }
    if let [place, "1" | "result" | "package"] | ["number", place] = bare
        && let Some(place) = nth(place)
    {
        return Some(format!("#{place}"));
    }
    let text = words.join(" ");
    let pronoun = PRONOUNS.contains(&text.as_str());
    (pronoun || (words.len() <= MOST_NAME_WORDS && talk::plausible_name(words))).then_some(text)
}

/// Most words of a name: "visual studio code", "gnu image manipulation program".
const MOST_NAME_WORDS: usize = 4;

/// "november echo oscar" is "neo".
fn alphabet(words: &[&str]) -> Option<String> {
    let letter = |word: &&str| {
        let place = ALPHABET.iter().position(|name| name == word)?;
        Some(char::from(b'a' + u8::try_from(place).ok()?))
    };
    let letters: String = words.iter().map(letter).collect::<Option<_>>()?;
    (letters.len() >= 2).then_some(letters)
}

fn service(words: &[&str]) -> Option<String> {
    // A name that is not listed is one word, as systemd writes it: nobody says so by chance.
    let [one] = words else { return None };
    let unit = one.contains(['-', '_', '.', '@']) || one.ends_with('d') || one.chars().any(|c| c.is_ascii_digit());
    (unit && talk::plausible_name(words) && ServiceName::from_str(one).is_ok()).then(|| (*one).to_owned())
}

fn option(words: &[&str]) -> Option<String> {
    let text = words.join(" ").replace(" dot ", ".").replace(" . ", ".");
    (!text.contains(' ') && text.parse::<OptionPath>().is_ok()).then_some(text)
}

/// Splits a list of names: at "and", and where a pause was written.
pub fn split<'a>(words: &[&'a str], pauses: &[bool]) -> Vec<Vec<&'a str>> {
    let mut names: Vec<Vec<&str>> = vec![Vec::new()];
    for (at, word) in words.iter().enumerate() {
        let joins = matches!(*word, "and" | "plus") || (*word == "also" && at > 0);
        if !joins && let Some(last) = names.last_mut() {
            last.push(word);
        }
        if joins || pauses.get(at).copied().unwrap_or(false) {
            names.push(Vec::new());
        }
    }
    names.retain(|name| !name.is_empty());
    names
}
