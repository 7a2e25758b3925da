//! A grammar: all phrases of one domain, read from one text.
//!
//! Lines: `let name = template` names a part; `polite-before = … | …` and `polite-after` list what is
//! taken off both ends; `values slot = a | b` closes a slot; `command:` begins a command, and each
//! indented line after it is a template. `#` begins a comment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use regex::Regex;

use super::error::{GrammarError, Problem};
use super::template::{self, Part};
use super::words::words;
use crate::command::Slots;

/// The grammar of ask-nix itself.
const ENGLISH: &str = include_str!("grammar/en.grammar");

/// Compiled regular expressions may take so much memory, bytes; a template that needs more is refused.
const SIZE_LIMIT: usize = 4 << 20;

/// One template of one command.
#[derive(Debug)]
struct Rule {
    command: usize,
    template: Part,
    needed: Vec<String>,
    regex: OnceLock<Option<Regex>>,
}

/// All phrases of one domain.
#[derive(Debug)]
pub struct Grammar {
    commands: Vec<String>,
    rules: Vec<Rule>,
    values: BTreeMap<String, Vec<String>>,
    before: Vec<Vec<String>>,
    after: Vec<Vec<String>>,
    words: BTreeSet<String>,
}

/// A template that fits, with what filled its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub command: String,
    pub slots: Slots,
    /// Words that fixed parts of the template took.
    pub fixed: usize,
}

impl Grammar {
    /// The grammar of ask-nix.
    pub fn english() -> Result<Self, GrammarError> {
        Self::read(ENGLISH, "en.grammar")
    }

