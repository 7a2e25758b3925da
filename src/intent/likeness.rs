//! What is meant by a sentence that no template has: what the known sentences that are most like it mean.
//!
//! The known ones are sentences that people said, with the command that each of them means (or none), and
//! sentences that the templates make. A sentence is the bag of its words, pairs and triples of words, rare ones
//! weighing more (tf-idf, Salton and Buckley 1988); names, numbers and times are one word each. The nearest
//! sentences vote by their cosine (k nearest neighbours). This says which command, and how surely; it fills no slot.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::grammar::Grammar;
use super::kinds::Kind;
use super::words::words;

/// Sentences that people said, each with the command that it means, or `nothing`.
const SAID: &str = include_str!("grammar/en.said");
/// The same, of the corpus that may be tuned to: with the values, too.
const TUNE: [&str; 2] =
    [include_str!("../../tests/phrases/tune/commands.tsv"), include_str!("../../tests/phrases/tune/nothing.tsv")];

/// Sentences that vote.
const NEIGHBOURS: usize = 15;
/// The nearer ones count more: the cosine to this power.
const SHARPNESS: i32 = 6;
/// Sentences that each template makes.
const MADE: usize = 6;
/// A word of so many sentences is a word of the language, and not the name of something.
const COMMON: usize = 3;
/// What the pair around a word, and a triple, weigh beside a word.
const AROUND: f32 = 0.7;
const TRIPLE: f32 = 0.5;
/// Longest time in words ("the day before yesterday").
const LONGEST_TIME: usize = 4;

/// The command of no sentence: it is not for the machine.
pub const NOT_FOR_US: &str = "nothing";

/// The judgement about one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// A command's name, or [`NOT_FOR_US`].
    pub command: String,
    /// The share of the votes, 0 to 1.
    pub share: f32,
    /// The cosine of the nearest sentence, 0 to 1.
    pub likeness: f32,
}

/// The known sentences, ready to be compared.
pub struct Likeness {
    vocabulary: HashSet<String>,
    commands: Vec<String>,
    /// The command of each sentence.
    meant: Vec<usize>,
    /// For each feature, the sentences that have it, with its weight in them.
    sentences: HashMap<u64, Vec<(usize, f32)>>,
    count: usize,
}

impl std::fmt::Debug for Likeness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Likeness({} sentences)", self.count)
    }
}

impl Likeness {
    /// Reads the known sentences, and makes some by each template. Takes some tens of milliseconds.
    #[must_use]
    pub fn of(grammar: &Grammar) -> Self {
        let mut likeness = Self {
            vocabulary: vocabulary(grammar),
            commands: Vec::new(),
            meant: Vec::new(),
            sentences: HashMap::new(),
            count: 0,
        };
        let mut all: Vec<(Vec<(u64, f32)>, usize)> = Vec::new();
        for line in known_sentences() {
            let mut fields = line.split('\t');
            if let (Some(sentence), Some(command)) = (fields.next(), fields.next())
                && let Some(words) = words(sentence)
            {
                let bare = words.get(grammar.bare(&words)).unwrap_or_default();
                let command = likeness.command(command);
                all.push((features(&likeness.tokens(bare)), command));
            }
        }
        for (sentence, command) in grammar.varied(MADE) {
            let tokens: Vec<String> = sentence.split_whitespace().map(str::to_owned).collect();
            let command = likeness.command(&command);
            all.push((features(&tokens), command));
        }
        likeness.weigh(all);
        likeness
    }

    fn command(&mut self, name: &str) -> usize {
        self.commands.iter().position(|known| known == name).unwrap_or_else(|| {
            self.commands.push(name.to_owned());
            self.commands.len() - 1
        })
    }

    fn weigh(&mut self, all: Vec<(Vec<(u64, f32)>, usize)>) {
        let mut frequency: HashMap<u64, usize> = HashMap::new();
        for (feature, _) in all.iter().flat_map(|(features, _)| features) {
            *frequency.entry(*feature).or_default() += 1;
        }
        self.count = all.len();
        for (place, (features, command)) in all.into_iter().enumerate() {
            self.meant.push(command);
            let weighed: Vec<(u64, f32)> = features
                .into_iter()
                .map(|(feature, worth)| (feature, worth * rarity(frequency.get(&feature).copied(), self.count)))
                .collect();
            let length = length(&weighed);
            for (feature, weight) in weighed {
                self.sentences.entry(feature).or_default().push((place, weight / length));
            }
        }
    }

