//! The second stage of the wake word: the recogniser on the same seconds must have heard the word too.
//!
//! Text alone. What comes before the word was not meant for the machine, and goes.

use crate::intent::Transcript;

/// As like the word as "commuter" or "compute her" is to "computer": what recognisers write for it in noise.
const ALIKE: f64 = 0.75;

/// What was said after the word; nothing if the word was not said. An empty transcript is the word alone.
pub fn after_word(transcript: &Transcript, word: &str) -> Option<Transcript> {
    cut(transcript, word, usize::MAX)
}

/// The same where the word need not be said, and is no call but a part of the command if much comes before it.
pub fn after_habit(transcript: &Transcript, word: &str) -> Option<Transcript> {
    cut(transcript, word, 2)
}

fn cut(transcript: &Transcript, word: &str, among: usize) -> Option<Transcript> {
    let text = after(&transcript.text, word, among)?;
    let mut rest = transcript.clone();
    text.clone_into(&mut rest.text);
    rest.alternatives.retain_mut(|other| match after(&other.text, word, among) {
        Some(text) if !text.is_empty() => {
            other.text = text.to_owned();
            true
        }
        _ => false,
    });
    Some(rest)
}

/// The text after the word, which must be among so many first tokens.
fn after<'a>(text: &'a str, word: &str, among: usize) -> Option<&'a str> {
    let tokens: Vec<(usize, &str)> = text
        .split_whitespace()
        .filter(|token| token.chars().any(char::is_alphanumeric))
        .map(|token| (token.as_ptr().addr() - text.as_ptr().addr() + token.len(), token))
        .collect();
    let bare = |token: &str| token.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let alike = |heard: &str| strsim::normalized_damerau_levenshtein(heard, word) >= ALIKE;
    let end = tokens.iter().enumerate().take(among).find_map(|(at, (end, token))| {
        let first = bare(token);
        if first == word {
            return Some(*end);
        }
        // "Com puter", and "compute her", which must not leave "her" as the command.
        let next = tokens.get(at + 1).map(|(end, token)| (*end, bare(token)));
        let both = next.filter(|(_, second)| second.len() <= 5 && alike(&format!("{first}{second}")));
        both.map(|(end, _)| end).or_else(|| alike(&first).then_some(*end))
    })?;
    Some(text.get(end..)?.trim_start_matches(|c: char| !c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> Option<String> {
        after_word(&Transcript::typed(text), "computer").map(|rest| rest.text)
    }

    #[test]
    fn the_word_goes_and_the_command_stays() {
        for (text, command) in [
            ("Computer, list generations.", "list generations."),
            ("computer", ""),
            (" Computer.", ""),
            ("Hey computer, roll back", "roll back"),
            ("and so on. Computer! What can I say?", "What can I say?"),
            ("Commuter, install Firefox.", "install Firefox."),
            ("Compute her, install Firefox.", "install Firefox."),
            ("Com puter search for vim", "search for vim"),
            ("computer, search for computer algebra", "search for computer algebra"),
            ("Computer — update", "update"),
        ] {
            assert_eq!(rest(text).as_deref(), Some(command), "{text}");
        }
    }

    #[test]
    fn by_habit_it_is_said_first_and_later_it_is_a_part_of_the_command() {
        let rest = |text: &str| after_habit(&Transcript::typed(text), "computer").map(|rest| rest.text);
        assert_eq!(rest("Computer, yes.").as_deref(), Some("yes."));
        assert_eq!(rest("search for computer algebra"), None);
    }

    #[test]
    fn without_the_word_there_is_nothing() {
        for text in ["", "Alexa, list generations", "list generations", "the committee met", "I like the music", "…"]
        {
            assert_eq!(rest(text), None, "{text}");
        }
    }
}
