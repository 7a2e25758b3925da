//! The one integration-test binary. Each module tests one area through its public face.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod audio;
mod backend;
mod cli;
mod demo;
mod documents;
mod ears;
mod edit;
mod explain;
mod generations;
mod house;
mod phrases;
mod pipeline;
mod reader;
mod reading;
mod recognize;
mod rig;
mod search;
mod services;
mod settings;
mod spoken;
mod support;
mod tui;
mod voice;
mod wake;
