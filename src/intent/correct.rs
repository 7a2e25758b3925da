//! Mends mistyped command words: "lsit generatoins". Never touches more than a part of an utterance.

use strsim::osa_distance;

use super::grammar::Grammar;
use super::words::Said;

/// What a mended word costs in confidence.
const WORTH: f32 = 0.85;
/// Most words that are mended; with more it is another sentence.
const MOST: usize = 3;

/// The words with each unknown one replaced by the grammar's nearest, and what that leaves of confidence.
///
/// `None` where nothing is to be mended, or too much.
pub fn corrected(grammar: &Grammar, said: &Said) -> Option<(Said, f32)> {
    let mut mended = said.clone();
    let mut count = 0_u8;
    for word in &mut mended.words {
        if let Some(better) = correction(grammar, word) {
            *word = better;
            count += 1;
        }
    }
    let most = MOST.min(said.words.len().div_ceil(2).max(2));
    (count > 0 && usize::from(count) <= most).then(|| (mended, (0..count).fold(1.0, |worth, _| worth * WORTH)))
}

fn correction(grammar: &Grammar, word: &str) -> Option<String> {
    let length = word.chars().count();
    if length < 4 || grammar.has_word(word) || !word.is_ascii() {
        return None;
    }
    let allowed = if length < 8 { 1 } else { 2 };
    let (distance, best) = grammar
        .words()
        .filter(|known| known.len().abs_diff(word.len()) <= allowed && known.len() >= 4)
        .map(|known| (osa_distance(known, word), known))
        .min()?;
    (distance <= allowed).then(|| best.to_owned())
}
