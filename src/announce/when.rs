//! A moment as people tell it: "yesterday evening", "3 weeks ago". Every phrase reads well after "from".

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};

use super::words::say;

/// `then`, told by someone who stands at `now`, in `now`'s time zone.
pub(super) fn when(then: Timestamp, now: &Zoned) -> String {
    let local = then.to_zoned(now.time_zone().clone());
    let seconds = now.timestamp().as_second().saturating_sub(then.as_second());
    // A clock that is a little off is no reason to speak of the future; a wrong one gives the plain date.
    if seconds < -120 {
        return date(then, now);
    }
    if seconds < 60 {
        return say!("when-moment");
    }
    if seconds < 3600 {
        return say!("when-minutes", count = seconds / 60);
    }
    let days = days_between(local.date(), now.date());
    match (days, part_of_day(local.hour())) {
        // A night belongs to the evening before it.
        (0, Part::Night) | (1, Part::LateEvening) if now.hour() < 12 => say!("when-last-night"),
        (0, Part::Night | Part::Morning) => say!("when-this-morning"),
        (0, Part::Afternoon) => say!("when-this-afternoon"),
        (0, Part::Evening) => say!("when-this-evening"),
        (0, Part::LateEvening) => say!("when-tonight"),
        (1, Part::Night | Part::Morning) => say!("when-yesterday-morning"),
        (1, Part::Afternoon) => say!("when-yesterday-afternoon"),
        (1, Part::Evening | Part::LateEvening) => say!("when-yesterday-evening"),
        (2..7, _) => say!("when-days", count = days),
        (7..56, _) => say!("when-weeks", count = (days + 3) / 7),
        (56..700, _) => say!("when-months", count = (days + 15) / 30),
        _ => say!("when-years", count = ((days + 182) / 365).max(1)),
    }
}

/// Date and time as they are printed: `2026-11-22 20:15`.
pub(super) fn date(then: Timestamp, now: &Zoned) -> String {
    then.to_zoned(now.time_zone().clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

enum Part {
    Night,
    Morning,
    Afternoon,
    Evening,
    LateEvening,
}

fn part_of_day(hour: i8) -> Part {
    match hour {
        ..5 => Part::Night,
        5..12 => Part::Morning,
        12..18 => Part::Afternoon,
        18..22 => Part::Evening,
        _ => Part::LateEvening,
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_from_where_the_listener_stands() {
        let now: Zoned = "2026-11-23T10:30[Europe/Berlin]".parse().unwrap();
        for (then, told) in [
            ("2026-11-23T10:29:30", "a moment ago"),
            ("2026-11-23T10:29", "a minute ago"),
            ("2026-11-23T09:45", "45 minutes ago"),
            ("2026-11-23T07:45", "this morning"),
            ("2026-11-23T01:10", "last night"),
            ("2026-11-22T23:10", "last night"),
            ("2026-11-22T20:15", "yesterday evening"),
            ("2026-11-22T15:00", "yesterday afternoon"),
            ("2026-11-22T06:00", "yesterday morning"),
            ("2026-11-20T06:00", "3 days ago"),
            ("2026-11-16T06:00", "a week ago"),
            ("2026-11-02T06:00", "3 weeks ago"),
            ("2026-07-02T06:00", "5 months ago"),
            ("2024-07-02T06:00", "2 years ago"),
            ("2027-07-02T06:00", "2027-07-02 06:00"),
        ] {
            let then: Zoned = format!("{then}[Europe/Berlin]").parse().unwrap();
            assert_eq!(when(then.timestamp(), &now), told, "{then}");
        }
    }

    #[test]
    fn the_evening_is_told_in_the_evening() {
        let now: Zoned = "2026-11-23T23:50[Europe/Berlin]".parse().unwrap();
        for (then, told) in [
            ("2026-11-23T22:20", "tonight"),
            ("2026-11-23T19:00", "this evening"),
            ("2026-11-23T13:00", "this afternoon"),
            ("2026-11-23T03:00", "this morning"),
            ("2026-11-22T23:30", "yesterday evening"),
        ] {
            let then: Zoned = format!("{then}[Europe/Berlin]").parse().unwrap();
            assert_eq!(when(then.timestamp(), &now), told, "{then}");
        }
    }
}
