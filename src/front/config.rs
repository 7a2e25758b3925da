//! `ask-nix config`: read, change and check the settings. Works also where the file is wrong, which it is there to mend.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Subcommand;
use serde_json::json;

use crate::config::{self, ConfigError, Dirs, KEYS, Loaded, Origin, Place, Sources};
use crate::fault::{Explain, Fault, Kind};

use super::args::Common;
use super::{Done, End, print};

/// What is to be done with the settings.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Tell one value.
    Get {
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Set one value; comments and layout of the file stay.
    Set {
        #[arg(value_name = "KEY")]
        key: String,
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Take one key out, so that its default counts.
    Unset {
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Open the file in your editor, and check it afterwards.
    Edit,
    /// Check the files, or FILE.
    Check {
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show every key, its value, and where that was set.
    Show,
    /// Print a file with every key explained.
    Example,
}

/// Where this call reads its settings.
pub fn sources(common: &Common, dirs: &Dirs) -> Sources {
    let mut flags = common.set.clone();
    let short =
        [("recognition.model", &common.model), ("audio.input", &common.microphone), ("audio.output", &common.speaker)];
    flags.extend(short.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))));
    Sources::of(dirs, common.config.as_deref(), flags)
}

pub fn config(common: &Common, action: Action) -> Done {
    let dirs = Dirs::of_user().ok_or_else(|| ConfigError::NoHome.fault())?;
    let sources = sources(common, &dirs);
    match action {
        Action::Example => {
            print::line(config::example().trim_end());
            Ok(())
        }
        Action::Check { file } => check(&sources, file.as_deref(), common.json),
        Action::Show => {
            show(&right(&sources)?, common.json);
            Ok(())
        }
        Action::Get { key } => get(&right(&sources)?, &key, common.json),
        Action::Set { key, value } => {
            config::set(&sources.user, &key, &value).map_err(told)?;
            forget(&sources, &key)?;
            overruled(&sources, &key, common.json)
        }
        Action::Unset { key } => {
            config::unset(&sources.user, &key).map_err(told)?;
            forget(&sources, &key)?;
            overruled(&sources, &key, common.json)
        }
        Action::Edit => edit(&sources.user),
    }
}

