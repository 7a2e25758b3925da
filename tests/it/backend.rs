//! The backend against a demo system that a real Nix has built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ask_nix::command::{GenerationNumber, RollbackTarget, SystemCommand};
use ask_nix::config::Roots;
use ask_nix::demo::Demo;
use ask_nix::fault::Explain;
use ask_nix::nix::change::lock::ProfileLock;
use ask_nix::nix::{Backend, Event, Files, NixError, Outcome, PlanFacts, Progress, Restored, Stage, Way};
use tokio_util::sync::CancellationToken;

use crate::support;

/// A demo system and a backend for it.
struct Machine {
    backend: Backend,
    _demo: Demo,
}

impl Machine {
    fn of(demo: Demo) -> Self {
        Self { backend: support::backend(&demo), _demo: demo }
    }

    fn fresh() -> Option<Self> {
        support::demo().map(Self::of)
    }

    fn each() -> Vec<Self> {
        support::demos().into_iter().map(Self::of).collect()
    }

    fn roots(&self) -> &Roots {
        self.backend.roots()
    }

    fn nix(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.nix_command(program, arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn nix_command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.roots().nix_bin.as_ref().unwrap().join(program));
        command.env_clear().envs(self.roots().env.iter().map(|(name, value)| (name, value))).args(arguments);
        command
    }

    fn profile(&self) -> String {
        self.roots().system_profile().to_str().unwrap().to_owned()
    }

    /// Adds generation 5, whose activation does what `fakenixos` says; 4 stays the default and runs.
    fn add_generation(&self, fakenixos: &str) {
        let configuration = format!(
            "{{ pkgs, ... }}: {{ networking.hostName = \"demo\"; environment.systemPackages = [ pkgs.git ]; {fakenixos} }}"
        );
        let arguments = ["<nixpkgs/nixos>", "-A", "system", "--no-out-link", "--arg", "configuration", &configuration];
        let built = self.nix("nix-build", &arguments);
        self.nix("nix-env", &["-p", &self.profile(), "--set", built.trim()]);
        self.nix("nix-env", &["-p", &self.profile(), "--switch-generation", "4"]);
    }

    fn roll_back(&self, target: RollbackTarget) -> Result<Outcome, NixError> {
        self.roll_back_with(target, &CancellationToken::new(), &mut |_| {})
    }

