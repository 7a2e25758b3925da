//! Which voice speaks: as the settings want it, among those that are there.

use std::path::{Path, PathBuf};

use crate::assistant::{Delivery, Mouth, Voices};
use crate::audio::Player;
use crate::config::{Engine, Settings};
use crate::fault::{Explain, Fault};
use crate::models::{ModelError, find};
use crate::speak::{OwnFiles, OwnVoice, Reader, ReaderPlaces, SpeakError, VoiceFiles, Which};

use super::scene::Scene;

/// Opens the mouth without a word; the second part is why the voice is not the one that was wanted.
pub async fn mouth(scene: &Scene) -> Result<(Mouth, Option<Fault>), Fault> {
    let (reader, mut lacking) = match wanted_reader(scene.settings.voice.engine) {
        None => (None, None),
        Some(which) => {
            let reader = Reader::find(which, &places(scene)).await;
            let lacking = if reader.is_none() { absent(which) } else { None };
            (reader, lacking)
        }
    };
    let player = Player::open(scene.settings.audio.output.as_deref());
    let own = OwnVoice::new(own_files(scene)?);
    let player = match player {
        Ok(player) => Some(player),
        // A screen reader has its own way to be heard.
        Err(_) if reader.is_some() => None,
        Err(error) => return Err(error.fault()),
    };
    if reader.is_none() {
        let (_, spared) = own.speaker().await.map_err(|error| error.fault())?;
        lacking = lacking.or(spared.map(SpeakError::spared));
    }
    Ok((Mouth::start(Voices::new(reader, own), player, delivery(&scene.settings)), lacking))
}

/// How the settings want the voice.
pub const fn delivery(settings: &Settings) -> Delivery {
    let voice = &settings.voice;
    Delivery {
        rate: voice.rate,
        gain: voice.volume,
        sounds: voice.sounds,
        only_sounds: voice.only_sounds,
        muted: false,
    }
}

/// The files of the own voice that the settings name.
pub fn own_files(scene: &Scene) -> Result<OwnFiles, Fault> {
    let piper = if scene.settings.voice.engine == Engine::Espeak { None } else { Some(piper(scene)?) };
    Ok(OwnFiles { piper, espeak_data: scene.dirs.espeak_data() })
}

fn piper(scene: &Scene) -> Result<VoiceFiles, Fault> {
    let folder = scene.dirs.models();
    let runtime = runtime_file(scene)?;
    let name = &scene.settings.voice.name;
    let voice = match find(name) {
        Some(model) => model.path(&folder),
        None if name.contains('/') || Path::new(name).exists() => name.into(),
        None => return Err(ModelError::Unknown(name.clone()).fault()),
    };
    let files = VoiceFiles::new(voice, runtime, scene.dirs.espeak_data());
    Ok(VoiceFiles { phrases: Some(scene.dirs.phrases_made()), ..files })
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

const fn wanted_reader(engine: Engine) -> Option<Which> {
    match engine {
        Engine::Auto => Some(Which::Any),
        Engine::Orca => Some(Which::Orca),
        Engine::SpeechDispatcher => Some(Which::SpeechDispatcher),
        Engine::Piper | Engine::Espeak => None,
    }
}

/// What is told where a screen reader was asked for by name and does not run.
fn absent(which: Which) -> Option<Fault> {
    let name = match which {
        Which::Any => return None,
        Which::Orca => "Orca",
        Which::SpeechDispatcher => "speech-dispatcher",
    };
    Some(SpeakError::Reader { name, reason: "it does not run".to_owned() }.fault())
}

fn places(scene: &Scene) -> ReaderPlaces {
    ReaderPlaces { bus: None, dispatcher: Some(scene.dirs.speech_dispatcher()) }
}
