//! The sentences of a closed grammar that sound the most like what was heard.
//!
//! The grammar becomes an automaton of words; the sounds of the utterance are aligned to its paths
//! by edit distance, all paths at once (Viterbi, with the best few kept apart). It is only for
//! domains whose slots all have listed values: names of packages are found in another way.

use std::collections::BTreeMap;

use super::grammar::{Grammar, plain};
use super::phones::{gap, sounds, unlike};
use super::template::Part;
use crate::command::Slots;

/// Sentences that are kept apart at each point.
const KEPT: usize = 12;

/// A sentence of the grammar, and how far from it the utterance was.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    pub command: String,
    pub slots: Slots,
    /// The sentence itself, as the grammar has it.
    pub sentence: String,
    /// Mean cost a sound; 0 is the same, 1 has nothing in common.
    pub distance: f32,
    /// The same of the word that is the farthest from what was heard.
    pub worst: f32,
}

enum Step {
    Word { word: String, sounds: Vec<u8> },
    Fill { slot: String, value: String },
    Nothing,
}

struct Arc {
    from: usize,
    to: usize,
    step: Step,
}

/// The automaton: states are numbers, and each arc leads to a higher one.
#[derive(Default)]
pub struct Automaton {
    arcs: Vec<Arc>,
    states: usize,
    /// Last state of each command.
    ends: Vec<(usize, String)>,
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Automaton({} arcs)", self.arcs.len())
    }
}

/// One way to a point: its cost, and the arcs behind it.
#[derive(Clone, Copy)]
struct Way {
    cost: f32,
    /// The values so far, as a number: two ways with the same are one, whatever words lead there.
    story: u64,
    /// Its place among the steps taken, to go back by.
    step: usize,
}

/// A step that was taken: its arc, the step before it, and the cost up to its end.
struct Taken {
    arc: Option<usize>,
    before: usize,
    cost: f32,
}

/// The best few ways, the best first.
type Ways = Vec<Way>;

impl Automaton {
    /// The automaton of a grammar; `None` where a slot has no listed values.
    #[must_use]
    pub fn of(grammar: &Grammar) -> Option<Self> {
        let mut automaton = Self { states: 1, ..Self::default() };
        for rule in &grammar.rules {
            let end = automaton.part(&rule.template, 0, &grammar.values)?;
            automaton.ends.push((end, grammar.commands.get(rule.command)?.clone()));
        }
        automaton.arcs.sort_by_key(|arc| arc.from);
        Some(automaton)
    }

    fn state(&mut self) -> usize {
        self.states += 1;
        self.states - 1
    }

    fn arc(&mut self, from: usize, to: usize, step: Step) {
        self.arcs.push(Arc { from, to, step });
    }

    /// Adds a part after `from`; gives the state after it.
    fn part(&mut self, part: &Part, from: usize, values: &BTreeMap<String, Vec<String>>) -> Option<usize> {
        match part {
            Part::Word(word) => {
                let to = self.state();
                self.arc(from, to, Step::Word { word: word.clone(), sounds: sounds(word) });
                Some(to)
            }
            Part::Sequence(parts) => parts.iter().try_fold(from, |from, part| self.part(part, from, values)),
            Part::OneOf(parts) => {
                let ends = parts.iter().map(|part| self.part(part, from, values)).collect::<Option<Vec<_>>>()?;
                Some(self.join(&ends))
            }
            Part::Maybe(part) => {
                let end = self.part(part, from, values)?;
                Some(self.join(&[from, end]))
            }
            Part::Set { slot, value } => {
                let to = self.state();
                self.arc(from, to, Step::Fill { slot: slot.clone(), value: value.clone() });
                Some(to)
            }
            Part::Slot(slot) => {
                let listed = values.get(&slot.kind)?;
                let mut ends = Vec::with_capacity(listed.len());
                for value in listed {
                    let mut at = from;
                    for word in plain(value).split(' ') {
                        let to = self.state();
                        self.arc(at, to, Step::Word { word: word.to_owned(), sounds: sounds(word) });
                        at = to;
                    }
                    let to = self.state();
                    self.arc(at, to, Step::Fill { slot: slot.name.clone(), value: value.clone() });
                    ends.push(to);
                }
                Some(self.join(&ends))
            }
        }
    }

    fn join(&mut self, ends: &[usize]) -> usize {
        let to = self.state();
        for end in ends {
            self.arc(*end, to, Step::Nothing);
        }
        to
    }

    /// The nearest sentences, the nearest first; none for an utterance without sounds.
    #[must_use]
    pub fn nearest(&self, words: &[String]) -> Vec<Near> {
        let heard: Vec<u8> = words.iter().flat_map(|word| sounds(word)).collect();
        if heard.is_empty() {
            return Vec::new();
        }
        let columns = heard.len() + 1;
        let mut steps = vec![Taken { arc: None, before: 0, cost: 0.0 }];
        let mut at: Vec<Vec<Ways>> = vec![Vec::new(); self.states];
        if let Some(start) = at.first_mut() {
            *start = vec![Ways::new(); columns];
            if let Some(first) = start.first_mut() {
                first.push(Way { cost: 0.0, story: 0, step: 0 });
            }
        }
        for (place, arc) in self.arcs.iter().enumerate() {
            let Some(from) = at.get(arc.from).filter(|from| !from.is_empty()) else { continue };
            let reached = match &arc.step {
                Step::Nothing => from.clone(),
                Step::Fill { slot, value } => onward(from, place, told(slot, value), &mut steps),
                Step::Word { sounds, .. } => onward(&align(from.clone(), sounds, &heard), place, 0, &mut steps),
            };
            if let Some(to) = at.get_mut(arc.to) {
                if to.is_empty() {
                    *to = reached;
                } else {
                    to.iter_mut().zip(reached).for_each(|(to, ways)| merge(to, &ways));
                }
            }
        }
        let mut found: Vec<(Way, &str)> = Vec::new();
        for (end, command) in &self.ends {
            let last = at.get(*end).and_then(|columns| columns.last()).map_or(&[][..], Vec::as_slice);
            found.extend(last.iter().map(|way| (*way, command.as_str())));
        }
        found.sort_by(|a, b| a.0.cost.total_cmp(&b.0.cost));
        found.truncate(KEPT);
        found.into_iter().map(|(way, command)| self.near(way, command, &steps, heard.len())).collect()
    }

