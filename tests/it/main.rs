//! The one integration-test binary. Each module tests one area through its public face.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

/// Says on the terminal why a test does nothing here; libtest keeps what a passing test prints to itself.
macro_rules! skip {
    ($($why:tt)*) => {
        drop(std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("skipped: {}\n", format_args!($($why)*))))
    };
}

mod backend;
mod cli;
mod demo;
mod desktop;
mod documents;
mod ears;
mod edit;
mod explain;
mod generations;
mod house;
mod install;
mod keys;
mod machine;
mod personal;
mod phrases;
mod reading;
mod realtime;
mod rebuild;
mod recognize;
mod search;
mod services;
mod settings;
mod spoken;
mod supply;
mod support;
mod targets;
mod tui;
mod update;
mod voice;
mod wake;
