//! Where a roll back goes that is named by a time, by what came, or by what worked: on a demo that a real Nix has built.

use ask_nix::command::{RollbackTarget, SystemCommand};
use ask_nix::nix::{Backend, NixError, Outcome, PlanFacts};
use tokio_util::sync::CancellationToken;

use crate::support;

fn told(backend: &Backend, target: RollbackTarget) -> Result<u64, NixError> {
    match backend.preview(&SystemCommand::Rollback { target })? {
        PlanFacts::Rollback(plan) => Ok(plan.to.number.get()),
        other => panic!("{other:?}"),
    }
}

fn go(backend: &Backend, target: RollbackTarget) -> u64 {
    let command = SystemCommand::Rollback { target };
    match backend.run_here(&command, "a test", &CancellationToken::new(), &mut |_| {}).unwrap() {
        Outcome::RolledBack { to, .. } => to.number.get(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_time_is_what_ran_then() {
    for demo in support::demos() {
        let backend = support::backend(&demo);
        let date = |words: &str| RollbackTarget::Date(words.parse().unwrap());
        let generations = backend.generations().unwrap();
        for generation in &generations {
            // In words that are said: the day on which it was made.
            let day = generation.date.to_zoned(jiff::tz::TimeZone::system()).date();
            let newest = generations.iter().rfind(|one| one.date.to_zoned(jiff::tz::TimeZone::system()).date() == day);
            let meant = date(&format!("{} {} {}", day.strftime("%B"), day.day(), day.year()));
            match told(&backend, meant) {
                Ok(number) => assert_eq!(number, newest.unwrap().number.get(), "{day}"),
                Err(error) => assert!(matches!(error, NixError::RunsAlready { .. }), "{day}: {error}"),
            }
        }
        assert!(matches!(told(&backend, date("3 years ago")), Err(NixError::NoneBefore { .. })));
        // The journal knows better than the dates of the links: what runs since now is what was gone back to.
        assert_eq!(go(&backend, RollbackTarget::Number(2_u64.to_string().parse().unwrap())), 2);
        assert!(matches!(told(&backend, date("today")), Err(NixError::RunsAlready { .. })));
    }
}

#[test]
fn before_a_package_came_and_to_what_worked() {
    for demo in support::demos() {
        let backend = support::backend(&demo);
        let before = |package: &str| RollbackTarget::BeforeInstalled(package.parse().unwrap());
        assert_eq!(told(&backend, before("ripgrep")).unwrap(), 3);
        assert!(matches!(told(&backend, before("firefox")), Err(NixError::NotInRunning { .. })));
        assert_eq!(go(&backend, before("ripgrep")), 3);
        assert!(matches!(told(&backend, before("ripgrep")), Err(NixError::NotInRunning { .. })));
        // It ran before, and nothing went wrong with it.
        assert_eq!(told(&backend, RollbackTarget::LastWorking).unwrap(), 4);
        assert_eq!(go(&backend, RollbackTarget::LastWorking), 4);
        assert_eq!(told(&backend, RollbackTarget::LastWorking).unwrap(), 3);
    }
}
