//! A text as the tokens that the model would write it with.
//!
//! whisper.cpp's own tokenizer takes the longest token that fits, which is often not what the model
//! was trained on (" iced" is " ic" and "ed"): the probability of such a split says nothing. Here
//! pairs are merged in the order of the training, as `tiktoken` does it; a token's number is
//! its rank.

use std::collections::HashMap;
use std::ffi::c_int;

use whisper_rs::WhisperContext;

/// The tokens of a loaded model by their bytes.
pub struct Tokens {
    ranks: HashMap<Vec<u8>, c_int>,
}

impl Tokens {
    /// Reads the vocabulary: some milliseconds.
    pub fn of(context: &WhisperContext) -> Self {
        let all = 0..context.token_eot();
        let ranks = all.filter_map(|token| Some((context.token_to_bytes(token).ok()?.to_vec(), token))).collect();
        Self { ranks }
    }

    /// The tokens of a text; what the model has no token for is left out.
    pub fn encode(&self, text: &str) -> Vec<c_int> {
        pieces(text).into_iter().flat_map(|piece| self.merge(piece.as_bytes())).collect()
    }

    fn merge(&self, piece: &[u8]) -> Vec<c_int> {
        // Where each part begins; the last is the end.
        let mut bounds: Vec<usize> = (0..=piece.len()).collect();
        let rank = |from: usize, to: usize| self.ranks.get(piece.get(from..to)?).copied();
        loop {
            let pairs = bounds.windows(3).enumerate();
            let lowest = pairs
                .filter_map(|(at, bounds)| match bounds {
                    [from, _, to] => Some((rank(*from, *to)?, at)),
                    _ => None,
                })
                .min();
            let Some((_, at)) = lowest else { break };
            bounds.remove(at + 1);
        }
        bounds.iter().zip(bounds.iter().skip(1)).filter_map(|(from, to)| rank(*from, *to)).collect()
    }
}

/// Words with the blank before them, numbers and marks apart, as GPT-2's pattern parts them.
fn pieces(text: &str) -> Vec<&str> {
    #[derive(PartialEq, Clone, Copy)]
    enum Sort {
        Letters,
        Digits,
        Marks,
    }
    let sort = |c: char| match c {
        c if c.is_alphabetic() => Sort::Letters,
        c if c.is_numeric() => Sort::Digits,
        _ => Sort::Marks,
    };
    let mut starts = Vec::new();
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let goes_on = match before {
            // The blank belongs to what follows, an apostrophe to the letters after it.
            Some(' ') => c != ' ',
            Some('\'') => sort(c) == Sort::Letters,
            Some(before) => c != ' ' && sort(before) == sort(c),
            None => false,
        };
        if !goes_on {
            starts.push(at);
        }
        before = Some(c);
    }
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(text.len()));
    starts.iter().zip(ends).filter_map(|(from, to)| text.get(*from..to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_the_blank_before_them() {
        assert_eq!(pieces(" I'd want 12oz, please."), [" I", "'d", " want", " 12", "oz", ",", " please", "."]);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn the_pair_that_was_learned_first_is_merged_first() {
        let words = [" ", "i", "c", "e", "d", "ed", " i", " ic", " ice"];
        let ranks = words.iter().zip(0..).map(|(word, rank)| (word.as_bytes().to_vec(), rank)).collect();
        assert_eq!(Tokens { ranks }.encode(" iced"), [7, 5]);
    }
}
