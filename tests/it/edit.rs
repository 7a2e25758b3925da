//! Edits of configurations: a corpus of differently written ones, each with what every request does to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ask_nix::config;
use ask_nix::fault::Explain;
use ask_nix::nix::edit::{self, Edit, EditError, Request};
use ask_nix::nix::read::discovery::Configuration;
use proptest::prelude::*;

use crate::support;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configurations")
}

/// The names of all configurations: files, and folders with several.
fn names() -> Vec<String> {
    let entries = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "expected");
    names.sort();
    assert!(names.len() >= 40, "{}", names.len());
    names
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A configuration in a folder of its own.
struct Copy {
    _folder: tempfile::TempDir,
    root: PathBuf,
    backups: PathBuf,
    configuration: Configuration,
}

impl Copy {
    fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let (from, root) = (corpus().join(name), base.join(name));
        copy(&from, &root);
        let configuration = if root.join("flake.nix").exists() {
            Configuration::Flake { file: root.join("flake.nix"), host: Some("harbour".into()) }
        } else if root.is_dir() {
            Configuration::Channel { file: root.join("configuration.nix") }
        } else {
            Configuration::Channel { file: root.clone() }
        };
        Self { backups: base.join("backups"), _folder: folder, root, configuration }
    }

    fn propose(&self, request: &Request) -> Result<Edit, EditError> {
        edit::propose(&edit::start(&self.configuration)?, request)
    }

    /// All files with their bytes.
    fn bytes(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn collect(path: &Path, all: &mut Vec<(PathBuf, Vec<u8>)>) {
            if path.is_dir() {
                for entry in fs::read_dir(path).unwrap() {
                    collect(&entry.unwrap().path(), all);
                }
            } else {
                all.push((path.to_owned(), fs::read(path).unwrap()));
            }
        }
        let mut all = Vec::new();
        collect(&self.root, &mut all);
        all.sort();
        all
    }
}

fn install(package: &str) -> Request {
    Request::Install(vec![package.parse().unwrap()])
}

fn remove(package: &str) -> Request {
    Request::Remove(vec![package.parse().unwrap()])
}

fn set(option: &str, value: &str) -> Request {
    Request::Set(option.parse().unwrap(), value.parse().unwrap())
}

/// What a request does, as lines that are gone and new, or why it is refused.
fn told(copy: &Copy, request: &Request) -> String {
    match copy.propose(request) {
        Ok(edit) => {
            let shown = edit.diff().replace(&format!("{}", copy.root.parent().unwrap().display()), "");
            let lines = shown.lines().filter(|line| !line.starts_with("--- ") && !line.starts_with("@@"));
            lines.map(|line| line.trim_end().replace('\t', "→") + "\n").collect()
        }
        Err(error) => {
            let fault = error.fault();
            format!("refused: {} {}\n", fault.what, fault.why)
        }
    }
}

#[test]
fn every_configuration_is_edited_as_a_reader_would() {
    for name in names() {
        let copy = Copy::of(&name);
        let requests = [
            ("install cowsay", install("cowsay")),
            ("install kdePackages.kate", install("kdePackages.kate")),
            ("remove git", remove("git")),
            ("services.openssh.enable = false", set("services.openssh.enable", "false")),
            ("networking.hostName = light \"house\"", set("networking.hostName", "light \"house\"")),
            ("without time.timeZone", Request::Unset("time.timeZone".parse().unwrap())),
        ];
        let all: Vec<String> =
            requests.iter().map(|(title, request)| format!("# {title}\n{}", told(&copy, request))).collect();
        insta::with_settings!({
            snapshot_path => corpus().join("expected"), prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name.replace('.', "-"), all.join("\n"));
        });
    }
}

/// Requests of every kind.
fn requests() -> Vec<Request> {
    vec![
        install("cowsay"),
        install("kdePackages.kate"),
        install("_1password"),
        Request::Install(vec!["cowsay".parse().unwrap(), "jq".parse().unwrap(), "htop".parse().unwrap()]),
        remove("git"),
        remove("vim"),
        set("services.openssh.enable", "false"),
        set("services.openssh.enable", "true"),
        set("programs.firefox.enable", "true"),
        set("networking.hostName", "a ${b} \"c\" \\d ''e"),
        set("boot.loader.timeout", "-1"),
        Request::Unset("time.timeZone".parse().unwrap()),
        Request::Unset("services.openssh.enable".parse().unwrap()),
    ]
}

#[test]
fn an_edit_and_its_undo_leave_every_byte_as_it_was() {
    let mut made = 0;
    for name in names() {
        let copy = Copy::of(&name);
        let before = copy.bytes();
        for request in requests() {
            let Ok(edit) = copy.propose(&request) else {
                assert_eq!(copy.bytes(), before, "{name}: a refused edit has changed something");
                continue;
            };
            assert_eq!(copy.bytes(), before, "{name}: a proposal has changed something");
            edit::make(&edit, &copy.backups, "a test").unwrap();
            assert_ne!(copy.bytes(), before, "{name}: {request:?}");
            // The same again is either refused or there is nothing left to do.
            assert!(copy.propose(&request).is_err(), "{name}: {request:?} twice");
            edit::newest(&copy.backups).unwrap().unwrap().take_back().unwrap();
            assert_eq!(copy.bytes(), before, "{name}: {request:?}");
            assert_eq!(edit::newest(&copy.backups).unwrap(), None);
            made += 1;
        }
    }
    assert!(made > 300, "{made}");
}

