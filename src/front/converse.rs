//! Conversations: many questions, by voice and keyboard.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::announce;
use crate::assistant::{Judge, Listening, Listens, Mouth, Noticed, Opens, Parts};
use crate::ears::Endpointing;
use crate::fault::{Explain, Fault};

use super::ask::{parts, runtime};
use super::hear::recognizer;
use super::scene::Scene;
use super::session::Session;
use super::wake::detector;
use super::{Done, print, voice};

/// What starts an utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ears {
    /// Enter, if there is a microphone; the keyboard in any case.
    IfThere,
    /// The wake word; without a microphone it fails.
    AtWord,
    /// A voice; without a microphone it fails.
    HandsFree,
}

/// Asks what is wanted until the input ends.
pub fn converse(scene: &mut Scene, ears: Ears) -> Done {
    let runtime = runtime()?;
    let done = runtime.block_on(Session::run(scene, ears));
    // The thread that reads the keyboard waits for a line that may never come.
    runtime.shutdown_background();
    done
}

/// The mouth, and a word about a voice that is not the wanted one; without any, everything is on the screen alone.
pub async fn mouth(scene: &Scene) -> Option<Mouth> {
    match voice::mouth(scene).await {
        Ok((mouth, lacking)) => {
            if let Some(fault) = lacking {
                print::fault(&fault, false);
                mouth.say(announce::fault(&fault));
            }
            Some(mouth)
        }
        Err(fault) => {
            print::fault(&fault, false);
            None
        }
    }
}

/// How to begin.
pub fn invite(ears: Ears, listening: Option<&Listening>) {
    match listening {
        Some(listening) if ears == Ears::AtWord => {
            print::note(&format!("Say \u{201c}computer\u{201d} on {}.", listening.device()));
        }
        Some(listening) if ears == Ears::HandsFree => print::note(&format!("Listening on {}.", listening.device())),
        Some(listening) => {
            print::note(&format!("Press Enter to talk on {}, or type what you want.", listening.device()));
        }
        None => print::note("Type what you want, or quit to leave."),
    }
}

/// Opens the microphone.
pub fn listen(
    scene: &Scene,
    ears: Ears,
    mouth: Option<Mouth>,
    noticed: mpsc::Sender<Noticed>,
    cancel: CancellationToken,
) -> Result<Listening, Fault> {
    let recognizer = recognizer(scene)?;
    let pause = std::time::Duration::from_millis(scene.settings.ears.pause_ms.into());
    let input = scene.settings.audio.input.as_deref();
    let opens = match ears {
        Ears::IfThere => Opens::OnDemand,
        Ears::HandsFree => Opens::Always,
        Ears::AtWord => Opens::AtWord(Box::new(detector(scene)?)),
    };
    let Parts { understander, names, .. } = parts(scene)?;
    let judge = Some(Judge::new(understander, names));
    let how = Listens {
        input,
        endpointing: Endpointing::with_pause(pause),
        opens,
        judge,
        confined: scene.settings.security.sandbox,
    };
    Listening::start(how, recognizer, mouth, noticed, cancel).map_err(|error| error.fault())
}
