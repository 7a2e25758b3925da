//! The grammar of ask-nix with the user's own phrases: every `*.grammar` file of the folder `phrases`
//! beside the settings. A pack that is wrong is told with its place, and the others are taken.

use crate::fault::{Explain, Fault};
use crate::intent::Grammar;

use super::print;
use super::scene::Scene;

/// The whole grammar; what is wrong with packs has been told.
pub fn grammar(scene: &Scene) -> Result<Grammar, Fault> {
    let mut grammar = Grammar::english().map_err(|error| error.fault())?;
    // No such folder: no phrases of the user's own.
    let Ok(entries) = std::fs::read_dir(scene.dirs.phrases()) else { return Ok(grammar) };
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "grammar"));
    files.sort();
    for path in files {
        let told = match std::fs::read_to_string(&path) {
            Ok(text) => grammar.add_pack(&text, &path.display().to_string()).map_err(|error| error.fault()),
            Err(error) => Err(super::read::unreadable(&path, &error)),
        };
        if let Err(fault) = told {
            print::note(&fault.spoken());
        }
    }
    Ok(grammar)
}
