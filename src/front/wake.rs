//! `ask-nix wake`: where the wake word is in sound files.

use std::path::PathBuf;

use serde_json::json;

use crate::audio::read_file;
use crate::ears::{Detector, Network, Threshold, WakeFiles};
use crate::fault::{Explain, Fault};
use crate::models::{ModelError, find};

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

/// The ear for the words that wake, at the user's sensitivity or at `threshold`.
pub fn detector(scene: &Scene, threshold: Option<f32>) -> Result<Detector, Fault> {
    let sensitivity = scene.settings.ears.wake_sensitivity;
    let threshold = threshold.map_or_else(|| Threshold::of_sensitivity(sensitivity), Threshold::of_score);
    let networks = vec![Network::computer().map_err(|error| error.fault())?];
    Detector::load(&wake_files(scene)?, networks, threshold).map_err(|error| error.fault())
}

/// Tells where the wake word is; one file's fault does not keep the others from being heard.
pub fn wake(scene: &Scene, files: &[PathBuf], threshold: Option<f32>) -> Done {
    let mut detector = detector(scene, threshold)?;
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
        let found = detector.spot(&recording.frames);
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