    fn roll_back_with(
        &self,
        target: RollbackTarget,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, NixError> {
        self.backend.run_here(&SystemCommand::Rollback { target }, "a test", cancel, tell)
    }

    /// What runs, and what starts at the next boot: by profile and by boot menu.
    fn state(&self) -> (u64, u64, u64) {
        let running = std::fs::read_link(self.roots().current_system()).unwrap();
        let generations = self.backend.generations().unwrap();
        let runs = generations.iter().rev().find(|generation| generation.path == running).unwrap();
        let default = generations.iter().find(|generation| generation.current).unwrap();
        let menu = std::fs::read_to_string(self.roots().system.join("boot/loader/loader.conf")).unwrap();
        let menu = menu.trim().trim_start_matches("default nixos-generation-").trim_end_matches(".conf").to_owned();
        (runs.number.get(), default.number.get(), menu.parse().unwrap())
    }

    /// The actions and systems that were activated since the demo was made, as (action, store path).
    fn activations(&self) -> Vec<(String, PathBuf)> {
        let log = std::fs::read_to_string(self.roots().system.join("activation.log")).unwrap();
        let fields = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        log.lines().map(fields).map(|fields| (fields[1].clone(), PathBuf::from(&fields[2]))).collect()
    }
}

fn number(n: u64) -> GenerationNumber {
    GenerationNumber::new(n).unwrap()
}

fn generation(n: u64) -> RollbackTarget {
    RollbackTarget::Number(number(n))
}

#[test]
fn generations_are_those_that_nix_env_lists() {
    let Some(machine) = Machine::fresh() else { return };
    let listed = machine.nix("nix-env", &["-p", &machine.profile(), "--list-generations"]);
    let ours: Vec<String> = machine
        .backend
        .generations()
        .unwrap()
        .iter()
        .map(|generation| {
            let date = generation.date.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string();
            format!("{} {date}{}", generation.number, if generation.current { " (current)" } else { "" })
        })
        .collect();
    let theirs: Vec<String> =
        listed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(ours, theirs);

    let generations = machine.backend.generations().unwrap();
    for generation in &generations {
        let said = std::fs::read_to_string(generation.path.join("nixos-version")).unwrap();
        assert_eq!(generation.version.as_deref(), Some(said.as_str()));
        assert!(generation.kernel.is_some());
        // The tool itself says the same revision.
        let tool = Command::new(generation.path.join("sw/bin/nixos-version")).arg("--configuration-revision").output();
        let revision = String::from_utf8(tool.unwrap().stdout).unwrap();
        assert_eq!(generation.revision.as_deref().unwrap_or_default(), revision.trim());
    }
    assert_eq!(generations[3].specialisations, ["travel"]);
    assert!(generations[2].booted && !generations[3].booted);
}

#[test]
fn what_is_read_is_what_nix_says() {
    let Some(machine) = Machine::fresh() else { return };
    let current = machine.backend.current_generation().unwrap();
    let run = |command: &SystemCommand| {
        machine.backend.run_here(command, "", &CancellationToken::new(), &mut |_| {}).unwrap()
    };
    let path = current.path.to_str().unwrap();
    let store = ask_nix::nix::read::store::Store::open(machine.roots()).unwrap();
    let mut theirs: Vec<String> = machine.nix("nix-store", &["-qR", path]).lines().map(str::to_owned).collect();
    theirs.sort();
    let ours: Vec<String> = store.requisites(&current.path).unwrap().into_iter().map(|path| path.path).collect();
    assert_eq!(ours, theirs);

    let sizes = machine.nix("nix", &["path-info", "-S", path]);
    let closure: u64 = sizes.split_whitespace().last().unwrap().parse().unwrap();
    let Outcome::Generation { packages, size, .. } = run(&SystemCommand::CurrentGeneration) else { unreachable!() };
    assert_eq!(size, Some(closure));
    assert!(packages.iter().any(|package| package.starts_with("ripgrep ")), "{packages:?}");

    let Outcome::Installed { system, user } = run(&SystemCommand::Installed) else { unreachable!() };
    assert_eq!(system, packages);
    assert_eq!(user, ["bat 0.26.1", "tree 2.3.2"]);

    for (name, expected) in [("ripgrep", true), ("bat", true), ("rg", true), ("emacs", false), ("bin", false)] {
        let outcome = run(&SystemCommand::IsInstalled { package: name.parse().unwrap() });
        let Outcome::IsInstalled { installed, version, .. } = outcome else { unreachable!() };
        assert_eq!((installed, version.is_some()), (expected, expected), "{name}");
    }

    let Outcome::Space(space) = run(&SystemCommand::Space) else { unreachable!() };
    let dumped = machine.nix("nix", &["path-info", "--all", "-s"]);
    let sizes: Vec<u64> = dumped.lines().filter_map(|line| line.split_whitespace().last()?.parse().ok()).collect();
    assert_eq!((space.paths, space.bytes), (u64::try_from(sizes.len()).unwrap(), sizes.iter().sum()));
    assert!(space.largest.is_sorted_by(|a, b| a.1 >= b.1) && !space.largest.is_empty());

    let Outcome::Age { generation, seconds } = run(&SystemCommand::Age) else { unreachable!() };
    assert_eq!(generation.number, number(4));
    assert!((0..3 * 86_400).contains(&seconds), "{seconds}");

    let found = machine.backend.discover();
    assert!(machine.nix("nix-env", &["--version"]).contains(&found.nix.unwrap().version));
    assert!(found.nixos.is_some() && found.store && found.configuration.is_some());
}

#[test]
fn rolling_back_is_told_before_done_for_real_and_goes_further_when_said_again() {
    for machine in Machine::each() {
        let command = SystemCommand::Rollback { target: RollbackTarget::Previous };
        let PlanFacts::Rollback(plan) = machine.backend.preview(&command).unwrap() else { unreachable!() };
        assert_eq!((plan.from.as_ref().unwrap().number, plan.to.number), (number(4), number(3)));
        assert!(plan.difference.removed.iter().any(|package| package.starts_with("ripgrep ")), "{plan:?}");
        assert_eq!(machine.state(), (4, 4, 4), "a preview changes nothing");

        let before = machine.activations().len();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (progress, outcome) = runtime.block_on(async {
            let mut events = machine.backend.run(command.clone(), None, "roll back", CancellationToken::new());
            let mut progress = 0;
            loop {
                match events.recv().await.unwrap() {
                    Event::Progress(told) => {
                        assert_eq!(told.stage, Stage::Activating);
                        progress += 1;
                    }
                    Event::Planned(_) => panic!("it was not asked to look"),
                    Event::Done(done) => break (progress, done.unwrap()),
                }
            }
        });
        assert!(progress > 0);
        let Outcome::RolledBack { from, to, .. } = *outcome else { unreachable!() };
        assert_eq!((from.unwrap().number, to.number, to.current), (number(4), number(3), true));
        assert_eq!(machine.state(), (3, 3, 3));
        assert!(!machine.roots().current_system().join("sw/bin/rg").exists());
        let actions: Vec<_> = machine.activations().split_off(before).into_iter().map(|(action, _)| action).collect();
        assert_eq!(actions, ["test", "boot"]);

        machine.backend.run_here(&command, "again", &CancellationToken::new(), &mut |_| {}).unwrap();
        assert_eq!(machine.state(), (2, 2, 2));
        // A jump to a number, and one back from there, is where it came from.
        machine.roll_back(generation(4)).unwrap();
        machine.roll_back(RollbackTarget::Previous).unwrap();
        assert_eq!(machine.state(), (2, 2, 2));
        assert!(matches!(machine.roll_back(generation(2)), Err(NixError::RunsAlready { .. })));
        assert!(matches!(machine.roll_back(generation(9)), Err(NixError::NoGeneration { .. })));
        // Nix sees what we have done, and does not object.
        let listed = machine.nix("nix-env", &["-p", &machine.profile(), "--list-generations"]);
        assert!(listed.lines().nth(1).unwrap().ends_with("(current)"), "{listed}");
        assert_eq!(machine.backend.unfinished().unwrap(), None);
    }
}

#[test]
fn one_back_is_the_system_that_ran_before_and_not_the_next_lower_number() {
    let Some(machine) = Machine::fresh() else { return };
    machine.roll_back(generation(2)).unwrap();
    // Another program makes and runs generation 5.
    machine.add_generation("");
    machine.nix("nix-env", &["-p", &machine.profile(), "--switch-generation", "5"]);
    let system = std::fs::read_link(format!("{}-5-link", machine.profile())).unwrap();
    let mut switch = Command::new(system.join("bin/switch-to-configuration"));
    switch.arg("switch").envs(machine.roots().env.clone());
    assert!(switch.status().unwrap().success());
    assert_eq!(machine.state(), (5, 5, 5));
    machine.roll_back(RollbackTarget::Previous).unwrap();
    assert_eq!(machine.state(), (2, 2, 2));
}

/// What was agreed to is done, or nothing: another program may have changed the machine since it was asked about.
#[test]
fn a_yes_to_one_change_is_never_a_yes_to_another() {
    let Some(machine) = Machine::fresh() else { return };
    let command = SystemCommand::Rollback { target: RollbackTarget::Previous };
    let agreed = machine.backend.preview(&command).unwrap();
    machine.roll_back(generation(2)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = |command: &SystemCommand, agreed| {
        runtime.block_on(async {
            let mut events = machine.backend.run(command.clone(), Some(agreed), "roll back", CancellationToken::new());
            loop {
                if let Some(Event::Done(done)) = events.recv().await {
                    break done;
                }
            }
        })
    };
    let fault = ended(&command, agreed).unwrap_err();
    assert!(fault.why.contains("agreed"), "{}", fault.spoken());
    assert_eq!(machine.state(), (2, 2, 2), "nothing else was done");
    let agreed = machine.backend.preview(&command).unwrap();
    assert!(ended(&command, agreed).is_ok());
}

#[test]
fn a_failing_activation_leaves_exactly_what_ran_before() {
    for (code, boot) in [(1, false), (2, false), (4, false), (7, false), (1, true)] {
        let Some(machine) = Machine::fresh() else { return };
        let option = if boot { "bootExitCode" } else { "switchExitCode" };
        machine.add_generation(&format!("fakenixos.{option} = {code};"));
        let error = machine.roll_back(generation(5)).unwrap_err();
        let restored = match &error {
            NixError::Activation { restored, .. } if !boot => *restored,
            NixError::Default { restored, .. } if boot => *restored,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(restored, Restored::Before, "{error:?}");
        assert_eq!(machine.state(), (4, 4, 4), "exit {code}, boot {boot}");
        let fault = error.fault();
        assert!(fault.spoken().contains("The system that ran before runs again."), "{fault:?}");
        assert_eq!(machine.backend.unfinished().unwrap(), None);
        machine.roll_back(generation(3)).unwrap();
        assert_eq!(machine.state(), (3, 3, 3));
    }
}

#[test]
fn a_system_that_needs_a_restart_is_taken_and_it_is_told() {
    let Some(machine) = Machine::fresh() else { return };
    machine.add_generation("fakenixos.switchExitCode = 100;");
    let Outcome::RolledBack { reboot_needed, .. } = machine.roll_back(generation(5)).unwrap() else { unreachable!() };
    assert!(reboot_needed);
    assert_eq!(machine.state(), (5, 5, 4 + 1));
}

#[test]
fn cancelling_an_activation_ends_it_whole_and_restores() {
    let Some(machine) = Machine::fresh() else { return };
    machine.add_generation("fakenixos.activationSeconds = 61;");
    let cancel = CancellationToken::new();
    let begun = Instant::now();
    let result = machine.roll_back_with(generation(5), &cancel, &mut |_| cancel.cancel());
    assert!(matches!(result, Err(NixError::Cancelled { restored: Restored::Before })), "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(machine.state(), (4, 4, 4));
    assert!(!running("sleep\u{0}61"), "what the activation had started goes on");
}

/// Whether a process with this command line runs.
fn running(command_line: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read_to_string(entry.path().join("cmdline")).is_ok_and(|text| text.starts_with(command_line))
    })
}

#[test]
fn nix_env_waits_for_our_lock_and_we_wait_for_its() {
    let Some(machine) = Machine::fresh() else { return };
    let profile = machine.roots().system_profile();
    let lock = ProfileLock::take(&profile, || false).unwrap();
    let arguments = ["-p", &machine.profile(), "--switch-generation", "1"];
    let mut waiting = machine.nix_command("nix-env", &arguments).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(400));
    assert!(waiting.try_wait().unwrap().is_none(), "nix-env does not wait for our lock");
    assert_eq!(std::fs::read_link(&profile).unwrap(), Path::new("system-4-link"));

    // A roll back meanwhile waits, says so, and gives up when it is told to, leaving nothing half-made.
    let cancel = CancellationToken::new();
    let mut told = 0;
    let result = machine.roll_back_with(generation(3), &cancel, &mut |progress| {
        if progress.stage == Stage::Waiting {
            told += 1;
            if told == 3 {
                cancel.cancel();
            }
        }
    });
    // The restoration cannot have the lock either, but finds nothing of its own to turn back.
    assert!(matches!(result, Err(NixError::Cancelled { restored: Restored::Before })), "{result:?}");
    drop(lock);
    assert!(waiting.wait().unwrap().success());
    assert_eq!(std::fs::read_link(&profile).unwrap(), Path::new("system-1-link"));

    // Both at once, many times: nobody fails, and no lock file stays.
    std::thread::scope(|scope| {
        let theirs = scope.spawn(|| {
            for turn in 0..10 {
                let generation = if turn % 2 == 0 { "2" } else { "1" };
                machine.nix("nix-env", &["-p", &machine.profile(), "--switch-generation", generation]);
            }
        });
        while !theirs.is_finished() {
            drop(ProfileLock::take(&profile, || true).unwrap());
        }
    });
    assert!(!profile.with_file_name("system.lock").exists());
}

/// Not a test of its own: what the next test starts as another process, to kill it.
#[test]
fn a_process_to_be_killed() {
    let Some(folder) = std::env::var_os("ASK_NIX_TEST_KILLED").map(PathBuf::from) else { return };
    let user = support::user_with_nix().unwrap();
    let machine = Machine::of(Demo::create(Some(&folder), &user, None).unwrap());
    println!("{:?}", machine.roll_back(generation(5)));
}

#[test]
fn a_change_that_was_killed_is_found_and_finished_or_undone() {
    let Some(user) = support::user_with_nix() else { return };
    for (step, way, end) in
        [("test", Way::Undo, 4), ("test", Way::Finish, 5), ("profile", Way::Undo, 4), ("profile", Way::Finish, 5)]
    {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("machine");
        let machine = Machine::of(Demo::create(Some(&folder), &user, None).unwrap());
        machine.add_generation(if step == "test" { "fakenixos.activationSeconds = 2;" } else { "" });
        let lock = (step == "profile").then(|| ProfileLock::take(&machine.roots().system_profile(), || false).unwrap());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "backend::a_process_to_be_killed"])
            .env("ASK_NIX_TEST_KILLED", &folder)
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        let at = |wanted: &str| {
            machine.backend.last_steps().unwrap().last().is_some_and(|(name, ended)| name == wanted && !ended)
        };
        while !at(step) {
            assert!(Instant::now() < until, "the step {step} was never begun");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(machine.backend.unfinished().unwrap(), None, "it is at work, not unfinished");
        child.kill().unwrap();
        child.wait().unwrap();
        drop(lock);

        // A process that is being started elsewhere in this test program may hold the lock for a moment longer.
        let until = Instant::now() + Duration::from_secs(10);
        let found = loop {
            match machine.backend.unfinished().unwrap() {
                Some(found) => break found,
                None => assert!(Instant::now() < until, "the change that was killed was never found"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!((found.entry.to_number, found.entry.ran_number), (Some(number(5)), Some(number(4))));
        assert_eq!(found.steps.last().unwrap(), &(step.to_owned(), false));
        // The orphaned activation may still be at work: the system's own lock keeps it apart on NixOS.
        std::thread::sleep(Duration::from_secs(if step == "test" { 3 } else { 0 }));
        if way == Way::Undo {
            // As a user does it: "undo", told before it is done.
            let told = machine.backend.preview(&SystemCommand::Undo).unwrap();
            assert!(matches!(told, PlanFacts::CutShort { .. }), "{told:?}");
            let cancel = CancellationToken::new();
            machine.backend.run_here(&SystemCommand::Undo, "undo", &cancel, &mut |_| {}).unwrap();
        } else {
            let settled = machine.backend.settle(way, &CancellationToken::new(), &mut |_| {}).unwrap();
            assert_eq!(settled.runs.unwrap().number, number(end));
        }
        assert_eq!(machine.state(), (end, end, end), "{step} {way:?}");
        assert_eq!(machine.backend.unfinished().unwrap(), None);
        drop(machine);
        support::remove_store(&folder);
    }
}

#[test]
fn a_machine_without_nixos_and_one_without_nix_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let roots = Roots::below(folder.path(), Some(folder.path().join("none")));
    let files = Files { journal: folder.path().join("journal"), index: folder.path().join("index") };
    let backend = Backend::new(roots.clone(), files);
    let command = SystemCommand::Rollback { target: RollbackTarget::Previous };
    assert!(matches!(backend.generations(), Err(NixError::NoNix { .. })));
    assert!(matches!(backend.preview(&command), Err(NixError::NoNix { .. })));
    assert!(backend.discover().nix.is_none());
    std::fs::create_dir_all(&roots.store).unwrap();
    let error = backend.preview(&command).unwrap_err();
    assert_eq!(error.fault().what, "This is not NixOS.");
    assert!(!folder.path().join("journal").exists(), "asking leaves nothing behind");
}
