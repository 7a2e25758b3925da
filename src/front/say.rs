//! `ask-nix say`: a text as sound, to the speaker or into a file.

use std::path::Path;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::audio::{Player, write_wav};
use crate::fault::{Explain, Fault};
use crate::speak::OwnVoice;

use super::scene::Scene;
use super::voice::own_files;
use super::{Done, print};

/// Speaks a text, or writes it to a WAV file.
pub fn say(scene: &Scene, text: &str, out: Option<&Path>) -> Done {
    let own = OwnVoice::new(own_files(scene)?);
    let runtime = super::ask::runtime()?;
    let (speaker, spared) = runtime.block_on(own.speaker()).map_err(|error| error.fault())?;
    if let Some(error) = spared {
        print::fault(&error.spared(), false);
    }
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
    runtime.block_on(async {
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
