//! A grammar: all phrases of one domain, read from one text.
//!
//! Lines: `let name = template` names a part; `polite-before = … | …` and `polite-after` list what is
//! taken off both ends; `values slot = a | b` closes a slot; `name slot real = a | b` gives spoken names of
//! a real one; `prefer a > b` states which of two commands wins where both fit equally well;
//! `say words = sentence` makes words of the user's own stand for a sentence; `command:` begins a command, and each indented line after it is a template. `#` begins a comment.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use regex::Regex;

use super::error::{GrammarError, Problem};
use super::kinds::Kind;
use super::template::{self, Part, Slot};
use super::words::words;

/// The grammar of ask-nix itself.
const ENGLISH: &str = include_str!("grammar/en.grammar");
const NAMES: &str = include_str!("grammar/names.grammar");

/// One template of one command.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub command: usize,
    pub template: Part,
    /// Which of the files, and its line.
    pub file: usize,
    pub line: usize,
    pub matcher: OnceLock<Option<Matcher>>,
}

/// A compiled template: what each group of the expression fills.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    /// Slots take as few words as can be.
    pub lazy: Regex,
    /// Slots take as many as can be: tried where the lazy reading's values are refused.
    pub greedy: OnceLock<Option<Regex>>,
    pub holes: Vec<Filled>,
}

/// What a group of a template's expression fills.
#[derive(Debug, Clone)]
pub(super) enum Filled {
    Slot(Slot, Kind),
    Set { slot: String, value: String },
}

/// What a sentence of the user's stands for.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    pub sentence: String,
    pub line: usize,
}

/// All phrases of one domain.
#[derive(Debug, Clone, Default)]
pub struct Grammar {
    pub(super) commands: Vec<String>,
    pub(super) rules: Vec<Rule>,
    pub(super) values: BTreeMap<String, Vec<String>>,
    /// Kind, then the spoken name, to the real one.
    pub(super) names: BTreeMap<String, HashMap<String, String>>,
    /// The first of each pair wins where both fit equally well.
    pub(super) preferred: HashSet<(String, String)>,
    before: Vec<Vec<String>>,
    after: Vec<Vec<String>>,
    words: BTreeSet<String>,
    /// A word to the rules of which it is a needed word.
    pub(super) by_word: HashMap<String, Vec<usize>>,
    /// Rules that need no word: tried always.
    pub(super) wordless: Vec<usize>,
    /// The user's own sentences, and what each of them stands for.
    pub(super) phrases: HashMap<String, Phrase>,
    /// The named parts of all files.
    parts: BTreeMap<String, Part>,
    /// Each template with its command, so that none stands twice.
    seen: HashMap<Part, usize>,
    /// The command that templates now belong to.
    open: Option<usize>,
    files: Vec<String>,
    own: bool,
}

impl Grammar {
    /// The grammar of ask-nix.
    pub fn english() -> Result<Self, GrammarError> {
        let mut grammar = Self::default();
        grammar.add(NAMES, "names.grammar")?;
        grammar.add(ENGLISH, "en.grammar")?;
        grammar.own = true;
        Ok(grammar)
    }

    /// Reads a grammar; `file` is its name in errors.
    pub fn read(text: &str, file: &str) -> Result<Self, GrammarError> {
        let mut grammar = Self::default();
        grammar.add(text, file)?;
        if grammar.rules.is_empty() {
            return Err(GrammarError { file: file.to_owned(), line: 1, column: 1, problem: Problem::Empty });
        }
        Ok(grammar)
    }

    /// Adds the lines of another file: it may use the parts that are defined already.
    ///
    /// At a mistake nothing of what came after it is added; a caller that keeps the grammar adds to a copy.
    pub fn add(&mut self, text: &str, file: &str) -> Result<(), GrammarError> {
        self.files.push(file.to_owned());
        self.open = None;
        for (number, line) in text.lines().enumerate() {
            let bare = line.split('#').next().unwrap_or_default();
            if bare.trim().is_empty() {
                continue;
            }
            self.line(bare, number + 1).map_err(|(column, problem)| GrammarError {
                file: file.to_owned(),
                line: number + 1,
                column,
                problem,
            })?;
        }
        // Longer courtesies first, so that "could you please" is not left with a "please".
        self.before.sort_by_key(|words| std::cmp::Reverse(words.len()));
        self.after.sort_by_key(|words| std::cmp::Reverse(words.len()));
        Ok(())
    }

