//! A sentence that is nearly one that can be said: some words too many, some left out.
//!
//! The words are aligned to the templates by edit distance, each word weighed by what it carries: an
//! article little, a word that no template knows much. Words that turn a meaning round (not, if, without)
//! are never passed over, and neither are things of daily life. Values must be whole and real. What differs in
//! little words alone is the same sentence; of anything else the user is asked whether it was meant.

use std::rc::Rc;

use super::fits::Fit;
use super::grammar::{Grammar, Rule};
use super::kinds::Kind;
use super::talk;
use super::template::{Part, Slot};
use super::words::Said;
use crate::command::Slots;

/// What passing over a word costs, by what it carries; a word that stands in both sentences earns as much.
const LITTLE: f32 = 0.3;
const KNOWN: f32 = 1.0;
const UNKNOWN: f32 = 1.5;
/// A word that is missing is more than one too many: it may have been what the sentence is about.
const MISSING: f32 = 1.5;
/// A word that could be a value, and is none.
const LEFT_OVER: f32 = 3.0;
/// What a value earns.
const VALUE: f32 = 1.0;
/// A word of a name that templates use too is rather theirs.
const NAMED_BY_TEMPLATE: f32 = 0.5;
/// Dearest alignment that is followed, and the same where the command is known already.
const DEAREST: f32 = 2.6;
const DEAREST_FOR_VALUES: f32 = 9.0;
/// Greatest share of the cost in cost and earnings together: more than every third word.
const FARTHEST: f32 = 0.38;
/// So much nearer than any other command the nearest must be.
const LEAD: f32 = 0.06;
/// Up to this cost only little words differ: two of them, and no other.
const SAME: f32 = 0.65;
/// Longest sentence that is aligned, and longest value in it, in words.
const LONGEST: usize = 16;
const LONGEST_VALUE: usize = 5;

/// Words that carry little: a sentence means the same without them.
const LITTLE_WORDS: &[&str] = &[
    "a",
    "an",
    "the",
    "my",
    "our",
    "your",
    "this",
    "that",
    "these",
    "those",
    "is",
    "are",
    "am",
    "be",
    "do",
    "does",
    "for",
    "on",
    "in",
    "at",
    "with",
    "by",
    "just",
    "now",
    "right",
    "really",
    "actually",
    "exactly",
    "please",
    "here",
    "there",
    "some",
    "any",
    "all",
    "lately",
    "currently",
    "ok",
    "okay",
    "hey",
    "hi",
    "so",
    "then",
    "well",
    "system",
    "machine",
    "computer",
    "thing",
    "things",
    "else",
    "ever",
    "whole",
    "entire",
    "own",
];

/// Words that turn a meaning round, or tell of what others said and did.
const TURNING: &[&str] = &[
    "not", "never", "no", "nor", "neither", "nobody", "nothing", "without", "unless", "if", "when", "whenever",
    "whether", "because", "although", "though", "except", "but", "instead", "until", "before", "after", "since", "he",
    "she", "they", "him", "her", "them", "his", "their", "who", "said", "says", "told", "was", "were", "had", "did",
    "might", "should", "must", "may", "stop",
];

/// Whether a word among these turns the meaning round.
pub(super) fn turns(words: &[String]) -> bool {
    words.iter().any(|word| TURNING.contains(&word.as_str()))
}

/// A sentence that was nearly said.
pub(super) struct Loose {
    pub fit: Fit,
    /// Only little words differ; or, where the command was known already, no word is left over.
    pub same: bool,
}

/// One way to have aligned the words up to a point.
#[derive(Clone)]
struct Way {
    cost: f32,
    earned: f32,
    /// A word that could be a value is none.
    left_over: bool,
    filled: Option<Rc<Filled>>,
}

/// Values so far, the last one first.
struct Filled {
    slots: Slots,
    before: Option<Rc<Filled>>,
}

/// For each number of words that are behind it, the cheapest way.
type Row = Vec<Option<Way>>;

struct Alignment<'a> {
    grammar: &'a Grammar,
    said: &'a Said,
    /// What passing over each of the words costs.
    costs: Vec<f32>,
    dearest: f32,
    /// Whether open values, such as what is searched for, may stand in it.
    open: bool,
}

impl Grammar {
    /// The one sentence that this nearly is, if it is near enough and no other command is.
    pub(super) fn loosely(&self, said: &Said) -> Option<Loose> {
        if said.words.is_empty() || said.words.len() > LONGEST {
            return None;
        }
        let costs = said.words.iter().map(|word| self.cost(word)).collect();
        let alignment = Alignment { grammar: self, said, costs, dearest: DEAREST, open: false };
        let mut nearest: Vec<(f32, f32, Fit)> = Vec::new();
        for rule in self.rules_with(&said.words) {
            let Some(way) = alignment.of(rule) else { continue };
            let distance = way.cost / (way.cost + way.earned);
            if distance > FARTHEST + LEAD {
                continue;
            }
            let Some(command) = self.commands.get(rule.command) else { continue };
            let fit = Fit { command: command.clone(), slots: way.slots(), fixed: 0, line: rule.line };
            nearest.push((distance, way.cost, fit));
        }
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (distance, cost, fit) = nearest.first()?.clone();
        let other = nearest.iter().find(|(_, _, other)| other.command != fit.command || other.slots != fit.slots);
        let alone = other.is_none_or(|(other, ..)| other - distance >= LEAD);
        (distance <= FARTHEST && alone).then_some(Loose { fit, same: cost <= SAME })
    }