    /// What the sentences say that are the most like this one; `None` where none is like it at all.
    #[must_use]
    pub fn judge(&self, words: &[String]) -> Option<Judgement> {
        let weighed: Vec<(u64, f32)> = features(&self.tokens(words))
            .into_iter()
            .map(|(feature, worth)| (feature, worth * rarity(self.sentences.get(&feature).map(Vec::len), self.count)))
            .collect();
        let length = length(&weighed);
        let mut likeness: HashMap<usize, f32> = HashMap::new();
        for (feature, weight) in weighed {
            for (place, theirs) in self.sentences.get(&feature).into_iter().flatten() {
                *likeness.entry(*place).or_default() += weight / length * theirs;
            }
        }
        let mut nearest: Vec<(usize, f32)> = likeness.into_iter().collect();
        nearest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        nearest.truncate(NEIGHBOURS);
        let mut votes: BTreeMap<usize, f32> = BTreeMap::new();
        for (place, cosine) in &nearest {
            *votes.entry(*self.meant.get(*place)?).or_default() += cosine.powi(SHARPNESS);
        }
        let all: f32 = votes.values().sum();
        let (command, most) = votes.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Judgement {
            command: self.commands.get(command)?.clone(),
            share: most / all,
            likeness: nearest.first()?.1,
        })
    }

    /// The words with one word for each name, number and time.
    fn tokens(&self, words: &[String]) -> Vec<String> {
        let mut tokens: Vec<String> = Vec::with_capacity(words.len());
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let (token, count) = match timed(words.get(at..).unwrap_or_default()) {
                Some((time, taken)) => (time, taken),
                None if word.chars().next().is_some_and(|first| first.is_ascii_digit()) => (Kind::Number.token(), 1),
                None if self.vocabulary.contains(word) => (word.as_str(), 1),
                // No template and no known sentence uses it as a word.
                None => (Kind::Name.token(), 1),
            };
            // A name may have several words.
            if token != Kind::Name.token() || tokens.last().is_none_or(|last| last != token) {
                tokens.push(token.to_owned());
            }
            at += count;
        }
        tokens
    }
}

/// A time or an age that the words begin with, and of how many words it is.
fn timed(words: &[String]) -> Option<(&'static str, usize)> {
    (1..=LONGEST_TIME.min(words.len())).rev().find_map(|count| {
        let first: Vec<&str> = words.iter().take(count).map(String::as_str).collect();
        if count >= 2 && Kind::Age.value(&first).is_some() {
            return Some((Kind::Age.token(), count));
        }
        // A number alone could be anything.
        let lettered = first.iter().any(|word| word.chars().all(char::is_alphabetic));
        (lettered && Kind::Date.value(&first).is_some()).then_some((Kind::Date.token(), count))
    })
}

fn known_sentences() -> impl Iterator<Item = &'static str> {
    SAID.lines().chain(TUNE.into_iter().flat_map(str::lines))
}

/// Words that are words: those of the templates, and those of several known sentences that name nothing.
fn vocabulary(grammar: &Grammar) -> HashSet<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut names: HashSet<String> = HashSet::new();
    for line in known_sentences() {
        let mut fields = line.split('\t');
        let sentence = fields.next().and_then(words).unwrap_or_default();
        let values = fields.filter_map(|slot| slot.split_once('=')).filter_map(|(_, value)| words(value));
        names.extend(values.flatten());
        for word in sentence {
            *counts.entry(word).or_default() += 1;
        }
    }
    let common = counts.into_iter().filter(|(word, count)| *count >= COMMON && !names.contains(word));
    let mut all: HashSet<String> = common.map(|(word, _)| word).collect();
    all.extend(grammar.words().map(str::to_owned));
    all
}

/// Words, pairs, the words around a word, and triples, each with what it is worth; each once.
fn features(tokens: &[String]) -> Vec<(u64, f32)> {
    let edged: Vec<&str> =
        std::iter::once("^").chain(tokens.iter().map(String::as_str)).chain(std::iter::once("$")).collect();
    let mut features: BTreeMap<u64, f32> = BTreeMap::new();
    let mut add = |parts: &[&str], sort: u8, worth: f32| {
        let mut hasher = DefaultHasher::new();
        (sort, parts).hash(&mut hasher);
        features.insert(hasher.finish(), worth);
    };
    for token in tokens {
        add(&[token], 1, 1.0);
    }
    for pair in edged.windows(2) {
        add(pair, 2, 1.0);
    }
    for triple in edged.windows(3) {
        add(triple, 3, TRIPLE);
        if let [before, _, after] = triple {
            add(&[before, after], 4, AROUND);
        }
    }
    features.into_iter().collect()
}

/// Inverse document frequency.
#[expect(clippy::cast_precision_loss, reason = "some thousand sentences")]
fn rarity(sentences: Option<usize>, all: usize) -> f32 {
    (all.max(1) as f32 / sentences.unwrap_or(1).max(1) as f32).ln()
}

fn length(features: &[(u64, f32)]) -> f32 {
    features.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::EPSILON)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_other_words_are_told_apart() {
        let likeness = Likeness::of(&Grammar::english().unwrap());
        let judge = |text: &str| likeness.judge(&words(text).unwrap()).unwrap();
        // None of these is a template, and none of the names is known.
        for (sentence, command) in [
            ("why in heaven is zzyzx lurking on my computer", "why"),
            ("so how chunky is that blorb package anyway", "size"),
            ("is there by any chance a blorb already installed", "is-installed"),
        ] {
            let found = judge(sentence);
            assert_eq!(found.command, command, "{sentence}: {found:?}");
        }
        assert_eq!(judge("she told me to put the kettle on").command, NOT_FOR_US);
        assert_eq!(likeness.judge(&[]), None);
    }
}
