//! From an utterance to its words: the only room that knows Whisper.
//!
//! Takes an `Utterance`, gives a `Transcript`. Silence, noise and music give an empty one. Never
//! decides what the words mean, and never hands whisper.cpp a file or a sound that it would choke on.

mod error;
mod evidence;
mod model;
mod opening;
mod text;
mod tokens;
mod weigh;
mod whisper;

pub use error::RecognizeError;
pub use whisper::{Recognizer, Settings};
