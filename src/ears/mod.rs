//! When somebody speaks to the machine: voice activity, pre-roll, endpointing.
//!
//! Takes `Frame`s, gives [`Utterance`]s. Knows nothing of devices and nothing of words.

mod endpoint;
mod file;
pub mod key;
mod listener;
mod utterance;
mod voice;
mod wake;

pub use endpoint::Endpointing;
pub use file::{split, whole};
pub use listener::{Heard, Listener, Mode};
pub use utterance::{Start, Utterance};
pub use wake::{Detection, Detector, Network, Threshold, WakeError, WakeFiles};
