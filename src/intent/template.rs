//! Templates: what a grammar file's lines are made of, and how they become regular expressions.

use std::collections::BTreeMap;

use super::error::Problem;

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Word(String),
    Slot(String),
    Sequence(Vec<Part>),
    OneOf(Vec<Part>),
    Maybe(Box<Part>),
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
        Ok(if alternatives.len() == 1 { alternatives.remove(0) } else { Part::OneOf(alternatives) })
    }

    fn sequence(&mut self) -> At<Part> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '|' | ')' | ']' => break,
                c if c.is_whitespace() => self.at += 1,
                '(' => parts.push(self.bracketed('(', ')')?),
                '[' => parts.push(Part::Maybe(Box::new(self.bracketed('[', ']')?))),
                '{' => parts.push(Part::Slot(self.name('{', '}')?)),
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
        Ok(Part::Sequence(parts))
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
        word.to_lowercase()
    }
}

impl Part {
    /// The regular expression of this part; every word ends with one space.
    pub fn regex(&self, slot: &mut dyn FnMut(&str) -> String) -> String {
        match self {
            Self::Word(word) => format!("{} ", regex::escape(word)),
            Self::Slot(name) => format!("{} ", slot(name)),
            Self::Sequence(parts) => parts.iter().map(|part| part.regex(slot)).collect(),
            Self::OneOf(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| part.regex(slot)).collect();
                format!("(?:{})", parts.join("|"))
            }
            Self::Maybe(part) => format!("(?:{})?", part.regex(slot)),
        }
    }

    /// Words of which each matching text has at least one: the smallest such set; `None` if there is none.
    ///
    /// Most templates are ruled out by it before their regular expression is ever built.
    pub fn needed(&self) -> Option<Vec<&str>> {
        match self {
            Self::Word(word) => Some(vec![word]),
            Self::Slot(_) | Self::Maybe(_) => None,
            Self::Sequence(parts) => parts.iter().filter_map(Self::needed).min_by_key(Vec::len),
            Self::OneOf(parts) => parts.iter().map(Self::needed).collect::<Option<Vec<_>>>().map(|sets| sets.concat()),
        }
    }

    /// All words, for correcting what was mistyped.
    pub fn words(&self, each: &mut dyn FnMut(&str)) {
        match self {
            Self::Word(word) => each(word),
            Self::Slot(_) => {}
            Self::Sequence(parts) | Self::OneOf(parts) => parts.iter().for_each(|part| part.words(each)),
            Self::Maybe(part) => part.words(each),
        }
    }

    /// One sentence of this part: `pick` chooses among so many ways, `slot` gives a value.
    pub fn sentence(&self, pick: &mut dyn FnMut(usize) -> usize, slot: &mut dyn FnMut(&str) -> String) -> String {
        let mut words: Vec<String> = Vec::new();
        self.collect(pick, slot, &mut words);
        words.join(" ")
    }

    fn collect(
        &self,
        pick: &mut dyn FnMut(usize) -> usize,
        slot: &mut dyn FnMut(&str) -> String,
        words: &mut Vec<String>,
    ) {
        match self {
            Self::Word(word) => words.push(word.clone()),
            Self::Slot(name) => words.push(slot(name)),
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
