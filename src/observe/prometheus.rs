//! The totals in Prometheus' text format.
//!
//! Names follow its conventions (base units, `_total`, a prefix of the program), so that `promtool check metrics`
//! finds nothing to say.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::error::ObserveError;
use super::store::{BUCKETS, Store};

/// Everything that was ever counted.
pub fn exposition(store: &Store) -> Result<String, ObserveError> {
    let sql = "SELECT stage, name, ending, bucket, count, took FROM totals ORDER BY stage, name, ending, bucket";
    let mut statement = store.connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut counts: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    let mut times: BTreeMap<(String, String), Histogram> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (stage, name, ending): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (bucket, took): (i64, i64) = (row.get(3)?, row.get(5)?);
        let count = u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0);
        *counts.entry((stage.clone(), name.clone(), ending)).or_default() += count;
        if let Ok(bucket) = usize::try_from(bucket) {
            let histogram = times.entry((stage, name)).or_default();
            if let Some(slot) = histogram.buckets.get_mut(bucket) {
                *slot += count;
            }
            histogram.count += count;
            #[expect(clippy::cast_precision_loss, reason = "a sum of microseconds")]
            let seconds = took as f64 / 1e6;
            histogram.seconds += seconds;
        }
    }
    let mut text = "# HELP ask_nix_operations_total What was done, and how it ended.\n\
                    # TYPE ask_nix_operations_total counter\n"
        .to_owned();
    for ((stage, name, ending), count) in counts {
        let _ =
            writeln!(text, "ask_nix_operations_total{{stage=\"{stage}\",name=\"{name}\",ending=\"{ending}\"}} {count}");
    }
    text.push_str("# HELP ask_nix_duration_seconds How long it took.\n# TYPE ask_nix_duration_seconds histogram\n");
    for ((stage, name), histogram) in times {
        let mut sum = 0;
        for (bound, count) in BUCKETS.iter().zip(histogram.buckets) {
            sum += count;
            let _ = writeln!(
                text,
                "ask_nix_duration_seconds_bucket{{stage=\"{stage}\",name=\"{name}\",le=\"{bound}\"}} {sum}"
            );
        }
        let Histogram { count, seconds, .. } = histogram;
        let _ = write!(
            text,
            "ask_nix_duration_seconds_bucket{{stage=\"{stage}\",name=\"{name}\",le=\"+Inf\"}} {count}\n\
             ask_nix_duration_seconds_sum{{stage=\"{stage}\",name=\"{name}\"}} {seconds}\n\
             ask_nix_duration_seconds_count{{stage=\"{stage}\",name=\"{name}\"}} {count}\n"
        );
    }
    let _ = write!(
        text,
        "# HELP ask_nix_metrics_bytes The size of the counts on disk.\n# TYPE ask_nix_metrics_bytes gauge\n\
         ask_nix_metrics_bytes {}\n\
         # HELP ask_nix_build_info The version of the program.\n# TYPE ask_nix_build_info gauge\n\
         ask_nix_build_info{{version=\"{}\"}} 1\n",
        store.bytes()?,
        env!("CARGO_PKG_VERSION"),
    );
    Ok(text)
}

#[derive(Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::observe::{Ending, Measure, Stage};

    #[test]
    fn buckets_are_cumulative_and_agree_with_the_count() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("m.sqlite")).unwrap();
        let measure = |ms, ending| Measure {
            stage: Stage::Backend,
            name: "search",
            ending,
            took: Some(Duration::from_millis(ms)),
        };
        let now = Timestamp::now();
        store
            .add(&[
                (now, measure(3, Ending::Done)),
                (now, measure(70, Ending::Failed)),
                (now, measure(10_000_000, Ending::Done)),
            ])
            .unwrap();
        let text = exposition(&store).unwrap();
        for line in [
            "ask_nix_operations_total{stage=\"backend\",name=\"search\",ending=\"done\"} 2",
            "ask_nix_operations_total{stage=\"backend\",name=\"search\",ending=\"failed\"} 1",
            "ask_nix_duration_seconds_bucket{stage=\"backend\",name=\"search\",le=\"0.001\"} 0",
            "ask_nix_duration_seconds_bucket{stage=\"backend\",name=\"search\",le=\"0.005\"} 1",
            "ask_nix_duration_seconds_bucket{stage=\"backend\",name=\"search\",le=\"3600\"} 2",
            "ask_nix_duration_seconds_bucket{stage=\"backend\",name=\"search\",le=\"+Inf\"} 3",
            "ask_nix_duration_seconds_count{stage=\"backend\",name=\"search\"} 3",
            "ask_nix_duration_seconds_sum{stage=\"backend\",name=\"search\"} 10000.073",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
        }
    }
}
