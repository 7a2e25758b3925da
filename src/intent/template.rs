//! Templates: what a grammar file's lines are made of, and how they become regular expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::Problem;
use super::numbers::unit;

/// One piece of a template. A named part stands in hundreds of templates, which share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    Word(String),
    Slot(Slot),
    /// Takes no words, and sets a slot where its branch was taken.
    Set {
        slot: String,
        value: String,
    },
    Sequence(Arc<[Part]>),
    OneOf(Arc<[Part]>),
    Maybe(Arc<Part>),
}

/// A typed hole: `{kind}`, `{kind:slot}`, and with `+` for one or more values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slot {
    /// What may stand here, such as `package` or `date`.
    pub kind: String,
    /// Which slot it fills; the kind's own name unless another is given.
    pub name: String,
    /// Several values may stand here: "firefox, vlc and git".
    pub many: bool,
}

impl Slot {
    fn read(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        let (kind, many) = kind.strip_suffix('+').map_or((kind, false), |kind| (kind, true));
        let name = if name.is_empty() { kind } else { name };
        (!kind.is_empty()).then(|| Self { kind: kind.to_owned(), name: name.to_owned(), many })
    }
}

/// What a regular expression must capture.
pub enum Hole<'a> {
    Slot(&'a Slot),
    Set { slot: &'a str, value: &'a str },
}

/// A mistake and its column, counted from 1.
pub type At<T> = Result<T, (usize, Problem)>;

/// Reads a template: words, `(a|b)`, `[a]`, `{slot}` and `<part>`.
pub fn parse(text: &str, parts: &BTreeMap<String, Part>) -> At<Part> {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader { chars: &chars, at: 0, parts };
    let part = reader.alternatives()?;
    match reader.peek() {
        None => Ok(part),
        Some(c) => Err((reader.at + 1, Problem::Unopened(c))),
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    parts: &'a BTreeMap<String, Part>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn alternatives(&mut self) -> At<Part> {
        let mut alternatives = vec![self.sequence()?];
        while self.peek() == Some('|') {
            self.at += 1;
            alternatives.push(self.sequence()?);
        }
        Ok(if alternatives.len() == 1 { alternatives.remove(0) } else { Part::OneOf(alternatives.into()) })
    }

    fn sequence(&mut self) -> At<Part> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '|' | ')' | ']' => break,
                c if c.is_whitespace() => self.at += 1,
                '(' => parts.push(self.bracketed('(', ')')?),
                '[' => parts.push(Part::Maybe(Arc::new(self.bracketed('[', ']')?))),
                '{' => {
                    let start = self.at;
                    let text = self.name('{', '}')?;
                    parts.push(match text.split_once('=') {
                        Some((slot, value)) => Part::Set { slot: slot.to_owned(), value: value.to_owned() },
                        None => Part::Slot(Slot::read(&text).ok_or((start + 1, Problem::EmptyName))?),
                    });
                }
                '<' => {
                    let start = self.at;
                    let name = self.name('<', '>')?;
                    let part = self.parts.get(&name).ok_or((start + 1, Problem::UnknownPart(name)))?;
                    parts.push(part.clone());
                }
                '}' | '>' => return Err((self.at + 1, Problem::Unopened(c))),
                _ => parts.push(Part::Word(self.word())),
            }
        }
        Ok(Part::Sequence(parts.into()))
    }

    fn bracketed(&mut self, open: char, close: char) -> At<Part> {
        let start = self.at;
        self.at += 1;
        let part = self.alternatives()?;
        if self.peek() != Some(close) {
            return Err((start + 1, Problem::Unclosed(open)));
        }
        self.at += 1;
        Ok(part)
    }

    fn name(&mut self, open: char, close: char) -> At<String> {
        let start = self.at;
        self.at += 1;
        let name: String = self.chars.iter().skip(self.at).take_while(|c| **c != close).collect();
        self.at += name.chars().count();
        if self.peek() != Some(close) {
            return Err((start + 1, Problem::Unclosed(open)));
        }
        self.at += 1;
        if name.is_empty() { Err((start + 1, Problem::EmptyName)) } else { Ok(name) }
    }

    fn word(&mut self) -> String {
        let word: String =
            self.chars.iter().skip(self.at).take_while(|c| !c.is_whitespace() && !"()[]{}<>|".contains(**c)).collect();
        self.at += word.chars().count();
        // Made alike as an utterance is: there "one" is "1".
        let word = word.to_lowercase();
        unit(&word).map_or(word, |number| number.to_string())
    }
}

