//! The demo system, built by a real Nix.
