//! Sound in and sound out: the only room that knows cpal.
//!
//! Gives [`Frame`]s from a microphone or a sound file by the very same path, and plays samples to
//! a speaker or into a file. The device callbacks never allocate, lock, log or block.

mod frame;

pub use frame::{FRAME_SAMPLES, Frame, SAMPLE_RATE};
