//! What a call works on: the machine or a demo, with the user's settings.

use tokio_util::sync::CancellationToken;

use crate::config::{ConfigError, Dirs, Roots, Settings, Sources};
use crate::demo::Demo;
use crate::fault::{Explain, Fault};
use crate::nix::read::index::build_from_nix;
use crate::nix::{Backend, Files};

use super::args::Common;

/// The machine or a demo, the folders, the settings, and what the call itself asked for.
pub struct Scene {
    pub roots: Roots,
    pub dirs: Dirs,
    pub settings: Settings,
    /// Where the settings come from, to read them again.
    pub sources: Sources,
    /// What was wrong in the settings, and was left out.
    pub wrong: Vec<ConfigError>,
    pub json: bool,
    pub yes: bool,
    /// `--speak` is true, `--no-speak` false, neither leaves it to the verb.
    pub speak: Option<bool>,
    /// Keeps a fresh demo alive as long as the call.
    demo: Option<Demo>,
}

/// A demo's own few packages are indexed at once, so that everything can be tried.
fn index_demo(demo: &Demo) -> Result<(), Fault> {
    let index = demo.dirs().index();
    if !index.exists() {
        build_from_nix(&index, &demo.roots(), &CancellationToken::new(), &mut |_| {}).map_err(|error| error.fault())?;
    }
    Ok(())
}

impl Scene {
    /// Reads the settings, and makes the demo where one is wanted.
    ///
    /// `lenient` leaves wrong settings out, and keeps them in `wrong`: for what tells how to mend them.
    pub fn set(common: &Common, lenient: bool) -> Result<Self, Fault> {
        let mut user = Dirs::of_user().ok_or_else(|| crate::config::ConfigError::NoHome.fault())?;
        let sources = super::config::sources(common, &user);
        let (loaded, wrong) = sources.read_what_is_right().map_err(|error| error.fault())?;
        if let Some(error) = wrong.first().filter(|_| !lenient) {
            return Err(error.fault());
        }
        let settings = loaded.settings;
        if let Some(folder) = &settings.models.folder {
            user = user.with_models(folder.clone());
        }
        let demo = match &common.demo {
            None => None,
            Some(dir) => {
                let demo = Demo::create(dir.as_deref(), &user, None).map_err(|error| error.fault())?;
                index_demo(&demo)?;
                Some(demo)
            }
        };
        let (roots, dirs) = if let Some(demo) = &demo {
            (demo.roots(), demo.dirs())
        } else {
            let mut roots = Roots::machine();
            settings.nix.apply(&mut roots);
            (roots, user)
        };
        let speak = match (common.speak, common.no_speak) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        Ok(Self { roots, dirs, settings, sources, wrong, json: common.json, yes: common.yes, speak, demo })
    }

    /// Whether this is a demo system and not the machine.
    pub const fn is_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// The backend of this machine or demo.
    pub fn backend(&self) -> Backend {
        let files = Files { journal: self.dirs.journal(), index: self.dirs.index() };
        Backend::new(self.roots.clone(), files)
    }
}
