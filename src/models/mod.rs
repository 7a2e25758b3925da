//! The models' files: which there are, fetching them, and trusting none without its hash.
//!
//! The manifest ships with the program. A file is taken from the first source that gives the very
//! bytes that the manifest names; a wrong one is thrown away. Loads the library that runs models; never runs one.

mod error;
mod fetch;
mod manifest;
mod runtime;

pub use error::ModelError;
pub use fetch::{State, Tell, fetch, state};
pub use manifest::{Model, Purpose, Source, find, manifest};
pub use runtime::{load_runtime, session};
