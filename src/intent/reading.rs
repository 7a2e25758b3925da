//! One utterance, read in its context.
//!
//! In this order: an answer to an open choice; one whole command; a command that corrects itself; a follow-up to the
//! last one; several commands in one breath; the same with mistyped words mended.

use super::correct::corrected;
use super::fits::Fit;
use super::grammar::{Grammar, plain};
use super::kinds::Kind;
use super::resolve::resolve;
use super::words::Said;
use super::{Context, Intent, Names, Pending, Understanding};
use crate::command::{Choice, Slots};

/// Most commands in one breath.
const MOST: usize = 5;

/// One reading of one utterance.
pub(super) struct Reading<'a> {
    pub grammar: &'a Grammar,
    pub context: &'a Context,
    pub names: &'a dyn Names,
    pub confidence: f32,
}

impl Reading<'_> {
    pub fn whole(&self, said: &Said) -> Option<Understanding> {
        let bare = said.part(self.grammar.bare(&said.words));
        if bare.words.is_empty() {
            return None;
        }
        if !self.grammar.is_own() {
            return Some(self.intent(self.bared(said)?, 1.0));
        }
        if let Some(sentence) = self.grammar.phrase(said) {
            // What a phrase stands for is read as if it had been said, without phrases in it.
            return self.spoken(&sentence);
        }
        self.spoken(said)
    }

    fn spoken(&self, said: &Said) -> Option<Understanding> {
        let bare = said.part(self.grammar.bare(&said.words));
        if let Some(chosen) = self.chosen(&bare) {
            return Some(chosen);
        }
        // A word said twice in a row was a stutter, and not the name of something.
        if let Some(understanding) = said.unrepeated().and_then(|smooth| self.spoken(&smooth)) {
            return Some(understanding);
        }
        if let Some(fit) = self.bared(said) {
            let chosen = if fit.command == "choose" { self.chosen_by_place(&fit) } else { None };
            return Some(chosen.unwrap_or_else(|| self.intent(fit, 1.0)));
        }
        if let Some(answered) = self.answered(&bare) {
            return Some(answered);
        }
        self.correction(&bare).or_else(|| self.follow_up(said)).or_else(|| self.several(said)).or_else(|| {
            let (mended, worth) = corrected(self.grammar, &bare)?;
            let fit = with_original_slots(self.best(&mended)?, &mended.words, &bare.words)?;
            Some(self.intent(fit, worth))
        })
    }

    /// The best fit of the words with as many courtesies taken off as explain the most of them.
    ///
    /// "Do I need to update" is a question of its own, though "I need to" is a courtesy elsewhere.
    pub fn bared(&self, said: &Said) -> Option<Fit> {
        let ways = self.grammar.bares(&said.words).into_iter().rev().filter_map(|range| {
            let off = said.words.len() - range.len();
            Some((off, self.best(&said.part(range))?))
        });
        let explained = |(off, fit): &(usize, Fit)| off + fit.fixed;
        ways.fold(None, |best: Option<(usize, Fit)>, next| match best {
            Some(best) if explained(&best) >= explained(&next) => Some(best),
            _ => Some(next),
        })
        .map(|(_, fit)| fit)
    }

    fn best(&self, said: &Said) -> Option<Fit> {
        self.grammar.fits(said).into_iter().next()
    }

    pub fn intent(&self, fit: Fit, worth: f32) -> Understanding {
        let intent = Intent { command: fit.command, slots: fit.slots, confidence: self.confidence * worth };
        if self.grammar.is_own() { resolve(intent, self.context, self.names) } else { Understanding::Intent(intent) }
    }

    /// A name that is one of those offered, said alone.
    fn chosen(&self, said: &Said) -> Option<Understanding> {
        let pending = self.context.pending.as_ref()?;
        let heard = said.words.join(" ");
        let heard = heard.strip_prefix("the ").unwrap_or(&heard);
        let close = |name: &&String| {
            let name = plain(&name.replace(['-', '_', '.'], " "));
            name == heard || name.replace(' ', "") == heard.replace(' ', "")
        };
        let name = pending.choices.iter().find(close)?;
        Some(self.filled(pending, vec![name.clone()]))
    }

    /// "The second one": of an open choice, or else of what a search has found.
    fn chosen_by_place(&self, fit: &Fit) -> Option<Understanding> {
        let which: Choice = fit.slots.first("number")?.parse().ok()?;
        let at = |list: &[String]| list.get(which.index(list.len())?).cloned();
        if let Some(pending) = &self.context.pending {
            return Some(self.filled(pending, vec![at(&pending.choices)?]));
        }
        let mut slots = Slots::default();
        slots.push("package", at(&self.context.offered)?);
        Some(Understanding::Intent(Intent { command: "describe".to_owned(), slots, confidence: self.confidence }))
    }

    /// Another name than those offered, said alone.
    fn answered(&self, said: &Said) -> Option<Understanding> {
        let pending = self.context.pending.as_ref().filter(|pending| pending.slot == "package")?;
        let fit = self.best(&said.behind("install"))?;
        Some(self.filled(pending, fit.slots.all("package").to_vec()))
    }

    /// The pending wish with `names` in the place of the value that was asked for.
    fn filled(&self, pending: &Pending, mut names: Vec<String>) -> Understanding {
        let mut intent = pending.intent.clone();
        names.extend(intent.slots.all(&pending.slot).iter().skip(1).cloned());
        intent.slots.set(&pending.slot, names);
        intent.confidence = self.confidence;
        resolve(intent, self.context, self.names)
    }

    /// "Install firefox, no, I mean vlc": the words after the last correction replace what they correct.
    fn correction(&self, said: &Said) -> Option<Understanding> {
        const MARKS: &[&str] = &[
            "no wait i meant",
            "no i meant",
            "no i mean",
            "no wait",
            "i mean",
            "i meant",
            "scratch that",
            "sorry i meant",
            "or rather",
            "no sorry",
            "sorry",
            "wait",
            "actually",
            "rather",
            "no make that",
            "make that",
            "no",
        ];
        let (start, end) = (1..said.words.len()).find_map(|at| {
            let tail = said.words.get(at..)?.join(" ");
            let mark = MARKS.iter().find(|mark| tail.starts_with(&format!("{mark} ")))?;
            Some((at, at + mark.split(' ').count()))
        })?;
        let (first, again) = (said.part(0..start), said.part(end..said.words.len()));
        let first = self.best(&first.part(self.grammar.bare(&first.words)))?;
        let again = again.part(self.grammar.bare(&again.words));
        if let Some(fit) = self.best(&again) {
            return Some(self.intent(fit, 1.0));
        }
        self.instead(&Intent { command: first.command, slots: first.slots, confidence: self.confidence }, &again)
    }

    /// The same command with another name: the whole of `said` must fit in its place.
    fn instead(&self, last: &Intent, said: &Said) -> Option<Understanding> {
        let (slot, _) = last.slots.iter().next()?;
        // The name is tried as the command would have had it.
        let (verb, slot) = match slot {
            "package" => ("install", slot),
            "number" => ("describe generation", slot),
            "query" => ("search for", slot),
            _ => return None,
        };
        let bare = usize::from(said.words.first().is_some_and(|word| word == "generation"));
        let fit = self.best(&said.part(bare..said.words.len()).behind(verb))?;
        let values = fit.slots.all(slot);
        if values.is_empty() {
            return None;
        }
        let mut intent = last.clone();
        intent.slots.set(slot, values.to_vec());
        intent.confidence = self.confidence;
        Some(resolve(intent, self.context, self.names))
    }

    /// "And vlc", "no, I said vlc", "what about vlc": the last command again, with another name.
    fn follow_up(&self, said: &Said) -> Option<Understanding> {
        const LEADS: &[&str] = &[
            "no i said",
            "no i meant",
            "i said",
            "i meant",
            "i mean",
            "not that i said",
            "what about",
            "how about",
            "and also",
            "and",
            "also",
            "plus",
            "and what about",
            "and how about",
            "the same for",
            "same for",
            "no",
        ];
        let last = self.context.last.as_ref()?;
        let heard = said.words.join(" ");
        let lead = LEADS.iter().filter(|lead| heard.starts_with(&format!("{lead} "))).max_by_key(|lead| lead.len())?;
        let rest = said.part(lead.split(' ').count()..said.words.len());
        let rest = rest.part(self.grammar.bare(&rest.words));
        match self.best(&rest) {
            Some(fit) => Some(self.intent(fit, 1.0)),
            None => self.instead(last, &rest),
        }
    }

    /// "Update and then free space": each part must be a command of its own.
    fn several(&self, said: &Said) -> Option<Understanding> {
        let mut parts: Vec<Fit> = Vec::new();
        let mut rest = said.clone();
        while !rest.words.is_empty() {
            let (fit, used) = self.first_command(&rest)?;
            parts.push(fit);
            rest = rest.part(used..rest.words.len());
            if parts.len() > MOST {
                return None;
            }
        }
        if parts.len() < 2 {
            return None;
        }
        let mut intents: Vec<Intent> = Vec::new();
        for fit in parts {
            // "Install firefox and tell me how large it is": "it" is what the part before spoke of.
            let context =
                Context { last: intents.last().cloned().or_else(|| self.context.last.clone()), ..self.context.clone() };
            let intent = Intent { command: fit.command, slots: fit.slots, confidence: self.confidence };
            match resolve(intent, &context, self.names) {
                Understanding::Intent(intent) => intents.push(intent),
                // A part that is not sure leaves the whole undone: half of a plan was not what was asked for.
                ask => return Some(ask),
            }
        }
        Some(Understanding::Several(intents))
    }

    /// The longest beginning that is a command and ends where another may begin; how many words it takes in all.
    fn first_command(&self, said: &Said) -> Option<(Fit, usize)> {
        let total = said.words.len();
        (1..=total).rev().find_map(|end| {
            let after = joint(said, end)?;
            let part = said.part(0..end);
            let bare = part.part(self.grammar.bare(&part.words));
            Some((self.best(&bare)?, end + after))
        })
    }
}

