//! Which templates fit an utterance, and what fills their slots.

use std::sync::OnceLock;

use regex::{Captures, Regex};

use super::grammar::{Filled, Grammar, Matcher, Rule, plain};
use super::kinds::{Kind, split};
use super::template::{Hole, Slot};
use super::words::Said;
use crate::command::Slots;

/// Compiled regular expressions may take so much memory, bytes; a template that needs more is refused.
const SIZE_LIMIT: usize = 4 << 20;

/// A template that fits, with what filled its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub command: String,
    pub slots: Slots,
    /// Words that fixed parts of the template took; listed values count as such.
    pub fixed: usize,
    /// The line of the template.
    pub line: usize,
}

impl Grammar {
    /// All templates that fit the whole of the words, the most specific first.
    ///
    /// Specific is what leaves the fewest words to free slots; then what `prefer` states, then what
    /// stands earlier in the file.
    #[must_use]
    pub fn fits(&self, said: &Said) -> Vec<Fit> {
        let mut text = said.words.join(" ");
        text.push(' ');
        let mut fits: Vec<Fit> = self.rules_with(&said.words).filter_map(|rule| self.fit(rule, said, &text)).collect();
        fits.sort_by_key(|fit| std::cmp::Reverse(fit.fixed));
        let best = fits.first().map_or(0, |fit| fit.fixed);
        let equal = fits.iter().take_while(|fit| fit.fixed == best).count();
        // One stated winner among equals comes to the front; others keep the file's order.
        let wins = |one: &Fit, other: &Fit| self.preferred.contains(&(one.command.clone(), other.command.clone()));
        let winner = fits
            .get(..equal)
            .unwrap_or_default()
            .iter()
            .position(|one| fits.iter().take(equal).all(|other| one.command == other.command || wins(one, other)));
        if let Some(winner) = winner.filter(|winner| *winner > 0) {
            let fit = fits.remove(winner);
            fits.insert(0, fit);
        }
        fits
    }

    /// The rules that these words could fit: each needs one of some words, or none at all.
    pub(super) fn rules_with(&self, words: &[String]) -> impl Iterator<Item = &Rule> {
        let mut candidates: Vec<usize> = self.wordless.clone();
        candidates.extend(words.iter().filter_map(|word| self.by_word.get(word)).flatten());
        candidates.sort_unstable();
        candidates.dedup();
        candidates.into_iter().filter_map(|at| self.rules.get(at))
    }

    fn fit(&self, rule: &Rule, said: &Said, text: &str) -> Option<Fit> {
        let matcher = rule.matcher.get_or_init(|| self.compile(rule)).as_ref()?;
        // As few words to the slots as can be: those that the template names itself belong to it. But
        // "the web server" is a name with such a word inside.
        let lazy = matcher.lazy.captures(text)?;
        self.filled(rule, matcher, &lazy, said, text).or_else(|| {
            let greedy = matcher.greedy.get_or_init(|| self.compiled(rule, false).map(|(regex, _)| regex)).as_ref()?;
            self.filled(rule, matcher, &greedy.captures(text)?, said, text)
        })
    }

    fn filled(&self, rule: &Rule, matcher: &Matcher, found: &Captures, said: &Said, text: &str) -> Option<Fit> {
        let mut slots = Slots::default();
        let mut free = 0;
        for (filled, group) in matcher.holes.iter().zip(found.iter().skip(1)) {
            let Some(group) = group else { continue };
            match filled {
                Filled::Set { slot, value } => slots.push(slot, value.clone()),
                Filled::Slot(slot, kind) => {
                    let from = text.get(..group.start())?.matches(' ').count();
                    let count = group.as_str().split(' ').count();
                    let pauses = said.pauses.get(from..from + count).unwrap_or_default();
                    free += self.fill(slot, *kind, group.as_str(), pauses, &mut slots)?;
                }
            }
        }
        let command = self.commands.get(rule.command)?.clone();
        Some(Fit { command, slots, fixed: said.words.len().saturating_sub(free), line: rule.line })
    }

    /// Fills a slot and gives the number of words that it took freely; `None` where they cannot stand in it.
    pub(super) fn fill(
        &self,
        slot: &Slot,
        kind: Kind,
        heard: &str,
        pauses: &[bool],
        slots: &mut Slots,
    ) -> Option<usize> {
        let words: Vec<&str> = heard.split(' ').collect();
        if let Some(values) = self.values.get(&slot.kind) {
            // A listed value as the grammar's file writes it: "20 ounce" was "twenty ounce" there.
            let written = values.iter().find(|value| plain(value) == heard);
            slots.push(&slot.name, written.map_or(heard, String::as_str));
            return Some(words.len());
        }
        if slot.many {
            let parts = if kind == Kind::Number {
                words.iter().filter(|word| **word != "and").map(|word| vec![*word]).collect()
            } else {
                split(&words, pauses)
            };
            for part in &parts {
                slots.push(&slot.name, self.value(slot, kind, part)?.0);
            }
            return (!parts.is_empty()).then_some(words.len());
        }
        // A pause inside a name is none: "install firefox, she left".
        if matches!(kind, Kind::Name | Kind::Bare)
            && pauses.len() > 1
            && pauses.iter().rev().skip(1).any(|pause| *pause)
        {
            return None;
        }
        let (value, listed) = self.value(slot, kind, &words)?;
        slots.push(&slot.name, value);
        Some(if listed || kind == Kind::Date || kind == Kind::Age { 0 } else { words.len() })
    }

    fn value(&self, slot: &Slot, kind: Kind, words: &[&str]) -> Option<(String, bool)> {
        let known = self.names.get(&slot.kind).and_then(|known| {
            let bare = match words {
                ["the" | "a" | "an", rest @ ..] if !rest.is_empty() => rest,
                all => all,
            };
            let bare = bare.strip_suffix(&[slot.kind.as_str()]).filter(|rest| !rest.is_empty()).unwrap_or(bare);
            known.get(&bare.join(" "))
        });
        match known {
            Some(real) => Some((real.clone(), true)),
            None => Some((kind.value(words)?, false)),
        }
    }

    fn compile(&self, rule: &Rule) -> Option<Matcher> {
        let (lazy, holes) = self.compiled(rule, true)?;
        Some(Matcher { lazy, greedy: OnceLock::new(), holes })
    }

    /// Builds the expression of a template: anchored at both ends, each hole a group.
    fn compiled(&self, rule: &Rule, lazy: bool) -> Option<(Regex, Vec<Filled>)> {
        let mut holes = Vec::new();
        let body = rule.template.regex(&mut |hole| match hole {
            Hole::Set { slot, value } => {
                holes.push(Filled::Set { slot: slot.to_owned(), value: value.to_owned() });
                "()".to_owned()
            }
            Hole::Slot(slot) => {
                let kind = if self.is_own() { Kind::named(&slot.kind) } else { Kind::Free };
                holes.push(Filled::Slot(slot.clone(), kind));
                format!("({})", self.pattern(slot, kind, lazy))
            }
        });
        let regex = regex::RegexBuilder::new(&format!("^{body}$")).size_limit(SIZE_LIMIT).build();
        let regex = regex.inspect_err(|error| tracing::error!(target: "intent", %error, "a template is too large"));
        Some((regex.ok()?, holes))
    }

    fn pattern(&self, slot: &Slot, kind: Kind, lazy: bool) -> String {
        let Some(values) = self.values.get(&slot.kind) else {
            return kind.pattern(slot.many, lazy);
        };
        let mut values: Vec<String> = values.iter().map(|value| regex::escape(&plain(value))).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        format!("(?:{})", values.join("|"))
    }
}
