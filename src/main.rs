//! The program: everything is in `ask_nix::front`.

fn main() {}
