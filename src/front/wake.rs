//! `ask-nix wake`: where the wake word is in sound files.

use std::path::PathBuf;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::assistant::spot;
use crate::audio::read_file;
use crate::ears::{Detector, Network, Threshold, WakeFiles};
use crate::fault::{Explain, Fault};
use crate::models::{ModelError, find};

use super::hear::recognizer;
use super::scene::Scene;
use super::voice::runtime_file;
use super::{Done, print};

/// The files that hearing the wake word needs.
pub fn wake_files(scene: &Scene) -> Result<WakeFiles, Fault> {
    let folder = scene.dirs.models();
    let file = |name: &str| {
        find(name).map(|model| model.path(&folder)).ok_or_else(|| ModelError::Unknown(name.to_owned()).fault())
    };
    Ok(WakeFiles {
        melspectrogram: file("wake-melspectrogram")?,
        embedding: file("wake-embedding")?,
        runtime: runtime_file(scene)?,
    })
}

/// The ear for the words that wake, at the user's sensitivity.
pub fn detector(scene: &Scene) -> Result<Detector, Fault> {
    let networks = vec![Network::computer().map_err(|error| error.fault())?];
    let threshold = Threshold::of_sensitivity(scene.settings.ears.wake_sensitivity);
    Detector::load(&wake_files(scene)?, networks, threshold).map_err(|error| error.fault())
}

/// Tells where the wake word is, by both stages; one file's fault does not keep the others from being heard.
///
/// Without the recogniser's model the network hears alone, and it is said so.
pub fn wake(scene: &Scene, files: &[PathBuf], threshold: Option<f32>) -> Done {
    let mut detector = detector(scene)?;
    let mut recognizer = recognizer(scene)
        .inspect_err(|fault| {
            print::note(&format!("The wake word is heard without its second stage. {}", fault.spoken()));
        })
        .ok();
    let sensitivity = scene.settings.ears.wake_sensitivity;
    let least = Threshold::of_score(threshold.unwrap_or(1.0 - sensitivity));
    if recognizer.is_some() {
        detector = detector.with_second_stage();
    }
    let mut worst = Ok(());
    for file in files {
        let recording = match read_file(file) {
            Ok(recording) => recording,
            Err(error) => {
                let fault = error.fault();
                if scene.json {
                    print::json(&json!({ "file": file, "error": fault }));
                } else {
                    print::note(&format!("{}: {}", file.display(), fault.spoken()));
                }
                worst = worst.and(Err(super::End::Told(fault.kind)));
                continue;
            }
        };
        let seconds = recording.duration().as_secs_f64();
        let found = match &mut recognizer {
            Some(recognizer) => spot(&mut detector, recognizer, &recording.frames, &CancellationToken::new())
                .map_err(|error| error.fault())?,
            None => detector.spot(&recording.frames),
        };
        let found: Vec<_> = found.into_iter().filter(|found| least.is_reached(found.score)).collect();
        if scene.json {
            let detections: Vec<_> = found
                .iter()
                .map(|found| json!({ "at_s": found.at.as_secs_f64().min(seconds), "score": found.score }))
                .collect();
            print::json(&json!({ "file": file, "seconds": seconds, "detections": detections }));
        } else if found.is_empty() {
            print::line(&format!("{}: the wake word is not in it", file.display()));
        } else {
            let places: Vec<String> =
                found.iter().map(|found| format!("{:.1} s ({:.3})", found.at.as_secs_f64(), found.score)).collect();
            print::line(&format!("{}: the wake word is at {}", file.display(), places.join(", ")));
        }
    }
    worst
}
