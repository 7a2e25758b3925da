//! The backend against the programs that a user would use instead, in one run.
//!
//! `cargo bench --bench backend`. Needs a Nix; says so and ends where there is none. Each row is the
//! median of several runs, both sides warm. The child's time includes starting it: that is what its
//! user waits for.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench may fail loudly")]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ask_nix::command::GenerationNumber;
use ask_nix::config::{self, Dirs, Roots};
use ask_nix::demo::Demo;
use ask_nix::nix::Difference;
use ask_nix::nix::build::{self, Kept, Source};
use ask_nix::nix::change::profile::LockedProfile;
use ask_nix::nix::read::profiles::{current_number, links, profile_generations};
use ask_nix::nix::read::store::Store;
use tokio_util::sync::CancellationToken;

/// Runs of each side; the median is told. What takes long is run less often.
const RUNS: usize = 9;
const LONG: Duration = Duration::from_secs(3);

fn main() {
    let Some(user) = Dirs::of_user().filter(|user| config::find_nix(user).is_some()) else {
        eprintln!("skipped: no Nix; scripts/nix-for-demo puts one in place");
        return;
    };
    let demo = Demo::create(None, &user, None).expect("a demo system");
    let roots = demo.roots();
    println!("{:<44} {:>12} {:>12} {:>9}", "operation (median)", "Nix program", "ask-nix", "ratio");
    for count in [100, 10_000] {
        let profile = profile_of(&roots, count);
        let name = profile.to_str().unwrap().to_owned();
        row(
            &format!("list {count} generations: number, date"),
            || nix(&roots, "nix-env", &["-p", &name, "--list-generations"]),
            || assert_eq!(links(&profile).unwrap().len(), count),
        );
        row(
            &format!("list {count}, and version, kernel, revision"),
            || nix(&roots, "nix-env", &["-p", &name, "--list-generations"]),
            || assert_eq!(profile_generations(&roots, &profile).unwrap().len(), count),
        );
    }
    switches(&roots);
    plans(&demo);
    for count in [4_000, 100_000] {
        closures(&roots, count);
    }
}

/// A profile with this many generations, each a system of its own, laid out as `NixOS` does it: what
/// belongs to a system is in its folder, the kernel and the tools are links into the store.
fn profile_of(roots: &Roots, count: usize) -> PathBuf {
    let profile = roots.profiles().join(format!("bench-{count}"));
    let running = fs::canonicalize(roots.current_system()).unwrap();
    let tool = fs::canonicalize(running.join("sw/bin/nixos-version")).unwrap();
    for number in 1..=count {
        let system = roots.store.join(format!("{number:032}-nixos-system-bench-{count}"));
        fs::create_dir_all(system.join("specialisation")).unwrap();
        fs::create_dir_all(system.join("sw/bin")).unwrap();
        symlink(running.join("kernel-modules"), system.join("kernel-modules")).unwrap();
        symlink(&tool, system.join("sw/bin/nixos-version")).unwrap();
        fs::write(system.join("nixos-version"), "26.11").unwrap();
        fs::write(system.join("configuration-name"), "").unwrap();
        symlink(&system, roots.profiles().join(format!("bench-{count}-{number}-link"))).unwrap();
    }
    symlink(format!("bench-{count}-{count}-link"), &profile).unwrap();
    profile
}

fn switches(roots: &Roots) {
    let profile = roots.profiles().join("bench-100");
    let name = profile.to_str().unwrap().to_owned();
    let mut turn = 0_u64;
    let mut theirs = || {
        turn += 1;
        nix(roots, "nix-env", &["-p", &name, "--switch-generation", &(turn % 2 + 1).to_string()]);
    };
    let mut other = 0_u64;
    let mut ours = || {
        other += 1;
        let to = GenerationNumber::new(other % 2 + 1).unwrap();
        let expected = current_number(&profile);
        LockedProfile::lock(&profile, || true).unwrap().switch(expected, to).unwrap();
    };
    row("switch the profile link, synced, no activation", &mut theirs, &mut ours);
}

