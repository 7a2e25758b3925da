//! `ask-nix hear`: sound files through every stage up to the decision.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::audio::read_file;
use crate::confine;
use crate::ears::{Endpointing, whole};
use crate::fault::{Explain, Fault, Kind};
use crate::intent::Transcript;
use crate::models::{ModelError, find};
use crate::observe::{Ending, Stage, timed};
use crate::recognize::{self, Recognizer};

use super::read::{Parser, ending, told};
use super::scene::Scene;
use super::{Done, print};

/// Loads the recogniser that the settings name.
pub fn recognizer(scene: &Scene) -> Result<Recognizer, Fault> {
    let name = &scene.settings.recognition.model;
    let path = match find(name) {
        Some(model) => model.path(&scene.dirs.models()),
        None if name.contains('/') || Path::new(name).exists() => PathBuf::from(name),
        None => return Err(ModelError::Unknown(name.clone()).fault()),
    };
    let settings = recognize::Settings { threads: scene.settings.recognition.threads, full_context: false };
    Recognizer::load(&path, settings).map_err(|error| error.fault())
}

/// Recognises files and tells what would be done; one file's fault does not keep the others from being heard.
pub fn hear(scene: &Scene, files: &[PathBuf], grammar: Option<&Path>) -> Done {
    let started = Instant::now();
    let parser = Parser::new(scene, grammar)?;
    let mut recognizer = recognizer(scene)?;
    let load = milliseconds(started);
    let mut worst = Ok(());
    for file in files {
        let done = match one(scene, file, &mut recognizer, &parser, load) {
            Ok(done) => done,
            Err(fault) => {
                if scene.json {
                    print::json(&json!({ "file": file, "error": fault }));
                } else {
                    print::note(&format!("{}: {}", file.display(), fault.spoken()));
                }
                Err(super::End::Told(fault.kind))
            }
        };
        if worst.is_ok() {
            worst = done;
        }
    }
    worst
}

fn one(scene: &Scene, file: &Path, recognizer: &mut Recognizer, parser: &Parser, load: f64) -> Result<Done, Fault> {
    let began = Instant::now();
    // A sound file is foreign bytes.
    let recording =
        if scene.settings.security.sandbox { confine::run(|| read_file(file)) } else { Some(read_file(file)) };
    let recording = recording.ok_or_else(|| broken(file))?.map_err(|error| error.fault())?;
    let utterance = whole(&recording.frames, &Endpointing::default());
    let capture = milliseconds(began);
    timed(Stage::Capture, "file", Ending::Done, began.elapsed());
    let began = Instant::now();
    let transcript = match &utterance {
        None => Transcript::silence(1.0),
        Some(utterance) => {
            parser.hear(recognizer, utterance, &CancellationToken::new()).map_err(|error| error.fault())?
        }
    };
    let hearing = milliseconds(began);
    timed(Stage::Recognition, "file", Ending::Done, began.elapsed());
    let began = Instant::now();
    let (decision, mut answer) = parser.parse(&transcript);
    let intent_ms = milliseconds(began);
    if scene.json {
        if let Value::Object(keys) = &mut answer {
            keys.shift_insert(0, "file".to_owned(), json!(file));
            keys.shift_insert(1, "transcript".to_owned(), json!(transcript.text));
            let total = load + capture + hearing + intent_ms;
            keys.insert(
                "ms".to_owned(),
                json!({ "load": load, "capture": capture, "recognize": hearing, "parse": intent_ms, "total": total }),
            );
        }
        print::json(&answer);
    } else {
        print::line(&format!("{}: \u{201c}{}\u{201d}", file.display(), transcript.text));
        print::line(&format!("  {}", told(&decision)));
    }
    Ok(ending(&decision))
}

/// The reader of sound files failed without an error of its own.
fn broken(file: &Path) -> Fault {
    Fault::new(
        Kind::Failed,
        format!("I could not read {}.", file.display()),
        "My reader of sound files broke on it.",
        "Give me a WAV or a FLAC file that another program made.",
    )
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
