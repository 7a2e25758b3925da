//! A name that was not heard surely: what it could be, and which of these the sound bears out.
//!
//! A recogniser writes "girl" for "curl". Names that are spelled or sound like that are put in its
//! place, the recogniser weighs the sentences, and what comes of it chooses, or is asked about. A
//! name that the sound does not bear out is never taken in silence.

use super::kinds::PRONOUNS;
use super::phones::sounds;
use super::transcript::Hypothesis;
use super::wellknown::{WellKnown, alike};
use super::{Candidate, Intent, Names, Understanding};
use crate::command::Slots;

/// Names that are tried by their spelling in the place of what was heard.
const TRIED: usize = 6;
/// Nats that the likeness of a name from 0 to 1 is worth beside the sound.
const LIKENESS: f32 = 10.0;
/// The best name must lead by so many nats (one in twenty), or the user chooses.
const LEAD: f32 = 3.0;
/// A name that makes the sound less likely by more than this was not said (one in 3,000).
const FAR: f32 = 8.0;
/// Nats that a well-known name is likelier to be asked for than any other: there are fifty times as many of those.
const WELL_KNOWN: f32 = 4.0;
/// A well-known name that is so like a name that few know makes the few ask back.
const RIVAL: f32 = 0.6;
/// Names offered for a choice.
const CHOICES: usize = 3;
/// Where no template fits, a name must be so like what was heard to be asked about.
const LIKE: f32 = 0.55;
/// Verbs whose mishearing ("installs a fewer") leaves no template that fits, with their commands.
const VERBS: [(&str, &str); 4] =
    [("install", "install"), ("uninstall", "remove"), ("remove", "remove"), ("describe", "describe")];
/// So alike a first word must be to such a verb: "installed", "instal".
const LIKE_A_VERB: f32 = 0.72;
/// A wish of this kind is short; longer ones are talk.
const MOST_WORDS: usize = 6;

/// A name that was not heard surely.
#[derive(Debug)]
pub struct Doubt {
    /// The sentence, and the part of it that is the name.
    sentence: String,
    heard: String,
    /// The command, where no template fits.
    command: Option<&'static str>,
    candidates: Vec<Candidate>,
    /// Those of them that people know well.
    known: Vec<String>,
}

impl Doubt {
    /// Of a name in a sentence that fits; nothing where it is one well-known name, spelled just so.
    pub fn of(sentence: &str, heard: &str, text: &str, known: &WellKnown, names: &dyn Names) -> Option<Self> {
        if PRONOUNS.contains(&heard) || heard.starts_with('#') {
            return None;
        }
        let spelled = names.packages(heard, TRIED)?;
        if spelled.first().is_some_and(|best| best.score >= 1.0 && known.contains(&best.name)) {
            return None;
        }
        let sound = as_written(text, heard);
        let candidates = together(spelled, known, &sound, names);
        let known = well_known(&candidates, known);
        let doubt = Self { sentence: sentence.to_owned(), heard: heard.to_owned(), command: None, candidates, known };
        (!doubt.candidates.is_empty()).then_some(doubt)
    }

