//! Puts real names in the place of what was heard: by the index, by the talk before, or by asking.

use super::kinds::PRONOUNS;
use super::{Candidate, Context, Intent, Names, Understanding};
use crate::command::Choice;

/// A name this much like what was heard is taken without asking.
const SURE: f32 = 0.9;
/// A name less alike than this is no candidate.
const POSSIBLE: f32 = 0.5;
/// The best name must be this much better than the next, or the user chooses.
const LEAD: f32 = 0.08;
/// Names offered for a choice.
const CHOICES: usize = 3;

/// Slots that hold packages.
const SLOTS: &[&str] = &["package", "before"];

/// Resolves every name of an intent; the first that is not sure is asked about.
pub fn resolve(mut intent: Intent, context: &Context, names: &dyn Names) -> Understanding {
    for slot in SLOTS {
        // What a rollback's `before` holds may be an event and not a package.
        if *slot == "before" && (intent.command != "rollback" || intent.slots.first(slot) == Some("update")) {
            continue;
        }
        for (place, heard) in intent.slots.all(slot).to_vec().into_iter().enumerate() {
            match one(&heard, context, names) {
                Found::Sure(real, score) => {
                    let mut values = intent.slots.all(slot).to_vec();
                    if let Some(value) = values.get_mut(place) {
                        *value = real;
                    }
                    intent.slots.set(slot, values);
                    intent.confidence *= score;
                }
                Found::Several(question, choices) => {
                    // The value that is asked for stands first: the answer takes its place.
                    let mut values = intent.slots.all(slot).to_vec();
                    if let Some(values) = values.get_mut(..=place) {
                        values.rotate_right(1);
                    }
                    intent.slots.set(slot, values);
                    return Understanding::Ask { intent, slot: (*slot).to_owned(), question, choices };
                }
            }
        }
    }
    if let Some(program) = intent.slots.first("program") {
        let program = program.replace(' ', "-");
        intent.slots.set("program", vec![program]);
    }
    Understanding::Intent(intent)
}

enum Found {
    Sure(String, f32),
    Several(String, Vec<Candidate>),
}

fn one(heard: &str, context: &Context, names: &dyn Names) -> Found {
    if PRONOUNS.contains(&heard) {
        return match context.spoken_of() {
            Some(name) => Found::Sure(name.to_owned(), 1.0),
            None => Found::Several("Which package do you mean?".to_owned(), Vec::new()),
        };
    }
    if let Some(place) = nth(heard) {
        return match place.index(context.offered.len()).and_then(|index| context.offered.get(index)) {
            Some(name) => Found::Sure(name.clone(), 1.0),
            None => Found::Several("Which package do you mean?".to_owned(), Vec::new()),
        };
    }
    let Some(known) = names.packages(heard, CHOICES) else {
        // Without an index the name stands as it was said; validation still refuses what cannot be one.
        return Found::Sure(heard.replace(' ', "-"), 1.0);
    };
    let found: Vec<Candidate> = known.into_iter().filter(|candidate| candidate.score >= POSSIBLE).collect();
    let lead = match found.as_slice() {
        [] => {
            let question = format!("I know no package called {heard}. Which package do you mean?");
            return Found::Several(question, Vec::new());
        }
        [only] => only.score,
        [first, second, ..] => first.score - second.score,
    };
    match found.first() {
        Some(best) if best.score >= 1.0 || (best.score >= SURE && lead >= LEAD) => {
            Found::Sure(best.name.clone(), best.score)
        }
        _ => Found::Several(format!("I heard {heard}. Which package do you mean?"), found),
    }
}

/// The mark of "the second one" in a package slot.
const NTH: &str = "#";

fn nth(heard: &str) -> Option<Choice> {
    heard.strip_prefix(NTH)?.parse().ok()
}
