//! The wake word: hears one word in endless sound, and nothing else.
//!
//! A public speech embedding ([`WakeFiles`]) and a small network of our own ([`Network`]). Knows no recogniser:
//! what it hears is confirmed by others before anything is done.

mod detector;
mod error;
mod features;
mod network;

pub use detector::{Detection, Detector, Threshold};
pub use error::WakeError;
pub use features::WakeFiles;
pub use network::Network;
