//! The grammar's own check: no template is unreachable, and no two commands fit equally well unless
//! the file says which one wins.

use super::fits::Fit;
use super::grammar::Grammar;
use super::words::said;

/// Sentences tried for each template.
const SENTENCES: u64 = 24;

/// A sentence of one command's template that another command takes, or could as well take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: \u{201c}{sentence}\u{201d} is {command}, and {other} fits as well")]
pub struct Clash {
    pub file: String,
    pub line: usize,
    pub sentence: String,
    pub command: String,
    pub other: String,
}

impl Grammar {
    /// Every clash among sentences of each template; the same ones at each call.
    #[must_use]
    pub fn clashes(&self) -> Vec<Clash> {
        self.clashes_from(0)
    }

    /// The clashes of the templates from the one with that number on.
    pub(super) fn clashes_from(&self, first: usize) -> Vec<Clash> {
        let mut clashes: Vec<Clash> = Vec::new();
        for rule in self.rules.iter().skip(first) {
            let mut reached = false;
            let mut missed: Option<Clash> = None;
            for seed in 0..SENTENCES {
                let mut state = seed;
                // Both ends of every choice, then a fixed walk through the others.
                let mut pick = |ways: usize| match seed {
                    0 => 0,
                    1 => ways - 1,
                    _ => {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        usize::try_from(state >> 33).unwrap_or(0) % ways
                    }
                };
                let sentence = rule.template.sentence(&mut pick, &mut |slot| self.sample(slot));
                let Some(said) = said(&sentence) else { continue };
                let fits = self.fits(&said);
                let own = self.commands.get(rule.command).cloned().unwrap_or_default();
                if fits.iter().any(|fit| fit.line == rule.line) {
                    reached = true;
                }
                let Some(other) = self.rival(&own, &fits) else { continue };
                missed.get_or_insert(Clash {
                    file: self.file_of(rule),
                    line: rule.line,
                    sentence,
                    command: own,
                    other,
                });
            }
            if let Some(clash) = missed {
                clashes.push(clash);
            } else if !reached {
                let command = self.commands.get(rule.command).cloned().unwrap_or_default();
                let sentence = rule.template.sentence(&mut |_| 0, &mut |slot| self.sample(slot));
                clashes.push(Clash {
                    file: self.file_of(rule),
                    line: rule.line,
                    sentence,
                    command,
                    other: "nothing".to_owned(),
                });
            }
        }
        clashes
    }

    /// Another command that fits as well or better, with nothing stated about the two.
    fn rival(&self, own: &str, fits: &[Fit]) -> Option<String> {
        let best = fits.first()?.fixed;
        let top: Vec<&Fit> = fits.iter().take_while(|fit| fit.fixed == best).collect();
        let stated = |one: &str, other: &str| {
            self.preferred.contains(&(one.to_owned(), other.to_owned()))
                || self.preferred.contains(&(other.to_owned(), one.to_owned()))
        };
        top.iter().map(|fit| fit.command.as_str()).find(|other| *other != own && !stated(own, other)).map(str::to_owned)
    }
}
