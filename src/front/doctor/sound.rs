//! Whether there is a microphone that hears something, and a speaker.

use std::time::Duration;

use crate::audio::{Capture, Direction, Signal, devices};
use crate::fault::{Explain, Fault, Kind};

use super::super::ask::runtime;
use super::super::scene::Scene;
use super::Found;

/// So much is listened to: 0.6 seconds are enough to hear that it is not silent.
const FRAMES: usize = 30;
/// A microphone that gives nothing in this time gives nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// Opens the microphone and listens for a moment. What is heard is measured and thrown away.
pub fn microphone(scene: &Scene) -> Found {
    let result = match there(Direction::Input) {
        Ok(_) => heard(scene),
        Err(fault) => Err(fault),
    };
    Found::of("microphone", result)
}

pub fn speaker() -> Found {
    Found::of("speaker", there(Direction::Output))
}

fn heard(scene: &Scene) -> Result<String, Fault> {
    let input = scene.settings.audio.input.as_deref();
    runtime()?.block_on(async {
        let mut capture = Capture::open(input).map_err(|error| error.fault())?;
        let name = capture.device().name.clone();
        let mut loudest = 0.0_f32;
        let mut frames = 0;
        let listen = async {
            while frames < FRAMES {
                match capture.next().await {
                    Some(Signal::Frame(captured)) => {
                        frames += 1;
                        loudest = captured.frame.0.iter().fold(loudest, |most, sample| most.max(sample.abs()));
                    }
                    Some(Signal::Back(_)) => {}
                    Some(Signal::Lost(error)) => return Err(error.fault()),
                    None => return Ok(()),
                }
            }
            Ok(())
        };
        // What came until then is what it gives.
        if let Ok(Err(fault)) = tokio::time::timeout(PATIENCE, listen).await {
            return Err(fault);
        }
        match (frames, loudest > 0.0) {
            (0, _) => Err(deaf(&name, "It gives no sound at all.")),
            (_, false) => Err(deaf(&name, "It gives nothing but perfect silence, so it is probably muted.")),
            (_, true) => Ok(format!("{name}, level {:.0} decibels", 20.0 * loudest.log10())),
        }
    })
}

fn deaf(name: &str, why: &str) -> Fault {
    Fault::new(
        Kind::Failed,
        format!("I hear nothing from {name}."),
        why,
        "Unmute it, or choose another: ask-nix doctor --audio lists them.",
    )
}

fn there(wanted: Direction) -> Result<String, Fault> {
    let found = devices().map_err(|error| error.fault())?;
    let device = found.into_iter().filter(|device| device.direction == wanted).max_by_key(|device| device.default);
    device.map(|device| device.name).ok_or_else(|| {
        let (what, why) = match wanted {
            Direction::Input => ("I cannot hear.", "There is no microphone."),
            Direction::Output => ("I cannot speak.", "There is no speaker."),
        };
        Fault::new(Kind::Failed, what, why, "Plug one in, or go on by keyboard and screen.")
    })
}
