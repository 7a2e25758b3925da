//! Why a configuration was not edited; nothing has been changed then.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::fault::{Explain, Fault, Kind};

/// A line of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
}

impl Place {
    /// The file's own name, with its folder where the name alone says nothing.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(&self.file)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// `configuration.nix`, but `desktop/default.nix`.
pub(super) fn name_of(file: &Path) -> String {
    let part = |path: Option<&Path>| path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = part(Some(file)).unwrap_or_default();
    match part(file.parent()) {
        Some(folder) if name == "default.nix" => format!("{folder}/{name}"),
        _ => name,
    }
}

/// What keeps an edit from being made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{} is no text", file.display())]
    NotText { file: PathBuf },
    #[error("{} is too large or too deeply nested", file.display())]
    TooLarge { file: PathBuf },
    #[error("{place}: not valid Nix")]
    Syntax { place: Place },
    #[error("{} is in the store", file.display())]
    Managed { file: PathBuf },
    #[error("{}: the modules of {host} were not found", file.display())]
    NoHost { file: PathBuf, host: String },
    #[error("{place}: {found} is no plain value")]
    NotPlain { place: Place, what: String, found: String },
    #[error("{place}: {what} is there already")]
    AlreadyThere { what: String, place: Place },
    #[error("{what} is not in the configuration")]
    NotThere { what: String },
    #[error("{option} is set at more than one place")]
    SetTwice { option: String, places: Vec<Place> },
    #[error("{place}: {option} is {value} already")]
    SameValue { option: String, value: String, place: Place },
    #[error("{} was changed meanwhile", file.display())]
    Changed { file: PathBuf },
    #[error("{}: the edit would not mean what was asked", file.display())]
    NotAsAsked { file: PathBuf },
    #[error("there is no edit to take back")]
    NothingToTakeBack,
    #[error("{} could not be {doing}", file.display())]
    Io { doing: &'static str, file: PathBuf, source: std::io::Error },
}

impl EditError {
    pub(super) fn io(doing: &'static str, file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, file: file.to_owned(), source }
    }
}

const UNCHANGED: &str = "Nothing was changed.";

impl Explain for EditError {
    fn fault(&self) -> Fault {
        let refused = |what: String, why: String, hint: &str| Fault::new(Kind::Refused, what, why, hint);
        let failed = |what: String, why: String, hint: &str| Fault::new(Kind::Failed, what, why, hint);
        let cannot = |file: &Path| format!("I cannot edit {}. {UNCHANGED}", name_of(file));
        match self {
            Self::NotText { file } => {
                refused(cannot(file), "It is not a text file.".into(), "Look at the file with an editor.")
            }
            Self::TooLarge { file } => {
                refused(cannot(file), "It is larger or more deeply nested than I take on.".into(), "Edit it by hand.")
            }
            Self::Syntax { place } => refused(
                cannot(&place.file),
                format!("Line {} is not valid Nix as it is.", place.line),
                "Mend that line first, then say it again.",
            ),
            Self::Managed { file } => refused(
                cannot(file),
                "It is made by another program, and kept in the store where nothing can be changed.".into(),
                "Edit the file that it is made from.",
            ),
            Self::NoHost { file, host } => refused(
                format!("I do not find the configuration of this machine. {UNCHANGED}"),
                format!("{} does not say plainly which files belong to {host}.", name_of(file)),
                "Edit the configuration by hand, or set the machine's name in my settings.",
            ),
            Self::NotPlain { place, what, found } => refused(
                format!("I cannot safely change {what}. {UNCHANGED}"),
                format!("Line {} of {} has {found} there, which I cannot follow.", place.line, place.name()),
                "Edit that line by hand.",
            ),
            Self::AlreadyThere { what, place } => refused(
                format!("{what} is in your configuration already."),
                format!("It is in line {} of {}.", place.line, place.name()),
                "If it is not on the machine yet, say switch.",
            ),
            Self::NotThere { what } => refused(
                format!("{what} is not in your configuration. {UNCHANGED}"),
                "I find it in none of the files that I can follow.".into(),
                "Ask why it is on this machine.",
            ),
            Self::SetTwice { option, places } => refused(
                format!("I cannot safely change {option}. {UNCHANGED}"),
                format!("It is set at more than one place: {}.", told(places)),
                "Edit those lines by hand.",
            ),
            Self::SameValue { option, value, place } => refused(
                format!("{option} is {value} already."),
                format!("Line {} of {} says so.", place.line, place.name()),
                "If it has no effect yet, say switch.",
            ),
            Self::Changed { file } => refused(
                format!("{} was changed in the meantime. I did not touch it.", name_of(file)),
                "So what you agreed to is no longer what would happen.".into(),
                "Say it again, and I will look at the file anew.",
            ),
            Self::NotAsAsked { file } => refused(
                cannot(file),
                "I checked my edit, and it would not have meant what you asked for.".into(),
                "Edit the file by hand, and please report this.",
            ),
            Self::NothingToTakeBack => refused(
                "There is no edit to take back.".into(),
                "I have not changed your configuration, or I have taken it back already.".into(),
                "You can go on as before.",
            ),
            Self::Io { doing, file, source } if source.kind() == std::io::ErrorKind::PermissionDenied => failed(
                format!("I am not permitted to do that. {UNCHANGED}"),
                format!("{} could not be {doing} with your rights.", file.display()),
                "Start me as the administrator for this, or ask whoever looks after this machine.",
            ),
            Self::Io { doing, file, source } => failed(
                format!("{} could not be {doing}.", file.display()),
                format!("The system says: {}.", source.kind()),
                "See that the disk is not full and that the file is there.",
            ),
        }
    }
}

fn told(places: &[Place]) -> String {
    let each: Vec<String> = places.iter().map(|place| format!("line {} of {}", place.line, place.name())).collect();
    each.join(", and ")
}