#[test]
fn what_was_installed_is_removed_without_a_trace() {
    let mut made = 0;
    for name in names() {
        let copy = Copy::of(&name);
        let before = copy.bytes();
        let Ok(edit) = copy.propose(&install("cowsay")) else { continue };
        // A new list, or a new argument, stays: an empty list means the same.
        let new = format!("{edit:?}").contains("new_list: true") || name == "empty-list.nix";
        edit::make(&edit, &copy.backups, "a test").unwrap();
        let edit = copy.propose(&remove("cowsay")).unwrap();
        edit::make(&edit, &copy.backups, "a test").unwrap();
        if !new {
            assert_eq!(copy.bytes(), before, "{name}");
        }
        made += 1;
    }
    assert!(made > 40, "{made}");
}

#[test]
fn a_real_nix_reads_every_result() {
    let Some(user) = support::user_with_nix() else { return };
    let nix = config::find_nix(&user).unwrap();
    let out = tempfile::tempdir().unwrap();
    let mut results = Vec::new();
    for name in names() {
        let copy = Copy::of(&name);
        for request in requests() {
            let Ok(edit) = copy.propose(&request) else { continue };
            for file in &edit.files {
                let path = out.path().join(format!("{}.nix", results.len()));
                fs::write(&path, &file.after).unwrap();
                results.push((path, format!("{name}: {request:?}\n{}", file.after)));
            }
        }
    }
    assert!(results.len() > 300);
    // One process for all: a start of Nix takes longer than to read a file.
    let output = Command::new(nix.join("nix-instantiate"))
        .env("NIX_STATE_DIR", out.path().join("state"))
        .env("NIX_STORE_DIR", out.path().join("store"))
        .env("NIX_LOCALSTATE_DIR", out.path())
        .env("NIX_REMOTE", "local")
        .env("NIX_CONF_DIR", out.path())
        .env("HOME", out.path())
        .arg("--parse")
        .args(results.iter().map(|(path, _)| path))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let number =
        said.rsplit(".nix:").nth(1).and_then(|text| text.rsplit('/').next()).and_then(|n| n.parse::<usize>().ok());
    let about = number.and_then(|number| results.get(number)).map_or("", |(_, about)| about);
    assert!(output.status.success(), "{said}\n{about}");
}

#[test]
fn what_changed_since_it_was_shown_is_not_touched() {
    let copy = Copy::of("imports");
    let edit = copy.propose(&install("cowsay")).unwrap();
    let file = edit.files.first().unwrap().file.clone();
    let mine = fs::read_to_string(&file).unwrap() + "# mine\n";
    fs::write(&file, &mine).unwrap();
    let before = copy.bytes();
    assert!(matches!(edit::make(&edit, &copy.backups, ""), Err(EditError::Changed { .. })));
    assert_eq!(copy.bytes(), before);

    // And an edit on top of which the user has written is not taken back.
    let edit = copy.propose(&install("cowsay")).unwrap();
    let made = edit::make(&edit, &copy.backups, "").unwrap();
    fs::write(&file, fs::read_to_string(&file).unwrap() + "# mine too\n").unwrap();
    let before = copy.bytes();
    assert!(matches!(made.take_back(), Err(EditError::Changed { .. })));
    assert_eq!(copy.bytes(), before);
}

#[test]
fn links_lead_to_the_file_itself_and_the_store_is_refused() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let copy = Copy::of("installer.nix");
    let base = copy.root.parent().unwrap();
    let (link, store) = (base.join("configuration.nix"), base.join("store"));
    fs::set_permissions(&copy.root, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&copy.root, &link).unwrap();
    let start = edit::start(&Configuration::Channel { file: link.clone() }).unwrap();
    let made = edit::make(&edit::propose(&start, &install("cowsay")).unwrap(), &copy.backups, "").unwrap();
    assert_eq!(made.files, std::slice::from_ref(&copy.root));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&copy.root).unwrap().mode() & 0o777, 0o640);

    let kept = store.join("abc-configuration.nix");
    fs::create_dir(&store).unwrap();
    fs::copy(&copy.root, &kept).unwrap();
    let other = base.join("other.nix");
    symlink(&kept, &other).unwrap();
    let start = edit::start(&Configuration::Channel { file: other }).unwrap();
    let edit = edit::propose(&start, &install("jq")).unwrap();
    assert!(matches!(edit::permitted(&edit, &store), Err(EditError::Managed { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a file holds, it is edited or refused, and never a panic; what is edited is undone whole.
    #[test]
    fn nothing_that_a_file_holds_leads_to_a_panic(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), text in "[\\[\\]{}();=.#\"'$ \\n a-z+/*]{0,12}", cut in 0..40_usize) {
        let names = names();
        let copy = Copy::of(&names[which.index(names.len())]);
        let files = copy.bytes();
        let (path, bytes) = &files[at.index(files.len())];
        let start = at.index(bytes.len() + 1);
        let end = (start + cut).min(bytes.len());
        let new = [&bytes[..start], text.as_bytes(), &bytes[end..]].concat();
        fs::write(path, &new).unwrap();
        let before = copy.bytes();
        for request in requests() {
            if let Ok(edit) = copy.propose(&request) {
                let made = edit::make(&edit, &copy.backups, "").unwrap();
                made.take_back().unwrap();
                prop_assert_eq!(&copy.bytes(), &before);
            }
        }
    }
}
