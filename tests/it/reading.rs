//! The readers against a demo that a real Nix has built: what they say is what Nix itself says.

use std::path::{Path, PathBuf};
use std::process::Command;

use ask_nix::command::{DiffRange, GenerationNumber, SystemCommand};
use ask_nix::demo::Demo;
use ask_nix::fault::{Explain, Fault, Kind};
use ask_nix::nix::read::reasons::From;
use ask_nix::nix::read::value::OptionValueNow;
use ask_nix::nix::read::{closure, garbage, graph, store};
use ask_nix::nix::{Backend, CacheCounts, NixError, Outcome};
use tokio_util::sync::CancellationToken;

use super::support;

struct Machine {
    backend: Backend,
    demo: Demo,
}

impl Machine {
    fn of(demo: Demo) -> Self {
        Self { backend: support::backend(&demo), demo }
    }

    fn fresh() -> Option<Self> {
        support::demo().map(Self::of)
    }

    fn each() -> Vec<Self> {
        support::demos().into_iter().map(Self::of).collect()
    }

    fn try_ask(&self, command: &SystemCommand) -> Result<Outcome, NixError> {
        self.backend.run_here(command, "", &CancellationToken::new(), &mut |_| {})
    }

    fn ask(&self, command: &SystemCommand) -> Outcome {
        self.try_ask(command).unwrap()
    }

    fn fault(&self, command: &SystemCommand) -> Fault {
        self.try_ask(command).unwrap_err().fault()
    }

