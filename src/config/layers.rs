//! The layers of the configuration, each above the one before: defaults, system, user, what the user
//! has said ("speak faster"), environment, flags.
//!
//! A key that is set in a higher layer hides the lower one; everything that is set anywhere is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::check::{check, put, unfit};
use super::error::{ConfigError, Place};
use super::keys::{self, KEYS, Key};
use super::{Dirs, Settings};

/// Variables of the environment that set keys begin so, and hold two underscores between section and name.
const PREFIX: &str = "ASK_NIX_";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", content = "at", rename_all = "kebab-case")]
pub enum Origin {
    Default,
    System(PathBuf),
    User(PathBuf),
    /// The user said so to the assistant, which keeps it in this file.
    Said(PathBuf),
    Variable(String),
    Flag,
}

/// Where settings are looked for; kept, so that they can be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The system's file; need not be there.
    pub system: Option<PathBuf>,
    /// The user's file.
    pub user: PathBuf,
    /// What the user said about the voice; none in a demo, and where another file was named.
    pub said: Option<PathBuf>,
    /// The user's file was named on the command line, so it must be there.
    pub named: bool,
    /// Variables of the environment, all of them.
    pub variables: Vec<(String, String)>,
    /// Keys set on the command line.
    pub flags: Vec<(String, String)>,
}

/// The settings, and where each value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub settings: Settings,
    /// What is set, and where; a key that is not in it has its default.
    pub set: BTreeMap<&'static str, (Value, Origin)>,
}

impl Sources {
    /// The usual places: the system's file, `file` or the user's own, the environment, and `flags`.
    #[must_use]
    pub fn of(dirs: &Dirs, file: Option<&Path>, flags: Vec<(String, String)>) -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            system: Some(Dirs::system_config_file()),
            user: file.map_or_else(|| dirs.config_file(), Path::to_owned),
            said: file.is_none().then(|| dirs.said_settings()),
            named: file.is_some(),
            variables: std::env::vars_os().filter_map(text).collect(),
            flags,
        }
    }

    /// Reads all layers; the first thing that is wrong is the error.
    pub fn read(&self) -> Result<Loaded, ConfigError> {
        let (loaded, wrong) = self.read_what_is_right()?;
        wrong.into_iter().next().map_or(Ok(loaded), Err)
    }

    /// Reads all layers and leaves out what is wrong, which is told: for those who mend it.
    ///
    /// # Errors
    /// Where a file is there and cannot be read.
    pub fn read_what_is_right(&self) -> Result<(Loaded, Vec<ConfigError>), ConfigError> {
        let mut set = BTreeMap::new();
        let mut wrong = Vec::new();
        let said = self.said.as_deref().map(|path| (path, Origin::Said(path.to_owned())));
        for (path, origin) in self.files().chain(said) {
            let Some(text) = read(path, origin == Origin::User(path.to_owned()) && self.named)? else { continue };
            let (table, faults) = check(&text, path);
            wrong.extend(faults);
            set.extend(KEYS.iter().filter_map(|key| Some((key.path, (get(&table, key)?.clone(), origin.clone())))));
        }
        for (name, text) in &self.variables {
            let Some(rest) = name.strip_prefix(PREFIX).filter(|rest| rest.contains("__")) else { continue };
            let path = rest.to_ascii_lowercase().replace("__", ".");
            match one(&path, text, Place::Variable(name.clone())) {
                Ok((key, value)) => drop(set.insert(key.path, (value, Origin::Variable(name.clone())))),
                Err(error) => wrong.push(error),
            }
        }
        for (path, text) in &self.flags {
            match one(path, text, Place::Flag) {
                Ok((key, value)) => drop(set.insert(key.path, (value, Origin::Flag))),
                Err(error) => wrong.push(error),
            }
        }
        Ok((Loaded { settings: settings(&set), set }, wrong))
    }

    /// The files that people write, the lower layer first.
    pub fn files(&self) -> impl Iterator<Item = (&Path, Origin)> {
        let system = self.system.as_deref().filter(|_| !self.named).map(|path| (path, Origin::System(path.to_owned())));
        system.into_iter().chain([(self.user.as_path(), Origin::User(self.user.clone()))])
    }
}

impl Loaded {
    /// The value of a key as TOML, and where it comes from; no value where nothing is set and there is no default.
    #[must_use]
    pub fn value(&self, key: &Key) -> (Option<String>, Origin) {
        match self.set.get(key.path) {
            Some((value, origin)) => (Some(value.to_string()), origin.clone()),
            None => (key.default.map(str::to_owned), Origin::Default),
        }
    }
}

/// A key and its value from a variable or the command line.
pub fn one(path: &str, text: &str, place: Place) -> Result<(&'static Key, Value), ConfigError> {
    let Some(key) = keys::find(path) else {
        return Err(ConfigError::UnknownKey { place, key: path.to_owned(), nearest: keys::nearest(path) });
    };
    match key.kind.read(text) {
        Some(value) => Ok((key, value)),
        None => Err(unfit(place, key, &Value::String(text.to_owned()))),
    }
}

fn settings(set: &BTreeMap<&'static str, (Value, Origin)>) -> Settings {
    let mut table = Table::new();
    for (path, (value, _)) in set {
        if let Some(key) = keys::find(path) {
            put(&mut table, key, value.clone());
        }
    }
    Settings::deserialize(table).unwrap_or_else(|error| {
        // The table of keys lets nothing through that the types refuse; a test sets every key.
        tracing::error!(target: "config.layers", %error, "the table of keys and the types disagree");
        Settings::default()
    })
}

