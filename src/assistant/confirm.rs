//! The second stage of the wake word: the recogniser on the same seconds must have heard the word too.
//!
//! By its text; and where the text has other words there, by how likely the decoder finds the word in that sound. What
//! comes before the word was not meant for the machine, and goes.

use std::ops::Range;

use tokio_util::sync::CancellationToken;

use crate::audio::{Frame, SAMPLE_RATE};
use crate::ears::{Detection, Detector, Utterance};
use crate::intent::Transcript;
use crate::recognize::{RecognizeError, Recognizer};

/// The sound that is judged: so much before the network has heard the word, and behind that, in samples.
const BEFORE: usize = 11 * SAMPLE_RATE as usize / 10;
const BEHIND: usize = 4 * SAMPLE_RATE as usize / 10;
/// Log-probability from which the sound is the word though another was written: other speech stays below -6.
const LEAST: f32 = -5.0;
/// The network's logit and the log-probability are added: 0 of 7 hours of other speech in noise reach this, and 97 of
/// 100 recordings of the word do (`models/wake/README.md`).
const TOGETHER: f32 = -7.0;

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

/// What follows the wake word, where the word is in the sound and only the recogniser wrote something else.
pub fn unwritten_word(
    transcript: &Transcript,
    utterance: &Utterance,
    word: &str,
    recognizer: &mut Recognizer,
    cancel: &CancellationToken,
) -> Option<Utterance> {
    let ends = utterance.word_ends?;
    if after_word(transcript, word).is_some() {
        return None;
    }
    let sound = utterance.samples.get(around(ends, utterance.samples.len()))?;
    let found = recognizer.begins_with(sound, word, cancel).ok()?;
    tracing::info!(target: "assistant.confirm", found, text = %transcript.text, "not written, but is it in the sound?");
    let samples = utterance.samples.get(ends..)?.to_vec();
    (found >= LEAST).then(|| Utterance { samples, word_ends: None, ..utterance.clone() })
}

/// A transcript as if the word had been written before it.
pub fn behind_word(mut transcript: Transcript, word: &str) -> Transcript {
    let behind = |text: &str| format!("{word}, {text}");
    transcript.text = behind(&transcript.text);
    for other in &mut transcript.alternatives {
        other.text = behind(&other.text);
    }
    transcript
}

/// The samples that are judged, around the end of the word.
fn around(ends: usize, length: usize) -> Range<usize> {
    ends.saturating_sub(BEFORE).min(length)..(ends + BEHIND).min(length)
}

/// Both stages on a recording: where the word is, with scores from 0 to 1 that hold both.
///
/// # Errors
/// Those of the recogniser.
pub fn spot(
    detector: &mut Detector,
    recognizer: &mut Recognizer,
    recording: &[Frame],
    cancel: &CancellationToken,
) -> Result<Vec<Detection>, RecognizeError> {
    let samples: Vec<f32> = recording.iter().flat_map(|frame| frame.0).collect();
    let word = detector.word().to_owned();
    let mut found = Vec::new();
    for first in detector.spot(recording) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a recording")]
        let ends = (first.at.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize;
        let sound = samples.get(around(ends, samples.len())).unwrap_or_default();
        let second = recognizer.begins_with(sound, &word, cancel)?;
        let score = 1.0 / (1.0 + ((TOGETHER - first.logit() - second) / 2.0).exp());
        tracing::debug!(target: "assistant.confirm", logit = first.logit(), second, score, "a candidate");
        found.push(Detection { score, ..first });
    }
    Ok(found)
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
