//! What the user has set, from one TOML file.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigError, Roots};

/// The user's settings; every key may be left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub recognition: Recognition,
    pub voice: Voice,
    pub audio: Audio,
    pub ears: Ears,
    pub nix: Nix,
}

/// Where the machine's configuration is, in place of what is found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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

/// How answers are spoken.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voice {
    /// A voice's name in `models/manifest.toml`, or the path of any Piper voice (`.onnx`, with its `.onnx.json` beside it).
    pub name: String,
    /// Speaking rate, 0.5 to 3; 1 is the voice's own.
    pub rate: f32,
    /// Speak typed answers too, without `--speak`.
    pub always: bool,
}

impl Default for Voice {
    fn default() -> Self {
        Self { name: "piper-en_US-joe-medium".to_owned(), rate: 1.0, always: false }
    }
}

/// Which devices are used; empty takes the system's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audio {
    /// Name or stable id of the microphone, as `ask-nix doctor --audio` lists them.
    pub input: Option<String>,
    /// Name or stable id of the speaker.
    pub output: Option<String>,
}

/// What starts an utterance, and when it ends.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
}

impl Default for Ears {
    fn default() -> Self {
        Self { pause_ms: 700, wake: true, wake_sensitivity: 0.5, follow_up_s: 5 }
    }
}

impl Settings {
    /// Reads the settings; a file that is not there is no error and gives the defaults.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() }),
        };
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let settings: Self = toml::from_str(text).map_err(|error| {
            let (line, column) = error.span().map_or((1, 1), |span| place(text, span.start));
            ConfigError::Syntax { path: path.to_owned(), line, column, reason: error.message().trim().to_owned() }
        })?;
        settings.check(path)?;
        Ok(settings)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let wrong =
            |key, value: String, allowed| Err(ConfigError::Value { path: PathBuf::from(path), key, value, allowed });
        if !(0.5..=3.0).contains(&self.voice.rate) {
            return wrong("voice.rate", self.voice.rate.to_string(), "a number from 0.5 to 3");
        }
        if !(300..=5000).contains(&self.ears.pause_ms) {
            return wrong("ears.pause_ms", self.ears.pause_ms.to_string(), "a whole number from 300 to 5000");
        }
        if !(0.0..=1.0).contains(&self.ears.wake_sensitivity) {
            let value = self.ears.wake_sensitivity.to_string();
            return wrong("ears.wake_sensitivity", value, "a number from 0 to 1");
        }
        if self.ears.follow_up_s > 60 {
            return wrong("ears.follow_up_s", self.ears.follow_up_s.to_string(), "a whole number from 0 to 60");
        }
        if self.recognition.threads > 64 {
            return wrong("recognition.threads", self.recognition.threads.to_string(), "a whole number from 0 to 64");
        }
        Ok(())
    }
}

/// Line and column (both from 1) of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, ConfigError> {
        Settings::parse(text, Path::new("config.toml"))
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(parse("").unwrap(), Settings::default());
    }

    #[test]
    fn a_wrong_key_is_told_with_its_place() {
        let error = parse("[voice]\nrate = 1.5\nspeed = 2\n").unwrap_err();
        let ConfigError::Syntax { line, column, reason, .. } = error else { unreachable!("a syntax error") };
        assert_eq!((line, column), (3, 1));
        assert!(reason.contains("speed"), "{reason}");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for text in [
            "[voice]\nrate = 9",
            "[ears]\npause_ms = 10",
            "[recognition]\nthreads = 200",
            "[ears]\nwake_sensitivity = 2",
        ] {
            assert!(matches!(parse(text), Err(ConfigError::Value { .. })), "{text}");
        }
    }
}
