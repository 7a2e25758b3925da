//! From an utterance to its transcript, knowing what can be said.
//!
//! The recogniser listens for everything. Where its words alone leave a doubt, the sentences that may
//! have been meant are weighed against the sound. What they mean is still understanding's to say.

use tokio_util::sync::CancellationToken;

use crate::ears::Utterance;
use crate::intent::{Names, Transcript, Understander};
use crate::recognize::{RecognizeError, Recognizer};

/// The transcript of an utterance, with what else may have been said. Blocks: call it on a thread of its own.
pub fn hear(
    recognizer: &mut Recognizer,
    understander: &Understander,
    names: &dyn Names,
    utterance: &Utterance,
    cancel: &CancellationToken,
) -> Result<Transcript, RecognizeError> {
    let mut transcript = recognizer.recognize(utterance, cancel)?;
    let likely = understander.likely(&transcript, names);
    if !likely.is_empty() {
        recognizer.weigh(&mut transcript, &likely, cancel)?;
    }
    Ok(transcript)
}
