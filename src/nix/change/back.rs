//! Which system is one back.
//!
//! `nix-env --rollback` takes the next lower number, which may be a system that the user had left
//! long ago. Here "one back" is the system that ran before the one that runs now, as far as the
//! journal knows; said again, it goes one further back, as in a browser.

use std::path::Path;

use crate::nix::Generation;
use crate::nix::read::profiles::generation_of;

use super::journal::{Ending, Entry, What};

/// The generation one back from the system that runs, if there is one.
///
/// `entries` newest first, `generations` oldest first.
#[must_use]
pub fn one_back<'a>(generations: &'a [Generation], running: &Path, entries: &[Entry]) -> Option<&'a Generation> {
    let now = generation_of(generations, running);
    let Some(now) = now else {
        // A system that is no generation runs as a test: one back from it is the default.
        return generations.iter().find(|generation| generation.current);
    };
    let other = |path: &Path| generation_of(generations, path).filter(|found| found.number != now.number);
    // What was made ready for the next start has not run unless it runs now.
    let ran = |entry: &Entry| entry.what != What::Boot || entry.went_to(running);
    let done = |entry: &&Entry| entry.ending == Some(Ending::Done) && ran(entry);
    let lower = generations.iter().rev().find(|generation| generation.number < now.number);

    // The newest change that chose what runs now: what ran then is one back.
    // A step back chose nothing, so that "back, back" does not go to and fro.
    if entries.iter().find(done).is_some_and(|last| last.went_to(running)) {
        let chosen = entries.iter().filter(done).find(|entry| entry.what != What::Back && entry.went_to(running));
        return chosen.and_then(|entry| other(&entry.ran_path)).or(lower);
    }
    // Another program chose what runs now: what ran before it is what we last left running, unless
    // the generation just below was made since.
    let left = entries.iter().find(done);
    match (left, lower) {
        (Some(left), Some(lower)) if lower.date > left.started => Some(lower),
        (Some(left), lower) => left.to_path.as_deref().and_then(other).or(lower),
        (None, lower) => lower,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::command::GenerationNumber;

    fn number(n: u64) -> GenerationNumber {
        GenerationNumber::new(n).unwrap()
    }

    /// Generations 1..=n, made at second 100, 200, …; the system of generation n is `/s/n`.
    fn generations(n: u64) -> Vec<Generation> {
        (1..=n)
            .map(|n| Generation {
                number: number(n),
                date: Timestamp::from_second(i64::try_from(n).unwrap() * 100).unwrap(),
                version: None,
                kernel: None,
                revision: None,
                current: false,
                booted: false,
                specialisations: Vec::new(),
                label: None,
                kept: false,
                path: format!("/s/{n}").into(),
            })
            .collect()
    }

    /// Changes in the order they were made, as (second, what, from, to).
    fn journal(changes: &[(i64, What, u64, u64)]) -> Vec<Entry> {
        changes
            .iter()
            .rev()
            .map(|&(second, what, from, to)| Entry {
                id: second,
                started: Timestamp::from_second(second).unwrap(),
                what,
                why: String::new(),
                ran_path: format!("/s/{from}").into(),
                ran_number: Some(number(from)),
                default_number: Some(number(from)),
                to_path: Some(format!("/s/{to}").into()),
                to_number: Some(number(to)),
                edit: None,
                ending: Some(Ending::Done),
            })
            .collect()
    }

    fn back(made: u64, running: u64, changes: &[(i64, What, u64, u64)]) -> Option<u64> {
        let generations = generations(made);
        one_back(&generations, Path::new(&format!("/s/{running}")), &journal(changes)).map(|g| g.number.get())
    }

    #[test]
    fn without_a_journal_it_is_the_next_lower_number() {
        assert_eq!(back(3, 3, &[]), Some(2));
        assert_eq!(back(1, 1, &[]), None);
    }

    #[test]
    fn a_system_that_the_user_had_left_is_not_gone_back_to() {
        // 1, 2, back to 1, then nixos-rebuild makes 3 at second 300: before 3 ran 1, not 2.
        assert_eq!(back(3, 3, &[(250, What::Back, 2, 1)]), Some(1));
        // Then it makes 4 too: before 4 ran 3.
        assert_eq!(back(4, 4, &[(250, What::Back, 2, 1)]), Some(3));
    }

    #[test]
    fn going_to_a_number_is_undone_by_one_back() {
        assert_eq!(back(5, 1, &[(600, What::To, 5, 1)]), Some(5));
        assert_eq!(back(5, 2, &[(600, What::To, 5, 2), (700, What::To, 2, 1), (800, What::Back, 1, 2)]), Some(5));
    }

    #[test]
    fn what_waits_for_the_next_start_is_not_one_back() {
        // 3 runs, 4 was made for the next start; then the machine is started with it.
        assert_eq!(back(4, 3, &[(600, What::To, 2, 3), (700, What::Boot, 3, 4)]), Some(2));
        assert_eq!(back(4, 4, &[(600, What::To, 2, 3), (700, What::Boot, 3, 4)]), Some(3));
    }

    #[test]
    fn back_and_back_again_goes_further_and_not_to_and_fro() {
        assert_eq!(back(3, 2, &[(600, What::Back, 3, 2)]), Some(1));
        assert_eq!(back(3, 1, &[(600, What::Back, 3, 2), (700, What::Back, 2, 1)]), None);
    }

    #[test]
    fn from_a_tested_system_it_is_the_default() {
        let mut generations = generations(2);
        generations.last_mut().unwrap().current = true;
        let found = one_back(&generations, Path::new("/s/other"), &[]).unwrap();
        assert_eq!(found.number, number(2));
    }
}