    /// The values of a command in words that fit none of its templates: by the template that they are the most like.
    ///
    /// No number is left over, and a word that no template knows only where it must be.
    pub(super) fn values_of(&self, command: &str, said: &Said) -> Option<Loose> {
        if said.words.len() > LONGEST {
            return None;
        }
        let cost = |word: &String| match self.cost(word) {
            _ if word.chars().any(|c| c.is_ascii_digit()) => f32::INFINITY,
            // Whether the meaning is turned round is for the caller to ask ([`turns`]).
            _ if TURNING.contains(&word.as_str()) => KNOWN,
            // Rather the value than left over.
            cost if cost >= UNKNOWN => LEFT_OVER,
            cost => cost,
        };
        let costs = said.words.iter().map(cost).collect();
        let alignment = Alignment { grammar: self, said, costs, dearest: DEAREST_FOR_VALUES, open: true };
        let command = self.commands.iter().position(|known| known == command)?;
        let rules = self.rules.iter().filter(|rule| rule.command == command);
        let ways = rules.filter_map(|rule| Some((alignment.of(rule)?, rule.line)));
        let (way, line) = ways.min_by(|(a, _), (b, _)| (a.cost - a.earned).total_cmp(&(b.cost - b.earned)))?;
        let slots = way.slots();
        // Without any value such a word was what the sentence is about.
        let about_it = way.left_over && slots.iter().next().is_none();
        let fit = Fit { command: self.commands.get(command)?.clone(), slots, fixed: 0, line };
        (!about_it).then_some(Loose { fit, same: !way.left_over })
    }

    fn cost(&self, word: &str) -> f32 {
        if TURNING.contains(&word) || talk::is_daily(&[word]) {
            f32::INFINITY
        } else if LITTLE_WORDS.contains(&word) {
            LITTLE
        } else if self.has_word(word) {
            KNOWN
        } else {
            UNKNOWN
        }
    }
}

impl Way {
    fn slots(&self) -> Slots {
        let mut all = Vec::new();
        let mut at = self.filled.as_ref();
        while let Some(filled) = at {
            all.push(&filled.slots);
            at = filled.before.as_ref();
        }
        let mut slots = Slots::default();
        for (name, values) in all.into_iter().rev().flat_map(Slots::iter) {
            for value in values {
                slots.push(name, value.clone());
            }
        }
        slots
    }

    fn dearer(&self, cost: f32, dearest: f32) -> Option<Self> {
        let cost = self.cost + cost;
        (cost <= dearest).then(|| Self { cost, ..self.clone() })
    }

    fn richer(&self, cost: f32, earned: f32, dearest: f32) -> Option<Self> {
        self.dearer(cost, dearest).map(|way| Self { earned: way.earned + earned, ..way })
    }

    fn filling(self, slots: Slots) -> Self {
        let before = self.filled.clone();
        Self { filled: Some(Rc::new(Filled { slots, before })), ..self }
    }
}