    fn line(&mut self, line: &str, number: usize) -> template::At<()> {
        let indent = line.len() - line.trim_start().len();
        if indent == 0 {
            if let Some(phrase) = line.strip_prefix("say ") {
                let (said, sentence) = phrase.split_once('=').ok_or((5, Problem::EmptyName))?;
                if plain(said).is_empty() {
                    return Err((5, Problem::EmptyName));
                }
                let phrase = Phrase { sentence: sentence.trim().to_owned(), line: number };
                self.phrases.insert(plain(said), phrase);
                return Ok(());
            }
            if let Some(pair) = line.strip_prefix("prefer ") {
                let (first, second) = pair.split_once('>').ok_or((8, Problem::EmptyName))?;
                self.preferred.insert((first.trim().to_owned(), second.trim().to_owned()));
                return Ok(());
            }
            if let Some((name, text)) = line.split_once('=') {
                let column = name.len() + 1;
                return self.definition(name.trim(), text).map_err(|(at, problem)| (column + at, problem));
            }
            let name = line.trim_end().trim_end_matches(':').to_owned();
            let place = self.commands.iter().position(|known| *known == name);
            self.open = Some(place.unwrap_or_else(|| {
                self.commands.push(name);
                self.commands.len() - 1
            }));
            return Ok(());
        }
        let command = self.open.ok_or((indent + 1, Problem::NoCommand))?;
        let template = template::parse(line.trim(), &self.parts).map_err(|(at, problem)| (indent + at, problem))?;
        let needed = template.needed().map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
        let rule = self.rules.len();
        match needed {
            Some(needed) => needed.into_iter().for_each(|word| self.by_word.entry(word).or_default().push(rule)),
            // A template of slots alone would take every text for its own.
            None if template.regex(&mut |_| String::new()).trim().is_empty() => {
                return Err((indent + 1, Problem::FitsAll));
            }
            None => self.wordless.push(rule),
        }
        if let Some(other) = self.seen.insert(template.clone(), command) {
            let other = self.commands.get(other).cloned().unwrap_or_default();
            return Err((indent + 1, Problem::Duplicate(other)));
        }
        template.words(&mut |word| {
            self.words.insert(word.to_owned());
        });
        self.rules.push(Rule { command, template, file: self.files.len() - 1, line: number, matcher: OnceLock::new() });
        Ok(())
    }

