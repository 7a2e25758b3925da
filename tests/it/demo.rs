//! The demo system: made by a real Nix, kept, reused, and gone when it should be.

use std::path::Path;
use std::process::Command;

use ask_nix::config::{self, Dirs, Roots};
use ask_nix::demo::{Demo, DemoError};

use crate::support;

/// Runs a Nix program in a demo's environment and gives what it printed.
fn nix(roots: &Roots, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(roots.nix_bin.as_ref().unwrap().join(program))
        .env_clear()
        .envs(roots.env.iter().map(|(name, value)| (name, value)))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Store path, kernel and version behind a system link.
fn described(link: &Path) -> (String, String) {
    let kernel = std::fs::read_dir(link.join("kernel-modules/lib/modules")).unwrap().next().unwrap().unwrap();
    let version = std::fs::read_to_string(link.join("nixos-version")).unwrap();
    (kernel.file_name().into_string().unwrap(), version)
}

#[test]
fn a_demo_is_what_real_nix_says_of_it_with_every_nix_there_is() {
    let Some(user) = support::user_with_nix() else { return };
    let mut bins = config::private_nix(&user);
    bins.extend(config::find_nix(&user));
    bins.sort();
    bins.dedup();
    for bin in bins {
        let demo = Demo::create(None, &user, Some(&bin)).unwrap();
        let roots = demo.roots();
        let profile = roots.system_profile().to_str().unwrap().to_owned();

        let list = nix(&roots, "nix-env", &["-p", &profile, "--list-generations"]);
        let numbers: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(numbers, ["1", "2", "3", "4"], "{list}");
        assert!(list.lines().last().unwrap().contains("(current)"), "{list}");
        let days: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
        let yesterday = jiff::Zoned::now().yesterday().unwrap().date().to_string();
        assert_eq!(days.last(), Some(&yesterday.as_str()), "{list}");
        assert!(days.is_sorted() && days.first() != days.last(), "{list}");

        // Generations differ in what a user asks for.
        let generation = |number: u8| described(Path::new(&format!("{profile}-{number}-link")));
        assert_ne!(generation(1), generation(4));
        assert!(std::fs::exists(Path::new(&profile).join("specialisation/travel")).unwrap());
        assert!(!Path::new(&format!("{profile}-3-link/sw/bin/rg")).exists());
        assert!(Path::new(&format!("{profile}-4-link/sw/bin/rg")).exists());

        // What is configured is what runs: a build says the same path.
        let built = nix(&roots, "nix-build", &["<nixpkgs/nixos>", "-A", "system", "--no-out-link"]);
        let running = std::fs::canonicalize(roots.current_system()).unwrap();
        assert_eq!(Path::new(built.trim()), running);
        assert_eq!(std::fs::canonicalize(&profile).unwrap(), running);
        let booted = std::fs::canonicalize(roots.booted_system()).unwrap();
        assert_eq!(booted, std::fs::canonicalize(format!("{profile}-3-link")).unwrap());

        // So does the flake, apart from where it lies.
        let flake = format!("path:{}#nixosConfigurations.demo.config.networking.hostName", demo.flake().display());
        assert_eq!(nix(&roots, "nix", &["eval", "--raw", &flake]), "demo");

        let mut user_packages: Vec<String> = nix(&roots, "nix-env", &["--query"]).lines().map(str::to_owned).collect();
        user_packages.sort();
        assert_eq!(user_packages, ["bat-0.26.1", "tree-2.3.2"]);
    }
}

#[test]
fn its_packages_can_be_listed_for_an_index() {
    let Some(demo) = support::demo() else { return };
    let text = nix(&demo.roots(), "nix-env", &["-f", "<nixpkgs>", "-qaP", "--json", "--meta"]);
    let packages: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(packages.len() >= 40, "{}", packages.len());
    assert_eq!(packages["ripgrep"]["meta"]["mainProgram"], "rg");
    assert!(packages.contains_key("kdePackages.okular"));
    assert_eq!(packages["spotify"]["meta"]["unfree"], true);
}

#[test]
fn a_kept_demo_is_used_again_and_a_half_made_one_is_made_again() {
    let Some(user) = support::user_with_nix() else { return };
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("kept");
    let first = Demo::create(Some(&dir), &user, None).unwrap();
    // A change of the user's, which must be there the next time.
    let profile = first.roots().system_profile().to_str().unwrap().to_owned();
    nix(&first.roots(), "nix-env", &["-p", &profile, "--switch-generation", "2"]);
    drop(first);

    let second = Demo::create(Some(&dir), &user, None).unwrap();
    let third = Demo::create(Some(&dir), &user, None).unwrap();
    assert_eq!(std::fs::read_link(third.roots().system_profile()).unwrap(), Path::new("system-2-link"));
    drop((second, third));

    std::fs::remove_file(dir.join(".complete")).unwrap();
    let again = Demo::create(Some(&dir), &user, None).unwrap();
    assert_eq!(std::fs::read_link(again.roots().system_profile()).unwrap(), Path::new("system-4-link"));
    drop(again);
    assert!(dir.join("nix/store").exists(), "a kept demo stays");
    support::remove_store(&dir);
}

#[test]
fn two_that_want_the_same_folder_get_one_whole_demo() {
    let Some(user) = support::user_with_nix() else { return };
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("both");
    std::thread::scope(|scope| {
        let make = || Demo::create(Some(&dir), &user, None).map(|demo| demo.roots().system_profile());
        let other = scope.spawn(make);
        let mine = make().unwrap();
        assert_eq!(other.join().unwrap().unwrap(), mine);
        assert_eq!(std::fs::read_link(mine).unwrap(), Path::new("system-4-link"));
    });
    support::remove_store(&dir);
}

#[test]
fn a_fresh_demo_goes_away_and_a_failed_one_too() {
    let Some(user) = support::user_with_nix() else { return };
    let demo = Demo::create(None, &user, None).unwrap();
    let path = demo.path().to_owned();
    assert!(demo.dirs().journal().starts_with(&path));
    assert_eq!(demo.dirs().models(), user.models());
    drop(demo);
    assert!(!path.exists());

    // A "Nix" that is none.
    let root = tempfile::tempdir().unwrap();
    let error = Demo::create(None, &user, Some(root.path())).unwrap_err();
    assert!(matches!(error, DemoError::NixUnusable { .. }), "{error:?}");
    assert!(matches!(
        Demo::create(None, &Dirs::below(root.path()), Some(Path::new("/bin"))),
        Err(DemoError::NixUnusable { .. } | DemoError::Build { .. })
    ));
}
