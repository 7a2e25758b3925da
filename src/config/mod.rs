//! Where everything lies, and what the user has set.
//!
//! This room alone knows paths: the XDG folders of ask-nix itself ([`Dirs`]) and every path of
//! Nix and `NixOS` ([`Roots`]). A test, a demo and a real machine differ in these two values and
//! in nothing else. [`Settings`] are read here and handed on as values; no lower room reads them.

mod check;
mod dirs;
mod edit;
mod error;
mod example;
mod hotkey;
mod keys;
mod layers;
mod programs;
mod roots;
mod settings;

pub use check::check;
pub use dirs::Dirs;
pub use edit::{replace_all, set, unset};
pub use error::{ConfigError, Place};
pub use example::{example, page};
pub use hotkey::{Hotkey, Modifier, NoHotkey};
pub use keys::{KEYS, Key, find, nearest};
pub use layers::{Loaded, Origin, Sources};
pub use programs::{find_nix, private_nix};
pub use roots::Roots;
pub use settings::{Engine, Metrics, SecondFactor, Security, Settings};
