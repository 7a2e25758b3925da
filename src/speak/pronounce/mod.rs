//! Makes written text fit for reading aloud: numbers, versions, dates, paths, names, signs.
//!
//! Pure. The only place that pronounces: announcements keep their text as it is written, for
//! screens, braille lines and other people's screen readers.

mod names;
mod numbers;

use names::{lexicon, name};
use numbers::{all_digits, cardinal, number, ordinal, run, year};

/// Words after which a number with one dot is a version ("NixOS 25.05") and not a quantity ("1.25").
const VERSIONED: [&str; 6] = ["version", "nixos", "linux", "kernel", "release", "python"];

/// The text as it is to be read aloud.
///
/// Never longer than a few times the text; any text is taken. Control characters and emoji are left out.
#[must_use]
pub fn pronounce(text: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut before = String::new();
    for word in text.split_whitespace() {
        let (core, end) = trimmed(word);
        if !core.is_empty() {
            said.push(token(core, &before));
        }
        if let (Some(last), Some(end)) = (said.last_mut(), end) {
            // Two marks in a row are one pause.
            if !last.ends_with(['.', ',', '!', '?', ';', ':']) {
                last.push(end);
            }
        }
        before = core.to_lowercase();
    }
    said.retain(|word| !word.is_empty());
    said.join(" ")
}

/// Marks that may stand around a word.
const AROUND: [char; 16] =
    ['"', '\'', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '(', ')', '[', ']', '{', '}', '`', '<', '>', '*'];

/// A word without the marks around it, and the mark that makes a pause after it.
fn trimmed(word: &str) -> (&str, Option<char>) {
    if lexicon(&word.to_lowercase()).is_some() {
        return (word, None);
    }
    let start = word.trim_start_matches(AROUND);
    let bare = start.trim_end_matches(|c| AROUND.contains(&c) || is_pause(c));
    let tail = start.get(bare.len()..).unwrap_or_default();
    // Brackets are heard as a short pause.
    let pause = tail.chars().find(|c| is_pause(*c)).map(|c| if c == '\u{2026}' { '.' } else { c });
    let bracket = tail.contains([')', ']', '}']).then_some(',');
    (bare, pause.or(bracket))
}

fn is_pause(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\u{2026}')
}

/// One word, read aloud. `before` is the word before it, in small letters.
fn token(word: &str, before: &str) -> String {
    if let Some(said) = lexicon(&word.to_lowercase()) {
        return said.to_owned();
    }
    if let Some(said) = sign(word) {
        return said.to_owned();
    }
    quantity(word, before)
        .or_else(|| date(word))
        .or_else(|| time(word))
        .or_else(|| version(word, before))
        .or_else(|| address(word))
        .unwrap_or_else(|| name(word))
}

/// Signs that stand alone between words.
fn sign(word: &str) -> Option<&'static str> {
    Some(match word {
        "&" => "and",
        "+" => "plus",
        "=" => "equals",
        "@" => "at",
        "%" => "percent",
        "/" => "or",
        "\u{2192}" | "->" | "=>" => "to",
        "\u{d7}" => "times",
        "~" => "about",
        "-" | "\u{2013}" | "\u{2014}" | "|" | "\u{b7}" | "\u{2022}" => ",",
        _ => return None,
    })
}

/// Numbers, percentages, ordinals.
fn quantity(word: &str, before: &str) -> Option<String> {
    if VERSIONED.contains(&before) && word.contains('.') {
        return None;
    }
    if let Some(percent) = word.strip_suffix('%') {
        return number(percent).map(|said| format!("{said} percent"));
    }
    for suffix in ["st", "nd", "rd", "th"] {
        if let Some(digits) = word.strip_suffix(suffix).filter(|digits| all_digits(digits)) {
            return digits.parse().ok().map(ordinal);
        }
    }
    if let Some(times) = word.strip_suffix(['x', '\u{d7}']).and_then(number) {
        return Some(format!("{times} times"));
    }
    if let Some(numbered) = word.strip_prefix('#').and_then(number) {
        return Some(format!("number {numbered}"));
    }
    number(word)
}

/// `2026-11-22`: "November twenty-second, twenty twenty-six".
fn date(word: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];

    let mut parts = word.split('-');
    let (Some(years), Some(months), Some(days), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    if (years.len(), months.len(), days.len()) != (4, 2, 2) || ![years, months, days].into_iter().all(all_digits) {
        return None;
    }
    let month = MONTHS.get(months.parse::<usize>().ok()?.checked_sub(1)?)?;
    let day = days.parse::<u64>().ok().filter(|day| (1..=31).contains(day))?;
    Some(format!("{month} {}, {}", ordinal(day), year(years.parse().ok()?)))
}

/// `20:15`: "twenty fifteen"; `08:05`: "eight oh five".
fn time(word: &str) -> Option<String> {
    let (hours, minutes) = word.split_once(':')?;
    if !all_digits(hours) || !all_digits(minutes) || minutes.len() != 2 || hours.len() > 2 {
        return None;
    }
    let (hour, minute) = (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?);
    if hour > 23 || minute > 59 {
        return None;
    }
    let hour = cardinal(hour);
    Some(if minute == 0 { format!("{hour} o'clock") } else { format!("{hour} {}", run(minutes)) })
}

