//! The backend against a real Nix.