    /// Reads a grammar; `file` is its name in errors.
    pub fn read(text: &str, file: &str) -> Result<Self, GrammarError> {
        let mut grammar = Self {
            commands: Vec::new(),
            rules: Vec::new(),
            values: BTreeMap::new(),
            before: Vec::new(),
            after: Vec::new(),
            words: BTreeSet::new(),
        };
        let mut parts = BTreeMap::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let bare = line.split('#').next().unwrap_or_default();
            if bare.trim().is_empty() {
                continue;
            }
            grammar.line(bare, &mut parts, &mut seen).map_err(|(column, problem)| GrammarError {
                file: file.to_owned(),
                line: number + 1,
                column,
                problem,
            })?;
        }
        if grammar.rules.is_empty() {
            return Err(GrammarError { file: file.to_owned(), line: 1, column: 1, problem: Problem::Empty });
        }
        // Longer courtesies first, so that "could you please" is not left with a "please".
        grammar.before.sort_by_key(|words| std::cmp::Reverse(words.len()));
        grammar.after.sort_by_key(|words| std::cmp::Reverse(words.len()));
        Ok(grammar)
    }

    fn line(
        &mut self,
        line: &str,
        parts: &mut BTreeMap<String, Part>,
        seen: &mut HashMap<String, usize>,
    ) -> template::At<()> {
        let indent = line.len() - line.trim_start().len();
        if indent == 0 {
            if let Some((name, text)) = line.split_once('=') {
                let column = name.len() + 1;
                return self.definition(name.trim(), text, parts).map_err(|(at, problem)| (column + at, problem));
            }
            let name = line.trim_end().trim_end_matches(':').to_owned();
            if !self.commands.contains(&name) {
                self.commands.push(name);
            }
            return Ok(());
        }
        let command = self.commands.len().checked_sub(1).ok_or((indent + 1, Problem::NoCommand))?;
        let template = template::parse(line.trim(), parts).map_err(|(at, problem)| (indent + at, problem))?;
        let needed = template.needed().map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
        let needed = match needed {
            Some(needed) => needed,
            // A template of slots alone would take every text for its own.
            None if template.regex(&mut |_| String::new()).trim().is_empty() => {
                return Err((indent + 1, Problem::FitsAll));
            }
            None => Vec::new(),
        };
        if let Some(other) = seen.insert(format!("{template:?}"), command) {
            let other = self.commands.get(other).cloned().unwrap_or_default();
            return Err((indent + 1, Problem::Duplicate(other)));
        }
        template.words(&mut |word| {
            self.words.insert(word.to_owned());
        });
        self.rules.push(Rule { command, template, needed, regex: OnceLock::new() });
        Ok(())
    }

    fn definition(&mut self, name: &str, text: &str, parts: &mut BTreeMap<String, Part>) -> template::At<()> {
        let list = || -> Vec<Vec<String>> {
            text.split('|').map(|one| one.split_whitespace().map(str::to_lowercase).collect()).collect()
        };
        match name.split_once(' ') {
            Some(("let", name)) => {
                let part = template::parse(text, parts)?;
                parts.insert(name.trim().to_owned(), part);
            }
            Some(("values", slot)) => {
                let values = text.split('|').map(|value| value.trim().to_owned()).collect();
                self.values.insert(slot.trim().to_owned(), values);
            }
            _ if name == "polite-before" => self.before = list(),
            _ if name == "polite-after" => self.after = list(),
            _ => return Err((1, Problem::UnknownPart(name.to_owned()))),
        }
        Ok(())
    }

    /// Whether a word stands in any template.
    #[must_use]
    pub fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// All words of all templates.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The command names, in the file's order.
    #[must_use]
    pub fn commands(&self) -> &[String] {
        &self.commands
    }

    /// The words without the courtesies at both ends, as a range of their indices.
    #[must_use]
    pub fn bare(&self, words: &[String]) -> std::ops::Range<usize> {
        let (mut start, mut end) = (0, words.len());
        while let Some(took) = self.before.iter().find(|polite| {
            polite.len() < end - start && words.get(start..end).is_some_and(|words| words.starts_with(polite))
        }) {
            start += took.len();
        }
        while let Some(took) = self.after.iter().find(|polite| {
            polite.len() < end - start && words.get(start..end).is_some_and(|words| words.ends_with(polite))
        }) {
            end -= took.len();
        }
        start..end
    }

    /// All templates that fit the whole of `words`, the most specific first.
    ///
    /// Specific is what leaves the fewest words to free slots; then what stands earlier in the file.
    #[must_use]
    pub fn fits(&self, words: &[String]) -> Vec<Fit> {
        let mut text = words.join(" ");
        text.push(' ');
        let mut fits: Vec<Fit> = self.rules.iter().filter_map(|rule| self.fit(rule, words, &text)).collect();
        fits.sort_by_key(|fit| std::cmp::Reverse(fit.fixed));
        fits
    }

    fn fit(&self, rule: &Rule, words: &[String], text: &str) -> Option<Fit> {
        if !rule.needed.is_empty() && !words.iter().any(|word| rule.needed.contains(word)) {
            return None;
        }
        let regex = rule.regex.get_or_init(|| self.compile(&rule.template)).as_ref()?;
        let found = regex.captures(text)?;
        let mut slots = Slots::default();
        let mut free = 0;
        for name in regex.capture_names().flatten() {
            if let Some(value) = found.name(name) {
                free += value.as_str().split_whitespace().count();
                let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
                slots.push(name, self.as_written(name, value.as_str()));
            }
        }
        let command = self.commands.get(rule.command)?.clone();
        Some(Fit { command, slots, fixed: words.len().saturating_sub(free) })
    }

    /// Builds the expression of a template: anchored at both ends, slots as named groups.
    fn compile(&self, template: &Part) -> Option<Regex> {
        let mut count = 0;
        let body = template.regex(&mut |slot| {
            count += 1;
            format!("(?P<{slot}_{count}>{})", self.slot_pattern(slot))
        });
        regex::RegexBuilder::new(&format!("^{body}$"))
            .size_limit(SIZE_LIMIT)
            .build()
            .inspect_err(|error| tracing::error!(target: "intent", %error, "a template is too large"))
            .ok()
    }

    /// A listed value as the grammar's file writes it: "20 ounce" was "twenty ounce" there.
    fn as_written<'a>(&'a self, slot: &str, heard: &'a str) -> &'a str {
        let written = self.values.get(slot).and_then(|values| values.iter().find(|value| plain(value) == heard));
        written.map_or(heard, String::as_str)
    }

    fn slot_pattern(&self, slot: &str) -> String {
        if let Some(values) = self.values.get(slot) {
            let mut values: Vec<String> = values.iter().map(|value| regex::escape(&plain(value))).collect();
            values.sort_by_key(|value| std::cmp::Reverse(value.len()));
            return format!("(?:{})", values.join("|"));
        }
        match slot {
            "number" | "from" | "to" => r"\d{1,9}".to_owned(),
            // A name has few words; a longer one is talk.
            "package" | "program" | "service" => r"\S+(?: \S+){0,3}".to_owned(),
            _ => r"\S+(?: \S+)*".to_owned(),
        }
    }

    /// One sentence of each command, from its first template: examples of what can be said.
    #[must_use]
    pub fn examples(&self) -> Vec<String> {
        let mut examples = Vec::new();
        for command in 0..self.commands.len() {
            if let Some(rule) = self.rules.iter().find(|rule| rule.command == command) {
                examples.push(rule.template.sentence(&mut |_| 0, &mut sample));
            }
        }
        examples
    }

    /// `count` sentences of the grammar with their commands, chosen by `pick` (below its argument).
    pub fn sentences(&self, count: usize, pick: &mut dyn FnMut(usize) -> usize) -> Vec<(String, String)> {
        (0..count)
            .filter_map(|_| {
                let rule = self.rules.get(pick(self.rules.len()))?;
                let sentence = rule.template.sentence(pick, &mut |slot| {
                    self.values.get(slot).and_then(|values| values.first().cloned()).unwrap_or_else(|| sample(slot))
                });
                Some((sentence, self.commands.get(rule.command)?.clone()))
            })
            .collect()
    }
}

/// A listed value in the words that an utterance is made of.
fn plain(value: &str) -> String {
    words(value).map_or_else(|| value.to_owned(), |words| words.join(" "))
}

/// A value to show a slot by.
fn sample(slot: &str) -> String {
    match slot {
        "number" | "from" | "to" => "3",
        "package" | "program" => "firefox",
        "query" => "pdf reader",
        other => other,
    }
    .to_owned()
}
