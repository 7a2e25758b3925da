//! Words, made alike: lower case, no punctuation, contractions opened, numbers as digits.

/// Longest text that is understood as one utterance, bytes. Nobody says more in one breath.
pub const LONGEST: usize = 1000;

/// The words of a text, made alike; `None` where the text is no utterance at all: too long, or with
/// control characters in it.
pub fn words(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.len() > LONGEST || text.chars().any(|c| c.is_control() && c != '\t') {
        return None;
    }
    let lower = text.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'");
    let mut words: Vec<String> = Vec::new();
    for word in lower.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && !"+#_".contains(c));
        if word.is_empty() || FILLERS.contains(&word) {
            continue;
        }
        let word = unstuttered(word);
        match CONTRACTIONS.iter().find(|(short, _)| *short == word) {
            Some((_, long)) => words.extend(long.split(' ').map(str::to_owned)),
            None => words.push(word.to_owned()),
        }
    }
    Some(numbers(&words))
}

/// Sounds that people make while they think.
const FILLERS: &[&str] = &["uh", "um", "er", "erm", "ah", "hmm", "uhm", "eh"];

const CONTRACTIONS: &[(&str, &str)] = &[
    ("what's", "what is"),
    ("whats", "what is"),
    ("which's", "which is"),
    ("who's", "who is"),
    ("when's", "when is"),
    ("where's", "where is"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("let's", "let us"),
    ("i'm", "i am"),
    ("i'd", "i would"),
    ("i've", "i have"),
    ("don't", "do not"),
    ("dont", "do not"),
    ("doesn't", "does not"),
    ("didn't", "did not"),
    ("didnt", "did not"),
    ("can't", "can not"),
    ("won't", "will not"),
    ("isn't", "is not"),
    ("aren't", "are not"),
    ("you're", "you are"),
    ("we're", "we are"),
    ("pls", "please"),
    ("plz", "please"),
    ("thx", "thanks"),
    ("gonna", "going to"),
    ("gimme", "give me"),
    ("lemme", "let me"),
];

/// `in-in-install` is `install`: a part that the next one begins with is a stutter.
fn unstuttered(word: &str) -> &str {
    let mut rest = word;
    while let Some((first, tail)) = rest.split_once('-') {
        if first.is_empty() || first.len() > 4 || !tail.starts_with(first) {
            break;
        }
        rest = tail;
    }
    rest
}

const UNITS: &[(&str, u64)] = &[
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fourty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

fn unit(word: &str) -> Option<u64> {
    UNITS.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// Number words as digits: "one hundred and seven" is "107", "twenty-three" is "23".
fn numbers(words: &[String]) -> Vec<String> {
    let split: Vec<&str> = words
        .iter()
        .flat_map(|word| {
            let parts: Vec<&str> = word.split('-').collect();
            if parts.len() > 1 && parts.iter().all(|part| unit(part).is_some()) { parts } else { vec![word.as_str()] }
        })
        .collect();
    let mut done = Vec::new();
    let mut at = 0;
    while let Some(word) = split.get(at) {
        if let Some((value, used)) = number_at(split.get(at..).unwrap_or_default()) {
            done.push(value.to_string());
            at += used;
        } else {
            done.push((*word).to_owned());
            at += 1;
        }
    }
    done
}

/// The number that `words` begin with, and how many words it takes.
fn number_at(words: &[&str]) -> Option<(u64, usize)> {
    let (mut total, mut group, mut used) = (0_u64, None::<u64>, 0);
    while let Some(word) = words.get(used) {
        let next = words.get(used + 1).and_then(|word| unit(word));
        group = match (*word, group) {
            ("a", None) if words.get(used + 1).is_some_and(|next| *next == "hundred" || *next == "thousand") => Some(1),
            ("hundred", Some(value)) if value < 100 => Some(value * 100),
            ("hundred", None) => Some(100),
            ("thousand", value) => {
                total += value.unwrap_or(1) * 1000;
                used += 1;
                group = None;
                continue;
            }
            ("and", Some(value)) if value >= 100 && next.is_some() => Some(value),
            ("and", None) if total > 0 && next.is_some() => None,
            (word, before) => match (unit(word), before) {
                (Some(value), None) => Some(value),
                // "twenty three", "one hundred five": a smaller one fits into the gap that is left.
                (Some(value), Some(before)) if fits(before, value) => Some(before + value),
                _ => break,
            },
        };
        used += 1;
    }
    (used > 0 && (group.is_some() || total > 0)).then(|| (total + group.unwrap_or(0), used))
}

fn fits(before: u64, value: u64) -> bool {
    let gap = if before.is_multiple_of(100) {
        100
    } else if before.is_multiple_of(10) && before % 100 >= 20 {
        10
    } else {
        1
    };
    before > 0 && value > 0 && value < gap
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_alike() {
        for (text, want) in [
            ("  Install   Firefox  ", "install firefox"),
            ("What\u{2019}s installed?", "what is installed"),
            ("in-in-install vim", "install vim"),
            ("generation one hundred and seven", "generation 107"),
            ("generation twenty-three", "generation 23"),
            ("two thousand and five", "2005"),
            ("a hundred", "100"),
            ("one two three", "1 2 3"),
            ("um, list generations.", "list generations"),
            ("notepad++ and c#", "notepad++ and c#"),
            ("python3-numpy", "python3-numpy"),
        ] {
            assert_eq!(words(text).unwrap().join(" "), want);
        }
    }

    #[test]
    fn what_is_no_utterance_is_refused() {
        assert_eq!(words(&"a ".repeat(1000)), None);
        assert_eq!(words("list\u{0}generations"), None);
        assert_eq!(words("\u{1f600}").unwrap(), Vec::<String>::new());
    }
}
