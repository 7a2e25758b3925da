//! ONNX Runtime: the one shared library that runs the voice and the wake word.
//!
//! Loads it once for the life of the program; never runs a model itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ort::session::Session;

/// Loads the library; the first one that is loaded stays, later calls change nothing.
///
/// # Errors
/// The library's own words, or that it is not what it should be.
pub fn load_runtime(library: &Path) -> Result<(), String> {
    // The binding panics where a library lacks what it must have; that is no reason to die.
    catch_unwind(AssertUnwindSafe(|| {
        let environment = ort::init_from(library).map_err(|error| error.to_string())?;
        environment.with_name("ask-nix").commit();
        Ok(())
    }))
    .unwrap_or_else(|_| Err("it is not what it should be".to_owned()))
}

/// A session of so many threads on a network's file, without spinning, so that nothing burns a core between two runs.
/// [`load_runtime`] must have been called.
///
/// # Errors
/// The library's own words.
pub fn session(model: &Path, threads: usize) -> Result<Session, String> {
    catch_unwind(AssertUnwindSafe(|| {
        Session::builder()
            .map_err(|error| error.to_string())?
            .with_intra_threads(threads)
            .map_err(|error| error.to_string())?
            .with_intra_op_spinning(false)
            .map_err(|error| error.to_string())?
            .commit_from_file(model)
            .map_err(|error| error.to_string())
    }))
    .unwrap_or_else(|_| Err("it is not what it should be".to_owned()))
}
