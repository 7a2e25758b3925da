//! What the tests share: the demo system, models, development data.
//!
//! Each gives `None`, and says "skipped: …", where the machine lacks what it needs.
#![allow(dead_code, reason = "every helper is for some areas' tests, none for all")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ask_nix::config::{self, Dirs};
use ask_nix::demo::Demo;
use ask_nix::nix::{Backend, Files};

/// The folders of the user who runs the tests.
pub fn user() -> Option<Dirs> {
    let user = Dirs::of_user();
    if user.is_none() {
        skip!("no home folder");
    }
    user
}

/// The same, where there is a Nix.
pub fn user_with_nix() -> Option<Dirs> {
    let user = user()?;
    if config::find_nix(&user).is_none() {
        skip!("no Nix; scripts/nix-for-demo puts one in place");
        return None;
    }
    Some(user)
}

/// A fresh demo system of the caller's own, which goes away with the value.
pub fn demo() -> Option<Demo> {
    let user = user_with_nix()?;
    Some(Demo::create(None, &user, None).unwrap())
}

/// The folders of the Nixes that are there.
pub fn nixes() -> Vec<PathBuf> {
    let Some(user) = user_with_nix() else { return Vec::new() };
    let mut bins = config::private_nix(&user);
    bins.extend(config::find_nix(&user));
    bins.sort();
    bins.dedup();
    bins
}

/// A fresh demo system for each Nix that is there.
pub fn demos() -> Vec<Demo> {
    nixes().iter().map(|bin| Demo::create(None, &user().unwrap(), Some(bin)).unwrap()).collect()
}

/// A backend for a demo.
pub fn backend(demo: &Demo) -> Backend {
    Backend::new(demo.roots(), Files { journal: demo.dirs().journal(), index: demo.dirs().index() })
}

/// The folder of the fetched models.
pub fn models() -> Option<PathBuf> {
    let folder = user()?.models();
    if folder.is_dir() {
        return Some(folder);
    }
    skip!("no models in {}; `ask-nix models fetch` gets them", folder.display());
    None
}

/// The development data (recordings, package lists): `ASK_NIX_DATA`, or `shared/data` beside the project.
pub fn shared_data() -> Option<PathBuf> {
    let named = std::env::var_os("ASK_NIX_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1).map(|folder| folder.join("shared/data"));
    let found = named.into_iter().chain(beside).find(|folder| folder.is_dir());
    if found.is_none() {
        skip!("no development data; ASK_NIX_DATA names its folder");
    }
    found
}

/// Makes a tree with a store in it removable: a store is read-only.
pub fn remove_store(root: &Path) {
    fn open_up(folder: &Path) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open_up(&entry.path());
            }
        }
    }
    open_up(root);
    fs::remove_dir_all(root).unwrap();
}