impl Part {
    /// The regular expression of this part; every word ends with one space.
    pub fn regex(&self, hole: &mut dyn FnMut(Hole) -> String) -> String {
        match self {
            Self::Word(word) => format!("{} ", regex::escape(word)),
            Self::Slot(slot) => format!("{} ", hole(Hole::Slot(slot))),
            Self::Set { slot, value } => hole(Hole::Set { slot, value }),
            Self::Sequence(parts) => parts.iter().map(|part| part.regex(hole)).collect(),
            Self::OneOf(parts) => {
                // The longer one first: "search for" before "search", which would leave "for" to the query.
                let mut sorted: Vec<&Self> = parts.iter().collect();
                sorted.sort_by_key(|part| std::cmp::Reverse(part.length()));
                let parts: Vec<String> = sorted.into_iter().map(|part| part.regex(hole)).collect();
                format!("(?:{})", parts.join("|"))
            }
            Self::Maybe(part) => format!("(?:{})?", part.regex(hole)),
        }
    }

    /// The most words that it names itself.
    fn length(&self) -> usize {
        match self {
            Self::Word(_) => 1,
            Self::Slot(_) | Self::Set { .. } => 0,
            Self::Sequence(parts) => parts.iter().map(Self::length).sum(),
            Self::OneOf(parts) => parts.iter().map(Self::length).max().unwrap_or(0),
            Self::Maybe(part) => part.length(),
        }
    }

    /// Words of which each matching text has at least one: the smallest such set; `None` if there is none.
    ///
    /// Most templates are ruled out by it before their regular expression is ever built.
    pub fn needed(&self) -> Option<Vec<&str>> {
        match self {
            Self::Word(word) => Some(vec![word]),
            Self::Slot(_) | Self::Maybe(_) | Self::Set { .. } => None,
            Self::Sequence(parts) => parts.iter().filter_map(Self::needed).min_by_key(Vec::len),
            Self::OneOf(parts) => parts.iter().map(Self::needed).collect::<Option<Vec<_>>>().map(|sets| sets.concat()),
        }
    }

    /// All words, for correcting what was mistyped.
    pub fn words(&self, each: &mut dyn FnMut(&str)) {
        match self {
            Self::Word(word) => each(word),
            Self::Slot(_) | Self::Set { .. } => {}
            Self::Sequence(parts) | Self::OneOf(parts) => parts.iter().for_each(|part| part.words(each)),
            Self::Maybe(part) => part.words(each),
        }
    }

    /// One sentence of this part: `pick` chooses among so many ways, `slot` gives a value.
    pub fn sentence(&self, pick: &mut dyn FnMut(usize) -> usize, slot: &mut dyn FnMut(&Slot) -> String) -> String {
        let mut words: Vec<String> = Vec::new();
        self.collect(pick, slot, &mut words);
        words.join(" ")
    }

    fn collect(
        &self,
        pick: &mut dyn FnMut(usize) -> usize,
        slot: &mut dyn FnMut(&Slot) -> String,
        words: &mut Vec<String>,
    ) {
        match self {
            Self::Word(word) => words.push(word.clone()),
            Self::Slot(hole) => words.push(slot(hole)),
            Self::Set { .. } => {}
            Self::Sequence(parts) => parts.iter().for_each(|part| part.collect(pick, slot, words)),
            Self::OneOf(parts) => {
                if let Some(part) = parts.get(pick(parts.len())) {
                    part.collect(pick, slot, words);
                }
            }
            Self::Maybe(part) => {
                if pick(2) == 1 {
                    part.collect(pick, slot, words);
                }
            }
        }
    }
}
