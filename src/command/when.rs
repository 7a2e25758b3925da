//! Points in time as people say them: "yesterday", "last Tuesday evening", "two weeks ago".
//!
//! A [`When`] is validated words; what it means depends on the day, so the clock is handed in.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday, date};
use jiff::{Timestamp, ToSpan, Zoned};

use super::{Age, AgeUnit, CommandError};

/// Longest words for a time, bytes.
const LONGEST: usize = 60;

/// A part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayPart {
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
    /// Hour and minute.
    At(i8, i8),
}

impl DayPart {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "morning" => Self::Morning,
            "noon" | "midday" | "lunchtime" => Self::Noon,
            "afternoon" => Self::Afternoon,
            "evening" => Self::Evening,
            "night" => Self::Night,
            _ => return None,
        })
    }

    /// The end of the part of the day: what ran then is what ran last in it.
    fn end(self) -> Option<Time> {
        let (hour, minute) = match self {
            Self::Morning | Self::Noon => (12, 0),
            Self::Afternoon => (18, 0),
            Self::Evening => (22, 0),
            Self::Night => (23, 59),
            Self::At(hour, minute) => (hour, minute),
        };
        Time::new(hour, minute, 0, 0).ok()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    /// So many days before today.
    Back(u32),
    /// The latest such weekday that is over; today is not.
    Last(Weekday),
    /// So long ago, to the hour.
    Ago(Age),
    /// A day of the calendar; without a year, the latest that is not to come.
    On { year: Option<i16>, month: i8, day: i8 },
}

/// A point in the past, in the words in which it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    words: String,
    day: Day,
    part: Option<DayPart>,
}

impl When {
    /// The words, made alike: lower case, numbers as digits.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The latest moment that is still meant, as seen from `now`; never after `now`.
    ///
    /// `None` where the calendar has no such day.
    #[must_use]
    pub fn until(&self, now: &Zoned) -> Option<Timestamp> {
        let end = match self.day {
            Day::Ago(age) if self.part.is_none() => now.checked_sub(age.span()).ok()?,
            day => {
                let time = self.part.map_or(Some(Time::MAX), DayPart::end)?;
                Self::date(day, now)?.to_datetime(time).to_zoned(now.time_zone().clone()).ok()?
            }
        };
        Some(end.timestamp().min(now.timestamp()))
    }

    /// The first moment that is meant: what lies before it is surely "before" it.
    ///
    /// `None` where the calendar has no such day.
    #[must_use]
    pub fn since(&self, now: &Zoned) -> Option<Timestamp> {
        let begin = match self.day {
            Day::Ago(age) if self.part.is_none() => now.checked_sub(age.span()).ok()?,
            day => Self::date(day, now)?.to_zoned(now.time_zone().clone()).ok()?,
        };
        Some(begin.timestamp().min(now.timestamp()))
    }

    fn date(day: Day, now: &Zoned) -> Option<Date> {
        let today = now.date();
        match day {
            Day::Back(days) => today.checked_sub(i64::from(days).days()).ok(),
            Day::Last(weekday) => today.nth_weekday(-1, weekday).ok(),
            Day::Ago(age) => Some(now.checked_sub(age.span()).ok()?.date()),
            Day::On { year: Some(year), month, day } => Date::new(year, month, day).ok(),
            Day::On { year: None, month, day } => {
                let this_year = Date::new(today.year(), month, day).ok().filter(|date| *date <= today);
                this_year.or_else(|| Date::new(today.year().checked_sub(1)?, month, day).ok())
            }
        }
    }
}

