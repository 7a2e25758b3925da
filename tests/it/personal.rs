//! Where there is no NixOS: installing into the user's own profile, by `nix profile` and by `nix-env`, with real Nixes.

use std::fs;
use std::path::PathBuf;

use ask_nix::command::{Packages, SystemCommand};
use ask_nix::config::Roots;
use ask_nix::demo::Demo;
use ask_nix::nix::{Backend, NixError, Outcome, PersonalPlan, PlanFacts};
use tokio_util::sync::CancellationToken;

use crate::support;

/// A store with its user, and nothing of NixOS; with the profile that `nix-env` made, or with none yet.
fn machines() -> Vec<(Demo, Roots, bool)> {
    let mut all = Vec::new();
    for bin in support::nixes() {
        for old in [true, false] {
            let demo = Demo::create(None, &support::user_with_nix().unwrap(), Some(&bin)).unwrap();
            let roots = demo.roots();
            fs::remove_file(roots.nixos_marker()).unwrap();
            fs::remove_dir_all(&roots.etc_nixos).unwrap();
            for entry in fs::read_dir(roots.profiles()).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_symlink() {
                    fs::remove_file(entry).unwrap();
                }
            }
            if !old {
                fs::remove_file(roots.home.join(".nix-profile")).unwrap();
                fs::remove_dir_all(roots.home.join(".local/state/nix")).unwrap();
                // A user whose nixpkgs is that of the channels.
                fs::create_dir_all(roots.home.join(".local/state/nix/profiles")).unwrap();
            }
            all.push((demo, roots, old));
        }
    }
    all
}

fn packages(name: &str) -> Packages {
    Packages::new(vec![name.parse().unwrap()]).unwrap()
}

#[test]
fn packages_go_into_the_users_own_profile_and_out_again() {
    for (demo, mut roots, old) in machines() {
        let (name, nixpkgs) = ("NIX_PATH", format!("nixpkgs={}", demo.nixpkgs().display()));
        roots.nix_path = Some(nixpkgs.clone().into());
        roots.env.iter_mut().filter(|(key, _)| key == name).for_each(|(_, value)| *value = nixpkgs.clone().into());
        let backend = Backend::new(roots.clone(), support::backend(&demo).files().clone());
        let program = |name: &str| -> PathBuf { roots.home.join(".nix-profile/bin").join(name) };
        let run = |command: &SystemCommand| -> Result<PersonalPlan, NixError> {
            match backend.run_here(command, "a test", &CancellationToken::new(), &mut |_| {})? {
                Outcome::Personal(plan) => Ok(plan),
                other => panic!("{other:?}"),
            }
        };
        let install = |name: &str| SystemCommand::Install { packages: packages(name) };
        let remove = |name: &str| SystemCommand::Remove { packages: packages(name) };
        let preview = backend.preview(&install("jq")).unwrap();
        assert!(matches!(&preview, PlanFacts::Personal(plan) if plan.install == ["jq"]), "{preview:?}");
        assert!(!program("jq").exists());
        run(&install("jq")).unwrap();
        assert!(program("jq").exists(), "old: {old}");
        assert!(matches!(run(&install("jq")), Err(NixError::InProfile { .. })));
        run(&install("kdePackages.okular")).unwrap();
        assert!(program("okular").exists() && program("jq").exists());
        run(&remove("kdePackages.okular")).unwrap();
        assert!(!program("okular").exists() && program("jq").exists());
        assert!(matches!(run(&remove("kdePackages.okular")), Err(NixError::NotOnMachine { .. })));
        // Three changes, taken back one after the other.
        run(&SystemCommand::Undo).unwrap();
        assert!(program("okular").exists());
        run(&SystemCommand::Undo).unwrap();
        assert!(!program("okular").exists() && program("jq").exists());
        run(&SystemCommand::Undo).unwrap();
        assert!(!program("jq").exists());
        assert_eq!(program("tree").exists(), old, "what the user had is there as before");
        assert!(run(&SystemCommand::Undo).is_err(), "there is nothing more to take back");
        for broken in ["brokenpkg", "no-such-package", "spotify"] {
            assert!(matches!(run(&install(broken)), Err(NixError::Explained { .. })), "{broken}");
        }
        assert_eq!(program("tree").exists(), old);
    }
}
