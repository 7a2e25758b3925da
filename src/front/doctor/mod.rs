//! `ask-nix doctor`: what works on this machine, what does not, and how to mend it.

mod own;
mod sound;

use serde_json::json;

use crate::audio::{Direction, devices};
use crate::fault::{Explain, Fault};
use crate::models::{ModelError, Purpose, State, manifest, state};
use crate::nix::read::discovery::{Configuration, Flavour, StoreMode};
use crate::nix::{Backend, NixError};

use super::scene::Scene;
use super::{Done, End, print};

/// Checks the machine; `audio` lists microphones and speakers instead.
pub fn doctor(scene: &Scene, audio: bool) -> Done {
    if audio { list_devices(scene) } else { check(scene) }
}

fn list_devices(scene: &Scene) -> Done {
    let devices = devices().map_err(|error| error.fault())?;
    for device in &devices {
        if scene.json {
            print::json(device);
            continue;
        }
        let kind = if device.direction == Direction::Input { "microphone" } else { "speaker" };
        let default = if device.default { ", the default" } else { "" };
        print::line(&format!(
            "{kind}: {}{default}\n  id {}, {} Hz, channels {}",
            device.name, device.id, device.rate, device.channels
        ));
    }
    if devices.is_empty() && !scene.json {
        print::line("No microphone and no speaker was found. You can type, and read the answers.");
    }
    Ok(())
}

/// What was found about one part.
pub struct Found {
    name: String,
    result: Result<String, Fault>,
    /// Without it something else does not work, too; what is only good to have does not change the exit code.
    needed: bool,
}

impl Found {
    /// A part that is needed.
    fn of(name: impl Into<String>, result: Result<String, Fault>) -> Self {
        Self { name: name.into(), result, needed: true }
    }

    /// A part that is good to have.
    fn extra(name: impl Into<String>, result: Result<String, Fault>) -> Self {
        Self { needed: false, ..Self::of(name, result) }
    }

    fn tell(&self, as_json: bool) {
        let works = self.result.is_ok();
        if as_json {
            let (detail, error) = (self.result.as_ref().ok(), self.result.as_ref().err());
            print::json(
                &json!({ "check": self.name, "works": works, "needed": self.needed, "detail": detail, "error": error }),
            );
            return;
        }
        match &self.result {
            Ok(detail) => print::line(&format!("works    {}: {detail}", self.name)),
            Err(fault) if self.needed => print::line(&format!("missing  {}: {}", self.name, fault.spoken())),
            Err(fault) => print::line(&format!("look     {}: {}", self.name, fault.spoken())),
        }
    }
}

fn check(scene: &Scene) -> Done {
    let mut found = Vec::new();
    // Each is told as soon as it is known: some of them take a second.
    let mut tell = |part: Found| {
        part.tell(scene.json);
        found.push(part);
    };
    own::configuration(scene).into_iter().for_each(&mut tell);
    tell(sound::microphone(scene));
    tell(sound::speaker());
    models(scene).into_iter().for_each(&mut tell);
    own::folders(scene).into_iter().for_each(&mut tell);
    tell(own::room(scene));
    tell(own::listening(scene));
    tell(own::unit());
    tell(own::key(scene));
    let backend = scene.backend();
    nix(&backend).into_iter().for_each(&mut tell);
    own::index(scene, &backend).into_iter().for_each(&mut tell);
    let wrong: Vec<&Fault> =
        found.iter().filter(|part| part.needed).filter_map(|part| part.result.as_ref().err()).collect();
    if !scene.json {
        print::line(&match wrong.len() {
            0 => "Everything that is needed works.".to_owned(),
            1 => "One thing is missing.".to_owned(),
            count => format!("{count} things are missing."),
        });
    }
    wrong.first().map_or(Ok(()), |fault| Err(End::Told(fault.kind)))
}

fn models(scene: &Scene) -> Vec<Found> {
    let folder = scene.dirs.models();
    let elsewhere = scene.settings.models.onnxruntime.is_some() || std::env::var_os("ORT_DYLIB_PATH").is_some();
    let needed = manifest().iter().filter(|model| model.needed && !(elsewhere && model.purpose == Purpose::Runtime));
    needed
        .map(|model| {
            let result = match state(model, &folder, false) {
                State::Present | State::Verified => Ok("is here".to_owned()),
                State::Missing => Err(ModelError::Missing { name: model.name.clone() }.fault()),
                State::Wrong => Err(ModelError::Wrong { name: model.name.clone() }.fault()),
            };
            Found::of(format!("model {}", model.name), result)
        })
        .collect()
}

/// What Nix there is, and how this machine is configured.
fn nix(backend: &Backend) -> Vec<Found> {
    let mut all = Vec::new();
    let mut tell = |name: &str, result| all.push(Found::of(name, result));
    let found = backend.discover();
    let roots = backend.roots();
    let programs = found.nix.as_ref().map(|nix| {
        let flavour = match nix.flavour {
            Flavour::Nix => "Nix",
            Flavour::Lix => "Lix",
            Flavour::Determinate => "Determinate Nix",
        };
        format!("{flavour} {}", nix.version)
    });
    tell("nix", programs.ok_or_else(|| NixError::NoNix { store: roots.store.clone() }.fault()));
    let mode = match found.mode {
        Some(StoreMode::Daemon) => "written by a daemon",
        Some(StoreMode::SingleUser) => "written by the user",
        None => "",
    };
    let store = found.mode.filter(|_| roots.store.is_dir()).map(|_| format!("{}, {mode}", roots.store.display()));
    tell("store", store.ok_or_else(|| NixError::NoNix { store: roots.store.clone() }.fault()));
    let configuration = match &found.configuration {
        Some(Configuration::Flake { file, host }) => {
            let host = host.as_deref().unwrap_or("this machine, whose name is not known");
            Ok(format!("the flake {}, for {host}", file.display()))
        }
        Some(Configuration::Channel { file }) => Ok(format!("{}, with a channel", file.display())),
        None => Err(NixError::NoConfiguration { at: roots.etc_nixos.clone() }.fault()),
    };
    tell("configuration", configuration);
    if let Some(nixpkgs) = &found.nixpkgs {
        let revision = nixpkgs.revision.as_deref().map(|revision| format!(", commit {revision}"));
        tell("nixpkgs", Ok(format!("{}{}", nixpkgs.at, revision.unwrap_or_default())));
    }
    if found.home_manager {
        tell("home-manager", Ok("has generations".to_owned()));
    }
    let generations = backend.generations();
    let counted = generations.map(|generations| format!("{} of them", generations.len()));
    tell("generations", counted.map_err(|error| error.fault()));
    all
}