    /// Of a short sentence that fits no template, and begins with what sounds like a verb of ours.
    pub fn unfit(text: &str, known: &WellKnown, names: &dyn Names) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (first, rest) = words.split_first().filter(|_| words.len() <= MOST_WORDS)?;
        let said = sounds(&first.to_lowercase());
        let (verb, command) = VERBS
            .into_iter()
            .map(|(verb, command)| (alike(&sounds(verb), &said), verb, command))
            .filter(|(like, ..)| *like >= LIKE_A_VERB)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, verb, command)| (verb, command))?;
        // "Installing skate": an end of the verb may belong to the name.
        let end = first
            .to_lowercase()
            .strip_prefix(verb)
            .unwrap_or_default()
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_owned();
        let heard = format!("{end} {}", rest.join(" "));
        let heard = heard.trim().trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned();
        let spelled = names.packages(&rest.join(" ").to_lowercase(), TRIED).unwrap_or_default();
        let mut candidates = together(spelled, known, &heard, names);
        candidates.retain(|one| one.score >= LIKE);
        let known = well_known(&candidates, known);
        let doubt = Self { sentence: format!("{verb} {heard}"), heard, command: Some(command), candidates, known };
        (!doubt.candidates.is_empty()).then_some(doubt)
    }

    /// The sentence with each candidate in the place of what was heard, in the ways in which names are written.
    pub fn sentences(&self) -> Vec<String> {
        let Some((before, after)) = self.sentence.split_once(&self.heard) else { return Vec::new() };
        let all = self.candidates.iter().flat_map(|one| written(&one.name));
        all.map(|name| format!("{before}{name}{after}")).collect()
    }

    /// What was understood, with the name that the sound bears out.
    pub fn borne_out(&self, understanding: Understanding, weighed: &[Hypothesis]) -> Understanding {
        let ranked = self.ranked(weighed);
        let Some((cost, far, best)) = ranked.first().copied() else { return understanding };
        let lead = ranked.get(1).map_or(f32::INFINITY, |next| next.0 - cost);
        tracing::debug!(target: "intent.named", heard = %self.heard, best = %best.name, behind = far, lead);
        let known = self.is_known(best);
        let sure = known && far <= FAR && lead >= LEAD;
        let rival = !known && self.candidates.iter().any(|one| one.score >= RIVAL && self.is_known(one));
        match understanding {
            Understanding::Intent(intent) if !rival && intent.slots.first("package") == Some(&best.name) => {
                Understanding::Intent(intent)
            }
            Understanding::Ask { mut intent, slot, .. } if sure && slot == "package" => {
                intent.slots.set("package", vec![best.name.clone()]);
                Understanding::Intent(intent)
            }
            Understanding::Intent(intent) => self.ask(intent, &ranked),
            Understanding::Ask { intent, slot, .. } if slot == "package" => self.ask(intent, &ranked),
            other => other,
        }
    }

    /// The question which name was meant, where no template fits.
    pub fn asked_about(&self, confidence: f32, weighed: &[Hypothesis]) -> Option<Understanding> {
        let mut slots = Slots::default();
        slots.push("package", self.heard.clone());
        let intent = Intent { command: self.command?.to_owned(), slots, confidence };
        Some(self.ask(intent, &self.ranked(weighed)))
    }

    /// The candidates with both measures together, and by the sound alone; the best first.
    fn ranked(&self, weighed: &[Hypothesis]) -> Vec<(f32, f32, &Candidate)> {
        // How far behind a candidate is at best, in any of its ways to be written.
        let behind = |one: &Candidate| {
            let sentences = Self { candidates: vec![one.clone()], ..self.bare() }.sentences();
            weighed.iter().find(|other| sentences.contains(&other.text)).map(|other| other.behind)
        };
        let ranked = self.candidates.iter().filter_map(|one| {
            let behind = behind(one)?;
            let known = if self.is_known(one) { WELL_KNOWN } else { 0.0 };
            Some((behind - LIKENESS * one.score - known, behind, one))
        });
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked
    }

    fn is_known(&self, one: &Candidate) -> bool {
        self.known.contains(&one.name)
    }

    fn bare(&self) -> Self {
        let (sentence, heard) = (self.sentence.clone(), self.heard.clone());
        Self { sentence, heard, command: self.command, candidates: Vec::new(), known: Vec::new() }
    }

    /// The likeliest of both measures, to choose from.
    fn ask(&self, intent: Intent, ranked: &[(f32, f32, &Candidate)]) -> Understanding {
        let mut choices: Vec<Candidate> = Vec::new();
        // The likest well-known one is offered whatever the sound says.
        let likest = self.candidates.iter().filter(|one| self.is_known(one));
        for one in ranked.iter().map(|(_, _, one)| *one).take(CHOICES - 1).chain(likest).chain(&self.candidates) {
            if choices.len() < CHOICES && !choices.contains(one) {
                choices.push(one.clone());
            }
        }
        let question = format!("I heard {}. Which package do you mean?", self.heard);
        Understanding::Ask { intent, slot: "package".to_owned(), question, choices }
    }
}

