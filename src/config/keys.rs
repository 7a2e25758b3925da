//! Every key of the configuration, once: what it is for, what it may be, what it is without being set.
//!
//! The checks of a file, the shipped example, the page in the documents and `ask-nix config` all read this
//! table; the types of `settings` must agree with it, which a test holds them to. Nothing here reads a file.

use toml::Value;

use super::Hotkey;

/// What a key may be set to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Switch,
    /// A whole number within the bounds, both included.
    Whole(i64, i64),
    /// A number within the bounds, both included.
    Number(f64, f64),
    Choice(&'static [&'static str]),
    Text,
    /// A path of the file system, absolute.
    Folder,
    /// A key of the keyboard, with what is held with it.
    Hotkey,
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Section and name: `voice.rate`.
    pub path: &'static str,
    pub kind: Kind,
    /// The value that counts where nothing is set, as TOML; `None`: nothing is set, which `about` explains.
    pub default: Option<&'static str>,
    /// A value that shows what can be written, as TOML.
    pub example: &'static str,
    /// One or more whole sentences.
    pub about: &'static str,
}

/// A section with what it is about.
pub const SECTIONS: &[(&str, &str)] = &[
    ("recognition", "How speech is turned into words."),
    ("voice", "How answers are spoken."),
    ("audio", "Which microphone and which speaker are used."),
    ("ears", "What starts an utterance, and when it ends."),
    ("nix", "Where the machine's configuration is, in place of what is found."),
    ("models", "Where models lie, and libraries that come from elsewhere."),
    ("metrics", "What the program counts about its own work. It never leaves the machine."),
    ("security", "What protects the machine from a wrong command."),
];

const fn key(
    path: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key { path, kind, default, example, about }
}

