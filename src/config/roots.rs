//! Every path of Nix and `NixOS`, in one value.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where Nix and the system lie.
///
/// [`Roots::machine`] is the real machine; a demo or a test builds one with [`Roots::below`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// The root of the file system that the system runs in: `/`.
    pub system: PathBuf,
    /// The store: `/nix/store`.
    pub store: PathBuf,
    /// Nix's state, with `profiles`, `gcroots` and `db` in it: `/nix/var/nix`.
    pub state: PathBuf,
    /// Nix's logs: `/nix/var/log/nix`.
    pub log: PathBuf,
    /// The folder of `nix.conf`: `/etc/nix`.
    pub nix_conf: PathBuf,
    /// The system's configuration: `/etc/nixos`.
    pub etc_nixos: PathBuf,
    /// The machine's name among a flake's hosts; `None` finds it.
    pub host: Option<String>,
    /// The user's home folder, for the user's own profiles.
    pub home: PathBuf,
    /// The folder that holds the Nix programs; `None` looks in `PATH`.
    pub nix_bin: Option<PathBuf>,
    /// `NIX_PATH` for programs that evaluate; `None` leaves the machine's own.
    pub nix_path: Option<OsString>,
    /// More environment for Nix programs and for activation, such as a demo's `FAKE_ROOT`.
    pub env: Vec<(OsString, OsString)>,
}

impl Roots {
    /// The machine itself, as Nix's own variables and defaults say.
    #[must_use]
    pub fn machine() -> Self {
        let dir = |name: &str, default: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map_or_else(|| PathBuf::from(default), PathBuf::from)
        };
        Self {
            system: PathBuf::from("/"),
            store: dir("NIX_STORE_DIR", "/nix/store"),
            state: dir("NIX_STATE_DIR", "/nix/var/nix"),
            log: dir("NIX_LOG_DIR", "/nix/var/log/nix"),
            nix_conf: dir("NIX_CONF_DIR", "/etc/nix"),
            etc_nixos: PathBuf::from("/etc/nixos"),
            host: None,
            home: dir("HOME", "/"),
            nix_bin: None,
            nix_path: None,
            env: Vec::new(),
        }
    }

    /// A system that lies wholly below one folder: a demo, or a test.
    ///
    /// Layout: `nix/store`, `nix/state`, `nix/log`, `nix/etc`, `root` (the system's `/`),
    /// `root/etc/nixos`, `home`.
    #[must_use]
    pub fn below(root: &Path, nix_bin: Option<PathBuf>) -> Self {
        Self {
            system: root.join("root"),
            store: root.join("nix/store"),
            state: root.join("nix/state"),
            log: root.join("nix/log"),
            nix_conf: root.join("nix/etc"),
            etc_nixos: root.join("root/etc/nixos"),
            host: None,
            home: root.join("home"),
            nix_bin,
            nix_path: None,
            env: Vec::new(),
        }
    }

    /// The folder of system profiles.
    #[must_use]
    pub fn profiles(&self) -> PathBuf {
        self.state.join("profiles")
    }

    /// The system profile: a link to its current generation.
    #[must_use]
    pub fn system_profile(&self) -> PathBuf {
        self.profiles().join("system")
    }

    /// The folder of roots of generations that the user keeps for good.
    #[must_use]
    pub fn kept_generations(&self) -> PathBuf {
        self.state.join("gcroots/ask-nix")
    }

    /// What the user calls generations, by their store paths.
    #[must_use]
    pub fn generation_labels(&self) -> PathBuf {
        self.system.join("var/lib/ask-nix/labels.json")
    }

    /// Nix's store database.
    #[must_use]
    pub fn store_database(&self) -> PathBuf {
        self.state.join("db/db.sqlite")
    }

    /// The link to the system that runs now.
    #[must_use]
    pub fn current_system(&self) -> PathBuf {
        self.system.join("run/current-system")
    }

    /// The link to the system that was booted.
    #[must_use]
    pub fn booted_system(&self) -> PathBuf {
        self.system.join("run/booted-system")
    }

    /// The file whose presence says that this is `NixOS`.
    #[must_use]
    pub fn nixos_marker(&self) -> PathBuf {
        self.system.join("etc/NIXOS")
    }
}
