//! Whether ask-nix itself is well: its settings, folders, index, counts, socket and unit.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::ears::key;
use crate::fault::{Explain, Fault, Kind};
use crate::nix::Backend;
use crate::observe::Store;

use super::super::ask::runtime;
use super::super::scene::Scene;
use super::super::socket;
use super::Found;

/// An index older than a season names packages that are gone.
const OLD: Duration = Duration::from_hours(90 * 24);
/// A change of a system writes gigabytes; below this the next one probably fails.
const LITTLE: u64 = 2 << 30;
/// A program that listens answers at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// The settings: each fault of them by itself.
pub fn configuration(scene: &Scene) -> Vec<Found> {
    if scene.wrong.is_empty() {
        return vec![Found::of("settings", Ok("are right".to_owned()))];
    }
    scene.wrong.iter().map(|error| Found::of("settings", Err(error.fault()))).collect()
}

/// The folders that must be written, and the files in them that must be read.
pub fn folders(scene: &Scene) -> Vec<Found> {
    let metrics = scene.dirs.metrics();
    let state = metrics.parent().unwrap_or(Path::new("/")).to_owned();
    let mut all: Vec<Found> = [("kept answers", scene.dirs.cache()), ("what I remember", &state)]
        .into_iter()
        .map(|(name, folder)| Found::of(name, writable(folder)))
        .collect();
    let counts = Store::open_existing(&metrics).and_then(|store| store.map(|store| store.bytes()).transpose());
    let told =
        |bytes: Option<u64>| bytes.map_or("nothing yet".to_owned(), |bytes| format!("{} kilobytes", bytes / 1000));
    all.push(Found::extra("counts", counts.map(told).map_err(|error| error.fault())));
    all
}

fn writable(folder: &Path) -> Result<String, Fault> {
    let tried = std::fs::create_dir_all(folder).and_then(|()| tempfile::NamedTempFile::new_in(folder));
    tried.map(|_| folder.display().to_string()).map_err(|error| {
        Fault::new(
            Kind::Failed,
            format!("I cannot write in {}.", folder.display()),
            format!("The system says: {error}."),
            "Give the folder back to your user, and see that the disk is not full.",
        )
    })
}

/// Room on the disk of the store.
pub fn room(scene: &Scene) -> Found {
    let store = &scene.roots.store;
    // Without a store, on the disk where it would be.
    let there = store.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let result = match rustix::fs::statvfs(there) {
        Err(error) => Err(Fault::new(
            Kind::Failed,
            "I could not ask how much room the disk has.",
            format!("The system says: {error}."),
            "Look at it yourself, with df.",
        )),
        Ok(about) => {
            let free = about.f_bavail.saturating_mul(about.f_frsize);
            if free < LITTLE {
                Err(Fault::new(
                    Kind::Failed,
                    "The disk is nearly full.",
                    format!("{} megabytes are free on the disk of {}.", free >> 20, store.display()),
                    "Delete old generations, and collect the garbage: say \u{201c}free space\u{201d}.",
                ))
            } else {
                Ok(format!("{} gigabytes are free", free >> 30))
            }
        }
    };
    Found::of("disk", result)
}

/// Whether a program listens, and answers over its socket.
pub fn listening(scene: &Scene) -> Found {
    let path = socket::path(scene);
    let result = runtime().and_then(|runtime| {
        let request = json!({ "do": "state" });
        let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, socket::request(&path, &request)).await });
        match answer {
            Ok(Ok(answer)) => {
                Ok(format!("answers on {}, and is {}", path.display(), answer["state"].as_str().unwrap_or("old")))
            }
            _ => Err(Fault::new(
                Kind::Failed,
                "Nobody listens.",
                format!("Nothing answers on {}.", path.display()),
                "Start it: systemctl --user start ask-nix, or ask-nix listen.",
            )),
        }
    });
    Found::extra("listening", result)
}

/// Whether the key to talk can be had on this desktop.
pub fn key(scene: &Scene) -> Found {
    let result = match &scene.settings.ears.key {
        None => key::check(None).map(|()| "this desktop can give one: set ears.key".to_owned()),
        Some(wanted) => match key::check(Some(wanted)) {
            // It is ours already.
            Err(key::KeyError::Taken { .. }) if listening(scene).result.is_ok() => {
                Ok(format!("{wanted} is the listening program's"))
            }
            other => other.map(|()| format!("{wanted} can be had")),
        },
    };
    Found::extra("key to talk", result.map_err(|error| error.fault()))
}

/// What systemd says about the user's service.
pub fn unit() -> Found {
    let failed = |why: String, hint: &str| Fault::new(Kind::Failed, "I do not start by myself.", why, hint);
    let asked = Command::new("systemctl")
        .args(["--user", "show", "ask-nix.service", "--property=LoadState,ActiveState,Result"])
        .output();
    let result = match asked {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let value = |name: &str| {
                let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
                line.unwrap_or_default().to_owned()
            };
            match (value("LoadState").as_str(), value("ActiveState").as_str()) {
                ("loaded", "failed") => Err(failed(
                    format!("The service ask-nix failed: {}.", value("Result")),
                    "Its journal says why: journalctl --user --unit ask-nix.",
                )),
                ("loaded", active) => Ok(format!("the service ask-nix is {active}")),
                _ => Err(failed(
                    "There is no service ask-nix.".to_owned(),
                    "The NixOS module, the home-manager module, or scripts/integrate makes one.",
                )),
            }
        }
        _ => Err(failed("There is no systemd for your user.".to_owned(), "Start ask-nix listen with your session.")),
    };
    Found::extra("unit", result)
}

/// The search index: what is in it, and whether it is old.
pub fn index(scene: &Scene, backend: &Backend) -> Vec<Found> {
    let contents = backend.index().and_then(|index| Ok(index.contents()?));
    let mut all = vec![Found::of(
        "search index",
        contents
            .map(|contents| format!("{} packages, {} options", contents.packages, contents.options))
            .map_err(|error| error.fault()),
    )];
    let made = std::fs::metadata(scene.dirs.index()).and_then(|about| about.modified());
    let age = made.ok().and_then(|made| SystemTime::now().duration_since(made).ok());
    if let Some(age) = age.filter(|age| *age > OLD) {
        all.push(Found::extra(
            "age of the index",
            Err(Fault::new(
                Kind::Failed,
                "The search index is old.",
                format!("It was made {} days ago.", age.as_secs() / (24 * 3600)),
                "Make it anew: ask-nix index.",
            )),
        ));
    }
    all
}
