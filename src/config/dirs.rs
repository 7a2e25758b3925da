//! The folders of ask-nix itself.

use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, base_strategy::Xdg};

/// The XDG folders that belong to ask-nix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    config: PathBuf,
    cache: PathBuf,
    state: PathBuf,
    runtime: PathBuf,
    models: PathBuf,
}

impl Dirs {
    /// The folders of the user who runs the program, by the XDG base directory specification.
    ///
    /// `None` when the user has no home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let xdg = Xdg::new().ok()?;
        let cache = xdg.cache_dir().join("ask-nix");
        Some(Self {
            config: xdg.config_dir().join("ask-nix"),
            state: xdg.state_dir().unwrap_or_else(|| xdg.home_dir().join(".local/state")).join("ask-nix"),
            runtime: xdg.runtime_dir().map_or_else(|| cache.join("run"), |dir| dir.join("ask-nix")),
            models: std::env::var_os("ASK_NIX_MODELS")
                .filter(|value| !value.is_empty())
                .map_or_else(|| cache.join("models"), PathBuf::from),
            cache,
        })
    }

    /// Folders below one root: for tests and demos.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            config: root.join("config"),
            cache: root.join("cache"),
            state: root.join("state"),
            runtime: root.join("run"),
            models: root.join("cache/models"),
        }
    }

    /// The same folders, with the models of `other`: a demo uses those that the user already has.
    #[must_use]
    pub fn with_models_of(self, other: &Self) -> Self {
        Self { models: other.models.clone(), ..self }
    }

    /// The folder of the user's own phrases: every `*.grammar` file in it is a pack.
    #[must_use]
    pub fn phrases(&self) -> PathBuf {
        self.config.join("phrases")
    }

    /// The user's settings.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// What the user said about the voice, kept over restarts: a layer of the settings of its own.
    #[must_use]
    pub fn said_settings(&self) -> PathBuf {
        self.state.join("said.toml")
    }

    /// The settings that an administrator gives to all users of the machine.
    #[must_use]
    pub fn system_config_file() -> PathBuf {
        PathBuf::from("/etc/ask-nix/config.toml")
    }

    /// The counts of the program's own work.
    #[must_use]
    pub fn metrics(&self) -> PathBuf {
        self.state.join("metrics.sqlite")
    }

    /// The same folders, with the models in `folder`.
    #[must_use]
    pub fn with_models(self, folder: PathBuf) -> Self {
        Self { models: folder, ..self }
    }

    /// Models are large and shared by all versions, builds and tests: `ASK_NIX_MODELS`, else the user's cache.
    #[must_use]
    pub fn models(&self) -> PathBuf {
        self.models.clone()
    }

    /// Nix programs that were put beside the system for demos and tests: `VERSION/bin` below this folder.
    #[must_use]
    pub fn private_nix(&self) -> PathBuf {
        self.cache.join("nix")
    }

    /// The search index.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.cache.join("index.sqlite")
    }

    /// The activation journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.state.join("journal.sqlite")
    }

    /// The history of what was said to the user.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.state.join("history.sqlite")
    }

    /// Folders that may hold `espeak-ng-data`, in the order in which they are looked into after espeak-ng's own
    /// places: beside the installed program, with the models, then where distributions put it.
    #[must_use]
    pub fn espeak_data(&self) -> Vec<PathBuf> {
        let program = std::env::current_exe().ok();
        let prefix = program.as_deref().and_then(Path::parent).and_then(Path::parent);
        let installed = prefix.map(|prefix| [prefix.join("share/ask-nix"), prefix.join("share")]);
        let multiarch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
        let system = ["/run/current-system/sw/share", "/usr/local/share", "/usr/share", &multiarch].map(PathBuf::from);
        installed.into_iter().flatten().chain([self.models()]).chain(system).collect()
    }

    /// Sockets and other things that live as long as the session.
    #[must_use]
    pub fn runtime(&self) -> &Path {
        &self.runtime
    }

    /// The socket of speech-dispatcher: `SPEECHD_ADDRESS` where it names one, else its usual place
    /// (speech-dispatcher's manual, "Communication methods").
    #[must_use]
    pub fn speech_dispatcher(&self) -> PathBuf {
        let named = std::env::var("SPEECHD_ADDRESS").ok();
        named
            .as_deref()
            .and_then(|address| address.strip_prefix("unix_socket:"))
            .map_or_else(|| self.runtime.with_file_name("speech-dispatcher").join("speechd.sock"), PathBuf::from)
    }

    /// Sound of the program's own phrases, ready to be played.
    #[must_use]
    pub fn phrases_made(&self) -> PathBuf {
        self.cache.join("phrases")
    }

    /// What can be made again.
    #[must_use]
    pub fn cache(&self) -> &Path {
        &self.cache
    }
}
