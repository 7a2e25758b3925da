//! Cleaning what Whisper wrote: sound descriptions, repeats, and sentences that it invents.

/// Removes descriptions of sounds, such as `[BLANK_AUDIO]`, `(music)`, `*sighs*` and notes.
pub fn without_sounds(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut closing: Option<char> = None;
    for c in text.chars() {
        match (closing, c) {
            (Some(end), c) if c == end => closing = None,
            (Some(_), _) | (None, '\u{266a}' | '\u{266b}') => {}
            (None, '[') => closing = Some(']'),
            (None, '(') => closing = Some(')'),
            (None, '*') => closing = Some('*'),
            (None, c) => clean.push(c),
        }
    }
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts a tail that repeats itself: Whisper loops when it loses the audio.
///
/// Three or more equal runs of one to eight words in a row are cut to one. Two are left alone,
/// since people say "no no", unless they are a whole sentence each.
pub fn without_repeats(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    for length in 1..=8 {
        let mut at = 0;
        while at + 3 * length <= words.len() {
            let run = &words[at..at + length];
            let repeats = words[at..].chunks_exact(length).take_while(|other| same(run, other)).count();
            if repeats >= 3 {
                return words[..at + length].join(" ");
            }
            at += 1;
        }
    }
    // A whole sentence again and again, the last time maybe cut: nobody says four words or more just so twice.
    // Its very last word may be cut as well.
    let whole = words.split_last().map_or(&[][..], |(_, whole)| whole);
    let again =
        |length: &usize| words.iter().zip(whole.iter().skip(*length)).all(|(one, other)| same(&[one], &[other]));
    if let Some(length) = (4..=words.len() / 2).find(again) {
        return words.get(..length).unwrap_or_default().join(" ");
    }
    words.join(" ")
}

fn same(left: &[&str], right: &[&str]) -> bool {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    left.iter().zip(right).all(|(left, right)| bare(left) == bare(right))
}

/// Sentences that Whisper's training taught it to write under silence, in lower case without
/// punctuation (the known list of whisper.cpp's and faster-whisper's issues).
const INVENTED: &[&str] = &[
    "thank you",
    "thank you very much",
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "please subscribe",
    "you",
    "bye",
    "bye bye",
    "the end",
    "so",
    "i",
    "hmm",
    "um",
    "uh",
    "oh",
];

/// Whether the text is one that Whisper writes where nobody spoke.
pub fn often_invented(text: &str) -> bool {
    let bare: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect();
    INVENTED.contains(&bare.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_are_not_words() {
        assert_eq!(without_sounds(" [BLANK_AUDIO] list (door closes) generations. *sighs*"), "list generations.");
        assert_eq!(without_sounds("\u{266a} la \u{266a}"), "la");
        assert_eq!(without_sounds("[MUSIC"), "");
    }

    #[test]
    fn loops_are_cut_and_emphasis_is_kept() {
        assert_eq!(without_repeats("list it. list it. list it. list it."), "list it.");
        assert_eq!(without_repeats("go go go go go"), "go");
        assert_eq!(without_repeats("no no, not that"), "no no, not that");
        assert_eq!(without_repeats("Get me a small latte. Get me a small latte. Get me a"), "Get me a small latte.");
        assert_eq!(without_repeats(""), "");
    }

    #[test]
    fn inventions_are_known() {
        assert!(often_invented(" Thank you for watching!"));
        assert!(!often_invented("thank the machine"));
    }
}
