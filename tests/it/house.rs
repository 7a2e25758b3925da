//! The house itself: imports never go up, and what one room alone may know stays in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rooms, from the ground up; a room may import its own floor's and lower rooms, never mutually.
const FLOORS: &[&[&str]] = &[
    &["fault"],
    &["command", "config", "confine"],
    &["audio", "intent", "nix", "observe", "models"],
    &["ears", "announce"],
    &["recognize", "speak", "demo"],
    &["assistant"],
    &["front"],
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its room and its text outside comments.
fn files() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&src, &mut found);
    found
        .into_iter()
        .map(|path| {
            let first = path.strip_prefix(&src).unwrap().components().next().unwrap();
            let room = first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            (room, path, code)
        })
        .collect()
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

#[test]
fn imports_never_go_up_and_never_both_ways() {
    let import = regex::Regex::new(r"crate::(\w+)|crate::\{([^}]*)\}").unwrap();
    let mut arrows: BTreeMap<(String, String), PathBuf> = BTreeMap::new();
    for (room, path, code) in files() {
        let Some(own) = floor(&room) else { continue };
        for found in import.captures_iter(&code) {
            let names = found.get(1).or_else(|| found.get(2)).unwrap().as_str();
            for name in names.split(',').map(|name| name.trim().split("::").next().unwrap().to_owned()) {
                let Some(other) = floor(&name) else { continue };
                assert!(other <= own, "{} imports {name}, which is a floor above", path.display());
                if name != room {
                    arrows.insert((room.clone(), name), path.clone());
                }
            }
        }
    }
    assert!(!arrows.is_empty(), "no imports were found: the pattern is wrong");
    for ((from, to), path) in &arrows {
        assert!(
            !arrows.contains_key(&(to.clone(), from.clone())),
            "{from} and {to} import each other: {}",
            path.display()
        );
    }
}

#[test]
fn what_one_room_alone_may_know_stays_in_it() {
    let secrets: &[(&str, &[&str])] = &[
        ("cpal::", &["audio"]),
        ("whisper_rs", &["recognize"]),
        ("piper_rs", &["speak"]),
        ("println!", &["front", "main"]),
        ("eprintln!", &["front", "main"]),
        ("Command::new(\"sh\")", &[]),
        ("Command::new(\"bash\")", &[]),
    ];
    for (room, path, code) in files() {
        let code = code.split("#[cfg(test)]").next().unwrap();
        for (word, rooms) in secrets {
            assert!(rooms.contains(&room.as_str()) || !code.contains(word), "{} knows {word}", path.display());
        }
    }
}

#[test]
fn the_pure_rooms_do_no_input_or_output() {
    for (room, path, code) in files().into_iter().filter(|(room, ..)| ["intent", "command"].contains(&room.as_str())) {
        let code = code.split("#[cfg(test)]").next().unwrap();
        for word in ["std::fs", "std::net", "std::process", "tokio::", "rusqlite", "std::env"] {
            assert!(!code.contains(word), "{room} does input or output: {} uses {word}", path.display());
        }
    }
}