/// How many words of joining stand at `at`: "and then", "then", "after that"; none at the end or after a pause.
fn joint(said: &Said, at: usize) -> Option<usize> {
    const JOINTS: &[&str] =
        &["and after that", "and then", "after that", "afterwards", "and also", "and", "then", "also", "next"];
    if at == said.words.len() {
        return Some(0);
    }
    let rest = said.words.get(at..)?.join(" ");
    let joint = JOINTS.iter().find(|joint| rest.starts_with(&format!("{joint} ")));
    match joint {
        Some(joint) => Some(joint.split(' ').count()),
        None => said.pauses.get(at.checked_sub(1)?).copied()?.then_some(0),
    }
}

impl Grammar {
    /// What the user's own phrase stands for, if the words are one.
    fn phrase(&self, said: &Said) -> Option<Said> {
        let mut ways = self.bares(&said.words).into_iter();
        let phrase = ways.find_map(|range| self.phrases.get(&said.words.get(range)?.join(" ")))?;
        super::words::said(&phrase.sentence)
    }

    /// Whether words are a command, or several, whatever the talk before.
    pub(super) fn is_command(&self, said: &Said) -> bool {
        struct NoNames;
        impl Names for NoNames {
            fn packages(&self, _: &str, _: usize) -> Option<Vec<super::Candidate>> {
                None
            }
        }
        let reading = Reading { grammar: self, context: &Context::default(), names: &NoNames, confidence: 1.0 };
        matches!(reading.spoken(said), Some(Understanding::Intent(_) | Understanding::Several(_)))
    }
}

/// Slot values as they were said: a correction is for the grammar's words alone.
///
/// `None` where such a value could not have stood there: then the correction made a sentence of its own.
fn with_original_slots(mut fit: Fit, corrected: &[String], said: &[String]) -> Option<Fit> {
    let mut slots = Slots::default();
    for (name, values) in fit.slots.iter() {
        for value in values {
            let length = value.split(' ').count();
            let place = corrected.windows(length).position(|window| window.join(" ") == *value);
            match place.and_then(|place| said.get(place..place + length)) {
                Some(original) if original.join(" ") != *value => {
                    let original: Vec<&str> = original.iter().map(String::as_str).collect();
                    slots.push(name, Kind::named(name).value(&original)?);
                }
                _ => slots.push(name, value.clone()),
            }
        }
    }
    fit.slots = slots;
    Some(fit)
}
