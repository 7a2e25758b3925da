//! The key to talk with, as it is written in the settings: `F9`, `RightCtrl`, `Super+Space`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Keys by their names, with the symbol that X11 has for them (`keysymdef.h`, `XF86keysym.h`).
const KEYS: [(&str, u32); 16] = [
    ("Space", 0x0020),
    ("Pause", 0xff13),
    ("ScrollLock", 0xff14),
    ("Insert", 0xff63),
    ("Menu", 0xff67),
    ("CapsLock", 0xffe5),
    ("RightShift", 0xffe2),
    ("RightCtrl", 0xffe4),
    ("RightAlt", 0xffea),
    ("RightSuper", 0xffec),
    ("Home", 0xff50),
    ("End", 0xff57),
    ("PageUp", 0xff55),
    ("PageDown", 0xff56),
    ("MicMute", 0x1008_ffb2),
    ("Launch", 0x1008_ff41),
];
/// The symbol of F1; the others follow.
const F1: u32 = 0xffbe;
/// Function keys that there are.
const FUNCTIONS: u32 = 24;

/// A key that is held with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Modifier {
    Shift,
    Ctrl,
    Alt,
    Super,
}

impl Modifier {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Shift, "Shift"), (Self::Ctrl, "Ctrl"), (Self::Alt, "Alt"), (Self::Super, "Super")];
}

/// A key, and what is held with it.
///
/// A letter or a digit needs Ctrl, Alt or Super: nobody may lose a key that is typed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hotkey {
    modifiers: Vec<Modifier>,
    name: String,
    symbol: u32,
}

impl Hotkey {
    /// What is held with it, in a fixed order, each once.
    #[must_use]
    pub fn modifiers(&self) -> &[Modifier] {
        &self.modifiers
    }

    /// Its symbol in X11.
    #[must_use]
    pub fn symbol(&self) -> u32 {
        self.symbol
    }
}

/// What is no key to talk with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such key: write F9, RightCtrl or Super+Space")]
pub struct NoHotkey;

impl FromStr for Hotkey {
    type Err = NoHotkey;

    fn from_str(text: &str) -> Result<Self, NoHotkey> {
        let mut parts: Vec<&str> = text.split('+').map(str::trim).collect();
        let key = parts.pop().ok_or(NoHotkey)?;
        let known = |part: &str| {
            Modifier::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(part)).map(|(one, _)| *one).ok_or(NoHotkey)
        };
        let mut modifiers = parts.into_iter().map(known).collect::<Result<Vec<_>, _>>()?;
        modifiers.sort_unstable();
        modifiers.dedup();
        let (name, symbol) = named(key).ok_or(NoHotkey)?;
        let typed = symbol < 0x100;
        if typed && !modifiers.iter().any(|one| *one != Modifier::Shift) {
            return Err(NoHotkey);
        }
        Ok(Self { modifiers, name, symbol })
    }
}

/// A key's name as it is written here, and its symbol.
fn named(key: &str) -> Option<(String, u32)> {
    if let Some((name, symbol)) = KEYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) {
        return Some(((*name).to_owned(), *symbol));
    }
    let mut letters = key.chars();
    match (letters.next()?, letters.as_str()) {
        // The symbols of Latin letters and digits are their own codes.
        (letter, "") if letter.is_ascii_alphanumeric() => {
            Some((letter.to_ascii_uppercase().to_string(), u32::from(letter.to_ascii_lowercase())))
        }
        ('f' | 'F', digits) => {
            let number: u32 = digits.parse().ok().filter(|number| (1..=FUNCTIONS).contains(number))?;
            Some((format!("F{number}"), F1 + number - 1))
        }
        _ => None,
    }
}

impl fmt::Display for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in Modifier::ALL {
            if self.modifiers.contains(&modifier) {
                write!(f, "{name}+")?;
            }
        }
        f.write_str(&self.name)
    }
}

impl Serialize for Hotkey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hotkey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them() {
        for (text, told, symbol) in [
            ("F9", "F9", 0xffc6),
            ("f24", "F24", 0xffd5),
            ("super + space", "Super+Space", 0x20),
            ("Alt+ctrl+T", "Ctrl+Alt+T", 0x74),
            ("rightctrl", "RightCtrl", 0xffe4),
            ("Super+Super+1", "Super+1", 0x31),
        ] {
            let key: Hotkey = text.parse().unwrap();
            assert_eq!((key.to_string().as_str(), key.symbol()), (told, symbol), "{text}");
        }
        for bad in ["", "+", "Space", "a", "Shift+a", "F0", "F25", "Hyper+F9", "F9+Super", "é", "Super+ab", "Super+"] {
            assert_eq!(bad.parse::<Hotkey>(), Err(NoHotkey), "{bad}");
        }
    }
}
