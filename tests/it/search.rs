//! The search index and its ranking, measured on the development list where it is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ask_nix::command::{PackageAttr, Query};
use ask_nix::nix::Index;
use ask_nix::nix::read::index::build;
use tokio_util::sync::CancellationToken;

use crate::support::shared_data;

const QUESTIONS: &str = include_str!("../search/questions.tsv");
const SPOKEN: &str = include_str!("../search/spoken.tsv");
const POPULARITY: &str = include_str!("../../data/popularity.tsv");
const CATEGORIES: &str = include_str!("../../data/categories.tsv");

fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t').collect())
}

fn whole() -> Option<(tempfile::TempDir, Index)> {
    let data = shared_data()?.join("nixpkgs");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let lists: Vec<PathBuf> = vec![data.join("packages.tsv.gz"), data.join("options.json.gz")];
    let begin = Instant::now();
    build(&path, &lists, &CancellationToken::new(), &mut |_| {}).unwrap();
    eprintln!("built in {:.1?}, {} MB", begin.elapsed(), std::fs::metadata(&path).unwrap().len() / 1_000_000);
    Some((folder, Index::open(&path).unwrap()))
}

/// The place of the first right answer, counted from 0.
fn place(answers: &[String], right: &str) -> Option<usize> {
    answers.iter().position(|answer| right.split(' ').any(|right| right == answer))
}

#[derive(Default)]
struct Tally {
    asked: usize,
    first: usize,
    three: usize,
    took: Vec<Duration>,
}

impl Tally {
    fn add(&mut self, asked: &str, right: &str, answers: &[String], took: Duration) {
        self.asked += 1;
        self.took.push(took);
        match place(answers, right) {
            Some(0) => self.first += 1,
            found => eprintln!("  not first ({found:?}): {asked} -> {:?}", &answers[..answers.len().min(3)]),
        }
        self.three += usize::from(place(answers, right).is_some_and(|place| place < 3));
    }

    fn tell(&mut self, what: &str) {
        self.took.sort();
        let (median, most) = (self.took[self.took.len() / 2], self.took[self.took.len() * 99 / 100]);
        eprintln!(
            "{what}: {} asked, {} first, {} in three; median {median:?}, p99 {most:?}",
            self.asked, self.first, self.three
        );
    }
}

#[test]
fn people_find_what_they_expect() {
    let Some((_folder, index)) = whole() else { return };
    let mut parts: BTreeMap<&str, Tally> = BTreeMap::new();
    for line in lines(QUESTIONS) {
        let begin = Instant::now();
        let hits = index.search(&line[1].parse::<Query>().unwrap(), 10).unwrap();
        let answers: Vec<String> = hits.into_iter().map(|hit| hit.attr).collect();
        parts.entry(line[0]).or_default().add(line[1], line[2], &answers, begin.elapsed());
    }
    for (part, tally) in &mut parts {
        tally.tell(part);
    }
    for (part, tally) in &parts {
        assert!(tally.first * 100 >= tally.asked * 90, "{part}: too few first");
    }
    assert!(index.search(&"xqzwvk plorfgh".parse().unwrap(), 10).unwrap().is_empty());
}

#[test]
fn heard_names_are_found() {
    let Some((_folder, index)) = whole() else { return };
    let mut tally = Tally::default();
    for line in lines(SPOKEN) {
        let begin = Instant::now();
        let answers: Vec<String> = index.resolve(line[0], 10).unwrap().into_iter().map(|(attr, _)| attr).collect();
        tally.add(line[0], line[1], &answers, begin.elapsed());
    }
    tally.tell("spoken");
    assert!(tally.three * 100 >= tally.asked * 75, "too few among three");
}

#[test]
fn attributes_that_ship_exist_and_gaps_are_filled() {
    let Some((_folder, index)) = whole() else { return };
    let there = |attr: &str| index.describe(&attr.parse::<PackageAttr>().unwrap()).unwrap().is_some();
    let known = lines(POPULARITY).map(|line| line[0]).chain(lines(CATEGORIES).map(|line| line[1]));
    let missing: Vec<&str> = known.flat_map(str::split_whitespace).filter(|attr| !there(attr)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for attr in ["python3", "nodejs", "jdk", "curl", "openssl", "cmake"] {
        assert!(there(attr), "{attr}");
    }
}

#[test]
fn a_broken_list_leaves_the_old_index() {
    let folder = tempfile::tempdir().unwrap();
    let (index, good, bad) = (folder.path().join("index"), folder.path().join("good"), folder.path().join("bad"));
    std::fs::write(&good, "hello\thello\t2.12\tGreets\thello\t\t\t\t\t\n").unwrap();
    std::fs::write(&bad, "{\"packages\": {\n\"a\": {").unwrap();
    let make = |list: &Path| build(&index, &[list.to_owned()], &CancellationToken::new(), &mut |_| {});
    make(&good).unwrap();
    let before = std::fs::read(&index).unwrap();
    assert!(make(&bad).is_err());
    assert_eq!(std::fs::read(&index).unwrap(), before);
    let hits = Index::open(&index).unwrap().search(&"hello".parse().unwrap(), 5).unwrap();
    assert_eq!(hits[0].attr, "hello");
}
