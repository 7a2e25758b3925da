//! Where a text may be cut for speaking: after sentences, and within long ones after clauses.
//!
//! Each piece becomes one run of the voice, so a short first piece means an early first sound.

/// Longest piece, in characters, before it is cut at a clause: about six seconds of speech.
const LONGEST: usize = 110;
/// A piece is not cut shorter than this: the melody of scraps is poor.
const SHORTEST: usize = 30;

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 14] =
    ["e.g.", "i.e.", "etc.", "vs.", "cf.", "dr.", "mr.", "mrs.", "ms.", "no.", "st.", "approx.", "resp.", "incl."];

/// The sentences of a text, without white space around them. Line ends end sentences too.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        let mut words = line.split_word_ends().peekable();
        while let Some((end, word)) = words.next() {
            let ends =
                word.trim_end_matches(['"', '\u{201d}', '\u{2019}', ')', ']']).ends_with(['.', '!', '?', '\u{2026}'])
                    && !ABBREVIATIONS.contains(&word.to_lowercase().as_str());
            if ends || words.peek().is_none() {
                found.extend(line.get(start..end).map(str::trim).filter(|sentence| !sentence.is_empty()));
                start = end;
            }
        }
    }
    found
}

/// Splits a sentence that is too long at commas, semicolons, colons and dashes.
pub(super) fn clauses(sentence: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = sentence.trim();
    while rest.chars().count() > LONGEST {
        let cut = best_cut(rest);
        let Some((piece, remainder)) = cut.and_then(|cut| rest.split_at_checked(cut)) else { break };
        found.push(piece.trim());
        rest = remainder.trim();
    }
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// The byte offset of the last clause end within reach, else of the last space.
fn best_cut(text: &str) -> Option<usize> {
    let limit = text.char_indices().nth(LONGEST).map_or(text.len(), |(offset, _)| offset);
    let least = text.char_indices().nth(SHORTEST).map_or(0, |(offset, _)| offset);
    let reach = text.get(..limit)?;
    let clause = reach.match_indices([',', ';', ':', '\u{2013}', '\u{2014}']).map(|(at, mark)| at + mark.len());
    let mut clause = clause.filter(|end| *end >= least && text.get(*end..).is_some_and(|after| after.starts_with(' ')));
    clause
        .next_back()
        .or_else(|| reach.rfind(' ').filter(|at| *at >= least))
        .or_else(|| text.find(' ').filter(|at| *at > 0))
}

trait WordEnds {
    /// Each word with the byte offset of its end.
    fn split_word_ends(&self) -> impl Iterator<Item = (usize, &str)>;
}

impl WordEnds for str {
    fn split_word_ends(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut from = 0;
        self.split_whitespace().map(move |word| {
            let at = self.get(from..).and_then(|rest| rest.find(word)).map_or(from, |at| from + at);
            from = at + word.len();
            (from, word)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_end_where_people_end_them() {
        assert_eq!(
            sentences("Done. Version 152.0.4 runs (see e.g. the list). \u{201c}Why?\u{201d} Because\nof this"),
            ["Done.", "Version 152.0.4 runs (see e.g. the list).", "\u{201c}Why?\u{201d}", "Because", "of this"]
        );
        assert_eq!(sentences(" \n "), Vec::<&str>::new());
    }

    #[test]
    fn long_sentences_are_cut_at_their_clauses() {
        let long = "The others are one hundred and six from yesterday evening, one hundred and five from three days ago, \
                    one hundred and four from a week ago and twelve more.";
        let pieces = clauses(long);
        assert_eq!(pieces.len(), 2, "{pieces:?}");
        assert!(pieces.iter().all(|piece| piece.chars().count() <= LONGEST));
        assert_eq!(clauses("Short, as it is."), ["Short, as it is."]);
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "[a-z.,;!? \u{e9}\u{201d}\n]{0,600}") {
            let pieces: Vec<&str> = sentences(&text).into_iter().flat_map(clauses).collect();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let again: Vec<String> = pieces.iter().flat_map(|piece| words(piece)).collect();
            prop_assert_eq!(again, words(&text));
        }

        #[test]
        fn any_text_is_taken(text: String) {
            for sentence in sentences(&text) {
                prop_assert!(clauses(sentence).iter().all(|piece| !piece.is_empty()));
            }
        }
    }
}
