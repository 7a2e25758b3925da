//! How answers are told: how much, and with which sounds. The settings and the spoken wishes mean the same types.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::CommandError;

/// How much is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verbosity {
    /// The answer alone.
    Brief,
    #[default]
    Normal,
    /// With times, versions and longer lists.
    Detailed,
}

impl Verbosity {
    const ALL: [Self; 3] = [Self::Brief, Self::Normal, Self::Detailed];

    /// The level with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }

    /// Its name, as the settings write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brief => "brief",
            Self::Normal => "normal",
            Self::Detailed => "detailed",
        }
    }
}

/// How the earcons sound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sounds {
    #[default]
    Normal,
    /// An octave lower: for ears that hear high notes badly.
    Low,
    Off,
}

impl Sounds {
    const ALL: [Self; 3] = [Self::Normal, Self::Low, Self::Off];

    /// Its name, as the settings write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Low => "low",
            Self::Off => "off",
        }
    }
}

/// A wish about the sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sounding {
    Theme(Sounds),
    /// Sounds alone, and words only where something is asked or has gone wrong.
    Only,
    /// Words again.
    Words,
}

impl FromStr for Sounding {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        match text {
            "only" => Ok(Self::Only),
            "words" => Ok(Self::Words),
            theme => {
                let found = Sounds::ALL.into_iter().find(|one| one.as_str() == theme);
                found.map(Self::Theme).ok_or_else(|| CommandError::unknown(theme))
            }
        }
    }
}

impl fmt::Display for Sounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Theme(theme) => theme.as_str(),
            Self::Only => "only",
            Self::Words => "words",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_back_from_its_name() {
        for level in Verbosity::ALL {
            assert_eq!(Verbosity::named(level.as_str()), Some(level));
        }
        let all = Sounds::ALL.map(Sounding::Theme).into_iter().chain([Sounding::Only, Sounding::Words]);
        for sounding in all {
            assert_eq!(sounding.to_string().parse::<Sounding>().ok(), Some(sounding));
        }
        assert!("loud".parse::<Sounding>().is_err());
    }
}
