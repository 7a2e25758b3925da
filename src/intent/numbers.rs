//! Number words as digits: "one hundred and seven" is "107". Never guesses: what is no number stays.

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

/// The number behind one word.
pub fn unit(word: &str) -> Option<u64> {
    UNITS.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// The word for a number that has one of its own.
pub fn word(number: u64) -> Option<&'static str> {
    UNITS.iter().find(|(_, value)| *value == number).map(|(name, _)| *name)
}

/// Number words as digits: "one hundred and seven" is "107", "twenty-three" is "23".
pub fn numbers(words: &[String]) -> Vec<String> {
    let split: Vec<&str> = words
        .iter()
        .flat_map(|word| {
            let parts: Vec<&str> = word.split('-').collect();
            if parts.len() > 1 && parts.iter().all(|part| unit(part).is_some()) { parts } else { vec![word.as_str()] }
        })
        .collect();
    let digit = |word: Option<&&str>| word.and_then(|word| unit(word)).filter(|value| *value < 10);
    let mut done = Vec::new();
    let mut at = 0;
    while let Some(word) = split.get(at) {
        // "One oh seven" is 107: digit by digit, as numbers with a zero inside are often said.
        if let (Some(first), Some(&("oh" | "o" | "zero")), Some(last)) =
            (digit(split.get(at)), split.get(at + 1), digit(split.get(at + 2)))
        {
            done.push((first * 100 + last).to_string());
            at += 3;
        } else if let Some((value, used)) = number_at(split.get(at..).unwrap_or_default()) {
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
