//! The value that an option has on this machine, as Nix itself works it out from the configuration.
//!
//! Evaluation is what only Nix can do: seconds on a real system, so the answer is worth keeping.
//! Takes a validated option path, never text; changes nothing and builds nothing.

use std::path::Path;
use std::process::Command;

use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::command::OptionPath;
use crate::config::Roots;
use crate::nix::child::{self, Ended, Stream};
use crate::nix::{NixError, Progress, Restored, Stage};

use super::discovery::{self, Configuration};

/// Output that is kept of a failed evaluation, in lines: a trace may be very long.
const LINES: usize = 400;

/// What an option is set to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", content = "value", rename_all = "kebab-case")]
pub enum OptionValueNow {
    /// Plain data.
    Value(Value),
    /// Something that is no plain data, such as a function, as Nix writes it.
    Text(String),
    /// The configuration does not set it, and it has no value of its own.
    Unset,
}

/// Works out an option's value.
pub fn option_value(
    roots: &Roots,
    option: &OptionPath,
    cancel: &CancellationToken,
    tell: &mut dyn FnMut(Progress),
) -> Result<OptionValueNow, NixError> {
    tell(Progress { at: Some(option.to_string()), ..Progress::of(Stage::Evaluating) });
    let configuration =
        discovery::configuration(roots).ok_or_else(|| NixError::NoConfiguration { at: roots.etc_nixos.clone() })?;
    // Plain data first; a function or a package has none, and is then shown as Nix shows it.
    for plain in [true, false] {
        match evaluate(roots, &configuration, option, plain, cancel)? {
            Ok(text) if plain => {
                return Ok(serde_json::from_str(&text).map_or(OptionValueNow::Text(text), OptionValueNow::Value));
            }
            Ok(text) => return Ok(OptionValueNow::Text(text)),
            Err(log) if is_unset(&log, option) => {
                return match has_host(roots, &configuration, cancel)? {
                    Ok(()) => Ok(OptionValueNow::Unset),
                    Err(log) => Err(NixError::explained(&log)),
                };
            }
            Err(log) if plain && log.contains("cannot convert") => {}
            Err(log) => return Err(NixError::explained(&log)),
        }
    }
    Ok(OptionValueNow::Unset)
}

/// Whether an evaluation failed for the sole reason that the option is not there.
fn is_unset(log: &str, option: &OptionPath) -> bool {
    let part = || option.as_str().split('.').any(|part| log.contains(&format!("attribute '{part}'")));
    let whole = || log.contains("does not provide attribute") && log.contains(&format!(".config.{option}'"));
    (log.contains("missing") || log.contains("not found")) && part()
        || whole()
        || log.contains("used but not defined")
        || log.contains("was accessed but has no value defined")
}

/// Whether a flake describes this host: asked only where something is missing.
fn has_host(
    roots: &Roots,
    configuration: &Configuration,
    cancel: &CancellationToken,
) -> Result<Result<(), String>, NixError> {
    let Configuration::Flake { file, host } = configuration else { return Ok(Ok(())) };
    let host = host.as_deref().unwrap_or(NO_NAME);
    let mut command = flake_eval(roots);
    command.arg(format!("{}#nixosConfigurations", folder_of(file))).args(["--apply", "builtins.attrNames", "--json"]);
    let names = ask(roots, command, "nix", cancel)?;
    Ok(names.and_then(|names| {
        let names: Vec<String> = serde_json::from_str(&names).unwrap_or_default();
        let missing = format!("error: flake does not provide attribute 'nixosConfigurations.{host}'");
        if names.iter().any(|name| name == host) { Ok(()) } else { Err(missing) }
    }))
}

/// The host that is looked for where the machine has no name.
const NO_NAME: &str = "nixos";

fn flake_eval(roots: &Roots) -> Command {
    let mut command = child::nix_program(roots, "nix");
    command.args(["--extra-experimental-features", "nix-command flakes", "eval", "--no-write-lock-file"]);
    command
}

fn folder_of(file: &Path) -> String {
    file.parent().unwrap_or(Path::new("/")).display().to_string()
}

/// Runs the evaluation: what was printed, or what was said about the failure.
fn evaluate(
    roots: &Roots,
    configuration: &Configuration,
    option: &OptionPath,
    plain: bool,
    cancel: &CancellationToken,
) -> Result<Result<String, String>, NixError> {
    let (mut command, program) = match configuration {
        Configuration::Channel { .. } => {
            let mut command = child::nix_program(roots, "nix-instantiate");
            command.args(["--eval", "--strict", "<nixpkgs/nixos>", "-A"]).arg(format!("config.{option}"));
            (command, "nix-instantiate")
        }
        Configuration::Flake { file, host } => {
            let mut command = flake_eval(roots);
            let host = quoted(host.as_deref().unwrap_or(NO_NAME));
            command.arg(format!("{}#nixosConfigurations.{host}.config.{option}", folder_of(file)));
            (command, "nix")
        }
    };
    if plain {
        command.arg("--json");
    }
    ask(roots, command, program, cancel)
}

/// Runs an evaluation to its end.
fn ask(
    roots: &Roots,
    command: Command,
    program: &str,
    cancel: &CancellationToken,
) -> Result<Result<String, String>, NixError> {
    let (mut out, mut log) = (String::new(), Vec::new());
    let ended = child::run_apart(command, cancel, |stream, line| match stream {
        Stream::Answer => out.push_str(line),
        Stream::Talk if log.len() < LINES => log.push(line.to_owned()),
        Stream::Talk => {}
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() => Ok(Ok(out)),
        Ok(Ended::Exited(_)) => Ok(Err(log.join("\n"))),
        Ok(Ended::Cancelled) => Err(NixError::Cancelled { restored: Restored::Untouched }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(NixError::NoNix { store: roots.store.clone() })
        }
        Err(error) => Err(NixError::io("started", program)(error)),
    }
}

/// A host's name as a part of an attribute path: a name may hold dots.
fn quoted(host: &str) -> String {
    let safe: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    format!("\"{safe}\"")
}
