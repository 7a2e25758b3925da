//! Well-known names by their sound: "girl" is near "curl", "install SQ light" near "install sqlite".
//!
//! Among tens of thousands of names everything sounds like something, so only the well-known ones
//! take part; which they are is handed in. Proposes only: the sound and the user decide.

use super::Candidate;
use super::phones::{gap, sounds, unlike};

/// Below this likeness two names do not sound alike.
const LEAST: f32 = 0.45;
/// Names that are proposed.
const PROPOSED: usize = 10;
/// A part of a name that is no longer than this may be said letter by letter.
const LETTERS: usize = 5;

/// Names with the ways in which they sound.
#[derive(Debug, Default)]
pub struct WellKnown(Vec<(String, Vec<Vec<u8>>)>);

impl WellKnown {
    pub fn of(names: &[String]) -> Self {
        Self(names.iter().map(|name| (name.clone(), ways(name))).collect())
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The names that sound the most like words as the recogniser wrote them, the likest first.
    pub fn like(&self, heard: &str) -> Vec<Candidate> {
        let heard = heard_sounds(heard);
        if heard.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<Candidate> = self
            .0
            .iter()
            .filter_map(|(name, ways)| {
                let score = ways.iter().map(|way| alike(way, &heard)).fold(0.0, f32::max);
                (score >= LEAST).then(|| Candidate { name: name.clone(), score })
            })
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(PROPOSED);
        found
    }
}

/// 1 for the same sounds, 0 for nothing in common.
pub fn alike(said: &[u8], heard: &[u8]) -> f32 {
    let mut row: Vec<f32> = std::iter::once(0.0)
        .chain(heard.iter().scan(0.0, |cost, sound| {
            *cost += gap(*sound);
            Some(*cost)
        }))
        .collect();
    for sound in said {
        let mut next = Vec::with_capacity(row.len());
        let mut left = row.first().copied().unwrap_or_default() + gap(*sound);
        next.push(left);
        for (other, pair) in heard.iter().zip(row.windows(2)) {
            let [across, above] = pair else { continue };
            left = (across + unlike(*sound, *other)).min(above + gap(*sound)).min(left + gap(*other));
            next.push(left);
        }
        row = next;
    }
    #[expect(clippy::cast_precision_loss, reason = "names are short")]
    let longest = said.len().max(heard.len()).max(2) as f32;
    (1.0 - row.last().copied().unwrap_or(longest) / longest).max(0.0)
}

/// The sounds of words as a recogniser writes them: "SQ light", where capitals are letters.
pub fn heard_sounds(text: &str) -> Vec<u8> {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(heard_word).collect()
}

fn heard_word(word: &str) -> Vec<u8> {
    let letters = word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if letters && word.len() <= LETTERS && !word.is_empty() {
        spelled(&word.to_lowercase())
    } else {
        sounds(&word.to_lowercase())
    }
}

/// How a name may be said: its parts as words, and the short ones, or those without a vowel, as letters.
fn ways(name: &str) -> Vec<Vec<u8>> {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let parts: Vec<&str> = last.split(['-', '_', '+']).filter(|part| !part.is_empty()).collect();
    let words = parts.iter().flat_map(|part| runs(part)).flat_map(|run| sounds(&run)).collect();
    let mut ways: Vec<Vec<u8>> = vec![words];
    let short = |part: &str| part.len() <= LETTERS;
    if parts.iter().any(|part| short(part)) {
        let letters = |part: &&str| if short(part) { spelled(part) } else { sounds(part) };
        ways.push(parts.iter().flat_map(letters).collect());
    }
    // "ripgrep", "mupdf", "mgba": the first or the last few letters are said one by one.
    if let [one] = parts.as_slice() {
        for at in [1, 2, one.len().saturating_sub(3), one.len().saturating_sub(2)] {
            if let Some((first, rest)) =
                one.split_at_checked(at).filter(|(first, rest)| !first.is_empty() && rest.len() > 1)
            {
                ways.push(spelled(first).into_iter().chain(sounds(rest)).collect());
                ways.push(sounds(first).into_iter().chain(spelled(rest)).collect());
            }
        }
    }
    ways
}

/// Letters and numbers apart.
fn runs(part: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut digit = None;
    for c in part.chars() {
        match runs.last_mut().filter(|_| digit == Some(c.is_ascii_digit())) {
            Some(run) => run.push(c),
            None => runs.push(c.to_string()),
        }
        digit = Some(c.is_ascii_digit());
    }
    runs
}

fn spelled(letters: &str) -> Vec<u8> {
    const NAMES: [&str; 26] = [
        "ay", "bee", "see", "dee", "ee", "ef", "jee", "aych", "i", "jay", "kay", "el", "em", "en", "oh", "pee", "kyu",
        "ar", "es", "tee", "yu", "vee", "dubelyu", "eks", "wai", "zee",
    ];
    let name = |c: char| match c {
        'a'..='z' => {
            NAMES.get(usize::from(u8::try_from(c).unwrap_or(b'a') - b'a')).map_or_else(Vec::new, |name| sounds(name))
        }
        c => sounds(&c.to_string()),
    };
    letters.chars().flat_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_what_a_recogniser_writes_for_them() {
        let names = ["curl", "sqlite", "mgba", "zathura", "librewolf", "vlc", "gimp", "inkscape", "difftastic", "htop"];
        let known = WellKnown::of(&names.map(str::to_owned));
        for (heard, meant) in [
            ("girl", "curl"),
            ("SQ light", "sqlite"),
            ("in GBA", "mgba"),
            ("VLC", "vlc"),
            ("Libre Wolf", "librewolf"),
            ("skate", "inkscape"),
            ("the Tasty", "difftastic"),
            ("a GTOP", "htop"),
        ] {
            let found = known.like(heard);
            assert!(found.iter().take(3).any(|one| one.name == meant), "{heard}: {found:?}");
        }
        assert!(known.like("").is_empty());
    }
}
