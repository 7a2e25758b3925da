//! Words as rough sounds, for comparing what was heard with what can be said.
//!
//! A recogniser writes other words of the same sound ("light rose" for "light roast"). Letters are
//! turned into sounds by the common rules of English spelling, far more coarsely than a dictionary
//! would: vowels differ little from each other, voiced from voiceless consonants likewise.

use super::numbers;

/// What it costs to leave out or to add a sound.
#[must_use]
pub fn gap(sound: u8) -> f32 {
    match sound {
        b'a' | b'e' | b'i' | b'o' | b'u' => 0.4,
        // Weak sounds, often not said: "mocha" is heard as "mocker".
        b'h' | b'r' | b'w' | b'y' => 0.45,
        _ => 0.8,
    }
}

/// What it costs to take one sound for another; 0 for the same, 1 for the most unlike.
#[must_use]
pub fn unlike(left: u8, right: u8) -> f32 {
    const PAIRS: [(&[u8; 2], f32); 20] = [
        (b"pb", 0.35),
        (b"td", 0.35),
        (b"kg", 0.35),
        (b"fv", 0.35),
        (b"sz", 0.2),
        (b"SC", 0.4),
        (b"CJ", 0.4),
        (b"SJ", 0.4),
        (b"Cs", 0.6),
        (b"Ss", 0.5),
        (b"Sz", 0.5),
        (b"TD", 0.3),
        (b"Tt", 0.5),
        (b"Tf", 0.5),
        (b"Ck", 0.6),
        (b"Ct", 0.6),
        (b"mn", 0.4),
        (b"nN", 0.3),
        (b"lr", 0.6),
        (b"vw", 0.6),
    ];
    if left == right {
        return 0.0;
    }
    let vowel = |sound: u8| b"aeiou".contains(&sound);
    if vowel(left) && vowel(right) {
        return 0.3;
    }
    PAIRS.iter().find(|(pair, _)| **pair == [left, right] || **pair == [right, left]).map_or(1.0, |(_, cost)| *cost)
}

/// The sounds of a word: one letter each, capitals for those that English writes with two.
#[must_use]
pub fn sounds(word: &str) -> Vec<u8> {
    let spoken = if word.chars().all(|c| c.is_ascii_digit()) { number(word) } else { abbreviated(word).to_owned() };
    let letters: Vec<u8> = spoken.bytes().filter(u8::is_ascii_lowercase).collect();
    let mut said: Vec<u8> = Vec::with_capacity(letters.len());
    let mut rest = letters.as_slice();
    while let Some(first) = rest.first() {
        let (taken, sound) = RULES
            .iter()
            .find(|(spelling, _)| rest.starts_with(spelling))
            .map_or((1, std::slice::from_ref(first)), |(spelling, sound)| (spelling.len(), *sound));
        // A final "e" is silent.
        let silent = sound == b"e" && rest.len() == taken && said.len() > 1;
        for sound in sound {
            if !silent && said.last() != Some(sound) {
                said.push(*sound);
            }
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    said
}

/// The longest spelling first; what is not here sounds as it is written.
const RULES: &[(&[u8], &[u8])] = &[
    (b"ough", b"o"),
    (b"tion", b"Sun"),
    (b"sion", b"Sun"),
    (b"igh", b"i"),
    (b"tch", b"C"),
    (b"sch", b"sk"),
    (b"cci", b"Ci"),
    (b"dge", b"J"),
    (b"ge", b"Je"),
    (b"gi", b"Ji"),
    (b"sh", b"S"),
    (b"ch", b"C"),
    (b"th", b"T"),
    (b"ph", b"f"),
    (b"wh", b"w"),
    (b"wr", b"r"),
    (b"kn", b"n"),
    (b"gn", b"n"),
    (b"ck", b"k"),
    (b"qu", b"kw"),
    (b"ce", b"se"),
    (b"ci", b"si"),
    (b"cy", b"si"),
    (b"ng", b"N"),
    (b"ee", b"i"),
    (b"ea", b"i"),
    (b"oo", b"u"),
    (b"ou", b"au"),
    (b"ow", b"au"),
    (b"ai", b"e"),
    (b"ay", b"e"),
    (b"oa", b"o"),
    (b"c", b"k"),
    (b"q", b"k"),
    (b"x", b"ks"),
    (b"j", b"J"),
    (b"y", b"i"),
];

fn abbreviated(word: &str) -> &str {
    match word {
        "oz" => "ounce",
        "lb" | "lbs" => "pounds",
        other => other,
    }
}

/// A number up to 99 as it is said; longer ones digit by digit.
fn number(digits: &str) -> String {
    let said = |number: u64| match numbers::word(number) {
        Some(word) => Some(word.to_owned()),
        None => Some(format!("{}{}", numbers::word(number / 10 * 10)?, numbers::word(number % 10)?)),
    };
    let whole = digits.parse().ok().filter(|number| *number < 100).and_then(said);
    let one_by_one = || digits.bytes().filter_map(|digit| numbers::word(digit.saturating_sub(b'0').into())).collect();
    whole.unwrap_or_else(one_by_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_become_sounds() {
        assert_eq!(sounds("light"), b"lit");
        assert_eq!(sounds("12"), sounds("twelve"));
        assert_eq!(sounds("oz"), sounds("ounce"));
        assert_eq!(sounds("cappuccino"), b"kapuCino");
        assert_eq!(sounds(""), b"");
    }

    #[test]
    fn likeness_goes_both_ways() {
        for left in b'a'..=b'z' {
            for right in b'a'..=b'z' {
                assert!((unlike(left, right) - unlike(right, left)).abs() < f32::EPSILON);
                assert!(unlike(left, right) <= gap(left) + gap(right) + 0.61);
            }
        }
    }
}