fn get<'a>(table: &'a Table, key: &Key) -> Option<&'a Value> {
    let (section, name) = key.parts();
    table.get(section)?.get(name)
}

fn read(path: &Path, needed: bool) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !needed => Ok(None),
        Err(error) => Err(ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn sources(folder: &Path) -> Sources {
        Sources {
            system: Some(folder.join("system.toml")),
            user: folder.join("user.toml"),
            said: Some(folder.join("said.toml")),
            named: false,
            variables: Vec::new(),
            flags: Vec::new(),
        }
    }

    #[test]
    fn each_layer_hides_the_one_below_and_says_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = sources(folder.path());
        assert_eq!(sources.read().unwrap().settings, Settings::default());
        std::fs::write(folder.path().join("system.toml"), "[voice]\nrate = 1.1\nalways = true\n").unwrap();
        std::fs::write(folder.path().join("user.toml"), "[voice]\nrate = 1.2\n[ears]\npause_ms = 800\n").unwrap();
        sources.variables = vec![
            ("ASK_NIX_EARS__PAUSE_MS".to_owned(), "900".to_owned()),
            ("ASK_NIX_LOG".to_owned(), "debug".to_owned()),
        ];
        sources.flags = vec![("ears.wake".to_owned(), "no".to_owned())];
        let loaded = sources.read().unwrap();
        assert!((loaded.settings.voice.rate - 1.2).abs() < 1e-6);
        assert!(loaded.settings.voice.always);
        assert_eq!(loaded.settings.ears.pause_ms, 900);
        assert!(!loaded.settings.ears.wake);
        let origin = |path: &str| loaded.value(keys::find(path).unwrap()).1;
        assert_eq!(origin("voice.rate"), Origin::User(folder.path().join("user.toml")));
        assert_eq!(origin("voice.always"), Origin::System(folder.path().join("system.toml")));
        assert_eq!(origin("ears.pause_ms"), Origin::Variable("ASK_NIX_EARS__PAUSE_MS".to_owned()));
        assert_eq!(origin("ears.wake"), Origin::Flag);
        assert_eq!(origin("ears.follow_up_s"), Origin::Default);
    }

    #[test]
    fn what_was_said_counts_above_the_file_until_it_is_unset() {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = sources(folder.path());
        std::fs::write(&sources.user, "[voice]\nrate = 1.2\nvolume = 0.5\n").unwrap();
        let said = sources.said.clone().unwrap();
        crate::config::set(&said, "voice.rate", "1.44").unwrap();
        let loaded = sources.read().unwrap();
        assert!((loaded.settings.voice.rate - 1.44).abs() < 1e-6);
        assert!((loaded.settings.voice.volume - 0.5).abs() < 1e-6);
        assert_eq!(loaded.value(keys::find("voice.rate").unwrap()).1, Origin::Said(said.clone()));
        crate::config::unset(&said, "voice.rate").unwrap();
        assert!((sources.read().unwrap().settings.voice.rate - 1.2).abs() < 1e-6);
        crate::config::set(&said, "voice.rate", "2").unwrap();
        sources.said = None;
        assert!((sources.read().unwrap().settings.voice.rate - 1.2).abs() < 1e-6);
    }

    #[test]
    fn a_wrong_variable_or_flag_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = sources(folder.path());
        sources.variables = vec![("ASK_NIX_VOICE__RAET".to_owned(), "2".to_owned())];
        let wrong = sources.read().unwrap_err();
        assert!(matches!(wrong, ConfigError::UnknownKey { nearest: Some("voice.rate"), .. }), "{wrong}");
        sources.variables.clear();
        sources.flags = vec![("voice.rate".to_owned(), "fast".to_owned())];
        assert!(matches!(sources.read(), Err(ConfigError::Value { place: Place::Flag, .. })));
    }

    #[test]
    fn a_named_file_must_be_there_and_stands_for_both_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = sources(folder.path());
        sources.named = true;
        assert!(matches!(sources.read(), Err(ConfigError::Unreadable { .. })));
        std::fs::write(folder.path().join("system.toml"), "[voice]\nalways = true\n").unwrap();
        std::fs::write(folder.path().join("user.toml"), "").unwrap();
        assert_eq!(sources.read().unwrap().settings, Settings::default());
    }

    #[test]
    fn the_types_know_every_key_and_have_its_default() {
        // Every key set to its example must arrive in the types, so each changes something.
        for key in KEYS {
            let value: Value = toml::from_str::<Table>(&format!("x = {}", key.example)).unwrap().remove("x").unwrap();
            let mut table = Table::new();
            put(&mut table, key, value);
            let changed = Settings::deserialize(table.clone()).unwrap();
            assert_ne!(changed, Settings::default(), "{} changes nothing", key.path);
            if let Some(default) = key.default {
                let value: Value = toml::from_str::<Table>(&format!("x = {default}")).unwrap().remove("x").unwrap();
                put(&mut table, key, value);
                let same = Settings::deserialize(table).unwrap();
                assert_eq!(same, Settings::default(), "{} has another default", key.path);
            }
        }
        // And no type has a key that the table does not know.
        let all = Table::try_from(Settings::default()).unwrap();
        for (section, content) in &all {
            for name in content.as_table().unwrap().keys() {
                let path = format!("{section}.{name}");
                assert!(keys::find(&path).is_some(), "{path} is in the types and not in the table of keys");
            }
        }
    }
}
