//! Edits the user's own configuration: packages in and out of their lists, settings.
//!
//! Lossless: comments, order and layout stay. An edit is worked out in memory ([`propose`]), shown,
//! and only then written ([`make`]), with the old bytes kept, so that [`Made::take_back`] brings
//! back every byte. Where the text does not plainly say what an edit would mean, it is refused with
//! file and line; nothing is ever guessed, and no text of the user's gets into Nix but through a
//! validated type.

mod error;
mod flake;
mod packages;
mod plan;
mod settings;
mod source;
mod splice;
mod spots;
mod syntax;
mod tree;
mod write;

use std::path::Path;

pub use error::{EditError, Place};
pub use plan::{Change, Edit, FileEdit, Request, propose};
pub use spots::Owner;
pub use tree::Start;
pub use write::{Made, Prepared, find, make, newest, permitted, prepare};

use super::read::discovery::Configuration;

/// Where a machine's configuration begins.
pub fn start(configuration: &Configuration) -> Result<Start, EditError> {
    match configuration {
        Configuration::Channel { file } => Ok(Start { modules: vec![file.clone()], flake: None }),
        Configuration::Flake { file, host } => {
            let host = host.clone().unwrap_or_else(|| "nixos".to_owned());
            flake_start(file, host)
        }
    }
}

/// A flake's modules; one that names none plainly is refused.
fn flake_start(file: &Path, host: String) -> Result<Start, EditError> {
    let real = source::Files::real(file).unwrap_or_else(|| file.to_owned());
    let tree = source::Files::default().parse(&real)?;
    if flake::modules(&tree, &host).is_empty() {
        return Err(EditError::NoHost { file: real, host });
    }
    Ok(Start { modules: Vec::new(), flake: Some((real, host)) })
}
