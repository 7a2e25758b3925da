//! Where everything lies, and what the user has set.
//!
//! This room alone knows paths: the XDG folders of ask-nix itself ([`Dirs`]) and every path of
//! Nix and `NixOS` ([`Roots`]). A test, a demo and a real machine differ in these two values and
//! in nothing else. [`Settings`] are read here and handed on as values; no lower room reads them.

mod dirs;
mod error;
mod programs;
mod roots;
mod settings;

pub use dirs::Dirs;
pub use error::ConfigError;
pub use programs::{find_nix, private_nix};
pub use roots::Roots;
pub use settings::Settings;
