//! Packs: phrases of the user's own, added to the grammar of ask-nix. A pack is taken whole or not at all.

use super::error::{GrammarError, Problem};
use super::grammar::Grammar;
use super::words::said;
use crate::command::CommandName;

impl Grammar {
    /// Adds a pack of phrases for the commands that there are.
    ///
    /// Refused, with the grammar left as it was, where the pack has a mistake, names a command that
    /// there is not, makes a sentence stand for what is no command, or claims a sentence that belongs
    /// to another command already.
    pub fn add_pack(&mut self, text: &str, file: &str) -> Result<(), GrammarError> {
        let mut grown = self.clone();
        grown.add(text, file)?;
        let wrong =
            |line: usize, problem: Problem| Err(GrammarError { file: file.to_owned(), line, column: 1, problem });
        for rule in grown.rules.iter().skip(self.rules.len()) {
            let command = grown.commands.get(rule.command).map(String::as_str).unwrap_or_default();
            if command.parse::<CommandName>().is_err() {
                return wrong(rule.line, Problem::UnknownCommand(command.to_owned()));
            }
        }
        for (words, phrase) in grown.phrases.iter().filter(|(words, _)| !self.phrases.contains_key(*words)) {
            if said(&phrase.sentence).is_none_or(|said| !grown.is_command(&said)) {
                return wrong(phrase.line, Problem::NoSentence(phrase.sentence.clone()));
            }
            // A phrase may not take a command's own words away: "yes" stays yes.
            if said(words).is_some_and(|said| self.is_command(&said)) {
                return wrong(phrase.line, Problem::Taken(words.clone()));
            }
        }
        if let Some(clash) = grown.clashes_from(self.rules.len()).into_iter().next() {
            return wrong(clash.line, Problem::Clash { sentence: clash.sentence, other: clash.other });
        }
        *self = grown;
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_taken_whole_or_not_at_all() {
        let mut grammar = Grammar::english().unwrap();
        for (bad, line) in [
            ("say spick and span = make me a sandwich\n", 1),
            ("say yes = collect garbage\n", 1),
            ("\nfly:\n  fly to {query}\n", 3),
            ("install:\n  (bolt on {package}\n", 2),
            ("install:\n  remove {package}\n", 2),
        ] {
            let error = grammar.add_pack(bad, "mine.grammar").unwrap_err();
            assert_eq!((error.file.as_str(), error.line), ("mine.grammar", line), "{error}");
        }
        let pack =
            "say spick and span = collect garbage older than 30 days, then optimise\ninstall:\n  bolt on {package+}\n";
        grammar.add_pack(pack, "mine.grammar").unwrap();
        assert!(grammar.is_command(&said("bolt on firefox").unwrap()));
    }
}
