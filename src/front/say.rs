//! `ask-nix say`: a text as sound, to the speaker or into a file.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::audio::{Player, write_wav};
use crate::fault::{Explain, Fault};
use crate::models::{ModelError, find};
use crate::speak::{Speaker, VoiceFiles};

use super::scene::Scene;
use super::{Done, print};

/// The files of the voice that the settings name.
pub fn voice_files(scene: &Scene) -> Result<VoiceFiles, Fault> {
    let folder = scene.dirs.models();
    let runtime = runtime_file(scene)?;
    let name = &scene.settings.voice.name;
    let voice = match find(name) {
        Some(model) => model.path(&folder),
        None if Path::new(name).exists() => name.into(),
        None => return Err(ModelError::Unknown(name.clone()).fault()),
    };
    Ok(VoiceFiles::new(voice, runtime, scene.dirs.espeak_data()))
}

/// ONNX Runtime, which the voice and the wake word share.
pub fn runtime_file(scene: &Scene) -> Result<PathBuf, Fault> {
    if let Some(path) = &scene.settings.models.onnxruntime {
        return Ok(path.clone());
    }
    match std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        // A packaged program brings its own.
        Some(path) => Ok(path.into()),
        None => find("onnxruntime").map(|model| model.path(&scene.dirs.models())).ok_or_else(|| missing("onnxruntime")),
    }
}

fn missing(name: &str) -> Fault {
    ModelError::Missing { name: name.to_owned() }.fault()
}

/// Speaks a text, or writes it to a WAV file.
pub fn say(scene: &Scene, text: &str, out: Option<&Path>) -> Done {
    let speaker = Speaker::start_blocking(voice_files(scene)?).map_err(|error| error.fault())?;
    let speech = speaker.speak(text, scene.settings.voice.rate, CancellationToken::new());
    if let Some(path) = out {
        let (samples, rate) = speech.collect_blocking().map_err(|error| error.fault())?;
        write_wav(path, &samples, rate).map_err(|error| error.fault())?;
        #[expect(clippy::cast_precision_loss, reason = "seconds of speech")]
        let seconds = samples.len() as f64 / f64::from(rate.max(1));
        if scene.json {
            print::json(&json!({ "text": text, "file": path, "seconds": seconds, "sample_rate": rate }));
        }
        return Ok(());
    }
    let player = Player::open(scene.settings.audio.output.as_deref()).map_err(|error| error.fault())?;
    super::ask::runtime()?.block_on(async {
        let mut speech = speech;
        while let Some(chunk) = speech.next().await {
            let chunk = chunk.map_err(|error| error.fault())?;
            let _ = player.queue(chunk.samples.to_vec(), chunk.sample_rate);
        }
        player.drain().await;
        Ok::<(), Fault>(())
    })?;
    Ok(())
}