    fn definition(&mut self, name: &str, text: &str) -> template::At<()> {
        let list = || -> Vec<Vec<String>> {
            text.split('|').map(|one| one.split_whitespace().map(str::to_lowercase).collect()).collect()
        };
        match name.split_once(' ') {
            Some(("let", name)) => {
                let part = template::parse(text, &self.parts)?;
                self.parts.insert(name.trim().to_owned(), part);
            }
            Some(("values", slot)) => {
                let values = text.split('|').map(|value| value.trim().to_owned()).collect();
                self.values.insert(slot.trim().to_owned(), values);
            }
            Some(("name", kind)) => {
                let (kind, real) = kind.trim().split_once(' ').ok_or((1, Problem::EmptyName))?;
                let known = self.names.entry(kind.to_owned()).or_default();
                known.insert(plain(real), real.to_owned());
                known.insert(plain(real).to_lowercase(), real.to_owned());
                for heard in text.split('|') {
                    known.insert(plain(heard), real.to_owned());
                }
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
        self.bares(words).into_iter().next().unwrap_or(0..words.len())
    }

    /// Every way to take courtesies off, the most thorough first: a courtesy can be a command's own word.
    pub(super) fn bares(&self, words: &[String]) -> Vec<std::ops::Range<usize>> {
        let stages = |most: usize, next: &dyn Fn(usize) -> usize| {
            let mut stages = vec![most];
            while let Some(last) = stages.last().copied() {
                let further = next(last);
                if further == last {
                    break;
                }
                stages.push(further);
            }
            stages.reverse();
            stages
        };
        let ends = stages(words.len(), &|end| self.shorter(words, 0, end));
        let mut ways = Vec::new();
        for end in ends {
            let starts = stages(0, &|start| self.later(words, start, end));
            ways.extend(starts.into_iter().map(|start| start..end));
        }
        ways
    }

    /// The start after one more courtesy, if one stands there.
    fn later(&self, words: &[String], start: usize, end: usize) -> usize {
        let fits = |polite: &&Vec<String>| {
            polite.len() < end - start && words.get(start..end).is_some_and(|words| words.starts_with(polite))
        };
        start + self.before.iter().find(fits).map_or(0, Vec::len)
    }

    /// The end before one more courtesy, if one stands there.
    fn shorter(&self, words: &[String], start: usize, end: usize) -> usize {
        let fits = |polite: &&Vec<String>| {
            polite.len() < end - start && words.get(start..end).is_some_and(|words| words.ends_with(polite))
        };
        end - self.after.iter().find(fits).map_or(0, Vec::len)
    }

    /// Whether this is the grammar of ask-nix itself: its slots have kinds of their own.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// The name of the file that a rule came from.
    pub(super) fn file_of(&self, rule: &Rule) -> String {
        self.files.get(rule.file).cloned().unwrap_or_default()
    }

    /// One sentence of each command, from its first template: examples of what can be said.
    #[must_use]
    pub fn examples(&self) -> Vec<String> {
        let mut examples = Vec::new();
        for command in 0..self.commands.len() {
            if let Some(rule) = self.rules.iter().find(|rule| rule.command == command) {
                examples.push(rule.template.sentence(&mut |_| 0, &mut |slot| self.sample(slot)));
            }
        }
        examples
    }

    /// At most `count` sentences of each command, from its first templates, in the file's order.
    #[must_use]
    pub fn examples_by_command(&self, count: usize) -> Vec<(&str, Vec<String>)> {
        let commands = self.commands.iter().enumerate();
        commands
            .map(|(at, name)| {
                let rules: Vec<&Rule> = self.rules.iter().filter(|rule| rule.command == at).collect();
                // Where there are too few templates, one gives more sentences by its alternatives.
                let mut examples: Vec<String> = Vec::new();
                for way in 0..count {
                    for rule in &rules {
                        let sentence = rule
                            .template
                            .sentence(&mut |ways| if ways == 2 { 0 } else { way % ways.max(1) }, &mut |slot| {
                                self.sample(slot)
                            });
                        if examples.len() < count && !examples.contains(&sentence) {
                            examples.push(sentence);
                        }
                    }
                }
                (name.as_str(), examples)
            })
            .collect()
    }

    /// `count` sentences of the grammar with their commands, chosen by `pick` (below its argument).
    pub fn sentences(&self, count: usize, pick: &mut dyn FnMut(usize) -> usize) -> Vec<(String, String)> {
        (0..count)
            .filter_map(|_| {
                let rule = self.rules.get(pick(self.rules.len()))?;
                let sentence = rule.template.sentence(pick, &mut |slot| self.sample(slot));
                Some((sentence, self.commands.get(rule.command)?.clone()))
            })
            .collect()
    }

    /// `count` sentences of each template with their commands, each slot as a word in angle brackets; always the same.
    pub(super) fn varied(&self, count: usize) -> impl Iterator<Item = (String, String)> {
        // Xorshift (Marsaglia 2003): any numbers will do, as long as they are the same each time.
        let mut state = 0x2545_f491_u32;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        self.rules.iter().flat_map(move |rule| std::iter::repeat_n(rule, count)).filter_map(move |rule| {
            let mut pick = |ways: usize| usize::try_from(next()).unwrap_or_default() % ways.max(1);
            let sentence = rule.template.sentence(&mut pick, &mut |slot| Kind::named(&slot.kind).token().to_owned());
            Some((sentence, self.commands.get(rule.command)?.clone()))
        })
    }

    /// A value to show a slot by.
    pub(super) fn sample(&self, slot: &Slot) -> String {
        if let Some(first) = self.values.get(&slot.kind).and_then(|values| values.first()) {
            return first.clone();
        }
        match slot.kind.as_str() {
            "number" | "from" | "to" if slot.many => "3 and 4",
            "number" | "from" | "keep" => "3",
            "to" => "4",
            "nth" => "second",
            "bare" | "package" if slot.many => "firefox and vlc",
            "package" | "bare" => "firefox",
            "doing" => "edit photos",
            "label" => "before the move",
            "program" => "convert",
            "query" | "thing" => "pdf reader",
            "date" => "last tuesday",
            "age" => "30 days",
            "service" | "named" => "nginx",
            "option" => "bluetooth",
            "value" => "8080",
            other => other,
        }
        .to_owned()
    }
}

/// A listed value in the words that an utterance is made of.
pub(super) fn plain(value: &str) -> String {
    words(value).map_or_else(|| value.trim().to_owned(), |words| words.join(" "))
}