/// What would change: worked out anew, and kept from before; the peer is Nix's own dry build.
///
/// The demo's nixpkgs is small: evaluating a real `NixOS` takes 4 to 7 s on either side, the kept answer the same.
fn plans(demo: &Demo) {
    let roots = demo.roots();
    let file = roots.etc_nixos.join("configuration.nix");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("pkgs.git", "pkgs.git pkgs.tmux", 1)).unwrap();
    let kept = Kept::beside(&demo.dirs().index(), &demo.dirs().journal());
    let source = Source::of(&roots).unwrap();
    let ours = || {
        let plan = build::plan(&roots, &source, &kept, &CancellationToken::new(), &mut |_| {}).unwrap();
        assert!(!plan.same && plan.changes.added.len() == 1);
    };
    let mut theirs = || nix(&roots, "nix-build", &["<nixpkgs/nixos>", "-A", "system", "--dry-run"]);
    let anew = || {
        let _ = fs::remove_file(&kept.plans);
        ours();
    };
    row("what would change, worked out anew", &mut theirs, anew);
    row("what would change, kept from before", &mut theirs, ours);
    fs::write(&file, text).unwrap();
}

/// A closure of this many paths, loaded into the database by Nix itself.
fn closures(roots: &Roots, count: usize) {
    let path = |number: usize| roots.store.join(format!("{number:032}-package{number}-{count}.0"));
    let mut dump = String::new();
    for number in 0..count {
        // Each path refers to five below it, near and far, as packages and their libraries do.
        let mut below: Vec<usize> =
            [number * 7 / 8, number / 2, number / 3, number / 5, number.saturating_sub(1)].to_vec();
        below.retain(|reference| *reference < number);
        below.sort_unstable();
        below.dedup();
        writeln!(dump, "{}\n{:064x}\n{}\n\n{}", path(number).display(), number, 1000 + number, below.len()).unwrap();
        for reference in below {
            writeln!(dump, "{}", path(reference).display()).unwrap();
        }
    }
    let file = roots.home.join("dump");
    fs::write(&file, dump).unwrap();
    let mut load = command(roots, "nix-store", &["--load-db"]);
    assert!(load.stdin(fs::File::open(&file).unwrap()).status().unwrap().success());

    let (top, before) = (path(count - 1), path(count - 2));
    let (top_name, before_name) = (top.to_str().unwrap().to_owned(), before.to_str().unwrap().to_owned());
    row(
        &format!("requisites of a closure of {count} paths"),
        || nix(roots, "nix-store", &["-qR", &top_name]),
        || assert_eq!(Store::open(roots).unwrap().requisites(&top).unwrap().len(), count),
    );
    row(
        &format!("difference of two closures of {count} paths"),
        || nix(roots, "nix", &["store", "diff-closures", &before_name, &top_name]),
        || {
            let difference = Difference::between(&Store::open(roots).unwrap(), &before, &top).unwrap();
            assert_eq!((difference.paths_added, difference.paths_removed), (1, 0));
        },
    );
}

fn row(name: &str, mut theirs: impl FnMut(), mut ours: impl FnMut()) {
    let (theirs, ours) = (median(&mut theirs), median(&mut ours));
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("{name:<44} {:>9.2} ms {:>9.3} ms {ratio:>8.1}x", milliseconds(theirs), milliseconds(ours));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(act: &mut impl FnMut()) -> Duration {
    act();
    let begun = Instant::now();
    let mut times = Vec::with_capacity(RUNS);
    while times.is_empty() || (times.len() < RUNS && begun.elapsed() < LONG) {
        let begun = Instant::now();
        act();
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

fn nix(roots: &Roots, program: &str, arguments: &[&str]) {
    let status = command(roots, program, arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().success(), "{program} {arguments:?}");
}

fn command(roots: &Roots, program: &str, arguments: &[&str]) -> Command {
    let folder: &Path = roots.nix_bin.as_deref().unwrap();
    let mut command = Command::new(folder.join(program));
    command.env_clear().envs(roots.env.iter().map(|(name, value)| (name, value))).args(arguments);
    command
}
