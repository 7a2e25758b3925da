//! What Nix there is on this machine, found and not configured.
//!
//! Files are read; only the version of Nix needs a program to be started (about 20 ms), so this is
//! for `doctor` and for the first start, not for each command.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rnix::ast::{Attr, AttrpathValue, Expr, HasEntry};
use rowan::ast::AstNode;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::child::{self, Ended};

use super::freshness::{self, Nixpkgs};

/// Whose Nix it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    Nix,
    Lix,
    Determinate,
}

/// The Nix programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NixProgram {
    pub flavour: Flavour,
    pub version: String,
}

/// Who writes into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreMode {
    /// A daemon does, for all users.
    Daemon,
    /// The user does.
    SingleUser,
}

/// How the system is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Configuration {
    /// A flake, and the attribute below `nixosConfigurations` that is this host's: the one that was set, else by
    /// the host's name, else the only one there is.
    Flake { file: PathBuf, host: Option<String> },
    /// A file, with nixpkgs from a channel or `NIX_PATH`.
    Channel { file: PathBuf },
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discovery {
    /// `None` when there are no Nix programs.
    pub nix: Option<NixProgram>,
    /// Whether the store is there.
    pub store: bool,
    pub mode: Option<StoreMode>,
    /// The version of the `NixOS` that runs; `None` where it is not `NixOS`.
    pub nixos: Option<String>,
    pub configuration: Option<Configuration>,
    /// The user has home-manager generations.
    pub home_manager: bool,
    /// Where packages come from.
    pub nixpkgs: Option<Nixpkgs>,
}

impl Discovery {
    /// Looks around.
    #[must_use]
    pub fn of(roots: &Roots) -> Self {
        let nixos = roots.nixos_marker().exists() || roots.system_profile().exists();
        Self {
            nix: nix_program(roots),
            store: roots.store.is_dir(),
            mode: store_mode(roots),
            nixos: nixos.then(|| first_line(&roots.current_system().join("nixos-version")).unwrap_or_default()),
            configuration: configuration(roots),
            home_manager: ["state/nix/profiles/home-manager", "state/home-manager/gcroots/current-home"]
                .iter()
                .any(|place| fs::symlink_metadata(roots.home.join(".local").join(place)).is_ok()),
            nixpkgs: freshness::nixpkgs(roots),
        }
    }
}

fn nix_program(roots: &Roots) -> Option<NixProgram> {
    let mut command = child::nix_program(roots, "nix-env");
    command.arg("--version");
    let mut first = None;
    let ended = child::run(command, &CancellationToken::new(), |line| {
        first.get_or_insert_with(|| line.to_owned());
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() => program_in(&first?),
        _ => None,
    }
}

/// `nix-env (Nix) 2.34.8`, `nix-env (Lix, like Nix) 2.93.0`, `nix (Determinate Nix 3.6.0) 2.29.0`.
fn program_in(line: &str) -> Option<NixProgram> {
    let (_, rest) = line.split_once('(')?;
    let (name, version) = rest.rsplit_once(')')?;
    let version = version.split_whitespace().next()?;
    let flavour = if name.starts_with("Lix") {
        Flavour::Lix
    } else if name.starts_with("Determinate") {
        Flavour::Determinate
    } else {
        Flavour::Nix
    };
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| NixProgram { flavour, version: version.to_owned() })
}

fn store_mode(roots: &Roots) -> Option<StoreMode> {
    if !roots.store.is_dir() {
        return None;
    }
    let socket = roots.state.join("daemon-socket/socket");
    let daemon = fs::metadata(socket).is_ok_and(|metadata| metadata.file_type().is_socket());
    Some(if daemon { StoreMode::Daemon } else { StoreMode::SingleUser })
}

/// A flake wins over a plain file, as with `nixos-rebuild`, which follows a link to the flake.
#[must_use]
pub fn configuration(roots: &Roots) -> Option<Configuration> {
    let flake = roots.etc_nixos.join("flake.nix");
    if flake.exists() {
        let file = fs::canonicalize(&flake).unwrap_or(flake);
        let host = roots.host.clone().or_else(|| {
            let name = first_line(&roots.system.join("etc/hostname"))
                .or_else(|| first_line(&roots.current_system().join("etc/hostname")));
            let hosts = fs::read_to_string(&file).map(|text| hosts(&text)).unwrap_or_default();
            match (name, hosts.as_slice()) {
                (Some(name), hosts) if hosts.is_empty() || hosts.contains(&name) => Some(name),
                (_, [only]) => Some(only.clone()),
                (name, _) => name,
            }
        });
        return Some(Configuration::Flake { file, host });
    }
    let file = roots.etc_nixos.join("configuration.nix");
    file.exists().then_some(Configuration::Channel { file })
}

/// The hosts that a flake names plainly; none where it makes them by a function.
fn hosts(flake: &str) -> Vec<String> {
    let name = |attr: Attr| match attr {
        Attr::Ident(name) => Some(name.to_string()),
        Attr::Str(name) => Some(name.to_string().trim_matches('"').to_owned()).filter(|name| !name.contains("${")),
        Attr::Dynamic(_) => None,
    };
    let mut hosts = Vec::new();
    for entry in rnix::Root::parse(flake).syntax().descendants().filter_map(AttrpathValue::cast) {
        let Some(path) = entry.attrpath() else { continue };
        let mut names =
            path.attrs().map(name).skip_while(|name| name.as_deref() != Some("nixosConfigurations")).skip(1);
        match (path.to_string().contains("nixosConfigurations"), names.next(), entry.value()) {
            (true, Some(Some(host)), _) => hosts.push(host),
            (true, None, Some(Expr::AttrSet(set))) => {
                let first = |entry: AttrpathValue| entry.attrpath()?.attrs().next().and_then(name);
                hosts.extend(set.attrpath_values().filter_map(first));
            }
            _ => {}
        }
    }
    hosts.dedup();
    hosts
}

fn first_line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flavour_tells_its_version() {
        let told = |line| program_in(line).map(|program| (program.flavour, program.version));
        assert_eq!(told("nix-env (Nix) 2.34.8"), Some((Flavour::Nix, "2.34.8".into())));
        assert_eq!(told("nix-env (Lix, like Nix) 2.93.0"), Some((Flavour::Lix, "2.93.0".into())));
        assert_eq!(told("nix (Determinate Nix 3.6.0) 2.29.0"), Some((Flavour::Determinate, "2.29.0".into())));
        for other in ["", "nix", "nix () ", "command not found (nix)"] {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn the_hosts_of_a_flake_are_found_where_they_are_written_plainly() {
        let set = "{ outputs = { self, nixpkgs }: { nixosConfigurations = { laptop = f 1; \"home.lan\" = f 2; }; }; }";
        assert_eq!(hosts(set), ["laptop", "home.lan"]);
        let dotted =
            "{ outputs = _: { nixosConfigurations.demo = x; nixosConfigurations.\"b\".c = y; other.demo = z; }; }";
        assert_eq!(hosts(dotted), ["demo", "b"]);
        for none in
            ["", "{", "{ outputs = _: { nixosConfigurations = builtins.mapAttrs f x; }; }", "nixosConfigurations"]
        {
            assert_eq!(hosts(none), Vec::<String>::new(), "{none}");
        }
    }
}
