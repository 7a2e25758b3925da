//! Failures explained: each is made by a real Nix, by every one that is there.

use std::path::Path;
use std::process::Command;

use ask_nix::config;
use ask_nix::demo::Demo;
use ask_nix::nix::Explanation;
use ask_nix::nix::explain::{Cause, Mend, explain};

use super::support;

struct Rig {
    demo: Demo,
}

impl Rig {
    fn each() -> Vec<Self> {
        let Some(user) = support::user_with_nix() else { return Vec::new() };
        let mut bins = config::private_nix(&user);
        bins.extend(config::find_nix(&user));
        bins.sort();
        bins.dedup();
        bins.iter().map(|bin| Self { demo: Demo::create(None, &user, Some(bin)).unwrap() }).collect()
    }

    /// What a Nix program says that must fail.
    fn fails(&self, program: &str, arguments: &[&str], env: &[(&str, &str)], at: &Path) -> String {
        let roots = self.demo.roots();
        let mut command = Command::new(roots.nix_bin.as_ref().unwrap().join(program));
        command.env_clear().envs(roots.env.iter().map(|(name, value)| (name, value))).args(arguments);
        let output = command.envs(env.iter().copied()).current_dir(at).output().unwrap();
        assert!(!output.status.success(), "{program} {arguments:?} works");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The explanation of what is wrong with a configuration.
    fn configuration(&self, text: &str) -> Explanation {
        let file = self.demo.path().join("wrong.nix");
        std::fs::write(&file, text).unwrap();
        let arguments =
            ["<nixpkgs/nixos>", "-A", "system", "--no-out-link", "--arg", "configuration", file.to_str().unwrap()];
        let log = self.fails("nix-build", &arguments, &[], self.demo.path());
        explain(&log).unwrap_or_else(|| panic!("{log}"))
    }

    fn expression(&self, text: &str) -> Explanation {
        let log = self.fails("nix-build", &["--no-out-link", "-E", text], &[], self.demo.path());
        explain(&log).unwrap_or_else(|| panic!("{log}"))
    }
}

#[test]
fn what_people_write_wrong_is_told_with_its_place() {
    for rig in Rig::each() {
        for (text, cause, place, words) in [
            ("{\n  a = 1\n  b = 2;\n}", Cause::Syntax, Some((3, 5)), "a semicolon"),
            (
                "{ pkgs, ... }:\n{ environment.systemPackages = [ pkgs.git foo ]; }",
                Cause::UndefinedVariable,
                Some((2, 43)),
                "foo",
            ),
            (
                "{ pkgs, ... }: { environment.systemPackages = [ pkgs.gti ]; }",
                Cause::MissingAttribute,
                Some((1, 49)),
                "gti",
            ),
            ("{ ... }: {\n a = 1;\n a = 2; }", Cause::DefinedTwice, Some((3, 2)), "a is written twice"),
            ("{ ... }: { servces.x = 1; }", Cause::UnknownOption, None, "servces"),
            (
                "{ ... }: let x = x; in { environment.systemPackages = x; }",
                Cause::InfiniteRecursion,
                Some((1, 18)),
                "circle",
            ),
            ("{ pkgs, ... }: { environment.systemPackages = \"git\"; }", Cause::WrongType, None, "list"),
            (
                "{ ... }: { environment.systemPackages = [ (1 + \"a\") ]; }",
                Cause::WrongType,
                Some((1, 48)),
                "wrong kind",
            ),
            ("{ pkgs, foo }: { }", Cause::WrongArguments, Some((1, 1)), "foo"),
            ("{ ... }: { imports = [ ./nothere.nix ]; }", Cause::MissingFile, None, "nothere.nix"),
            (
                "{ ... }: { environment.systemPackages = [ (assert false; 1) ]; }",
                Cause::FailedAssertion,
                Some((1, 44)),
                "assertion",
            ),
            (
                "{ ... }: { environment.systemPackages = [ (throw \"never use this\") ]; }",
                Cause::Thrown,
                None,
                "never use this",
            ),
        ] {
            let told = rig.configuration(text);
            let fault = told.fault();
            assert_eq!(told.cause, cause, "{text}: {told:?}");
            if let Some(place) = place {
                let found = told.place.as_ref().map(|place| (place.line.unwrap(), place.column.unwrap()));
                assert_eq!(found, Some(place), "{text}: {told:?}");
                assert!(fault.what.contains("wrong.nix, line "), "{fault:?}");
            }
            assert!(fault.spoken().contains(words), "{text}: {fault:?}");
            for sentence in [&fault.what, &fault.why, &fault.hint] {
                assert!(sentence.ends_with('.') && !sentence.contains(".."), "{sentence}");
            }
        }
    }
}

#[test]
fn a_refused_package_can_be_allowed() {
    for rig in Rig::each() {
        let told = rig.configuration("{ pkgs, ... }: { environment.systemPackages = [ pkgs.spotify ]; }");
        assert_eq!(told.cause, Cause::Unfree);
        assert_eq!(told.mend, Some(Mend::AllowUnfree { package: "spotify".into() }));
    }
}

#[test]
fn failing_builds_tell_the_package_and_its_last_words() {
    for rig in Rig::each() {
        let broken = rig.configuration("{ pkgs, ... }: { environment.systemPackages = [ pkgs.brokenpkg ]; }");
        assert_eq!(broken.cause, Cause::Builder);
        assert!(
            broken.what.contains("brokenpkg-1.0") && broken.why.contains("undefined reference to foo"),
            "{broken:?}"
        );

        let arguments = ["<nixpkgs>", "-A", "brokenpkg", "--no-out-link", "--log-format", "internal-json"];
        let log = rig.fails("nix-build", &arguments, &[], rig.demo.path());
        let told = explain(&log).unwrap();
        assert_eq!((told.cause, &told.what, &told.why), (broken.cause, &broken.what, &broken.why));

        let derivation = |fields: &str| {
            format!("derivation {{ name = \"x\"; system = builtins.currentSystem; builder = \"/bin/sh\"; {fields} }}")
        };
        let killed = rig.expression(&derivation("args = [\"-c\" \"kill -9 $$\"];"));
        assert_eq!(killed.cause, Cause::OutOfMemory, "{killed:?}");
        let full =
            rig.expression(&derivation("args = [\"-c\" \"echo cp: writing: No space left on device >&2; exit 1\"];"));
        assert_eq!((full.cause, full.mend), (Cause::DiskFull, Some(Mend::FreeSpace)));
        let hash = "0".repeat(52);
        let fixed = format!(
            "args = [\"-c\" \"echo hi > $out\"]; outputHashMode = \"flat\"; outputHashAlgo = \"sha256\"; outputHash = \"{hash}\";"
        );
        let mismatch = rig.expression(&derivation(&fixed));
        assert_eq!((mismatch.cause, mismatch.detail.len()), (Cause::HashMismatch, 2), "{mismatch:?}");
    }
}

#[test]
fn two_packages_with_one_file_are_named() {
    for rig in Rig::each() {
        let package = |name: &str| {
            format!(
                "(derivation {{ name = \"{name}-1.0\"; system = builtins.currentSystem; builder = \"/bin/sh\"; PATH = (import <nixpkgs> {{ }}).tools; args = [ \"-c\" \"mkdir -p $out/bin; echo {name} > $out/bin/hello\" ]; }})"
            )
        };
        let install = |name: &str| {
            let text = package(name);
            let roots = rig.demo.roots();
            let mut command = Command::new(roots.nix_bin.as_ref().unwrap().join("nix-env"));
            command.env_clear().envs(roots.env.iter().map(|(name, value)| (name, value)));
            command.args(["-i", "-E", &format!("_: {text}")]).output().unwrap()
        };
        assert!(install("one").status.success());
        let output = install("two");
        let log = String::from_utf8_lossy(&output.stderr);
        let told = explain(&log).unwrap_or_else(|| panic!("{log}"));
        assert_eq!(told.cause, Cause::Collision, "{log}");
        assert!(told.what.contains("one-1.0") && told.what.contains("two-1.0"), "{told:?} {log}");
    }
}

#[test]
fn what_is_wrong_around_nix_is_told() {
    for rig in Rig::each() {
        let at = rig.demo.path();
        let told = |log: &str| explain(log).unwrap_or_else(|| panic!("{log}"));
        let search = told(&rig.fails("nix-instantiate", &["--eval", "<nowhere>"], &[], at));
        assert_eq!(search.cause, Cause::NotInSearchPath);
        let network = rig.expression("builtins.fetchurl \"http://nowhere.invalid/x\"");
        assert_eq!((network.cause, network.is_transient()), (Cause::NoNetwork, true), "{network:?}");
        assert!(network.what.contains("nowhere.invalid"));
        let socket = [("NIX_REMOTE", "daemon"), ("NIX_DAEMON_SOCKET_PATH", "/nowhere/socket")];
        let daemon = told(&rig.fails("nix-build", &["--no-out-link", "<nixpkgs>", "-A", "jq"], &socket, at));
        assert_eq!(daemon.cause, Cause::NoDaemon, "{daemon:?}");
        let off = [("NIX_CONFIG", "experimental-features =")];
        let feature = told(&rig.fails("nix", &["eval", "--expr", "1"], &off, at));
        assert_eq!(feature.cause, Cause::FeatureDisabled, "{feature:?}");
    }
}

#[test]
fn a_flake_in_git_tells_what_it_does_not_see() {
    for rig in Rig::each() {
        let flake = rig.demo.flake();
        let git = |arguments: &[&str]| Command::new("git").args(arguments).current_dir(&flake).output();
        if git(&["init", "-q"]).is_err() {
            skip!("no git");
            return;
        }
        git(&["add", "flake.nix", "nixpkgs"]).unwrap();
        let path = std::env::var("PATH").unwrap();
        let build = |host: &str| {
            let attribute = format!(".#nixosConfigurations.{host}.config.system.build.toplevel");
            let log = rig.fails("nix", &["build", "--no-link", &attribute], &[("PATH", &path)], &flake);
            explain(&log).unwrap_or_else(|| panic!("{log}"))
        };
        let unseen = build("demo");
        assert_eq!(unseen.cause, Cause::NotInGit, "{unseen:?}");
        assert!(matches!(unseen.mend, Some(Mend::AddToGit { file }) if file.ends_with("configuration.nix")));
        let host = build("other");
        assert_eq!(host.cause, Cause::NoSuchHost, "{host:?}");
        assert!(host.what.contains("other"), "{host:?}");
    }
}
