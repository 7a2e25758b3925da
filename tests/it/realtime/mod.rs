//! What runs in real time, on a sound server of its own.
//!
//! A machine that is short of processors drops pieces of sound, as it would for a user: these tests
//! take turns, and `scripts/test` runs them when all others are done.

mod audio;
mod pipeline;
mod reader;
mod rig;
