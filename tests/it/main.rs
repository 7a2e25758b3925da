//! The one integration-test binary. Each module tests one area through its public face.

mod audio;
mod backend;
mod cli;
mod demo;
mod phrases;
mod pipeline;
mod recognize;
mod search;
mod support;
mod voice;
