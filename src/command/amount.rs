//! Ages and counts: how old, and how many.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::{Span, ToSpan};
use serde::{Serialize, Serializer};

use super::CommandError;

/// Largest count of an age's unit: a hundred years of days. More is a misheard number.
const MAX_AGE: u32 = 36_500;
/// Most generations that a keep rule counts.
const MAX_KEEP: u32 = 10_000;

/// The unit of an [`Age`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgeUnit {
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

impl AgeUnit {
    const ALL: [(Self, &str); 5] = [
        (Self::Hours, "hour"),
        (Self::Days, "day"),
        (Self::Weeks, "week"),
        (Self::Months, "month"),
        (Self::Years, "year"),
    ];

    /// The unit behind an English word, singular or plural.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let one = word.strip_suffix('s').unwrap_or(word);
        Self::ALL.iter().find(|(_, name)| *name == one).map(|(unit, _)| *unit)
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(unit, _)| *unit == self).map_or("day", |(_, name)| name)
    }
}

/// A length of time in whole units, at least one: `30 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Age {
    count: NonZeroU32,
    unit: AgeUnit,
}

impl Age {
    /// An age, unless the count is zero or beyond a hundred years of days.
    #[must_use]
    pub fn new(count: u32, unit: AgeUnit) -> Option<Self> {
        let count = NonZeroU32::new(count).filter(|count| count.get() <= MAX_AGE)?;
        Some(Self { count, unit })
    }

    /// How many units.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count.get()
    }

    /// The unit.
    #[must_use]
    pub const fn unit(self) -> AgeUnit {
        self.unit
    }

    /// As a calendar span, to be taken from a date.
    #[must_use]
    pub fn span(self) -> Span {
        let count = i64::from(self.count.get());
        match self.unit {
            AgeUnit::Hours => count.hours(),
            AgeUnit::Days => count.days(),
            AgeUnit::Weeks => count.weeks(),
            AgeUnit::Months => count.months(),
            // A year beyond jiff's calendar is refused by its checked arithmetic, not here.
            AgeUnit::Years => Span::new().try_years(count).unwrap_or_default(),
        }
    }
}

impl FromStr for Age {
    type Err = CommandError;

    /// Reads `30 days`, `1 week`, `a month`, `30d`.
    fn from_str(text: &str) -> Result<Self, CommandError> {
        let refused = || CommandError::age(text);
        let mut words = text.split_whitespace();
        let (count, unit) = match (words.next(), words.next(), words.next()) {
            (Some("a" | "an"), Some(unit), None) => (1, unit),
            (Some(count), Some(unit), None) => (count.parse().map_err(|_| refused())?, unit),
            (Some(short), None, None) => {
                let count = short.strip_suffix('d').ok_or_else(refused)?;
                (count.parse().map_err(|_| refused())?, "days")
            }
            _ => return Err(refused()),
        };
        AgeUnit::named(unit).and_then(|unit| Self::new(count, unit)).ok_or_else(refused)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.count, self.unit.word(), if self.count.get() == 1 { "" } else { "s" })
    }
}

impl Serialize for Age {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How many of the newest generations stay, whatever their age: 1 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct KeepCount(NonZeroU32);

impl KeepCount {
    /// The count.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl FromStr for KeepCount {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let count = text.parse().ok().filter(|count: &NonZeroU32| count.get() <= MAX_KEEP);
        count.map(Self).ok_or_else(|| CommandError::count(text))
    }
}

impl fmt::Display for KeepCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_and_written() {
        for (text, want) in [
            ("30 days", "30 days"),
            ("1 week", "1 week"),
            ("a month", "1 month"),
            ("30d", "30 days"),
            ("2 year", "2 years"),
        ] {
            assert_eq!(text.parse::<Age>().unwrap().to_string(), want);
        }
        for bad in ["", "days", "0 days", "-3 days", "30", "30 apples", "99999999 days", "3 days ago"] {
            assert!(bad.parse::<Age>().is_err(), "{bad}");
        }
    }

    #[test]
    fn zero_is_no_count_to_keep() {
        assert!("0".parse::<KeepCount>().is_err());
        assert_eq!("5".parse::<KeepCount>().unwrap().get(), 5);
    }
}
