//! What a call works on: the machine or a demo, with the user's settings.

use std::sync::{Mutex, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::assistant::{Delivery, Manner, Record};
use crate::command::Sounding;
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
    /// How the voice is now, after what was said about it.
    delivery: Mutex<Option<Delivery>>,
    record: OnceLock<Record>,
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
        let mut sources = super::config::sources(common, &user);
        if common.demo.is_some() {
            // What is tried in a demo stays there.
            sources.said = None;
        }
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
        Ok(Self {
            roots,
            dirs,
            settings,
            sources,
            wrong,
            json: common.json,
            yes: common.yes,
            speak,
            delivery: Mutex::default(),
            record: OnceLock::new(),
            demo,
        })
    }

    /// What was said, kept over restarts; every part of this call writes into the same record.
    pub fn record(&self) -> Record {
        let opened = self.record.get_or_init(|| {
            let (record, lacking) = Record::open(&self.dirs.history());
            if let Some(fault) = lacking {
                super::print::note(&fault.spoken());
            }
            record
        });
        opened.clone()
    }

    /// Keeps what the user said about the voice, as a layer of the settings. In a demo it ends with the demo.
    pub fn remember(&self, manner: Manner) {
        let Some(file) = &self.sources.said else { return };
        let Ok(mut delivery) = self.delivery.lock() else { return };
        let after = delivery.unwrap_or_else(|| super::voice::delivery(&self.settings)).after(manner);
        *delivery = Some(after);
        let (key, value) = match manner {
            Manner::Slower | Manner::Faster => ("voice.rate", format!("{:.2}", after.rate)),
            Manner::Louder | Manner::Quieter => ("voice.volume", format!("{:.2}", after.gain)),
            Manner::Sounding(Sounding::Theme(theme)) => ("voice.sounds", theme.as_str().to_owned()),
            Manner::Sounding(_) => ("voice.only_sounds", after.only_sounds.to_string()),
            Manner::Telling(level) => ("voice.verbosity", level.as_str().to_owned()),
            // Who starts anew must hear something.
            Manner::Mute | Manner::Unmute => return,
        };
        if let Err(error) = crate::config::set(file, key, &value) {
            tracing::warn!(target: "front.remember", %error, "it counts only until the program ends");
        }
    }

    /// Other settings count from now on.
    pub fn take(&mut self, settings: Settings) {
        self.settings = settings;
        self.delivery = Mutex::default();
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
