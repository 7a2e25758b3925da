//! `ask-nix models`: list, fetch and verify.

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::fault::{Explain, Fault};
use crate::models::{Model, ModelError, State, Tell, fetch, find, manifest, state};

use super::args::ModelAction;
use super::scene::Scene;
use super::{Done, End, print};

pub fn models(scene: &Scene, action: Option<ModelAction>) -> Done {
    match action.unwrap_or(ModelAction::List) {
        ModelAction::List => list(scene, false),
        ModelAction::Verify => list(scene, true),
        ModelAction::Fetch { names, all } => fetch_all(scene, &names, all),
    }
}

fn list(scene: &Scene, verify: bool) -> Done {
    let folder = scene.dirs.models();
    let mut wrong = None;
    for model in manifest() {
        let state = state(model, &folder, verify);
        if state == State::Wrong {
            wrong = Some(ModelError::Wrong { name: model.name.clone() });
        }
        if scene.json {
            print::json(&json!({ "name": model.name, "purpose": model.purpose, "bytes": model.bytes,
                "licence": model.licence, "needed": model.needed, "state": state, "path": model.path(&folder) }));
        } else {
            let state = match state {
                State::Missing if model.needed => "missing, needed",
                State::Missing => "missing",
                State::Present => "here",
                State::Verified => "here, verified",
                State::Wrong => "damaged",
            };
            print::line(&format!("{:<28} {:>5} MB  {state}", model.name, model.bytes / 1_000_000));
        }
    }
    wrong.map_or(Ok(()), |error| Err(End::Fault(error.fault())))
}

fn fetch_all(scene: &Scene, names: &[String], all: bool) -> Done {
    let lookup = |name: &String| find(name).ok_or_else(|| ModelError::Unknown(name.clone()).fault());
    let wanted: Vec<&Model> = if names.is_empty() {
        manifest().iter().filter(|model| all || model.needed).collect()
    } else {
        names.iter().map(lookup).collect::<Result<_, Fault>>()?
    };
    let folder = scene.dirs.models();
    for model in wanted {
        let bar = ProgressBar::new(model.bytes);
        if let Ok(style) = ProgressStyle::with_template("{msg:<28} {bytes:>10} of {total_bytes}  {bar:30}  {eta}") {
            bar.set_style(style);
        }
        bar.set_message(model.name.clone());
        let path = fetch(model, &folder, &mut |tell| match tell {
            Tell::Kept | Tell::Fetched => bar.finish_and_clear(),
            Tell::Asking(source) => print::note(&format!("Fetching {} from {}.", model.name, source.told())),
            Tell::Bytes(bytes) => bar.set_position(bytes),
            Tell::Refused(reason) => print::note(&format!("  {reason}")),
        })
        .map_err(|error| error.fault())?;
        if scene.json {
            print::json(&json!({ "name": model.name, "path": path }));
        } else {
            print::line(&format!("{} is here.", model.name));
        }
    }
    Ok(())
}