impl Alignment<'_> {
    fn of(&self, rule: &Rule) -> Option<Way> {
        let mut row: Row = vec![None; self.said.words.len() + 1];
        *row.first_mut()? = Some(Way { cost: 0.0, earned: 0.0, left_over: false, filled: None });
        let mut row = self.part(&rule.template, row)?;
        self.pass_over(&mut row);
        row.pop()?
    }

    /// The ways behind a part; `None` where there are none.
    fn part(&self, part: &Part, row: Row) -> Option<Row> {
        match part {
            Part::Word(word) => self.word(word, row),
            Part::Slot(slot) => self.slot(slot, row),
            Part::Set { slot, value } => {
                let mut slots = Slots::default();
                slots.push(slot, value.clone());
                Some(row.into_iter().map(|way| Some(way?.filling(slots.clone()))).collect())
            }
            Part::Sequence(parts) => parts.iter().try_fold(row, |row, part| self.part(part, row)),
            Part::OneOf(parts) => {
                let ways = parts.iter().filter_map(|part| self.part(part, row.clone()));
                ways.reduce(|mut best, more| {
                    merge(&mut best, more);
                    best
                })
            }
            Part::Maybe(part) => match self.part(part, row.clone()) {
                Some(with) => {
                    let mut row = row;
                    merge(&mut row, with);
                    Some(row)
                }
                None => Some(row),
            },
        }
    }

    /// Words that were said and belong to nothing.
    fn pass_over(&self, row: &mut Row) {
        for (at, cost) in self.costs.iter().enumerate() {
            let passed = row.get(at).and_then(|way| way.as_ref()?.dearer(*cost, self.dearest));
            let passed = passed.map(|way| Way { left_over: way.left_over || *cost >= LEFT_OVER, ..way });
            if let Some(to) = row.get_mut(at + 1) {
                better(to, passed);
            }
        }
    }

    fn word(&self, word: &str, mut row: Row) -> Option<Row> {
        self.pass_over(&mut row);
        let worth = if LITTLE_WORDS.contains(&word) { LITTLE } else { KNOWN };
        let left_out = if TURNING.contains(&word) { f32::INFINITY } else { worth * MISSING };
        let mut next: Row = row.iter().map(|way| way.as_ref()?.dearer(left_out, self.dearest)).collect();
        for (at, _) in self.said.words.iter().enumerate().filter(|(_, said)| *said == word) {
            let taken = row.get(at).and_then(|way| way.as_ref()?.richer(0.0, worth, self.dearest));
            if let Some(to) = next.get_mut(at + 1) {
                better(to, taken);
            }
        }
        next.iter().any(Option::is_some).then_some(next)
    }

    fn slot(&self, slot: &Slot, mut row: Row) -> Option<Row> {
        let kind = Kind::named(&slot.kind);
        if !self.open && matches!(kind, Kind::Query | Kind::Thing | Kind::Label | Kind::Value | Kind::Free) {
            return None;
        }
        // Any word may name a service, if it is called one.
        let called_so = |word: &String| matches!(word.as_str(), "service" | "daemon" | "unit");
        if kind == Kind::NamedService && !self.said.words.iter().any(called_so) {
            return None;
        }
        self.pass_over(&mut row);
        let mut next: Row = vec![None; row.len()];
        for (from, way) in row.iter().enumerate() {
            let Some(way) = way else { continue };
            for to in from + 1..row.len().min(from + 1 + LONGEST_VALUE) {
                let Some((slots, cost)) = self.value(slot, kind, from, to) else { continue };
                let filled = way.richer(cost, VALUE, self.dearest).map(|way| way.filling(slots));
                if let Some(into) = next.get_mut(to) {
                    better(into, filled);
                }
            }
        }
        next.iter().any(Option::is_some).then_some(next)
    }

    /// The value of some of the words, and how unlikely it is that they are one.
    fn value(&self, slot: &Slot, kind: Kind, from: usize, to: usize) -> Option<(Slots, f32)> {
        let words = self.said.words.get(from..to)?;
        let mut cost = 0.0;
        if matches!(kind, Kind::Name | Kind::Bare) {
            if words.iter().any(|word| LITTLE_WORDS.contains(&word.as_str()) || TURNING.contains(&word.as_str())) {
                return None;
            }
            #[expect(clippy::cast_precision_loss, reason = "five words at most")]
            let theirs = words.iter().filter(|word| self.grammar.has_word(word)).count() as f32;
            cost = theirs * NAMED_BY_TEMPLATE;
        }
        let mut slots = Slots::default();
        let pauses = self.said.pauses.get(from..to).unwrap_or_default();
        self.grammar.fill(slot, kind, &words.join(" "), pauses, &mut slots)?;
        Some((slots, cost))
    }
}

fn better(known: &mut Option<Way>, other: Option<Way>) {
    if let Some(other) = other
        && known.as_ref().is_none_or(|known| (other.cost, known.earned) < (known.cost, other.earned))
    {
        *known = Some(other);
    }
}

fn merge(row: &mut Row, more: Row) {
    for (known, other) in row.iter_mut().zip(more) {
        better(known, other);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::intent::words::said;

    fn loosely(text: &str) -> Option<(String, bool)> {
        let loose = Grammar::english().unwrap().loosely(&said(text).unwrap())?;
        Some((loose.fit.command, loose.same))
    }

    #[test]
    fn little_words_do_not_matter_and_others_do() {
        assert_eq!(loosely("what did nginx log lately"), Some(("logs".to_owned(), true)));
        assert_eq!(loosely("list the generations exactly here"), Some(("generations".to_owned(), true)));
        // A word that turns the meaning round is never passed over.
        for no in ["not list the generations", "list the generations if he says so", "the weather of the generations"] {
            assert_eq!(loosely(no), None, "{no}");
        }
    }

    #[test]
    fn values_are_found_where_the_command_is_known() {
        let grammar = Grammar::english().unwrap();
        let values = |command: &str, text: &str| {
            let found = grammar.values_of(command, &said(text).unwrap());
            found.map(|loose| loose.fit.slots)
        };
        let slots = values("diff", "how would you say 3 and then 5 differ").unwrap();
        assert_eq!((slots.first("from"), slots.first("to")), (Some("3"), Some("5")));
        // No number is left over.
        assert!(values("generations", "show the generations 3 and 5").is_none());
    }
}
