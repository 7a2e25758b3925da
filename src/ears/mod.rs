//! When somebody speaks to the machine: voice activity, pre-roll, endpointing.
//!
//! Takes `Frame`s, gives [`Utterance`]s. Knows nothing of devices and nothing of words.

mod utterance;

pub use utterance::{Start, Utterance};
