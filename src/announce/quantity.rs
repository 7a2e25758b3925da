//! Sizes and durations as people say them.
//!
//! Decimal units (a gigabyte is 10⁹ bytes), as shops and disk tools tell them.

use std::time::Duration;

use super::words::say;

const UNITS: [(&str, &str, u64); 4] = [
    ("size-terabytes", "TB", 1_000_000_000_000),
    ("size-gigabytes", "GB", 1_000_000_000),
    ("size-megabytes", "MB", 1_000_000),
    ("size-kilobytes", "kB", 1_000),
];

/// The number part, its unit's id and its sign: one decimal below 10, whole above.
fn parts(bytes: u64) -> (String, &'static str, &'static str) {
    for (id, sign, unit) in UNITS {
        // 999.6 megabytes are told as 1 gigabyte, not as 1000 megabytes.
        if bytes < unit - unit / 2000 {
            continue;
        }
        let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
        let whole = (u128::from(bytes) + u128::from(unit) / 2) / u128::from(unit);
        let amount = match (tenths / 10, tenths % 10) {
            (whole, 0) if whole < 10 => whole.to_string(),
            (whole, rest) if whole < 10 => format!("{whole}.{rest}"),
            _ => whole.to_string(),
        };
        return (amount, id, sign);
    }
    (bytes.to_string(), "size-bytes", "B")
}

/// A size as it is spoken: "1.2 gigabytes".
pub(super) fn size(bytes: u64) -> String {
    let (amount, id, _) = parts(bytes);
    // English has the singular for 1 alone: "1.2 gigabytes", "1 gigabyte".
    let plural = if amount == "1" { 1 } else { 2 };
    say!(id, amount = amount, plural = plural)
}

/// A size as it is printed: "1.2 GB".
pub(super) fn size_sign(bytes: u64) -> String {
    let (amount, _, sign) = parts(bytes);
    format!("{amount} {sign}")
}

/// A duration in its largest sensible unit: "4 minutes".
pub(super) fn duration(time: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = time.as_secs() + u64::from(time.subsec_millis() >= 500);
    // People change to the next unit at about two of it: "90 minutes", "36 hours", "13 days".
    let (id, unit) = match seconds {
        0..60 => ("for-seconds", 1),
        _ if seconds < 100 * MINUTE => ("for-minutes", MINUTE),
        _ if seconds < 2 * DAY => ("for-hours", HOUR),
        _ if seconds < 14 * DAY => ("for-days", DAY),
        _ if seconds < 60 * DAY => ("for-weeks", 7 * DAY),
        _ if seconds < 730 * DAY => ("for-months", 30 * DAY),
        _ => ("for-years", 365 * DAY),
    };
    // Ages are told by full units, estimates are rounded; half a unit decides for both.
    say!(id, count = ((seconds + unit / 2) / unit).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_people_tell_them() {
        for (bytes, spoken, printed) in [
            (0, "0 bytes", "0 B"),
            (1, "1 byte", "1 B"),
            (999, "999 bytes", "999 B"),
            (1_000, "1 kilobyte", "1 kB"),
            (1_240_000_000, "1.2 gigabytes", "1.2 GB"),
            (1_000_000_000, "1 gigabyte", "1 GB"),
            (12_600_000_000, "13 gigabytes", "13 GB"),
            (999_600_000, "1 gigabyte", "1 GB"),
            (9_960_000, "10 megabytes", "10 MB"),
            (147_964_211, "148 megabytes", "148 MB"),
            (2_100_000_000_000, "2.1 terabytes", "2.1 TB"),
        ] {
            assert_eq!(size(bytes), spoken);
            assert_eq!(size_sign(bytes), printed);
        }
    }

    #[test]
    fn durations_are_told_in_their_largest_sensible_unit() {
        for (seconds, told) in [
            (0, "1 second"),
            (45, "45 seconds"),
            (60, "1 minute"),
            (230, "4 minutes"),
            (5400, "90 minutes"),
            (7200, "2 hours"),
            (86_400 * 3, "3 days"),
            (86_400 * 21, "3 weeks"),
            (86_400 * 90, "3 months"),
            (86_400 * 900, "2 years"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), told);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_size_has_a_short_number(bytes: u64) {
            let (amount, _, _) = parts(bytes);
            proptest::prop_assert!(amount.len() <= 8, "{amount}");
        }
    }
}