impl FromStr for When {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let text = text.trim().to_lowercase();
        let refused = || CommandError::date(&text);
        if text.len() > LONGEST {
            return Err(refused());
        }
        let mut words: Vec<&str> = text.split_whitespace().collect();
        while words.first().is_some_and(|word| LEADING.contains(word)) {
            words.remove(0);
        }
        let (day, part) = read(&words).ok_or_else(refused)?;
        Ok(Self { words: words.join(" "), day, part })
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Words before a time that say nothing of it.
const LEADING: &[&str] = &["on", "from", "of", "the", "to", "at", "around", "about", "since"];

fn read(words: &[&str]) -> Option<(Day, Option<DayPart>)> {
    match words {
        [] => None,
        ["last", "night"] => Some((Day::Back(1), Some(DayPart::Night))),
        ["tonight"] => Some((Day::Back(0), Some(DayPart::Night))),
        ["this", part] if DayPart::named(part).is_some() => Some((Day::Back(0), DayPart::named(part))),
        [before @ .., part] if DayPart::named(part).is_some() => {
            let before = before.strip_suffix(&["in", "the"]).or_else(|| before.strip_suffix(&["at"])).unwrap_or(before);
            Some((day(before)?, DayPart::named(part)))
        }
        _ => match words.iter().rposition(|word| *word == "at") {
            Some(place) => Some((day(words.get(..place)?)?, Some(clock(words.get(place + 1..)?)?))),
            None => Some((day(words)?, None)),
        },
    }
}

/// `5 pm`, `17 30`, `17:30`, `half past 5`.
fn clock(words: &[&str]) -> Option<DayPart> {
    let (words, half) = match words {
        [rest @ .., half @ ("am" | "pm")] => (rest, Some(*half)),
        rest => (rest.strip_suffix(&["o'clock"]).unwrap_or(rest), None),
    };
    let (hour, minute) = match words {
        [one] => match one.split_once(':') {
            Some((hour, minute)) => (hour.parse::<i8>().ok()?, minute.parse().ok()?),
            None => (one.parse().ok()?, 0),
        },
        ["half", "past", hour] => (hour.parse().ok()?, 30),
        [hour, minute] => (hour.parse().ok()?, minute.parse().ok()?),
        _ => return None,
    };
    let hour = match half {
        Some("pm") if hour < 12 => hour + 12,
        Some("am") if hour == 12 => 0,
        _ => hour,
    };
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(DayPart::At(hour, minute))
}

fn day(words: &[&str]) -> Option<Day> {
    match words {
        ["today"] => Some(Day::Back(0)),
        ["yesterday"] => Some(Day::Back(1)),
        ["day", "before", "yesterday"] | ["a" | "one" | "1", "day", "before", "yesterday"] => Some(Day::Back(2)),
        ["last" | "this" | "past", name] if weekday(name).is_some() => Some(Day::Last(weekday(name)?)),
        ["last" | "past", unit @ ("week" | "month" | "year")] | ["a" | "an", unit, "ago"] => {
            Some(Day::Ago(Age::new(1, AgeUnit::named(unit)?)?))
        }
        ["a", "couple", "of", unit, "ago"] => Some(Day::Ago(Age::new(2, AgeUnit::named(unit)?)?)),
        [count, unit, "ago"] => Some(Day::Ago(Age::new(count.parse().ok()?, AgeUnit::named(unit)?)?)),
        [one] => match weekday(one) {
            Some(name) => Some(Day::Last(name)),
            None => iso(one),
        },
        _ => calendar(words),
    }
}

fn iso(word: &str) -> Option<Day> {
    let day: Date = word.parse().ok()?;
    (day.year() >= 1970).then(|| Day::On { year: Some(day.year()), month: day.month(), day: day.day() })
}

/// `march 3rd`, `the third of march 2026`, `3 march`.
fn calendar(words: &[&str]) -> Option<Day> {
    let (words, year) = match words {
        [rest @ .., year] if rest.len() >= 2 && year.len() == 4 => (rest, Some(year.parse().ok()?)),
        rest => (rest, None),
    };
    let (month, day) = match words {
        [name, "the", number] | [number, "of", name] | [name, number] if month(name).is_some() => {
            (month(name)?, number_of(number)?)
        }
        [number, name] => (month(name)?, number_of(number)?),
        _ => return None,
    };
    // Whether such a day can be at all: a leap year has them all.
    Date::new(year.unwrap_or(2024), month, day).ok().filter(|whole| *whole >= date(1970, 1, 1))?;
    Some(Day::On { year, month, day })
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let place = MONTHS.iter().position(|month| *month == word || (word.len() >= 3 && month.get(..3) == Some(word)))?;
    i8::try_from(place + 1).ok()
}

fn number_of(word: &str) -> Option<i8> {
    const ORDINALS: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    if let Some(place) = ORDINALS.iter().position(|ordinal| *ordinal == word) {
        return i8::try_from(place + 1).ok();
    }
    word.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok().filter(|day| (1..=31).contains(day))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn until(words: &str) -> String {
        // A Monday.
        let now: Zoned = "2026-11-23T14:00:00[Europe/Paris]".parse().unwrap();
        let until = words.parse::<When>().unwrap().until(&now).unwrap();
        until.to_zoned(now.time_zone().clone()).strftime("%a %F %H:%M").to_string()
    }

    #[test]
    fn times_are_what_people_mean_by_them() {
        for (words, want) in [
            ("yesterday", "Sun 2026-11-22 23:59"),
            ("today", "Mon 2026-11-23 14:00"),
            ("this morning", "Mon 2026-11-23 12:00"),
            ("yesterday evening", "Sun 2026-11-22 22:00"),
            ("last night", "Sun 2026-11-22 23:59"),
            ("the day before yesterday", "Sat 2026-11-21 23:59"),
            ("last Tuesday evening", "Tue 2026-11-17 22:00"),
            ("on monday", "Mon 2026-11-16 23:59"),
            ("friday at 5 pm", "Fri 2026-11-20 17:00"),
            ("2 weeks ago", "Mon 2026-11-09 14:00"),
            ("an hour ago", "Mon 2026-11-23 13:00"),
            ("last week", "Mon 2026-11-16 14:00"),
            ("march 3rd", "Tue 2026-03-03 23:59"),
            ("the third of december", "Wed 2025-12-03 23:59"),
            ("2026-10-01", "Thu 2026-10-01 23:59"),
            ("november 1 2025", "Sat 2025-11-01 23:59"),
        ] {
            assert_eq!(until(words), want, "{words}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "soon",
            "tomorrow",
            "next week",
            "february 31",
            "3 apples ago",
            "0 days ago",
            "99999999 years ago",
            "$(id)",
        ] {
            assert!(bad.parse::<When>().is_err(), "{bad}");
        }
    }
}
