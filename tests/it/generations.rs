//! Generations are kept, labelled and deleted, and garbage is collected, on a demo system of a real Nix.

use std::fs;

use ask_nix::command::{Age, AgeUnit, Deletion, GenerationNumber, KeepCount, SystemCommand};
use ask_nix::demo::Demo;
use ask_nix::fault::Explain;
use ask_nix::nix::{Backend, NixError, Outcome, PlanFacts, Protection, Restored};
use tokio_util::sync::CancellationToken;

use crate::support;

struct Machine {
    backend: Backend,
    _demo: Demo,
}

impl Machine {
    fn of(demo: Demo) -> Self {
        Self { backend: support::backend(&demo), _demo: demo }
    }

    fn each() -> Vec<Self> {
        support::demos().into_iter().map(Self::of).collect()
    }

    fn run(&self, command: &SystemCommand) -> Result<Outcome, NixError> {
        self.backend.run_here(command, "a test", &CancellationToken::new(), &mut |_| {})
    }

    fn delete(&self, which: Deletion) -> Result<Outcome, NixError> {
        self.run(&SystemCommand::DeleteGenerations { which })
    }

    fn numbers(&self) -> Vec<u64> {
        self.backend.generations().unwrap().iter().map(|generation| generation.number.get()).collect()
    }

    /// The generations that the boot menu offers.
    fn menu(&self) -> Vec<u64> {
        let entries = fs::read_dir(self.backend.roots().system.join("boot/loader/entries")).unwrap();
        let number = |name: &str| name.trim_start_matches("nixos-generation-").split(['-', '.']).next()?.parse().ok();
        let mut numbers: Vec<u64> =
            entries.filter_map(|entry| number(&entry.unwrap().file_name().to_string_lossy())).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

fn number(n: u64) -> GenerationNumber {
    GenerationNumber::new(n).unwrap()
}

#[test]
fn what_is_in_use_or_kept_is_never_deleted_and_the_rest_is_with_its_boot_entry() {
    for machine in Machine::each() {
        assert_eq!(machine.numbers(), [1, 2, 3, 4]);
        for (which, why) in [(4, Protection::Current), (3, Protection::Booted)] {
            let error = machine.delete(Deletion::Numbers(vec![number(which)])).unwrap_err();
            assert!(matches!(error, NixError::Protected { why: told, .. } if told == why), "{error:?}");
        }
        let error = machine.delete(Deletion::Numbers(vec![number(9)])).unwrap_err();
        assert!(matches!(error, NixError::NoGeneration { .. }), "{error:?}");

        machine.run(&SystemCommand::Keep { number: Some(number(1)) }).unwrap();
        let label = "the good one".parse().unwrap();
        machine.run(&SystemCommand::LabelGeneration { number: Some(number(2)), label }).unwrap();
        let all = machine.backend.generations().unwrap();
        assert!(all[0].kept && !all[1].kept, "{all:?}");
        assert_eq!(all[1].label.as_deref(), Some("the good one"));

        let which = Deletion::Range(number(1), number(4));
        let plan = machine.backend.preview(&SystemCommand::DeleteGenerations { which: which.clone() }).unwrap();
        let PlanFacts::Deletion(plan) = plan else { panic!("{plan:?}") };
        assert_eq!(plan.go.iter().map(|one| one.number.get()).collect::<Vec<_>>(), [2]);
        assert_eq!(plan.spared.len(), 3);
        assert_eq!(machine.numbers(), [1, 2, 3, 4], "a preview changes nothing");

        machine.delete(which.clone()).unwrap();
        assert_eq!(machine.numbers(), [1, 3, 4]);
        assert_eq!(machine.menu(), [1, 3, 4]);
        let error = machine.delete(which).unwrap_err();
        assert!(matches!(error, NixError::NothingToDelete { spared: 3 }), "{error:?}");
        assert!(error.fault().why.contains("in use"), "{}", error.fault().spoken());
        let dates = machine.backend.generations().unwrap();
        assert!(dates.is_sorted_by_key(|generation| generation.date), "dates are as they were");
    }
}

#[test]
fn a_deletion_that_is_cut_short_leaves_every_generation() {
    for machine in Machine::each().into_iter().take(1) {
        let command = SystemCommand::DeleteGenerations { which: Deletion::Numbers(vec![number(1)]) };
        let cancel = CancellationToken::new();
        // The boot menu is not written any more.
        cancel.cancel();
        let result = machine.backend.run_here(&command, "a test", &cancel, &mut |_| {});
        assert!(matches!(result, Err(NixError::Cancelled { .. })), "{result:?}");
        assert_eq!(machine.numbers(), [1, 2, 3, 4]);
        // One that was killed is put back by the next.
        let profiles = machine.backend.roots().profiles();
        fs::rename(profiles.join("system-2-link"), profiles.join(".system-2-link.ask-nix-leaving")).unwrap();
        machine.run(&command).unwrap();
        assert_eq!(machine.numbers(), [2, 3, 4]);
    }
}

#[test]
fn garbage_goes_and_what_is_told_before_is_what_goes() {
    for machine in Machine::each() {
        let gc = |age, keep| SystemCommand::Gc { age, keep };
        let planned = |command: &SystemCommand| match machine.backend.preview(command).unwrap() {
            PlanFacts::Collection(plan) => *plan,
            other => panic!("{other:?}"),
        };
        let collected = |command: &SystemCommand| match machine.run(command).unwrap() {
            Outcome::Collected(freed) => freed,
            other => panic!("{other:?}"),
        };
        // What making the demo left over.
        collected(&gc(None, None));
        let nothing = planned(&gc(None, None));
        assert_eq!((nothing.go.len(), nothing.frees.paths), (0, 0));
        assert_eq!(collected(&gc(None, None)).paths, 0);

        let cancel = CancellationToken::new();
        cancel.cancel();
        let result = machine.backend.run_here(&gc(None, None), "a test", &cancel, &mut |_| {});
        // Nobody is told that nothing was changed: what Nix had deleted by then is gone.
        assert!(matches!(result, Err(NixError::Cancelled { restored: Restored::Partly })), "{result:?}");

        let rule = gc(Age::new(2, AgeUnit::Weeks), Some("2".parse::<KeepCount>().unwrap()));
        let plan = planned(&rule);
        assert_eq!(plan.go.iter().map(|one| one.number.get()).collect::<Vec<_>>(), [1, 2]);
        assert!(plan.frees.paths > 0, "{plan:?}");
        let freed = collected(&rule);
        assert_eq!(freed.generations, [number(1), number(2)]);
        assert_eq!((freed.paths, freed.bytes), (plan.frees.paths, plan.frees.bytes));
        for generation in machine.backend.generations().unwrap() {
            assert!(generation.path.join("init").exists(), "{generation:?} is whole");
        }
        assert!(matches!(machine.run(&SystemCommand::Verify).unwrap(), Outcome::Verified(_)));
        assert!(matches!(machine.run(&SystemCommand::Optimise).unwrap(), Outcome::Optimised { .. }));
    }
}
