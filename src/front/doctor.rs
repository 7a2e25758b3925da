//! `ask-nix doctor`: what works on this machine, what does not, and how to mend it.

use serde_json::json;

use crate::audio::{Direction, devices};
use crate::fault::{Explain, Fault};
use crate::models::{ModelError, State, manifest, state};
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

fn check(scene: &Scene) -> Done {
    let mut worst = None;
    let mut tell = |name: &str, result: Result<String, Fault>| {
        if scene.json {
            let fault = result.as_ref().err();
            print::json(
                &json!({ "check": name, "works": fault.is_none(), "detail": result.as_ref().ok(), "error": fault }),
            );
        } else {
            match &result {
                Ok(detail) => print::line(&format!("works    {name}: {detail}")),
                Err(fault) => print::line(&format!("missing  {name}: {}", fault.spoken())),
            }
        }
        if let Err(fault) = result {
            worst.get_or_insert(fault.kind);
        }
    };
    for (name, wanted) in [("microphone", Direction::Input), ("speaker", Direction::Output)] {
        tell(name, device(wanted));
    }
    let folder = scene.dirs.models();
    for model in manifest().iter().filter(|model| model.needed) {
        let result = match state(model, &folder, false) {
            State::Present | State::Verified => Ok("is here".to_owned()),
            State::Missing => Err(ModelError::Missing { name: model.name.clone() }.fault()),
            State::Wrong => Err(ModelError::Wrong { name: model.name.clone() }.fault()),
        };
        tell(&format!("model {}", model.name), result);
    }
    let backend = scene.backend();
    nix(&backend, &mut tell);
    let index = backend.index().and_then(|index| Ok(index.contents()?));
    tell(
        "search index",
        index
            .map(|contents| format!("{} packages, {} options", contents.packages, contents.options))
            .map_err(|error| error.fault()),
    );
    let generations = backend.generations();
    tell(
        "generations",
        generations.map(|generations| format!("{} of them", generations.len())).map_err(|error| error.fault()),
    );
    worst.map_or(Ok(()), |kind| Err(End::Told(kind)))
}

/// What Nix there is, and how this machine is configured.
fn nix(backend: &Backend, tell: &mut dyn FnMut(&str, Result<String, Fault>)) {
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
    let store = found.mode.map(|_| format!("{}, {mode}", roots.store.display()));
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
}

fn device(wanted: Direction) -> Result<String, Fault> {
    let found = devices().map_err(|error| error.fault())?;
    let device = found.into_iter().filter(|device| device.direction == wanted).max_by_key(|device| device.default);
    device.map(|device| device.name).ok_or_else(|| {
        let (what, why) = match wanted {
            Direction::Input => ("I cannot hear.", "There is no microphone."),
            Direction::Output => ("I cannot speak.", "There is no speaker."),
        };
        Fault::new(crate::fault::Kind::Failed, what, why, "Plug one in, or go on by keyboard and screen.")
    })
}
