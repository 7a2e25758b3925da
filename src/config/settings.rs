//! What the user has set, as types. Which values are allowed is in `keys`, and is checked before these are filled.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Hotkey, Roots};
use crate::command::{Sounds, Verbosity};

/// The user's settings; every key may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub recognition: Recognition,
    pub voice: Voice,
    pub audio: Audio,
    pub ears: Ears,
    pub nix: Nix,
    pub models: Models,
    pub metrics: Metrics,
    pub security: Security,
}

/// Where the machine's configuration is, in place of what is found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nix {
    /// The folder with `flake.nix` or `configuration.nix`; without it `/etc/nixos`.
    pub configuration: Option<PathBuf>,
    /// The name below `nixosConfigurations`; without it the host's own.
    pub host: Option<String>,
    /// The folder of the Nix programs; without it `PATH`.
    pub programs: Option<PathBuf>,
}

impl Nix {
    /// Puts what is set in the place of what is found.
    pub fn apply(&self, roots: &mut Roots) {
        if let Some(folder) = &self.configuration {
            roots.etc_nixos.clone_from(folder);
        }
        roots.host = self.host.clone().or_else(|| roots.host.take());
        roots.nix_bin = self.programs.clone().or_else(|| roots.nix_bin.take());
    }
}

/// How speech is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recognition {
    /// A model's name in `models/manifest.toml`, or the path of any ggml Whisper model.
    pub model: String,
    /// Threads of one recognition; 0 lets the load of the machine decide.
    pub threads: u8,
}

impl Default for Recognition {
    fn default() -> Self {
        Self { model: "whisper-base.en".to_owned(), threads: 0 }
    }
}

/// Who speaks the answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Orca where it runs, else speech-dispatcher where it runs, else Piper.
    #[default]
    Auto,
    Orca,
    SpeechDispatcher,
    Piper,
    /// The spare voice, which is part of the program.
    Espeak,
}

/// How answers are spoken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voice {
    /// Who speaks: `auto`, `orca`, `speech-dispatcher`, `piper` or `espeak`.
    pub engine: Engine,
    /// A voice's name in `models/manifest.toml`, or the path of any Piper voice (`.onnx`, with its `.onnx.json` beside it).
    pub name: String,
    /// Speaking rate, 0.5 to 3; 1 is the voice's own.
    pub rate: f32,
    /// Loudness, 0.1 to 2; 1 is the voice's own.
    pub volume: f32,
    pub verbosity: Verbosity,
    pub sounds: Sounds,
    /// Speak only questions and what went wrong.
    pub only_sounds: bool,
    /// Speak typed answers too, without `--speak`.
    pub always: bool,
}

impl Default for Voice {
    fn default() -> Self {
        Self {
            engine: Engine::Auto,
            name: "piper-en_US-joe-medium".to_owned(),
            rate: 1.0,
            volume: 1.0,
            verbosity: Verbosity::Normal,
            sounds: Sounds::Normal,
            only_sounds: false,
            always: false,
        }
    }
}

/// Which devices are used; empty takes the system's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audio {
    /// Name or stable id of the microphone, as `ask-nix doctor --audio` lists them.
    pub input: Option<String>,
    /// Name or stable id of the speaker.
    pub output: Option<String>,
}

/// What starts an utterance, and when it ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ears {
    /// How long a pause ends an utterance, milliseconds (300 to 5000).
    pub pause_ms: u32,
    /// Hands-free, only what follows the wake word is heard; false hears all that is said.
    pub wake: bool,
    /// How easily the wake word is heard, 0 to 1.
    pub wake_sensitivity: f32,
    /// How long it listens on without the wake word after an answer, seconds (0 to 60).
    pub follow_up_s: u32,
    /// The key to talk with, in every window.
    pub key: Option<Hotkey>,
    /// A press of that key that is shorter is a tap, milliseconds (100 to 2000).
    pub key_hold_ms: u32,
}

impl Default for Ears {
    fn default() -> Self {
        Self { pause_ms: 700, wake: true, wake_sensitivity: 0.5, follow_up_s: 5, key: None, key_hold_ms: 300 }
    }
}

/// Where models lie, and libraries that come from elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// The folder of the models; without it `ASK_NIX_MODELS`, then the user's cache.
    pub folder: Option<PathBuf>,
    /// The library ONNX Runtime; without it `ORT_DYLIB_PATH`, then the fetched one.
    pub onnxruntime: Option<PathBuf>,
}

/// What the program counts about its own work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    pub enabled: bool,
    /// Keep the words that were said too.
    pub words: bool,
    pub days: u32,
    pub megabytes: u32,
    /// A port of the loopback device for Prometheus; 0 opens none.
    pub port: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { enabled: true, words: false, days: 90, megabytes: 16, port: 0 }
    }
}

/// What a command that destroys something needs besides the spoken yes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    #[default]
    None,
    /// A yes that was typed, or sent by a key or a switch.
    Key,
}

/// What protects the machine from a wrong command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    pub second_factor: SecondFactor,
    /// Give up rights where foreign bytes are read.
    pub sandbox: bool,
}

impl Default for Security {
    fn default() -> Self {
        Self { second_factor: SecondFactor::None, sandbox: true }
    }
}
