//! The program: everything is in `ask_nix::front`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ask_nix::front::run()
}
