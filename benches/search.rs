//! Search over all of nixpkgs, against `nix search` and `nix-env -qaP`, in one run.
//!
//! `cargo bench --bench search -- PACKAGES [OPTIONS]`: a packages.json of nix-env or of a channel, or a table
//! `attr, name, version, description, …`; without it, the lists of the folder that `ASK_NIX_DATA` names. The
//! peers search a flake with the same names, versions and descriptions, whose packages are bare
//! derivations: nixpkgs itself costs them more. `nix search` is warm: its evaluation cache is filled first.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench may fail loudly")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ask_nix::command::Query;
use ask_nix::config::{self, Dirs, Roots};
use ask_nix::demo::Demo;
use ask_nix::nix::Index;
use ask_nix::nix::read::index::build;
use tokio_util::sync::CancellationToken;

const QUESTIONS: &str = include_str!("../tests/search/questions.tsv");
const SPOKEN: &str = include_str!("../tests/search/spoken.tsv");
/// Results of a search, as the dialogue asks for them.
const RESULTS: usize = 10;
const PEER_RUNS: usize = 5;

fn main() {
    let lists = lists();
    if lists.is_empty() {
        eprintln!("skipped: name a list of packages, or set ASK_NIX_DATA");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.sqlite");
    let began = Instant::now();
    let contents = build(&path, &lists, &CancellationToken::new(), &mut |_| {}).unwrap();
    println!(
        "index of {} packages built in {:.1} s, {} MB",
        contents.packages,
        began.elapsed().as_secs_f64(),
        std::fs::metadata(&path).unwrap().len() / 1_000_000
    );
    let index = Index::open(&path).unwrap();
    let ours = questions(&index);
    let Some(user) = Dirs::of_user().filter(|user| config::find_nix(user).is_some()) else {
        eprintln!("skipped: no Nix to compare with; scripts/nix-for-demo puts one in place");
        return;
    };
    let demo = Demo::create(None, &user, None).expect("a demo system");
    peers(&demo.roots(), &path, ours);
}

fn lists() -> Vec<PathBuf> {
    let named: Vec<PathBuf> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).map(PathBuf::from).collect();
    if !named.is_empty() {
        return named;
    }
    let data = std::env::var_os("ASK_NIX_DATA").map(PathBuf::from).unwrap_or_default().join("nixpkgs");
    ["packages.tsv.gz", "options.json.gz"]
        .map(|name| data.join(name))
        .into_iter()
        .filter(|file| file.is_file())
        .collect()
}

/// Asks every question of the test data, and gives the median time.
fn questions(index: &Index) -> Duration {
    let mut times = Vec::new();
    for (what, file) in [("typed questions", QUESTIONS), ("spoken names", SPOKEN)] {
        let mut took = Vec::new();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let Some(query) = line.split('\t').nth(1).and_then(|words| words.parse::<Query>().ok()) else { continue };
            let began = Instant::now();
            let _found = index.search(&query, RESULTS).unwrap();
            took.push(began.elapsed());
        }
        tell(what, &mut took);
        times.append(&mut took);
    }
    tell("all", &mut times)
}

fn tell(what: &str, times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    println!(
        "{:<24} {:>5} asked: median {:.3} ms, 99th percentile {:.3} ms, longest {:.3} ms",
        what,
        times.len(),
        milliseconds(at(50)),
        milliseconds(at(99)),
        milliseconds(at(100)),
    );
    at(50)
}

fn peers(roots: &Roots, index: &Path, ours: Duration) {
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), index);
    let flake = format!("path:{}", folder.path().display());
    let search = ["--extra-experimental-features", "nix-command flakes", "search", "--json", flake.as_str(), "firefox"];
    let first = timed(|| nix(roots, "nix", &search));
    println!("nix search, filling its cache: {:.1} s", first.as_secs_f64());
    let all = folder.path().join("all.nix");
    let query = ["-f", all.to_str().unwrap(), "-qaP", "firefox"];
    for (name, program, arguments) in
        [("nix search, cached", "nix", &search[..]), ("nix-env -qaP", "nix-env", &query[..])]
    {
        let mut times: Vec<Duration> = (0..PEER_RUNS).map(|_| timed(|| nix(roots, program, arguments))).collect();
        times.sort_unstable();
        let theirs = times[times.len() / 2];
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!("{name:<24} median {:>9.1} ms; ask-nix is {ratio:.0} times faster", milliseconds(theirs));
    }
}

/// A flake whose packages have the index's names, versions and descriptions.
fn stand_in(folder: &Path, index: &Path) {
    let index = rusqlite::Connection::open(index).unwrap();
    let mut rows = index
        .prepare("SELECT attr, pname || '-' || ifnull(version, ''), ifnull(description, '') FROM package")
        .unwrap();
    let packages: BTreeMap<String, serde_json::Value> = rows
        .query_map([], |row| {
            let (name, description): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, serde_json::json!({ "name": name, "description": description })))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    std::fs::write(folder.join("packages.json"), serde_json::to_vec(&packages).unwrap()).unwrap();
    std::fs::write(
        folder.join("all.nix"),
        "builtins.mapAttrs (attr: package: derivation { inherit (package) name; system = \"x86_64-linux\"; \
         builder = \"/bin/sh\"; } // { meta = { inherit (package) description; }; }) \
         (builtins.fromJSON (builtins.readFile ./packages.json))",
    )
    .unwrap();
    std::fs::write(folder.join("flake.nix"), "{ outputs = _: { legacyPackages.x86_64-linux = import ./all.nix; }; }")
        .unwrap();
}

fn nix(roots: &Roots, program: &str, arguments: &[&str]) {
    let mut command = Command::new(roots.nix_bin.as_deref().unwrap().join(program));
    command.env_clear().envs(roots.env.iter().map(|(name, value)| (name, value))).args(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert!(child.wait().unwrap().success(), "{program} {arguments:?}");
    assert!(answer.contains("firefox"), "{program} found nothing");
}

fn timed(act: impl FnOnce()) -> Duration {
    let began = Instant::now();
    act();
    began.elapsed()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
