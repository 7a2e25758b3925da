//! Names of packages, programs, settings and files: a lexicon, then rules.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::numbers;

/// Written form in small letters, and how it is said.
static LEXICON: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("lexicon.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).collect()
});

/// How a word is said, if it is in the lexicon.
pub(super) fn lexicon(word: &str) -> Option<&'static str> {
    LEXICON.get(word).copied()
}

/// A name, by its parts: "kde-gtk-config", "python313Packages.numpy", "services.openssh.enable".
///
/// Characters that are neither letters nor digits are left out, dots within the name are said.
pub(super) fn name(word: &str) -> String {
    let mut said = String::new();
    let mut digit_before = false;
    for part in word.split('.') {
        let spoken = runs(part).join(" ");
        if spoken.is_empty() {
            continue;
        }
        if !said.is_empty() {
            // Between digits the dot is that of a version: "hello-2.12".
            let version = digit_before && part.starts_with(|c: char| c.is_ascii_digit());
            said.push_str(if version { " point " } else { " dot " });
        }
        said.push_str(&spoken);
        digit_before = part.ends_with(|c: char| c.is_ascii_digit());
    }
    said
}

/// The parts of a name without dots, each as it is said.
pub(super) fn runs(part: &str) -> Vec<String> {
    if let Some(said) = lexicon(&part.to_lowercase()) {
        return vec![said.to_owned()];
    }
    let mut said = Vec::new();
    for piece in part.split(|c: char| !(c.is_alphanumeric() || matches!(c, '+' | '#' | '\'' | '\u{2019}'))) {
        if let Some(known) = lexicon(&piece.to_lowercase()) {
            said.push(known.to_owned());
        } else {
            said.extend(kinds(piece).into_iter().map(|(kind, run)| match kind {
                Kind::Digits => numbers::run(run),
                Kind::Letters => letters(run),
                Kind::Sign => signs(run),
            }));
        }
    }
    said.retain(|run| !run.is_empty());
    said
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digits,
    Letters,
    Sign,
}

fn kind(c: char) -> Kind {
    if c.is_ascii_digit() {
        Kind::Digits
    } else if c.is_alphabetic() || matches!(c, '\'' | '\u{2019}') {
        Kind::Letters
    } else {
        Kind::Sign
    }
}

/// Runs of one kind; a capital after a small letter begins a new one ("gtkConfig").
fn kinds(piece: &str) -> Vec<(Kind, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in piece.char_indices() {
        if let Some(previous) = before {
            let camel = previous.is_lowercase() && c.is_uppercase();
            if kind(previous) != kind(c) || camel {
                found.extend(piece.get(start..at).map(|run| (kind(previous), run)));
                start = at;
            }
        }
        before = Some(c);
    }
    if let (Some(last), Some(run)) = (before, piece.get(start..)) {
        found.push((kind(last), run));
    }
    found
}

/// A run of letters: from the lexicon, spelt if it cannot be said, else as it is.
fn letters(run: &str) -> String {
    let small = run.to_lowercase();
    if let Some(said) = lexicon(&small) {
        return said.to_owned();
    }
    let count = run.chars().count();
    let voiceless = !small.contains(['a', 'e', 'i', 'o', 'u', 'y']) && small.is_ascii();
    let capitals = run.chars().all(|c| c.is_ascii_uppercase());
    if count == 1 && small != "a" && small.is_ascii() {
        return run.to_uppercase();
    }
    if (2..=5).contains(&count) && voiceless || (2..=3).contains(&count) && capitals {
        let spelt: Vec<String> = run.chars().map(|letter| letter.to_uppercase().to_string()).collect();
        return spelt.join(" ");
    }
    // A name in capitals would be spelt by espeak-ng.
    if capitals && count > 3 { small } else { run.to_owned() }
}

fn signs(run: &str) -> String {
    let said = run.chars().filter_map(|c| match c {
        '+' => Some("plus"),
        '#' => Some("sharp"),
        _ => None,
    });
    said.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lexicon_is_sound() {
        let lines: Vec<&str> = include_str!("lexicon.tsv").lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(LEXICON.len(), lines.len(), "a line without a tab, or a word twice");
        for (word, said) in LEXICON.iter() {
            assert_eq!(*word, word.to_lowercase());
            assert!(!said.is_empty() && !said.chars().any(|c| c.is_ascii_digit()), "{word}: {said}");
        }
    }

    #[test]
    fn names_are_said_by_their_parts() {
        for (written, said) in [
            ("kde-gtk-config", "K D E G T K config"),
            ("gtkConfig", "G T K config"),
            ("services.openssh.enable", "services dot open S S H dot enable"),
            ("libstdc++5", "libstdc plus plus five"),
            ("btop", "B top"),
            ("hello-2.12.1", "hello two point twelve point one"),
            ("xyz", "xyz"),
            ("pkgs", "P K G S"),
            ("don't", "don't"),
            ("___", ""),
        ] {
            assert_eq!(name(written), said, "{written}");
        }
    }
}
