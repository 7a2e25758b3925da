//! The demo's files, embedded in the program.

use std::path::Path;

use super::DemoError;

/// A stand-in for nixpkgs and `<nixpkgs/nixos>`.
pub(super) const NIXPKGS: &[(&str, &str)] = &[
    ("default.nix", include_str!("files/nixpkgs/default.nix")),
    ("lib.nix", include_str!("files/nixpkgs/lib.nix")),
    ("packages.tsv", include_str!("files/nixpkgs/packages.tsv")),
    ("releases.nix", include_str!("files/nixpkgs/releases.nix")),
    ("nixos/default.nix", include_str!("files/nixpkgs/nixos/default.nix")),
    ("nixos/nixos-version.sh", include_str!("files/nixpkgs/nixos/nixos-version.sh")),
    ("nixos/switch-to-configuration.sh", include_str!("files/nixpkgs/nixos/switch-to-configuration.sh")),
];

/// The machine's `/etc/nixos`.
const CONFIGURATION: &[(&str, &str)] = &[
    ("configuration.nix", include_str!("files/etc-nixos/configuration.nix")),
    ("hardware-configuration.nix", include_str!("files/etc-nixos/hardware-configuration.nix")),
];

const HISTORY: &str = include_str!("files/history/default.nix");
const FLAKE: &str = include_str!("files/flake/flake.nix");

/// No sandbox and no build users: what needs neither root nor `/nix`. No substituters: nothing is downloaded.
const NIX_CONF: &str = "\
sandbox = false
build-users-group =
substituters =
experimental-features = nix-command flakes
flake-registry =
max-jobs = 2
";

/// How the system calls itself.
pub(super) const OS_RELEASE: &str = "NAME=NixOS\nID=nixos\nVERSION_ID=\"26.11\"\nPRETTY_NAME=\"NixOS 26.11 (Demo)\"\n";

/// What someone reads who looks into a kept demo.
const README: &str = "\
This folder is a demo system of ask-nix: a small NixOS-like machine, built by a real Nix.
Nothing in it is your own system. It may be removed whole:

    chmod -R u+w FOLDER && rm -r FOLDER

root/                   the machine's file system; root/etc/nixos is its configuration
flake/                  the same machine as a flake
nixpkgs/                its packages (stand-ins: real names and versions, little programs)
channel/                a newer nixpkgs, which an update fetches
nix/                    its store, its profiles with all generations, and its logs
home/, ask-nix/         its user's home, and what ask-nix keeps
root/activation.log     every activation there was

To see failures: install brokenpkg, whose build fails, or set one of these in configuration.nix:
fakenixos.switchExitCode (2: the activation script fails, 4: a service fails), fakenixos.bootExitCode
(the boot loader cannot be written), fakenixos.activationSeconds (a slow activation).
";

/// Writes everything that Nix reads below `root`: nixpkgs, configuration, history, flake, `nix.conf`.
pub(super) fn write_all(root: &Path, etc_nixos: &Path, nix_conf: &Path, tools: &str) -> Result<(), DemoError> {
    for nixpkgs in [root.join("nixpkgs"), root.join("flake/nixpkgs")] {
        write_set(&nixpkgs, NIXPKGS)?;
        write(&nixpkgs.join("tools-path"), tools)?;
        // As a channel's release says of itself.
        write(&nixpkgs.join(".version"), "26.11")?;
        write(&nixpkgs.join(".version-suffix"), "pre921004.5f8c2a1e")?;
        write(&nixpkgs.join(".git-revision"), "5f8c2a1e4b7d90c6e1f3a85b2d40c79e6a1b8f35")?;
    }
    for configuration in [etc_nixos, &root.join("flake")] {
        write_set(configuration, CONFIGURATION)?;
    }
    let system = format!("{}-linux", std::env::consts::ARCH);
    write(&root.join("flake/flake.nix"), &FLAKE.replace("@system@", &system))?;
    write(&root.join("history.nix"), HISTORY)?;
    write(&root.join("README"), README)?;
    write(&nix_conf.join("nix.conf"), NIX_CONF)
}

fn write_set(folder: &Path, files: &[(&str, &str)]) -> Result<(), DemoError> {
    files.iter().try_for_each(|(name, text)| write(&folder.join(name), text))
}

/// Writes one file, and makes its folder.
pub(super) fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| DemoError::io(folder, &error))?;
    }
    std::fs::write(path, text).map_err(|error| DemoError::io(path, &error))
}