/// All keys, section by section, in the order in which the example shows them.
pub const KEYS: &[Key] = &[
    key(
        "recognition.model",
        Kind::Text,
        Some("\"whisper-base.en\""),
        "\"whisper-small.en\"",
        "A model's name, as `ask-nix models` lists them, or the path of a ggml Whisper model.",
    ),
    key(
        "recognition.threads",
        Kind::Whole(0, 64),
        Some("0"),
        "4",
        "Processor threads of one recognition. 0 lets the load of the machine decide.",
    ),
    key(
        "voice.engine",
        Kind::Choice(&["auto", "orca", "speech-dispatcher", "piper", "espeak"]),
        Some("\"auto\""),
        "\"piper\"",
        "Who speaks. auto is Orca where it runs, else speech-dispatcher where it runs, else Piper. espeak is the spare \
         voice that is part of the program.",
    ),
    key(
        "voice.name",
        Kind::Text,
        Some("\"piper-en_US-joe-medium\""),
        "\"/home/me/voices/de_DE-thorsten-medium.onnx\"",
        "A voice's name, as `ask-nix models` lists them, or the path of a Piper voice, with its .onnx.json beside it.",
    ),
    key(
        "voice.rate",
        Kind::Number(0.5, 3.0),
        Some("1.0"),
        "1.4",
        "Speaking rate. 1 is the voice's own, 2 is twice as fast.",
    ),
    key(
        "voice.volume",
        Kind::Number(0.1, 2.0),
        Some("1.0"),
        "0.7",
        "How loud the voice is. 1 is the voice's own loudness; above it the loudest parts are cut.",
    ),
    key(
        "voice.verbosity",
        Kind::Choice(&["brief", "normal", "detailed"]),
        Some("\"normal\""),
        "\"brief\"",
        "How much is told: the answer alone, the usual, or times, versions and longer lists too.",
    ),
    key(
        "voice.sounds",
        Kind::Choice(&["normal", "low", "off"]),
        Some("\"normal\""),
        "\"low\"",
        "The short sounds for listening, done, failed and questions. low is an octave lower, for ears that hear high \
         notes badly.",
    ),
    key(
        "voice.only_sounds",
        Kind::Switch,
        Some("false"),
        "true",
        "Answer by sounds, and speak only questions and what went wrong. Everything is still on the screen.",
    ),
    key("voice.always", Kind::Switch, Some("false"), "true", "Speak the answers to typed questions too."),
    key(
        "audio.input",
        Kind::Text,
        None,
        "\"Blue Yeti\"",
        "Name or id of the microphone, as `ask-nix doctor --audio` lists them. Without it the system's default.",
    ),
    key(
        "audio.output",
        Kind::Text,
        None,
        "\"Headphones\"",
        "Name or id of the speaker. Without it the system's default.",
    ),
    key(
        "ears.pause_ms",
        Kind::Whole(300, 5000),
        Some("700"),
        "1200",
        "How long a pause ends an utterance, in milliseconds. People who need time to find words set it higher.",
    ),
    key(
        "ears.wake",
        Kind::Switch,
        Some("true"),
        "false",
        "Hands-free, only what follows the wake word is heard. false hears all that is said.",
    ),
    key(
        "ears.wake_sensitivity",
        Kind::Number(0.0, 1.0),
        Some("0.5"),
        "0.7",
        "How easily the wake word is heard. Higher hears it more often, and is wrong more often.",
    ),
    key(
        "ears.follow_up_s",
        Kind::Whole(0, 60),
        Some("5"),
        "10",
        "How long it listens on without the wake word after an answer, in seconds.",
    ),
    key(
        "ears.key",
        Kind::Hotkey,
        None,
        "\"RightCtrl\"",
        "The key to talk with, in every window of an X11 desktop: held while you talk, or tapped before and after. \
         Escape forgets what was said. Without it no key is taken; on Wayland bind one to `ask-nix talk`.",
    ),
    key(
        "ears.key_hold_ms",
        Kind::Whole(100, 2000),
        Some("300"),
        "600",
        "A press of the key to talk that is shorter is a tap, in milliseconds.",
    ),
    key(
        "nix.configuration",
        Kind::Folder,
        None,
        "\"/home/me/nixos\"",
        "The folder with flake.nix or configuration.nix. Without it /etc/nixos.",
    ),
    key(
        "nix.host",
        Kind::Text,
        None,
        "\"laptop\"",
        "The machine's name among a flake's hosts. Without it the name of this machine.",
    ),
    key(
        "nix.programs",
        Kind::Folder,
        None,
        "\"/run/current-system/sw/bin\"",
        "The folder of the Nix programs. Without it the search path.",
    ),
    key(
        "models.folder",
        Kind::Folder,
        None,
        "\"/var/lib/ask-nix/models\"",
        "The folder of the models. Without it the variable ASK_NIX_MODELS, then the user's cache.",
    ),
    key(
        "models.onnxruntime",
        Kind::Folder,
        None,
        "\"/run/current-system/sw/lib/libonnxruntime.so\"",
        "The library ONNX Runtime. Without it the variable ORT_DYLIB_PATH, then the fetched one.",
    ),
    key(
        "metrics.enabled",
        Kind::Switch,
        Some("true"),
        "false",
        "Count what is done and how long it takes. false writes nothing at all.",
    ),
    key(
        "metrics.words",
        Kind::Switch,
        Some("false"),
        "true",
        "Keep also the words that were said, with each command. They help to find why something is misheard.",
    ),
    key("metrics.days", Kind::Whole(1, 3650), Some("90"), "30", "How many days are kept."),
    key(
        "metrics.megabytes",
        Kind::Whole(1, 1000),
        Some("16"),
        "4",
        "How large the file may become. The oldest entries go first.",
    ),
    key(
        "metrics.port",
        Kind::Whole(0, 65535),
        Some("0"),
        "9184",
        "While it listens, Prometheus can read the counts on this port of the loopback device. 0 opens none.",
    ),
    key(
        "security.second_factor",
        Kind::Choice(&["none", "key"]),
        Some("\"none\""),
        "\"key\"",
        "What a command that destroys something needs besides a spoken yes: none, or key, a yes that is typed, or \
         sent by a key or switch that is bound to `ask-nix talk yes`.",
    ),
    key(
        "security.sandbox",
        Kind::Switch,
        Some("true"),
        "false",
        "Parts that read foreign bytes give up their right to write files and to use the network, where the kernel \
         can do that. Turn it off only to find out whether it is in the way.",
    ),
];