/// What is written now counts, and no longer what was said before.
fn forget(sources: &Sources, key: &str) -> Result<(), Fault> {
    match sources.said.as_deref().filter(|said| said.exists()) {
        Some(said) => config::unset(said, key).map_err(told),
        None => Ok(()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function for map_err")]
fn told(error: ConfigError) -> Fault {
    error.fault()
}

/// What is right, with a word about what is not.
fn right(sources: &Sources) -> Result<Loaded, Fault> {
    let (loaded, wrong) = sources.read_what_is_right().map_err(told)?;
    for error in wrong {
        print::note(&error.fault().spoken());
    }
    Ok(loaded)
}

fn get(loaded: &Loaded, key: &str, as_json: bool) -> Done {
    let Some(found) = config::find(key) else {
        let (place, nearest) = (Place::Flag, config::nearest(key));
        return Err(ConfigError::UnknownKey { place, key: key.to_owned(), nearest }.fault().into());
    };
    let (value, origin) = loaded.value(found);
    if as_json {
        print::json(&json!({ "key": key, "value": plain(value.as_deref()), "origin": origin }));
    } else {
        print::line(value.as_deref().unwrap_or("not set"));
    }
    Ok(())
}

fn show(loaded: &Loaded, as_json: bool) {
    for key in KEYS {
        let (value, origin) = loaded.value(key);
        if as_json {
            print::json(&json!({ "key": key.path, "value": plain(value.as_deref()), "origin": origin,
                "about": key.about, "allowed": key.kind.allowed() }));
            continue;
        }
        let value = value.as_deref().unwrap_or("not set");
        print::line(&format!("{:<24} {value:<28} {}", key.path, from(&origin)));
    }
}

fn from(origin: &Origin) -> String {
    match origin {
        Origin::Default => String::new(),
        Origin::Said(_) => "you said so".to_owned(),
        Origin::System(path) | Origin::User(path) => path.display().to_string(),
        Origin::Variable(name) => name.clone(),
        Origin::Flag => "the command line".to_owned(),
    }
}

/// A TOML value as JSON.
fn plain(value: Option<&str>) -> serde_json::Value {
    let table = value.and_then(|value| format!("x = {value}").parse::<toml::Table>().ok());
    table.and_then(|table| serde_json::to_value(table.get("x")).ok()).unwrap_or_default()
}

fn check(sources: &Sources, file: Option<&Path>, as_json: bool) -> Done {
    let wrong = match file {
        None => sources.read_what_is_right().map_err(told)?.1,
        Some(path) => {
            let unreadable =
                |error: std::io::Error| ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() };
            config::check(&std::fs::read_to_string(path).map_err(unreadable).map_err(told)?, path).1
        }
    };
    for error in &wrong {
        let fault = error.fault();
        if as_json {
            print::json(&json!({ "error": fault, "at": error.to_string() }));
        } else {
            print::line(&format!("{error}\n  {}", fault.hint));
        }
    }
    if wrong.is_empty() {
        if !as_json {
            print::line("The configuration is right.");
        }
        return Ok(());
    }
    Err(End::Told(Kind::Refused))
}

/// Tells the value that counts now: a higher layer may hide what was just set.
fn overruled(sources: &Sources, key: &str, as_json: bool) -> Done {
    let loaded = right(sources)?;
    let Some(found) = config::find(key) else { return Ok(()) };
    let (value, origin) = loaded.value(found);
    if as_json {
        print::json(&json!({ "key": key, "value": plain(value.as_deref()), "origin": origin }));
        return Ok(());
    }
    let value = value.as_deref().unwrap_or("not set");
    match &origin {
        Origin::Variable(_) | Origin::Flag => {
            print::line(&format!("Kept. But {key} is {value} now, because {} says so.", from(&origin)));
        }
        _ => print::line(&format!("{key} is {value} now.")),
    }
    Ok(())
}

/// A copy is edited, and takes the file's place only when it is right.
fn edit(file: &Path) -> Done {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => config::example(),
        Err(error) => {
            return Err(ConfigError::Unreadable { path: file.to_owned(), reason: error.to_string() }.fault().into());
        }
    };
    let broken = |error: std::io::Error| {
        Fault::new(
            Kind::Failed,
            "I could not open your editor.",
            format!("The system says: {error}."),
            "Set the variable EDITOR to the name of your editor.",
        )
    };
    let copy = tempfile::Builder::new().prefix("ask-nix-").suffix(".toml").tempfile().map_err(broken)?;
    std::fs::write(copy.path(), &text).map_err(broken)?;
    loop {
        let chosen = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
        // An editor with arguments, such as `code --wait`; no shell reads it.
        let mut words = chosen.split_whitespace();
        let status =
            Command::new(words.next().unwrap_or("nano")).args(words).arg(copy.path()).status().map_err(broken)?;
        if !status.success() {
            print::line("Your editor ended without saving: nothing was changed.");
            return Err(End::Told(Kind::Declined));
        }
        let new = std::fs::read_to_string(copy.path()).map_err(broken)?;
        if new == text {
            print::line("Nothing was changed.");
            return Ok(());
        }
        match config::replace_all(file, &new) {
            Ok(()) => {
                print::line("The new configuration is right, and is in place.");
                return Ok(());
            }
            Err(error) => {
                print::fault(&error.fault(), false);
                if !print::can_ask() || !again() {
                    print::line("Nothing was changed.");
                    return Err(End::Told(Kind::Refused));
                }
            }
        }
    }
}

fn again() -> bool {
    print::note("Open the editor again? Answer yes or no.");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}
