//! Tells names and search words from talk: the last guard before words become a value.
//!
//! The lists hold closed classes of English words (pronouns, auxiliaries, conjunctions, adverbs of
//! time), and things of daily life that a machine with Nix on it cannot be asked for.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that stand in sentences and never in names.
static FUNCTION: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "i you he she we they me him her us it its my your his our their mine yours someone somebody nobody everybody \
     everyone anyone anything everything nothing something myself yourself himself herself \
     am is are was were be been being do does did done doing has have had having will would shall should can could may \
     might must ought not never neither nor no yes maybe perhaps probably \
     if unless until because since although though while when whenever where why how what which who whom whose whether \
     that this these those there here then than so but or and as into onto about from of \
     today tomorrow yesterday tonight later soon again already yet ever always often sometimes once twice \
     said says say told tells asked asks thinks thought knows knew wonder wonders wondering guess suppose \
     please thanks sorry okay ok well just really very quite too also only even still almost \
     before after during without against between \
     instead anyway away asap to for with at by in on named called \
     install uninstall remove describe generation generations gens garbage configuration config nixos update updates all files folder directory disk drive \
     computer user users password passwords address settings option options service services boss"
        .split_whitespace()
        .collect()
});

/// Things and people of daily life: a package may be called so, but nobody means it after "the" or alone.
static DAILY: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("daily.txt").split_whitespace().collect());

/// Daily words that are well-known packages too: a name alone ("install fish"), a thing after "the".
pub const BOTH: &[&str] = &[
    "wine",
    "fish",
    "tree",
    "bottles",
    "pencil",
    "man",
    "television",
    "timer",
    "time",
    "pan",
    "river",
    "moon",
    "dust",
    "gate",
];

/// Whether words could be the name of something on the machine.
pub fn plausible_name(words: &[&str]) -> bool {
    let lettered = |word: &&str| *word != "plus" && word.chars().any(char::is_alphabetic);
    words.iter().any(lettered)
        && words.iter().all(|word| !FUNCTION.contains(word) && writable(word) && !word.contains('/'))
        && !words.last().is_some_and(|last| ARTICLES.contains(last))
        // One daily word is enough for two: "kitchen lights", "coffee table".
        && !words.iter().any(|word| daily(word))
}

fn daily(word: &str) -> bool {
    DAILY.contains(word) || word.strip_suffix('s').is_some_and(|one| DAILY.contains(one))
}

/// Whether words could be a search: what a program is or does.
pub fn plausible_query(words: &[&str]) -> bool {
    const NEVER: &[&str] = &[
        "i",
        "he",
        "she",
        "we",
        "they",
        "him",
        "her",
        "us",
        "was",
        "were",
        "said",
        "told",
        "never",
        "not",
        "because",
        "unless",
        "tomorrow",
        "yesterday",
        "tonight",
        "if",
        "should",
        "would",
        "maybe",
        "mine",
        "yours",
        "where",
    ];
    !words.is_empty()
        && words.iter().all(|word| writable(word) && !NEVER.contains(word))
        && !words.iter().all(|word| FUNCTION.contains(word))
        && !(words.first().is_some_and(|first| matches!(*first, "my" | "your" | "his" | "our" | "their")))
}

/// Verbs of what one does with a computer, and what it is done to.
static DOING: LazyLock<(HashSet<&str>, HashSet<&str>)> = LazyLock::new(|| {
    let (verbs, objects) = include_str!("doing.txt").split_once(':').unwrap_or_default();
    (verbs.split_whitespace().collect(), objects.split_whitespace().collect())
});

/// Words that make a thing of a name.
pub const ARTICLES: &[&str] = &["the", "a", "an", "my", "our", "your", "his", "her", "some", "any", "another", "more"];

/// Whether the words end in a thing of daily life: "my keys", "a parking lot".
pub fn is_daily(words: &[&str]) -> bool {
    words.last().is_some_and(|last| daily(last) || BOTH.contains(last))
}

/// Whether it is something that one does with a computer: a verb, and what it is done to.
pub fn is_doing(words: &[&str]) -> bool {
    let (verbs, objects) = &*DOING;
    matches!(words, [verb, .., object] if verbs.contains(verb) && objects.contains(object))
}

/// Whether the words could be a name that a user makes up for a generation.
pub fn is_label(words: &[&str]) -> bool {
    words.iter().all(|word| writable(word)) && !words.iter().any(|word| matches!(*word, "not" | "if" | "unless"))
}

/// No word of a name holds what only shells and markup write.
fn writable(word: &str) -> bool {
    !word.starts_with('-') && word.chars().all(|c| c.is_alphanumeric() || "-_.+#'&/@".contains(c))
}

/// Whether the words tell rather than ask: a negation, a condition, or what another person says.
///
/// Such words were not meant for the machine, or say what not to do.
pub fn tells(words: &[String]) -> bool {
    const FIRST: &[&str] = &[
        "if",
        "when",
        "suppose",
        "imagine",
        "maybe",
        "perhaps",
        "he",
        "she",
        "they",
        "never",
        "unless",
        "because",
        "although",
        "not",
        "once",
        "someday",
        "yesterday",
        "tomorrow",
    ];
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    FIRST.contains(&word(0))
        || (word(0) == "do" && word(1) == "not")
        || words.iter().any(|word| matches!(word.as_str(), "said" | "says" | "told" | "never"))
        || words.windows(2).any(|two| matches!(two, [a, b] if a == "do" && b == "not"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> bool {
        plausible_name(&text.split(' ').collect::<Vec<_>>())
    }

    #[test]
    fn names_are_told_from_talk() {
        for good in ["firefox", "visual studio code", "vee ell see", "python3-numpy", "notepad++", "7 zip", "fire fox"]
        {
            assert!(name(good), "{good}");
        }
        for bad in [
            "the kitchen lights",
            "firefox if you can",
            "a new dishwasher",
            "firefox tomorrow",
            "; rm -rf /",
            "${x}",
            "what he said",
        ] {
            assert!(!name(bad), "{bad}");
        }
    }
}
