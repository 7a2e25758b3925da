//! Where everything lies, and what the user has set.
//!
//! This room alone knows paths: the XDG folders of ask-nix itself ([`Dirs`]) and every path of
//! Nix and `NixOS` ([`Roots`]). A test, a demo and a real machine differ in these two values and
//! in nothing else.

mod dirs;
mod roots;

pub use dirs::Dirs;
pub use roots::Roots;
