//! The configuration from the command line, and the documents that are made from the table of its keys.

use std::path::Path;

use assert_cmd::Command;

/// Each call has a home of its own.
fn call(home: &Path, words: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("ask-nix")
        .unwrap()
        .env("HOME", home)
        .env_remove("XDG_CONFIG_HOME")
        .env("XDG_STATE_HOME", home.join("state"))
        .args(words)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_value_is_set_told_and_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    assert_eq!(call(home, &["config", "get", "voice.rate"]).1, "1.0\n");
    assert_eq!(call(home, &["config", "set", "voice.rate", "1.5"]).1, "voice.rate is 1.5 now.\n");
    assert_eq!(call(home, &["config", "get", "voice.rate"]).1, "1.5\n");
    assert_eq!(call(home, &["config", "get", "voice.rate", "--set", "voice.rate=2"]).1, "2.0\n");
    let shown = call(home, &["config", "show", "--json"]).1;
    let rate: serde_json::Value =
        serde_json::from_str(shown.lines().find(|line| line.contains("voice.rate")).unwrap()).unwrap();
    assert_eq!((rate["value"].as_f64(), rate["origin"]["from"].as_str()), (Some(1.5), Some("user")));
    assert_eq!(call(home, &["config", "unset", "voice.rate"]).1, "voice.rate is 1.0 now.\n");
    assert_eq!(call(home, &["config", "check"]).0, 0);
}

#[test]
fn a_wrong_file_stops_everything_but_the_verbs_that_mend_it() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".config/ask-nix/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "# mine\n[voice]\nrate = 1.5\nspede = 2\n").unwrap();
    let (code, out, err) = call(home.path(), &["parse", "list generations"]);
    assert_eq!((code, out.as_str()), (4, ""));
    assert!(err.contains("line 4, column 1") && err.contains("voice.spede"), "{err}");
    let (code, out, _) = call(home.path(), &["config", "check"]);
    assert_eq!(code, 4);
    assert!(out.contains(":4:1: there is no key voice.spede"), "{out}");
    assert_eq!(call(home.path(), &["config", "unset", "voice.spede"]).0, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n[voice]\nrate = 1.5\n");
    let (code, _, err) = call(home.path(), &["config", "set", "voice.raet", "2"]);
    assert_eq!(code, 4);
    assert!(err.contains("Did you mean voice.rate?"), "{err}");
}

#[test]
fn an_editor_that_writes_something_wrong_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (good, bad) = (home.path().join("good"), home.path().join("bad"));
    for (path, text) in [(&good, "[voice]\\nalways = true\\n"), (&bad, "[voice]\\nalways = 3\\n")] {
        std::fs::write(path, format!("#!/bin/sh\nprintf '{text}' > \"$1\"\n")).unwrap();
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let edit = |editor: &Path| {
        let mut command = Command::cargo_bin("ask-nix").unwrap();
        let status = command.env("HOME", home.path()).env_remove("XDG_CONFIG_HOME").env_remove("VISUAL");
        status.env("EDITOR", editor).args(["config", "edit"]).output().unwrap().status.code().unwrap()
    };
    let file = home.path().join(".config/ask-nix/config.toml");
    assert_eq!(edit(&bad), 4);
    assert!(!file.exists());
    assert_eq!(edit(&good), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "[voice]\nalways = true\n");
    assert_eq!(edit(&bad), 4);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "[voice]\nalways = true\n");
}

/// The head of the page; the tables are made from the keys.
const HEAD: &str = include_str!("configuration.head.md");

#[test]
fn the_example_and_the_page_are_what_the_keys_say() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = format!("{HEAD}{}", ask_nix::config::page());
    for (name, text) in [("config.toml", ask_nix::config::example()), ("configuration.md", page)] {
        let path = docs.join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/{name} is not what the keys say: run this test with UPDATE_DOCS=1");
    }
}

#[test]
fn every_example_in_the_documents_is_a_right_configuration() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    // With every key in force, not only commented out.
    let example = std::fs::read_to_string(docs.join("config.toml")).unwrap();
    let all = regex::Regex::new(r"(?m)^#(\w+ = )").unwrap().replace_all(&example, "$1").into_owned();
    let (values, wrong) = ask_nix::config::check(&all, Path::new("config.toml"));
    assert!(wrong.is_empty(), "{wrong:?}");
    let count: usize = values.values().map(|section| section.as_table().unwrap().len()).sum();
    assert_eq!(count, ask_nix::config::KEYS.len());
    // Blocks in the pages.
    let block = regex::Regex::new(r"(?s)```toml\n(.*?)```").unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(&docs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        for found in block.captures_iter(&std::fs::read_to_string(&path).unwrap()) {
            let (_, wrong) = ask_nix::config::check(&found[1], &path);
            assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "no examples were found: the pattern is wrong");
}

#[test]
fn what_is_done_is_counted_and_no_word_of_the_user_is_kept() {
    let Some(demo) = crate::support::demo() else { return };
    let home = tempfile::tempdir().unwrap();
    let at = format!("--demo={}", demo.path().display());
    let models = crate::support::user().unwrap();
    let run = |words: &[&str]| {
        let cache = models.cache().parent().unwrap();
        let mut command = Command::cargo_bin("ask-nix").unwrap();
        let output =
            command.env("HOME", home.path()).env("XDG_CACHE_HOME", cache).arg(&at).args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["list generations"]);
    run(&["search quixotic zebra"]);
    run(&["age"]);
    let told: serde_json::Value = serde_json::from_str(&run(&["metrics", "--json"])).unwrap();
    let lines = told["lines"].as_array().unwrap();
    let count = |stage: &str, name: &str| {
        let line = lines.iter().find(|line| line["stage"] == stage && line["name"] == name);
        line.and_then(|line| line["count"].as_u64()).unwrap_or(0)
    };
    assert_eq!((count("intent", "generations"), count("backend", "generations")), (1, 1), "{told}");
    assert_eq!((count("backend", "search"), count("backend", "age")), (1, 1), "{told}");
    let page = run(&["metrics", "--prometheus"]);
    assert!(page.contains("ask_nix_operations_total{stage=\"backend\",name=\"age\",ending=\"done\"} 1"), "{page}");
    let file = demo.dirs().metrics();
    let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
    assert!(!text.contains("quixotic"), "words of the user are in the counts");
    run(&["--set", "metrics.words=true", "search quixotic zebra"]);
    let kept = |file: &Path| String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains("quixotic");
    assert!(kept(&file) || kept(&file.with_extension("sqlite-wal")), "they are kept where that is switched on");
    assert!(run(&["metrics"]).contains("backend"), "the table");
    run(&["metrics", "--forget"]);
    let told: serde_json::Value = serde_json::from_str(&run(&["metrics", "--json"])).unwrap();
    assert_eq!(told["lines"].as_array().unwrap().len(), 0);
}
