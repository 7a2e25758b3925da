//! What shells and `man` know of the program, made from the command line's own types. Reads nothing.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::{Generator, generate, shells};
use clap_complete_nushell::Nushell;

use crate::fault::{Fault, Kind};

use super::Done;
use super::args::Cli;

/// A shell that has completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Nushell,
}

/// Prints a shell's completions.
pub fn completions(shell: Shell) -> Done {
    let text = match shell {
        Shell::Bash => made(shells::Bash),
        Shell::Zsh => made(shells::Zsh),
        Shell::Fish => made(shells::Fish),
        Shell::Nushell => made(Nushell),
    };
    out(&text)
}

fn made(generator: impl Generator) -> Vec<u8> {
    let mut text = Vec::new();
    generate(generator, &mut Cli::command(), "ask-nix", &mut text);
    text
}

/// Prints the manual page, or writes one page a command into `folder`.
pub fn man(folder: Option<&Path>) -> Done {
    let Some(folder) = folder else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(|error| unwritten(&error))?;
        return out(&text);
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| unwritten(&error).into())
}

fn out(text: &[u8]) -> Done {
    // A pager that was left early has seen enough.
    let written = std::io::stdout().lock().write_all(text);
    written
        .or_else(|error| if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
        .map_err(|error| unwritten(&error).into())
}

fn unwritten(error: &std::io::Error) -> Fault {
    Fault::new(
        Kind::Failed,
        "It cannot be written.",
        format!("The system says: {}.", error.kind()),
        "Look for free space, and who may write there.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_completes_the_verbs() {
        for text in [made(shells::Bash), made(shells::Zsh), made(shells::Fish), made(Nushell)] {
            let text = String::from_utf8_lossy(&text);
            for verb in ["generations", "doctor", "why"] {
                assert!(text.contains(verb), "{verb}");
            }
        }
    }
}