impl Kind {
    /// What may be written, to be said after "it must be".
    #[must_use]
    pub fn allowed(&self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number(least, most) => format!("a number from {least} to {most}"),
            Self::Choice(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\u{201c}{word}\u{201d}")).collect();
                quoted.join(" or ")
            }
            Self::Text => "text in quotation marks".to_owned(),
            Self::Hotkey => "a key in quotation marks, such as F9, RightCtrl or Super+Space".to_owned(),
            Self::Folder => "the whole path of a file or folder, in quotation marks, from the first slash".to_owned(),
        }
    }

    /// Whether a value may stand there.
    #[must_use]
    pub fn takes(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Switch, Value::Boolean(_)) => true,
            (Self::Whole(least, most), Value::Integer(number)) => (least..=most).contains(&number),
            (Self::Number(least, most), Value::Float(number)) => (least..=most).contains(&number),
            #[expect(clippy::cast_precision_loss, reason = "the bounds are small")]
            (Self::Number(least, most), Value::Integer(number)) => (*least..=*most).contains(&(*number as f64)),
            (Self::Choice(words), Value::String(text)) => words.contains(&text.as_str()),
            (Self::Text, Value::String(text)) => !text.trim().is_empty() && !text.contains(char::is_control),
            (Self::Hotkey, Value::String(text)) => text.parse::<Hotkey>().is_ok(),
            (Self::Folder, Value::String(text)) => text.starts_with('/') && !text.contains(char::is_control),
            _ => false,
        }
    }

    /// A value as people write it in a variable or on the command line; `None` where it may not stand there.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Value> {
        let text = text.trim();
        let value = match self {
            Self::Switch => Value::Boolean(match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => true,
                "false" | "no" | "off" | "0" => false,
                _ => return None,
            }),
            Self::Whole(..) => Value::Integer(text.parse().ok()?),
            Self::Number(..) => Value::Float(text.parse().ok()?),
            Self::Choice(_) | Self::Text | Self::Folder | Self::Hotkey => Value::String(text.to_owned()),
        };
        self.takes(&value).then_some(value)
    }
}

impl Key {
    /// The variable that sets it: `ASK_NIX_VOICE__RATE`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("ASK_NIX_{}", self.path.to_ascii_uppercase().replace('.', "__"))
    }

    /// Section and name.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.path.split_once('.').unwrap_or(("", self.path))
    }
}

/// The key with this path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Likeness from which a key is offered in place of one that does not exist: of `voice.speed` and `voice.name`
/// nothing should be offered, of `rate` and `voice.raet` `voice.rate`.
const ALIKE: f64 = 0.8;

/// The key that was probably meant.
#[must_use]
pub fn nearest(path: &str) -> Option<&'static str> {
    let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let likeness = |key: &Key| {
        let leaf = strsim::damerau_levenshtein(&name(path), &name(key.path));
        let (wanted, has) = (name(path).chars().count(), name(key.path).chars().count());
        // The name alone must be nearly right: a section that fits says nothing about the key.
        let wrong = wanted.max(has).max(1);
        #[expect(clippy::cast_precision_loss, reason = "lengths of words")]
        let leaf = 1.0 - leaf as f64 / wrong as f64;
        leaf * 0.8 + strsim::jaro_winkler(&path.to_ascii_lowercase(), key.path) * 0.2
    };
    let best = KEYS.iter().map(|key| (likeness(key), key.path)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(alike, _)| *alike >= ALIKE * 0.8).map(|(_, path)| path)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_found_and_nothing_far_is_offered() {
        for (written, meant) in [
            ("voice.raet", Some("voice.rate")),
            ("rate", Some("voice.rate")),
            ("ears.pause", Some("ears.pause_ms")),
            ("ears.pause-ms", Some("ears.pause_ms")),
            ("recognition.modell", Some("recognition.model")),
            ("voice.followup_s", Some("ears.follow_up_s")),
            ("colour.theme", None),
        ] {
            assert_eq!(nearest(written), meant, "{written}");
        }
    }

    #[test]
    fn each_default_and_example_may_stand_there() {
        let value = |text: &str| -> Value {
            toml::from_str::<toml::Table>(&format!("x = {text}")).unwrap().remove("x").unwrap()
        };
        for key in KEYS {
            assert!(key.default.is_none_or(|text| key.kind.takes(&value(text))), "{}", key.path);
            assert!(key.kind.takes(&value(key.example)), "{}", key.path);
            assert!(Some(key.example) != key.default, "{}: the example shows nothing new", key.path);
            assert!(key.about.ends_with('.'), "{}", key.path);
            assert!(SECTIONS.iter().any(|(section, _)| *section == key.parts().0), "{}", key.path);
        }
    }

    #[test]
    fn values_are_read_as_people_write_them() {
        assert_eq!(Kind::Switch.read("on"), Some(Value::Boolean(true)));
        assert_eq!(Kind::Switch.read("maybe"), None);
        assert_eq!(Kind::Number(0.5, 3.0).read("2"), Some(Value::Float(2.0)));
        assert_eq!(Kind::Number(0.5, 3.0).read("nan"), None);
        assert_eq!(Kind::Whole(0, 5).read("6"), None);
        assert_eq!(Kind::Folder.read("nixos"), None);
        assert_eq!(Kind::Text.read("a\u{1b}[31m"), None);
    }
}
