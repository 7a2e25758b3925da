//! From an announcement's text to sound: Piper, on this machine, with espeak-ng as the spare voice.
//!
//! Takes text as it is written, gives samples sentence by sentence: the next is made while one
//! plays; or the whole of it to the user's own screen reader. This room alone knows Piper, ONNX Runtime
//! and espeak-ng, and it alone pronounces (numbers, versions, paths, package names). It plays nothing, and
//! never decides what is said.

mod error;
mod espeak;
mod kept;
mod own;
mod pronounce;
mod reader;
mod sentences;
mod spare;
mod speaker;
mod stretch;
mod voice;

pub use error::SpeakError;
pub use own::{OwnFiles, OwnVoice};
pub use pronounce::pronounce;
pub use reader::{Reader, ReaderPlaces, Which};
pub use speaker::{Chunk, Speaker, Speech};
pub use voice::{Voice, VoiceFiles};