fn well_known(candidates: &[Candidate], known: &WellKnown) -> Vec<String> {
    candidates.iter().map(|one| one.name.clone()).filter(|name| known.contains(name)).collect()
}

/// What was heard as the recogniser wrote it, with its capitals.
fn as_written(text: &str, heard: &str) -> String {
    let place = text.to_lowercase().find(heard).filter(|_| text.is_ascii());
    place.and_then(|at| text.get(at..at + heard.len())).unwrap_or(heard).to_owned()
}

/// Those alike by spelling and those alike by sound, each once, the likest first.
fn together(spelled: Vec<Candidate>, known: &WellKnown, heard: &str, names: &dyn Names) -> Vec<Candidate> {
    let mut all = spelled;
    for one in known.like(heard) {
        match all.iter_mut().find(|other| other.name == one.name) {
            Some(other) => other.score = other.score.max(one.score),
            // What is well known need not be in this machine's index.
            None if names
                .packages(&one.name, 1)
                .is_some_and(|found| found.iter().any(|real| real.name == one.name)) =>
            {
                all.push(one);
            }
            None => {}
        }
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    all
}

/// A name as a recogniser may write it: "Firefox", "htop" or "VLC".
fn written(name: &str) -> Vec<String> {
    let plain = spoken(name);
    let mut letters = plain.chars();
    let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    let short = plain.len() <= 4;
    let all = short.then(|| plain.to_uppercase());
    std::iter::once(plain.clone()).chain(capital).chain(all).collect()
}

/// The last part of a name, its words apart.
fn spoken(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Slots;

    fn candidate(name: &str, score: f32) -> Candidate {
        Candidate { name: name.to_owned(), score }
    }

    fn doubt(heard: &str, candidates: &[Candidate]) -> Doubt {
        let sentence = format!("install {heard}");
        Doubt {
            sentence,
            heard: heard.to_owned(),
            command: None,
            candidates: candidates.to_vec(),
            known: vec!["curl".to_owned()],
        }
    }

    fn ask(heard: &str) -> Understanding {
        let mut slots = Slots::default();
        slots.push("package", heard);
        let intent = Intent { command: "install".to_owned(), slots, confidence: 1.0 };
        Understanding::Ask { intent, slot: "package".to_owned(), question: String::new(), choices: Vec::new() }
    }

    #[test]
    fn the_sound_chooses_among_like_names() {
        let candidates = [candidate("curlie", 0.8), candidate("curl", 0.75)];
        let weighed = [
            Hypothesis { text: "install curl".to_owned(), behind: 1.0 },
            Hypothesis { text: "install Curlie".to_owned(), behind: 9.0 },
        ];
        let Understanding::Intent(intent) = doubt("girl", &candidates).borne_out(ask("girl"), &weighed) else {
            unreachable!("one name is far ahead")
        };
        assert_eq!(intent.slots.all("package"), ["curl"]);
    }

    #[test]
    fn what_no_sound_bears_out_is_asked_about() {
        let candidates = [candidate("curlie", 0.8), candidate("curl", 0.75)];
        let weighed = [Hypothesis { text: "install curl".to_owned(), behind: 11.0 }];
        let asked = doubt("bicycle", &candidates).borne_out(ask("bicycle"), &weighed);
        assert!(matches!(asked, Understanding::Ask { choices, .. } if choices.len() == 2));
    }

    #[test]
    fn names_are_written_as_recognisers_do() {
        assert_eq!(
            doubt("girl", &[candidate("kdePackages.jq", 0.5)]).sentences(),
            ["install jq", "install Jq", "install JQ"]
        );
    }
}