    fn near(&self, way: Way, command: &str, steps: &[Taken], heard: usize) -> Near {
        let mut taken = Vec::new();
        let mut at = way.step;
        while let Some(Taken { arc: Some(arc), before, cost }) = steps.get(at) {
            let so_far = steps.get(*before).map_or(0.0, |step| step.cost);
            taken.push((*arc, cost - so_far));
            at = *before;
        }
        let (mut slots, mut sentence, mut worst) = (Slots::default(), Vec::new(), 0.0_f32);
        for (arc, cost) in taken.into_iter().rev() {
            match self.arcs.get(arc).map(|arc| &arc.step) {
                Some(Step::Word { word, sounds }) => {
                    sentence.push(word.as_str());
                    #[expect(clippy::cast_precision_loss, reason = "a word has some ten sounds")]
                    // An article may be swallowed; what carries the meaning may not.
                    let length = sounds.len().max(3) as f32;
                    worst = worst.max(cost / length);
                }
                Some(Step::Fill { slot, value }) => slots.push(slot, value.clone()),
                Some(Step::Nothing) | None => {}
            }
        }
        let said: usize = sentence.iter().map(|word| sounds(word).len()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a hundred sounds at most")]
        let longer = heard.max(said).max(1) as f32;
        Near { command: command.to_owned(), slots, sentence: sentence.join(" "), distance: way.cost / longer, worst }
    }
}

/// A number for what a step says.
fn told(slot: &str, value: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (slot, value).hash(&mut hasher);
    hasher.finish()
}

/// The ways after an arc: each remembers it.
fn onward(ways: &[Ways], arc: usize, told: u64, steps: &mut Vec<Taken>) -> Vec<Ways> {
    let step = |way: &Way, steps: &mut Vec<Taken>| {
        steps.push(Taken { arc: Some(arc), before: way.step, cost: way.cost });
        let story = if told == 0 { way.story } else { way.story.rotate_left(7) ^ told };
        Way { cost: way.cost, story, step: steps.len() - 1 }
    };
    ways.iter().map(|ways| ways.iter().map(|way| step(way, steps)).collect()).collect()
}

/// Edit distance of one word's sounds, from every point of the utterance to every later one.
fn align(mut row: Vec<Ways>, sounds: &[u8], heard: &[u8]) -> Vec<Ways> {
    // Sounds that were heard and belong to no word, before this one.
    spill(&mut row, heard);
    for sound in sounds {
        let mut next: Vec<Ways> = row.iter().map(|ways| dearer(ways, gap(*sound))).collect();
        for (place, other) in heard.iter().enumerate() {
            let said = row.get(place).map(|ways| dearer(ways, unlike(*sound, *other)));
            if let (Some(to), Some(said)) = (next.get_mut(place + 1), said) {
                merge(to, &said);
            }
        }
        spill(&mut next, heard);
        row = next;
    }
    row
}

fn spill(row: &mut [Ways], heard: &[u8]) {
    for (place, sound) in heard.iter().enumerate() {
        let more = row.get(place).map(|ways| dearer(ways, gap(*sound)));
        if let (Some(to), Some(more)) = (row.get_mut(place + 1), more) {
            merge(to, &more);
        }
    }
}

fn dearer(ways: &[Way], cost: f32) -> Ways {
    ways.iter().map(|way| Way { cost: way.cost + cost, ..*way }).collect()
}

/// The best few of both, each story once.
fn merge(into: &mut Ways, more: &[Way]) {
    for way in more {
        match into.iter_mut().find(|known| known.story == way.story) {
            Some(known) => {
                if way.cost < known.cost {
                    *known = *way;
                }
            }
            None => into.push(*way),
        }
    }
    into.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    into.truncate(KEPT);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const TEXT: &str = "values size = small | twelve ounce\nvalues roast = light roast | dark roast\nvalues drink = mocha | latte | iced coffee\n\
                        order:\n  (brew|get me) a [{size}] [{roast}] {drink}\n";

    fn nearest(text: &str) -> Near {
        let automaton = Automaton::of(&Grammar::read(TEXT, "test").unwrap()).unwrap();
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        automaton.nearest(&words).remove(0)
    }

    #[test]
    fn what_is_in_the_grammar_is_itself() {
        let near = nearest("get me a 12 ounce light roast latte");
        assert_eq!(near.sentence, "get me a 12 ounce light roast latte");
        assert_eq!(near.slots.all("size"), ["twelve ounce"]);
        assert!(near.distance < 0.001);
    }

    #[test]
    fn what_sounds_alike_is_found() {
        let near = nearest("brew a light rose mocker");
        assert_eq!(
            (near.slots.all("roast"), near.slots.all("drink")),
            (&["light roast".to_owned()][..], &["mocha".to_owned()][..])
        );
        assert_eq!(nearest("get me a 12 oz ice coffee").sentence, "get me a 12 ounce iced coffee");
        assert!(nearest("the weather was very pleasant today").distance > 0.4);
    }

    #[test]
    fn an_open_slot_has_no_automaton() {
        assert!(Automaton::of(&Grammar::read("find:\n  find {query}\n", "test").unwrap()).is_none());
    }
}