/// `152.0.4`: "one hundred and fifty-two point zero point four"; `25.05`: "twenty-five oh five".
fn version(word: &str, before: &str) -> Option<String> {
    let bare = word.strip_prefix(['v', 'V']).unwrap_or(word);
    // Plain numbers with a dot have been read before; what is left is a version.
    if !bare.starts_with(|c: char| c.is_ascii_digit()) || !bare.contains('.') {
        return None;
    }
    if before == "nixos"
        && let Some(release) = release(bare)
    {
        return Some(release);
    }
    let mut said: Vec<String> = Vec::new();
    for (place, part) in bare.split('.').enumerate() {
        if place > 0 {
            said.push("point".to_owned());
        }
        said.extend(names::runs(part));
    }
    said.retain(|part| !part.is_empty());
    Some(said.join(" "))
}

/// A release of `NixOS` is named after its year and month, and said as two numbers.
fn release(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '.');
    let (years, months) = (parts.next()?, parts.next()?);
    if years.len() != 2 || months.len() != 2 || !all_digits(years) || !all_digits(months) {
        return None;
    }
    // What follows (a date and a commit) says nothing aloud.
    Some(format!("{} {}", run(years), run(months)))
}

/// Paths and addresses: their parts, with the slashes and dots named.
fn address(word: &str) -> Option<String> {
    if let Some((_, rest)) = word.split_once("://") {
        return Some(dotted(rest.trim_end_matches('/')));
    }
    let path = word.starts_with('/') || word.starts_with("~/") || word.starts_with("./") || word.starts_with("../");
    if !path {
        return None;
    }
    let rest = word.strip_prefix("~/").map_or(word, |rest| rest);
    let home = if rest.len() < word.len() { "home slash " } else { "" };
    Some(format!("{home}{}", dotted(rest)))
}

fn dotted(path: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    for (place, part) in path.split('/').enumerate() {
        if place > 0 {
            said.push("slash".to_owned());
        }
        said.push(folder(without_hash(part)));
    }
    said.retain(|part| !part.is_empty());
    said.join(" ")
}

fn folder(part: &str) -> String {
    if part == "etc" { "etsy".to_owned() } else { name(part) }
}

/// A store path's name without the hash before it: 32 characters that nobody can follow.
fn without_hash(part: &str) -> &str {
    match part.split_once('-') {
        Some((hash, name)) if hash.len() == 32 && hash.chars().all(|c| c.is_ascii_alphanumeric()) => name,
        _ => part,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_read_as_a_person_would() {
        for (written, said) in [
            (
                "Generation 107, from yesterday evening, is the current one.",
                "Generation one hundred and seven, from yesterday evening, is the current one.",
            ),
            ("It takes 1.2 gigabytes.", "It takes one point two gigabytes."),
            ("firefox, version 152.0.4:", "firefox, version one hundred and fifty-two point zero point four:"),
            (
                "It is NixOS 25.05 with Linux 6.12.41.",
                "It is nix O S twenty-five oh five with Linux six point twelve point forty-one.",
            ),
            ("NixOS 25.11.20260512.abc1234 runs.", "nix O S twenty-five eleven runs."),
            ("nginx, vlc and sqlite", "engine x, V L C and S Q lite"),
            ("50% of 79,503", "fifty percent of seventy-nine thousand five hundred and three"),
            ("on 2026-11-22 at 20:15", "on November twenty-second, twenty twenty-six at twenty fifteen"),
            ("the 3rd try", "the third try"),
            ("open /etc/nixos/configuration.nix now", "open slash etsy slash nix O S slash configuration dot nix now"),
            (
                "/nix/store/0c1lw2j5v0v0h2d5mxm7ds3p3c0i1a2b-firefox-152.0.4/bin",
                "slash nix slash store slash firefox one hundred and fifty-two point zero point four slash bin",
            ),
            ("python313Packages.numpy", "python three hundred and thirteen Packages dot num pie"),
            ("\u{201c}list generations\u{201d}, or (maybe) C++", "list generations, or maybe, C plus plus"),
            ("See https://www.mozilla.org/firefox/.", "See W W W dot mozilla dot org slash firefox."),
            ("ask-nix --demo", "ask nix demo"),
            ("fast \u{1f680} and \u{7} loud \u{2014} yes", "fast and loud , yes"),
            ("e.g. 5th, i.e. last", "for example fifth, that is last"),
            ("openssh 9.9p2", "open S S H nine point nine P two"),
            ("GTK and CPU", "G T K and C P U"),
        ] {
            assert_eq!(pronounce(written), said);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_no_digit_stays(text: String) {
            let said = pronounce(&text);
            prop_assert!(!said.chars().any(|c| c.is_ascii_digit() || c.is_control()), "{said}");
        }
    }
}
