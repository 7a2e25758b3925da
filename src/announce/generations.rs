//! Generations that are kept, named and deleted, and what that frees, in words.

use jiff::Zoned;

use super::quantity::size;
use super::table::printable;
use super::when::when;
use super::words::{join, list, say};
use crate::nix::{DeletionPlan, Freed, Generation, Protection};

/// Generations that a question names one by one.
const NAMED: usize = 6;

pub(super) fn is(generation: &Generation, now: &Zoned) -> String {
    say!("generation-is", number = generation.number.to_string(), when = when(generation.date, now))
}

/// What a deletion takes, before it is agreed to.
pub(super) fn deletion(plan: &DeletionPlan, now: &Zoned) -> String {
    let mut told = vec![going(plan, now)];
    if plan.frees.bytes > 0 {
        told.push(say!("deletion-frees", size = size(plan.frees.bytes)));
    }
    told.push(spared(plan));
    join(told)
}

/// What collecting the garbage takes.
pub(super) fn collection(plan: &DeletionPlan, now: &Zoned) -> String {
    let frees = if plan.frees.paths == 0 {
        say!("collection-nothing")
    } else {
        say!("collection-frees", size = size(plan.frees.bytes), count = plan.frees.paths)
    };
    if plan.go.is_empty() {
        return frees;
    }
    join([going(plan, now), spared(plan), frees])
}

fn going(plan: &DeletionPlan, now: &Zoned) -> String {
    let numbers: Vec<String> = plan.go.iter().map(|generation| generation.number.to_string()).collect();
    match plan.go.as_slice() {
        [one] => say!("deletion-one", number = one.number.to_string(), when = when(one.date, now)),
        [first, .., last] if numbers.len() > NAMED => say!(
            "deletion-many",
            count = numbers.len(),
            from = first.number.to_string(),
            to = last.number.to_string(),
            when = when(last.date, now)
        ),
        _ => say!("deletion-some", count = numbers.len(), list = list(&numbers, NAMED, numbers.len())),
    }
}

fn spared(plan: &DeletionPlan) -> String {
    let kept: Vec<String> =
        plan.spared.iter().filter(|(_, why)| *why == Protection::Kept).map(|(number, _)| number.to_string()).collect();
    match kept.as_slice() {
        [] => String::new(),
        kept => say!("deletion-spares", count = kept.len(), list = list(kept, NAMED, kept.len())),
    }
}

pub(super) fn kept(generation: &Generation) -> String {
    say!("generation-kept", number = generation.number.to_string())
}

pub(super) fn labelled(generation: &Generation) -> String {
    let label = printable(generation.label.as_deref().unwrap_or_default());
    say!("generation-labelled", number = generation.number.to_string(), label = label)
}

pub(super) fn deleted(plan: &DeletionPlan) -> String {
    let told = say!("deletion-done", count = plan.go.len());
    if plan.frees.bytes == 0 {
        return told;
    }
    join([told, say!("deletion-room", size = size(plan.frees.bytes))])
}

pub(super) fn collected(freed: &Freed) -> String {
    let gone = if freed.generations.is_empty() {
        String::new()
    } else {
        say!("deletion-done", count = freed.generations.len())
    };
    let room = if freed.paths == 0 { say!("collected-nothing") } else { say!("collected", size = size(freed.bytes)) };
    join([gone, room])
}

pub(super) fn optimised(bytes: Option<u64>) -> String {
    match bytes {
        Some(0) | None => say!("optimised-nothing"),
        Some(bytes) => say!("optimised", size = size(bytes)),
    }
}
