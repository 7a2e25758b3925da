//! A whole small `NixOS`-like system in one folder, built by a real Nix.
//!
//! For trying things out and for tests: [`Demo::create`] makes it (about two seconds), its
//! [`Roots`] and [`Dirs`] are all that tells it from a real machine. Needs no root rights, no `/nix`,
//! no daemon and no network. Never touches anything outside its folder, and never removes a folder
//! that is not its own.

mod channel;
mod error;
mod files;
mod folder;
mod make;
mod tools;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use error::DemoError;

use crate::config::{Dirs, Roots, find_nix};
use folder::Folder;

/// A demo system. A fresh one goes away with this value; one that was given a folder stays there.
#[derive(Debug)]
pub struct Demo {
    folder: Folder,
    nix_bin: PathBuf,
    user: Dirs,
}

impl Demo {
    /// A demo system in `dir`, made now or found there; without `dir`, a fresh one in a temporary folder.
    ///
    /// `user` is where the user's own models, and a private Nix, are looked for. `nix_bin` is the
    /// folder of the Nix programs to use; `None` takes what [`find_nix`] finds.
    ///
    /// Blocks for some seconds: call it where that is allowed. Two processes may use one folder at
    /// the same time; while one makes it the other waits.
    pub fn create(dir: Option<&Path>, user: &Dirs, nix_bin: Option<&Path>) -> Result<Self, DemoError> {
        let _span = tracing::info_span!("demo.create", ?dir).entered();
        let nix_bin = nix_bin.map(Path::to_owned).or_else(|| find_nix(user)).ok_or(DemoError::NoNix)?;
        let mut folder = match dir {
            Some(dir) => Folder::kept(dir)?,
            None => Folder::fresh()?,
        };
        if folder.is_made() {
            folder.share()?;
        } else {
            folder.clear()?;
            let started = std::time::Instant::now();
            make::make(folder.path(), &roots(folder.path(), &nix_bin))?;
            folder.finish()?;
            tracing::info!(ms = started.elapsed().as_millis(), "the demo system is made");
        }
        Ok(Self { folder, nix_bin, user: user.clone() })
    }

    /// The folder that everything lies in.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the system and its Nix lie.
    #[must_use]
    pub fn roots(&self) -> Roots {
        roots(self.path(), &self.nix_bin)
    }

    /// The folders of ask-nix for this demo: settings, history, journal and index are its own, the
    /// models are the user's.
    #[must_use]
    pub fn dirs(&self) -> Dirs {
        Dirs::below(&self.path().join("ask-nix")).with_models_of(&self.user)
    }

    /// The same machine as a flake: `PATH#nixosConfigurations.demo`.
    #[must_use]
    pub fn flake(&self) -> PathBuf {
        self.path().join("flake")
    }

    /// The machine's nixpkgs, as its channel has it.
    #[must_use]
    pub fn nixpkgs(&self) -> PathBuf {
        self.path().join("nixpkgs")
    }
}

/// The paths and the environment of the system below `root`.
fn roots(root: &Path, nix_bin: &Path) -> Roots {
    let mut roots = Roots::below(root, Some(nix_bin.to_owned()));
    let mut nix_path = OsString::from("nixpkgs=");
    nix_path.push(channel_folder(&roots));
    nix_path.push(":nixos-config=");
    nix_path.push(roots.etc_nixos.join("configuration.nix"));

    let mut path = nix_bin.as_os_str().to_owned();
    path.push(":");
    path.push(tools::path());

    let below_home = |name: &str| roots.home.join(name).into_os_string();
    let variables = [
        ("NIX_STORE_DIR", roots.store.clone().into_os_string()),
        ("NIX_STATE_DIR", roots.state.clone().into_os_string()),
        ("NIX_LOCALSTATE_DIR", roots.state.clone().into_os_string()),
        ("NIX_LOG_DIR", roots.log.clone().into_os_string()),
        ("NIX_CONF_DIR", roots.nix_conf.clone().into_os_string()),
        // Neither the machine's daemon nor the user's own settings may reach into the demo.
        ("NIX_REMOTE", OsString::from("local")),
        ("NIX_USER_CONF_FILES", OsString::new()),
        ("NIX_CONFIG", OsString::new()),
        ("NIX_PATH", nix_path.clone()),
        ("HOME", roots.home.clone().into_os_string()),
        ("XDG_CACHE_HOME", below_home(".cache")),
        ("XDG_CONFIG_HOME", below_home(".config")),
        ("XDG_DATA_HOME", below_home(".local/share")),
        ("XDG_STATE_HOME", below_home(".local/state")),
        ("FAKE_ROOT", roots.system.clone().into_os_string()),
        ("FAKE_PROFILE", roots.system_profile().into_os_string()),
        ("PATH", path),
    ];
    roots.env = variables.into_iter().map(|(name, value)| (OsString::from(name), value)).collect();
    roots.nix_path = Some(nix_path);
    roots
}

/// Where root's channel `nixos` lies on a machine with channels.
fn channel_folder(roots: &Roots) -> PathBuf {
    roots.profiles().join("per-user/root/channels/nixos")
}
