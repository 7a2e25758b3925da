//! Sound in and sound out: the only room that knows cpal.
//!
//! Gives [`Frame`]s from a microphone or a sound file by the very same path, and plays samples to
//! a speaker or into a file. The device callbacks never allocate, lock, log or block.

mod capture;
mod convert;
mod device;
mod error;
mod file;
mod frame;
mod mixer;
mod player;
mod stream;
mod tone;
mod wav;

pub use capture::{Capture, Captured, Signal, Stats};
pub use convert::Converter;
pub use device::{Device, Direction, devices};
pub use error::AudioError;
pub use file::{Recording, read_file};
pub use frame::{FRAME_SAMPLES, Frame, SAMPLE_RATE};
pub use player::{Ended, Player, Playing};
pub use tone::Tones;
pub use wav::write_wav;
