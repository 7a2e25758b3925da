//! What is installed: the packages of a system, and those of the user's own profiles.
//!
//! Reads links and manifests; asks the store database only for what a system path refers to.
//! A machine without `NixOS` has no system packages, which is no error.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::Roots;
use crate::nix::NixError;

use super::names::StoreName;
use super::store::Store;

/// Longest manifest of a profile that is read, in bytes; one of 1,000 packages has about 1 MB.
const MANIFEST: u64 = 32 << 20;

/// The packages that a system offers to all users, by name.
///
/// On `NixOS` these are what `sw` (the system path) refers to. Where `sw` is no store path of its
/// own, or the database cannot tell, they are what the programs in `sw/bin` link to.
pub fn system_packages(system: &Path, store: Option<&Store>) -> Result<BTreeSet<StoreName>, NixError> {
    let sw = system.join("sw");
    if let (Some(store), Ok(path)) = (store, fs::read_link(&sw)) {
        let references = store.references(&path)?;
        if !references.is_empty() {
            return Ok(references.iter().filter_map(|reference| StoreName::of(Path::new(&reference.path))).collect());
        }
    }
    Ok(linked_packages(&sw.join("bin")))
}

/// The packages that the links in a folder of programs lead to.
fn linked_packages(bin: &Path) -> BTreeSet<StoreName> {
    let Ok(entries) = fs::read_dir(bin) else { return BTreeSet::new() };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|target| owner(&target))
        .collect()
}

/// The store object that a path lies in.
fn owner(path: &Path) -> Option<StoreName> {
    path.ancestors().find_map(StoreName::of)
}

/// The package that gives a program, if the system or one of the user's profiles has it.
#[must_use]
pub fn program_owner(roots: &Roots, program: &str) -> Option<StoreName> {
    if program.is_empty() || program.contains('/') {
        return None;
    }
    let folders = std::iter::once(roots.current_system().join("sw")).chain(user_profiles(roots));
    folders.filter_map(|folder| fs::canonicalize(folder.join("bin").join(program)).ok()).find_map(|path| owner(&path))
}

/// The packages of the user's own profiles: `nix profile`, `nix-env`, and what the system gives to this user.
pub fn user_packages(roots: &Roots, store: Option<&Store>) -> Result<BTreeSet<StoreName>, NixError> {
    let mut packages = BTreeSet::new();
    for profile in user_profiles(roots) {
        packages.append(&mut profile_packages(&profile, store)?);
    }
    Ok(packages)
}

/// The user's profiles that are there, each once.
#[must_use]
pub fn user_profiles(roots: &Roots) -> Vec<PathBuf> {
    let mut candidates = vec![
        roots.home.join(".nix-profile"),
        roots.home.join(".local/state/nix/profile"),
        roots.home.join(".local/state/nix/profiles/profile"),
    ];
    if let Some(user) = roots.home.file_name() {
        candidates.push(roots.profiles().join("per-user").join(user).join("profile"));
        candidates.push(roots.system.join("etc/profiles/per-user").join(user));
    }
    let mut seen = BTreeSet::new();
    candidates.into_iter().filter(|path| fs::canonicalize(path).is_ok_and(|real| seen.insert(real))).collect()
}

fn profile_packages(profile: &Path, store: Option<&Store>) -> Result<BTreeSet<StoreName>, NixError> {
    if let Some(text) = read_manifest(&profile.join("manifest.json")) {
        if let Ok(manifest) = serde_json::from_str::<Manifest>(&text) {
            return Ok(manifest.packages());
        }
        tracing::warn!(profile = %profile.display(), "the profile's manifest is not as expected");
    }
    if let Some(text) = read_manifest(&profile.join("manifest.nix")) {
        return Ok(names_in_manifest(&text));
    }
    // Built by the system or home-manager: its references are its packages.
    if let (Some(store), Ok(path)) = (store, fs::canonicalize(profile)) {
        let references = store.references(&path)?;
        return Ok(references.iter().filter_map(|reference| StoreName::of(Path::new(&reference.path))).collect());
    }
    Ok(linked_packages(&profile.join("bin")))
}

fn read_manifest(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.len() <= MANIFEST).then(|| fs::read_to_string(path).ok()).flatten()
}

/// The manifest of `nix profile`: a list of elements up to version 2, a map by name since.
#[derive(Deserialize)]
struct Manifest {
    elements: Elements,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Elements {
    List(Vec<Element>),
    Map(std::collections::BTreeMap<String, Element>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    #[serde(default = "active")]
    active: bool,
    #[serde(default)]
    store_paths: Vec<PathBuf>,
}

fn active() -> bool {
    true
}

impl Manifest {
    fn packages(self) -> BTreeSet<StoreName> {
        let elements: Vec<Element> = match self.elements {
            Elements::List(elements) => elements,
            Elements::Map(elements) => elements.into_values().collect(),
        };
        elements
            .iter()
            .filter(|element| element.active)
            .flat_map(|element| &element.store_paths)
            .filter_map(|path| StoreName::of(path))
            .collect()
    }
}

/// The names in `nix-env`'s manifest: a generated list of sets, each with a `name` of its own.
///
/// Only the `name` of an element counts, not one inside its `meta`: sets are followed by their
/// braces, strings are skipped.
fn names_in_manifest(text: &str) -> BTreeSet<StoreName> {
    let mut names = BTreeSet::new();
    let (mut depth, mut rest) = (0_usize, text);
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        match first {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '"' => {
                rest = string(after).1;
                continue;
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let word_length = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\'')))
                    .unwrap_or(rest.len());
                let (word, tail) = rest.split_at(word_length);
                let value = tail.trim_start().strip_prefix('=').and_then(|value| value.trim_start().strip_prefix('"'));
                if let ("name", 1, Some(quoted)) = (word, depth, value) {
                    let (name, tail) = string(quoted);
                    names.insert(StoreName::parse(&name));
                    rest = tail;
                    continue;
                }
                rest = tail;
                continue;
            }
            _ => {}
        }
        rest = after;
    }
    names
}

/// A Nix string after its opening quote: its text, and what follows the closing one.
fn string(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    fn shown(names: &BTreeSet<StoreName>) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_the_names_of_elements_count_in_a_manifest_of_nix_env() {
        let text = r#"[ { meta = { description = "a \"name = \" { brace"; name = "inner-1"; }; name = "htop-3.5.1"; out = { outPath = "/nix/store/x"; }; outputs = [ "out" ]; }
 { name = "zathura-2026.05.20"; } ]"#;
        assert_eq!(shown(&names_in_manifest(text)), ["htop 3.5.1", "zathura 2026.05.20"]);
        for broken in ["", "[ { name = \"", "}}} name = \"x\"", "\\", "[ { name = \"é"] {
            assert!(names_in_manifest(broken).len() <= 1, "{broken}");
        }
    }

    #[test]
    fn both_forms_of_the_manifest_of_nix_profile_are_read() {
        let path = "/nix/store/0c0qnd5mvwz9k2rlpb6ziv7n8iw1wlsh-hello-2.12";
        let map = format!(r#"{{"version":3,"elements":{{"hello":{{"active":true,"storePaths":["{path}"]}}}}}}"#);
        let list = format!(
            r#"{{"version":2,"elements":[{{"storePaths":["{path}"]}},{{"active":false,"storePaths":["{path}x"]}}]}}"#
        );
        for text in [map, list] {
            let manifest: Manifest = serde_json::from_str(&text).unwrap();
            assert_eq!(shown(&manifest.packages()), ["hello 2.12"]);
        }
    }
}
