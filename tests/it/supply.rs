//! What the program is made of: each package's licence and source against `.cargo/deny.toml`, which cargo-deny reads
//! too. Advisories need cargo-deny and the network, and are not looked at here.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

fn read(path: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn allowed() -> Vec<Licensee> {
    let list = read(".cargo/deny.toml")["licenses"]["allow"].as_array().unwrap().clone();
    list.iter().map(|name| Licensee::parse(name.as_str().unwrap()).unwrap()).collect()
}

/// Whether a package under this licence may be a part of the program.
fn may_be_used(licence: &str, allowed: &[Licensee]) -> bool {
    // The older packages write "MIT/Apache-2.0", as Cargo's own documents once said.
    Expression::parse_mode(licence, ParseMode::LAX)
        .is_ok_and(|licence| licence.evaluate(|need| allowed.iter().any(|licensee| licensee.satisfies(need))))
}

/// All packages that are built on this machine, the tests' included.
fn packages() -> Vec<Value> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &platform])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].take().as_array().unwrap().clone();
    assert!(packages.len() > 100, "only {} packages were found", packages.len());
    packages
}

#[test]
fn licences_are_weighed_as_they_are_written() {
    let allowed = allowed();
    for good in ["MIT", "MIT/Apache-2.0", "Apache-2.0 / MIT", "AGPL-3.0-only OR MIT", "(MIT OR Apache-2.0) AND ISC"] {
        assert!(may_be_used(good, &allowed), "{good}");
    }
    for bad in ["", "AGPL-3.0-only", "SSPL-1.0", "MIT AND AGPL-3.0-only", "GPL-2.0-only", "Proprietary"] {
        assert!(!may_be_used(bad, &allowed), "{bad}");
    }
}

#[test]
fn every_package_has_a_licence_that_is_accepted() {
    let allowed = allowed();
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(|licence| may_be_used(licence, &allowed)))
        .map(|package| format!("{} ({})", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "not accepted by .cargo/deny.toml: {refused:?}");
}

/// Git, another registry, or a folder elsewhere would each be a source that nobody has looked at.
#[test]
fn every_package_comes_from_cargo_s_own_registry_in_a_version_that_is_known() {
    for package in packages() {
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = format!("{} of {}", dependency["name"], package["name"]);
            // Null is the registry that Cargo has by itself.
            assert!(dependency["registry"].is_null(), "{name} names a registry");
            assert!(dependency["path"].is_null(), "{name} is a folder");
            let source = dependency["source"].as_str();
            assert!(source.is_some_and(|source| source.starts_with("registry+")), "{name} comes from {source:?}");
            // Older packages of others may say "any"; what is taken is then still held by Cargo.lock.
            assert!(package["name"] != env!("CARGO_PKG_NAME") || dependency["req"] != "*", "{name} may be any version");
        }
    }
}

#[test]
fn every_locked_package_is_held_by_its_hash() {
    let lock = read("Cargo.lock");
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100, "only {} packages are locked", packages.len());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let hash = package.get("checksum").and_then(toml::Value::as_str).unwrap_or_default();
        let whole = hash.len() == 64 && hash.bytes().all(|letter| letter.is_ascii_hexdigit());
        assert!(whole || name == env!("CARGO_PKG_NAME"), "{name} has no hash");
    }
}
