//! What is evaluated: the machine's configuration, with the arguments that tell Nix where it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::HostName;
use crate::config::Roots;
use crate::nix::NixError;
use crate::nix::child;
use crate::nix::read::discovery::{self, Configuration};

/// The host that is looked for where the machine has no name, as with `nixos-rebuild`.
const NO_NAME: &str = "nixos";

/// The machine's configuration, as something to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, with nixpkgs from `NIX_PATH`.
    Channel {
        file: PathBuf,
        /// Another nixpkgs, in the store.
        nixpkgs: Option<PathBuf>,
    },
    /// A flake, and the host among its `nixosConfigurations`.
    Flake {
        folder: PathBuf,
        host: HostName,
        /// A lock file that is not (yet) the flake's own.
        lock: Option<PathBuf>,
    },
}

impl Source {
    /// The machine's own configuration.
    pub fn of(roots: &Roots) -> Result<Self, NixError> {
        let found = discovery::configuration(roots);
        match found.ok_or_else(|| NixError::NoConfiguration { at: roots.etc_nixos.clone() })? {
            Configuration::Channel { file } => Ok(Self::Channel { file, nixpkgs: None }),
            Configuration::Flake { file, host } => {
                let host = host.unwrap_or_else(|| NO_NAME.to_owned());
                let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
                let host = host.parse().map_err(|_| NixError::HostName { host: host.clone() })?;
                Ok(Self::Flake { folder, host, lock: None })
            }
        }
    }

    /// The file or folder that all of it lies below.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self {
            Self::Channel { file, .. } => file.parent().unwrap_or(file),
            Self::Flake { folder, .. } => folder,
        }
    }

    /// The program that evaluates it: its last line is the derivation's store path.
    ///
    /// It names each file that it evaluates, in `internal-json` lines on standard error.
    pub(super) fn evaluation(&self, roots: &Roots) -> Command {
        let mut command = match self {
            Self::Channel { file, nixpkgs } => {
                let mut command = child::nix_program(roots, "nix-instantiate");
                let mut include = OsString::from("nixos-config=");
                include.push(file);
                command.args(["<nixpkgs/nixos>", "-A", "system", "-I"]).arg(include);
                if let Some(nixpkgs) = nixpkgs {
                    let mut include = OsString::from("nixpkgs=");
                    include.push(nixpkgs);
                    command.arg("-I").arg(include);
                }
                command
            }
            Self::Flake { folder, host, lock } => {
                let mut command = flake_program(roots);
                command.args(["eval", "--raw", "--no-write-lock-file"]);
                if let Some(lock) = lock {
                    command.arg("--reference-lock-file").arg(lock);
                }
                let attribute = format!("nixosConfigurations.\"{host}\".config.system.build.toplevel.drvPath");
                command.arg(format!("{}#{attribute}", folder.display()));
                command
            }
        };
        command.args(["-v", "--log-format", "internal-json"]);
        command
    }
}

/// `nix`, with flakes switched on for this one call.
pub(in crate::nix) fn flake_program(roots: &Roots) -> Command {
    let mut command = child::nix_program(roots, "nix");
    command.args(["--extra-experimental-features", "nix-command flakes"]);
    command
}
