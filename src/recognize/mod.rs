//! From an utterance to its words: the only room that knows Whisper.
//!
//! Takes an `Utterance`, gives a `Transcript`. Silence, noise and music give an empty one. Never
//! decides what the words mean.

mod error;
mod text;
mod whisper;

pub use error::RecognizeError;
pub use whisper::{Recognizer, Settings};
