//! Building the system that the configuration describes: a store path, kept by a root of its own.
//!
//! Changes nothing but the store. What Nix says of a failure is explained.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::config::Roots;
use crate::nix::child::{self, Ended, Stream};
use crate::nix::read::discovery::{self, Configuration};
use crate::nix::{NixError, Progress, Restored, Stage};

/// Output that is kept of a failing build, in lines: the end says why.
const LINES: usize = 400;

/// A system that was built. The garbage collector spares it as long as this value lives.
pub struct Built {
    pub system: PathBuf,
    _root: TempDir,
}

/// Builds the machine's configuration as it is now.
pub fn build(roots: &Roots, cancel: &CancellationToken, tell: &mut dyn FnMut(Progress)) -> Result<Built, NixError> {
    let _span = tracing::info_span!("nix.build").entered();
    tell(Progress { stage: Stage::Evaluating, done: 0, expected: 0, at: None });
    let configuration =
        discovery::configuration(roots).ok_or_else(|| NixError::NoConfiguration { at: roots.etc_nixos.clone() })?;
    let root = tempfile::Builder::new().prefix("ask-nix-build-").tempdir();
    let root = root.map_err(NixError::io("made", std::env::temp_dir()))?;
    let command = command(roots, &configuration, &root.path().join("result"));
    let (mut answer, mut log, mut done) = (None, Vec::new(), 0);
    let ended = child::run_apart(command, cancel, |stream, line| match stream {
        Stream::Answer => answer = Some(PathBuf::from(line)),
        Stream::Talk => {
            if let Some((stage, at)) = step(line) {
                done += 1;
                tell(Progress { stage, done, expected: 0, at: Some(at) });
            }
            if log.len() >= LINES {
                log.remove(0);
            }
            log.push(line.to_owned());
        }
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() => {
            let built = answer.ok_or_else(|| NixError::explained("Nix named no result"))?;
            Ok(Built { system: built, _root: root })
        }
        Ok(Ended::Exited(_)) => Err(NixError::explained(&log.join("\n"))),
        Ok(Ended::Cancelled) => Err(NixError::Cancelled { restored: Restored::Untouched }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(NixError::NoNix { store: roots.store.clone() })
        }
        Err(error) => Err(NixError::io("started", "nix")(error)),
    }
}

fn command(roots: &Roots, configuration: &Configuration, link: &Path) -> Command {
    match configuration {
        Configuration::Channel { file } => {
            let mut command = child::nix_program(roots, "nix-build");
            let mut include = std::ffi::OsString::from("nixos-config=");
            include.push(file);
            command.args(["<nixpkgs/nixos>", "-A", "system", "-I"]).arg(include).arg("--out-link").arg(link);
            command
        }
        Configuration::Flake { file, host } => {
            let mut command = child::nix_program(roots, "nix");
            command.args(["--extra-experimental-features", "nix-command flakes", "build", "--print-out-paths", "-L"]);
            let host: String = host.as_deref().unwrap_or("nixos").chars().filter(|c| *c != '"' && *c != '$').collect();
            let folder = file.parent().unwrap_or(Path::new("/")).display();
            command.arg("--out-link").arg(link);
            command.arg(format!("{folder}#nixosConfigurations.\"{host}\".config.system.build.toplevel"));
            command
        }
    }
}

/// What a line of Nix's own output says is at work.
fn step(line: &str) -> Option<(Stage, String)> {
    let (stage, rest) = if let Some(rest) = line.strip_prefix("building '") {
        (Stage::Building, rest)
    } else if let Some(rest) = line.strip_prefix("copying path '") {
        (Stage::Downloading, rest)
    } else {
        return None;
    };
    let path = rest.split('\'').next()?;
    // The name without the hash: what a store path begins with has 32 letters.
    let name = path.rsplit('/').next()?.get(33..)?.trim_end_matches(".drv");
    Some((stage, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_work_is_told_without_its_hash() {
        let line = "building '/nix/store/0c5b1mjv9xqk6v3f2w1z7y8h4d0s2p6l-cowsay-3.8.4.drv'...";
        assert_eq!(step(line), Some((Stage::Building, "cowsay-3.8.4".into())));
        for other in ["", "building", "building 'x'...", "error: building '"] {
            assert_eq!(step(other), None, "{other}");
        }
    }
}
