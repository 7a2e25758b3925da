//! Numbers in English words.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 4] =
    [(1_000_000_000_000, "trillion"), (1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand")];

fn word<const N: usize>(words: &[&'static str; N], place: u64) -> &'static str {
    usize::try_from(place).ok().and_then(|place| words.get(place)).copied().unwrap_or_default()
}

/// "one hundred and seven".
pub(super) fn cardinal(number: u64) -> String {
    if number >= 1_000_000_000_000_000 {
        // Nobody grasps such a number; its digits can at least be written down.
        return digits(&number.to_string());
    }
    let mut words: Vec<String> = Vec::new();
    let mut rest = number;
    for (scale, name) in SCALES {
        if rest >= scale {
            words.push(format!("{} {name}", below_thousand(rest / scale)));
            rest %= scale;
        }
    }
    if rest > 0 || words.is_empty() {
        if !words.is_empty() && rest < 100 {
            words.push("and".to_owned());
        }
        words.push(below_thousand(rest));
    }
    words.join(" ")
}

fn below_thousand(number: u64) -> String {
    match (number / 100, number % 100) {
        (0, rest) => below_hundred(rest),
        (hundreds, 0) => format!("{} hundred", word(&ONES, hundreds)),
        (hundreds, rest) => format!("{} hundred and {}", word(&ONES, hundreds), below_hundred(rest)),
    }
}

fn below_hundred(number: u64) -> String {
    match (number / 10, number % 10) {
        (0 | 1, _) => word(&ONES, number).to_owned(),
        (tens, 0) => word(&TENS, tens).to_owned(),
        (tens, ones) => format!("{}-{}", word(&TENS, tens), word(&ONES, ones)),
    }
}

/// "forty-second".
pub(super) fn ordinal(number: u64) -> String {
    let words = cardinal(number);
    let (head, last) = words.rfind([' ', '-']).map_or(("", words.as_str()), |at| words.split_at(at + 1));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        other => other.strip_suffix('y').map_or_else(|| format!("{other}th"), |stem| format!("{stem}ieth")),
    };
    format!("{head}{last}")
}

/// Digit by digit: "one two zero".
pub(super) fn digits(text: &str) -> String {
    let spoken = text.chars().filter_map(|c| c.to_digit(10)).map(|digit| word(&ONES, u64::from(digit)));
    spoken.collect::<Vec<_>>().join(" ")
}

/// A year: "twenty twenty-six", "two thousand and five".
pub(super) fn year(number: u64) -> String {
    match (number / 100, number % 100) {
        (20, 0..10) | (10, _) => cardinal(number),
        (century @ 11..100, 0) => format!("{} hundred", below_hundred(century)),
        (century @ 11..100, rest @ 1..10) => format!("{} oh {}", below_hundred(century), word(&ONES, rest)),
        (century @ 11..100, rest) => format!("{} {}", below_hundred(century), below_hundred(rest)),
        _ => cardinal(number),
    }
}

/// A run of digits within a version or a name: a number while it is short, its digits when it is long
/// or begins with 0 ("oh five").
pub(super) fn run(text: &str) -> String {
    match text.parse::<u64>() {
        Ok(number) if text.len() <= 4 && !text.starts_with('0') => cardinal(number),
        Ok(0) if text.len() == 1 => "zero".to_owned(),
        Ok(number) if text.len() == 2 => format!("oh {}", cardinal(number)),
        _ => digits(text),
    }
}

/// A number with or without decimals and thousands commas: "79,503", "1.25", "-3".
pub(super) fn number(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("minus ", rest),
        None => ("", text),
    };
    let (whole, decimals) = match rest.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (rest, None),
    };
    let plain = without_commas(whole)?;
    let decimals = decimals.map(|text| all_digits(text).then(|| digits(text)));
    let whole = match plain.parse::<u64>() {
        // A leading zero is said: a code, not a quantity.
        Ok(_) if plain.len() > 1 && plain.starts_with('0') => digits(&plain),
        Ok(number) => cardinal(number),
        Err(_) => digits(&plain),
    };
    match decimals {
        None => Some(format!("{sign}{whole}")),
        Some(decimals) => Some(format!("{sign}{whole} point {}", decimals?)),
    }
}

pub(super) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// Digits, or digits in groups of three; anything else is none.
fn without_commas(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next().filter(|first| all_digits(first))?;
    let mut plain = first.to_owned();
    for group in groups {
        if first.len() > 3 || group.len() != 3 || !all_digits(group) {
            return None;
        }
        plain.push_str(group);
    }
    Some(plain)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        for (number, said) in [
            (0, "zero"),
            (13, "thirteen"),
            (42, "forty-two"),
            (107, "one hundred and seven"),
            (1000, "one thousand"),
            (1001, "one thousand and one"),
            (1234, "one thousand two hundred and thirty-four"),
            (79_503, "seventy-nine thousand five hundred and three"),
            (2_000_000, "two million"),
        ] {
            assert_eq!(cardinal(number), said);
        }
        for (number, said) in
            [(1, "first"), (12, "twelfth"), (20, "twentieth"), (22, "twenty-second"), (100, "one hundredth")]
        {
            assert_eq!(ordinal(number), said);
        }
        for (number, said) in [
            (2026, "twenty twenty-six"),
            (2005, "two thousand and five"),
            (1999, "nineteen ninety-nine"),
            (1900, "nineteen hundred"),
        ] {
            assert_eq!(year(number), said);
        }
    }

    #[test]
    fn written_numbers_are_read() {
        assert_eq!(number("79,503").unwrap(), "seventy-nine thousand five hundred and three");
        assert_eq!(number("1.25").unwrap(), "one point two five");
        assert_eq!(number("-3").unwrap(), "minus three");
        assert_eq!(number("007").unwrap(), "zero zero seven");
        assert_eq!(number("99999999999999999999999").unwrap(), digits("99999999999999999999999"));
        for text in ["", "1,2", "1.", ".5", "1.2.3", "abc", "-", "1234,567"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
