//! The question before a change: what it does to this machine, in words.

use jiff::Zoned;

use super::table::printable;
use super::when::when;
use super::words::{join, list, say};
use super::{Announcement, Turn, dialogue, edits, generations, rebuild, services};
use crate::command::Risk;
use crate::nix::{Difference, PlanFacts, RollbackPlan};

/// Packages that a question names; more cannot be kept in mind before saying yes.
const NAMED: usize = 4;

/// The yes-or-no question about a change. `preview` is the command's own sentence, for what has no plan.
#[must_use]
pub fn question(plan: &PlanFacts, preview: &str, risk: Risk, now: &Zoned) -> Announcement {
    let facts = match plan {
        PlanFacts::CutShort { why } => say!("plan-cut-short", said = printable(why)),
        PlanFacts::Reads | PlanFacts::Plain => String::new(),
        PlanFacts::Rollback(plan) => rollback(plan, now),
        PlanFacts::Service(plan) => services::plan(plan),
        PlanFacts::Generation(generation) => generations::is(generation, now),
        PlanFacts::Deletion(plan) => generations::deletion(plan, now),
        PlanFacts::Collection(plan) => generations::collection(plan, now),
        PlanFacts::Edit(_) | PlanFacts::Undo(_) => edits::facts(plan),
        PlanFacts::Personal(plan) => edits::personal(plan),
        PlanFacts::Update(plan) => rebuild::update(plan),
        PlanFacts::Rebuild { manner, system } => rebuild::planned(system, *manner),
    };
    let mut asked = dialogue(&Turn::Question { preview, risk });
    asked.text = join([facts, asked.text]);
    asked.screen = edits::lines(plan).map(|lines| format!("{}\n{lines}", asked.text));
    asked
}

fn rollback(plan: &RollbackPlan, now: &Zoned) -> String {
    let to = plan.to.number.to_string();
    let date = when(plan.to.date, now);
    let way = match &plan.from {
        // Left so by a change that was cut short, or by another program.
        Some(from) if from.number == plan.to.number => say!("plan-default", number = to, when = date),
        Some(from) => say!("plan-rollback", from = from.number.to_string(), to = to, when = date),
        None => say!("plan-rollback-unknown", to = to, when = date),
    };
    let restart = if plan.reboot_needed { say!("plan-restart") } else { String::new() };
    join([way, difference(&plan.difference), restart])
}

/// What differs between two systems, in a sentence or two.
#[must_use]
pub fn difference(difference: &Difference) -> String {
    differs(difference, "plan-adds")
}

/// The same of two generations that are compared: nothing is brought back.
pub(super) fn compared(difference: &Difference) -> String {
    differs(difference, "compared-adds")
}

fn differs(difference: &Difference, adds: &'static str) -> String {
    let part = |id: &str, names: &[String]| {
        if names.is_empty() { String::new() } else { say!(id, list = list(names, NAMED, names.len())) }
    };
    let changed: Vec<String> = difference.changed.iter().map(|changed| changed.name.clone()).collect();
    let same = difference.same_packages();
    join([
        part("plan-removes", &difference.removed),
        part(adds, &difference.added),
        part("plan-changes", &changed),
        if same { say!("plan-same") } else { String::new() },
    ])
}