    fn nix(&self, program: &str, arguments: &[&str]) -> String {
        let roots = self.backend.roots();
        let mut command = Command::new(roots.nix_bin.as_ref().unwrap().join(program));
        command.env_clear().envs(roots.env.iter().map(|(name, value)| (name, value))).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn number(number: u64) -> GenerationNumber {
    GenerationNumber::new(number).unwrap()
}

#[test]
fn garbage_is_what_nix_would_delete() {
    for machine in Machine::each() {
        let roots = machine.backend.roots().clone();
        // Something that is built and kept by nothing, and something that a result link keeps.
        let nixpkgs = machine.demo.nixpkgs();
        let nixpkgs = nixpkgs.to_str().unwrap();
        machine.nix("nix-build", &[nixpkgs, "-A", "jq", "--no-out-link"]);
        let link = machine.demo.path().join("result");
        machine.nix("nix-build", &[nixpkgs, "-A", "tmux", "--out-link", link.to_str().unwrap()]);

        let dead = machine.nix("nix-store", &["--gc", "--print-dead"]);
        let dead = dead.lines().filter(|line| line.starts_with(roots.store.to_str().unwrap())).count();
        let Outcome::Space(space) = machine.ask(&SystemCommand::Space) else { unreachable!() };
        assert!(dead > 0);
        assert_eq!(space.garbage.paths, dead as u64);
        assert!(space.garbage.bytes > 0 && space.garbage.bytes < space.bytes);
        assert!(space.roots.iter().any(|root| root.link == link), "{:?}", space.roots);
        assert!(space.disk.is_some_and(|disk| disk.free <= disk.bytes));

        let mut ours: Vec<PathBuf> = garbage::roots(&roots).into_iter().map(|root| root.link).collect();
        let theirs = machine.nix("nix-store", &["--gc", "--print-roots"]);
        let mut theirs: Vec<PathBuf> = theirs
            .lines()
            .filter_map(|line| Some(PathBuf::from(line.split_once(" -> ")?.0.trim_matches('"'))))
            // What running programs hold, and Nix's own temporary roots, have no link.
            .filter(|link| link.is_absolute() && !link.starts_with("/proc"))
            .collect();
        ours.sort();
        theirs.sort();
        theirs.dedup();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn closures_of_every_path_are_those_of_nix() {
    for machine in Machine::each() {
        let roots = machine.backend.roots();
        let store = store::Store::open(roots).unwrap();
        let graph = graph::Graph::read(&store).unwrap();
        for profile in [roots.system_profile(), roots.home.join(".nix-profile")] {
            let path = std::fs::canonicalize(profile).unwrap();
            let theirs = machine.nix("nix-store", &["-qR", path.to_str().unwrap()]).lines().count();
            let closures = closure::Closure::of(&store, &[&path]).unwrap();
            assert_eq!(closures.first().map(closure::Closure::len), Some(theirs));
            let place = graph.place(&store, &path).unwrap();
            assert_eq!(graph.closure(place).iter().count(), theirs);
        }
    }
}

#[test]
fn generations_are_compared_by_number_and_by_date() {
    let Some(machine) = Machine::fresh() else { return };
    let compare = |range| match machine.ask(&SystemCommand::Diff { range }) {
        Outcome::Compared(compared) => (compared.from.number.get(), compared.to.number.get(), compared.difference),
        other => unreachable!("{other:?}"),
    };
    let (from, to, difference) = compare(DiffRange::Last);
    assert_eq!((from, to), (3, 4));
    assert_eq!(difference.added.iter().filter(|name| name.starts_with("ripgrep ")).count(), 1, "{difference:?}");
    let (from, to, back) = compare(DiffRange::Between(number(4), number(3)));
    assert_eq!((from, to), (4, 3));
    assert_eq!((&back.removed, back.bytes), (&difference.added, -difference.bytes));
    assert_eq!(compare(DiffRange::From(number(1))).0, 1);
    assert_eq!(compare(DiffRange::In(number(2))).1, 2);
    assert_eq!(compare(DiffRange::Since("3 days ago".parse().unwrap())).0, 3);
    let fault = machine.fault(&SystemCommand::Diff { range: DiffRange::In(number(1)) });
    assert_eq!(fault.kind, Kind::Refused);
    machine.fault(&SystemCommand::Diff { range: DiffRange::From(number(99)) });
}

#[test]
fn why_and_how_large_is_told_as_nix_sees_it() {
    for machine in Machine::each() {
        let why = |package: &str| match machine.ask(&SystemCommand::Why { package: package.parse().unwrap() }) {
            Outcome::Why(reasons) => reasons,
            other => unreachable!("{other:?}"),
        };
        let git = why("git");
        assert!(git.reasons.iter().any(|reason| reason.from == From::System && reason.wanted), "{git:?}");
        assert_eq!(
            why("bat").reasons.iter().map(|reason| (reason.from, reason.wanted)).collect::<Vec<_>>(),
            [(From::User, true)]
        );
        let none = why("blender");
        assert!(none.reasons.is_empty() && !none.left_over);

        let Outcome::Size(size) = machine.ask(&SystemCommand::Size { package: "ripgrep".parse().unwrap() }) else {
            unreachable!()
        };
        let path = machine.nix("nix-store", &["-qR", machine.backend.roots().system_profile().to_str().unwrap()]);
        let path = path.lines().find(|path| path.contains("-ripgrep-")).unwrap();
        let told = machine.nix("nix", &["path-info", "-sS", path]);
        let told: Vec<u64> = told.split_whitespace().skip(1).map(|size| size.parse().unwrap()).collect();
        assert_eq!(told, [size.own, size.closure]);
        assert_eq!(size.alone, Some(size.own), "nothing else needs it");

        let Outcome::Referrers(needers) = machine.ask(&SystemCommand::Referrers { package: "git".parse().unwrap() })
        else {
            unreachable!()
        };
        assert!(needers.direct.is_empty(), "{needers:?}");
        let fault = machine.fault(&SystemCommand::Referrers { package: "blender".parse().unwrap() });
        assert!(fault.what.contains("blender"), "{fault:?}");
    }
}

#[test]
fn an_option_has_the_value_that_the_configuration_gives() {
    for machine in Machine::each() {
        let roots = machine.backend.roots().clone();
        let read = |option: &str| match machine.ask(&SystemCommand::ReadOption { option: option.parse().unwrap() }) {
            Outcome::OptionNow(now) => now.value,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(read("networking.hostName"), OptionValueNow::Value("demo".into()));
        assert_eq!(read("services.openssh.enable"), OptionValueNow::Value(true.into()));
        assert_eq!(read("services.nginx.enable"), OptionValueNow::Unset);
        assert!(
            matches!(read("environment.systemPackages"), OptionValueNow::Value(value) if value.as_array().is_some_and(|list| list.len() == 5))
        );

        // Asked again it is there already; a change of the configuration is noticed at once.
        let before = machine.backend.cache_counts();
        read("networking.hostName");
        assert_eq!(machine.backend.cache_counts(), CacheCounts { hits: before.hits + 1, ..before });
        let file = roots.etc_nixos.join("configuration.nix");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("\"demo\"", "\"other\"")).unwrap();
        assert_eq!(read("networking.hostName"), OptionValueNow::Value("other".into()));

        // A configuration that is wrong is explained, with the place.
        std::fs::write(&file, text.replace("\"demo\"", "\"demo\" +")).unwrap();
        let fault = machine.fault(&SystemCommand::ReadOption { option: "networking.hostName".parse().unwrap() });
        assert!(fault.what.contains("configuration.nix, line 7"), "{fault:?}");
        let Outcome::WentWrong(wrong) = machine.ask(&SystemCommand::Explain) else { unreachable!() };
        assert_eq!(wrong.fault, Some(fault));

        // The same machine as a flake.
        std::fs::write(&file, text).unwrap();
        std::fs::copy(machine.demo.flake().join("flake.nix"), roots.etc_nixos.join("flake.nix")).unwrap();
        copy(&machine.demo.flake().join("nixpkgs"), &roots.etc_nixos.join("nixpkgs"));
        std::fs::create_dir_all(roots.system.join("etc")).unwrap();
        std::fs::write(roots.system.join("etc/hostname"), "demo\n").unwrap();
        assert_eq!(read("time.timeZone"), OptionValueNow::Value("Europe/Berlin".into()));
        assert_eq!(read("services.nginx.enable"), OptionValueNow::Unset);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

#[test]
fn the_state_of_the_machine_is_told() {
    let Some(machine) = Machine::fresh() else { return };
    let Outcome::RebootNeeded(reboot) = machine.ask(&SystemCommand::RebootNeeded) else { unreachable!() };
    // Generation 3 was booted, with the same kernel as 4.
    assert!(!reboot.needed && reboot.kernel == reboot.booted_kernel && reboot.kernel.is_some(), "{reboot:?}");
    let Outcome::Freshness(fresh) = machine.ask(&SystemCommand::UpdateCheck) else { unreachable!() };
    assert!(fresh.running.is_some() && fresh.nixpkgs.is_some(), "{fresh:?}");
    let Outcome::Verified(sound) = machine.ask(&SystemCommand::Verify) else { unreachable!() };
    assert!(sound.is_whole(), "{sound:?}");
    let Outcome::Health(health) = machine.ask(&SystemCommand::Health) else { unreachable!() };
    assert!(!health.not_asked.is_empty(), "the demo has no systemd");
    let fault = machine.fault(&SystemCommand::ServiceList);
    assert!(fault.why.contains("systemd"), "{fault:?}");
    let Outcome::WentWrong(wrong) = machine.ask(&SystemCommand::Explain) else { unreachable!() };
    assert_eq!((wrong.fault, wrong.change), (None, None), "a refusal is no failure");
    let Outcome::WhichProgram(owners) = machine.ask(&SystemCommand::WhichProgram { program: "rg".parse().unwrap() })
    else {
        unreachable!()
    };
    assert!(owners.installed.is_some_and(|owner| owner.starts_with("ripgrep ")));
}

#[test]
fn a_damaged_store_database_is_told_by_every_reader() {
    let Some(machine) = Machine::fresh() else { return };
    let database = machine.backend.roots().store_database();
    let mut bytes = std::fs::read(&database).unwrap();
    let end = bytes.len();
    bytes.get_mut(100..end).unwrap().fill(0x5a);
    for (kind, contents) in
        [("overwritten", bytes), ("no database", b"not a database, but a text\n".repeat(99)), ("empty", Vec::new())]
    {
        for beside in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{beside}", database.display()));
        }
        std::fs::write(&database, contents).unwrap();
        let git = || "git".parse().unwrap();
        for command in [
            SystemCommand::Space,
            SystemCommand::Size { package: git() },
            SystemCommand::Why { package: git() },
            SystemCommand::Referrers { package: git() },
            SystemCommand::Diff { range: DiffRange::Last },
            SystemCommand::Verify,
        ] {
            let fault = machine.fault(&command);
            assert_eq!(fault.what, "The database of the store cannot be read.", "{kind} {command:?}");
        }
    }
}
