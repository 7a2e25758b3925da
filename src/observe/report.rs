//! The counts as a person reads them: how often, how long, what failed.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::error::ObserveError;
use super::measure::{Ending, Stage};
use super::store::Store;

/// How many columns a plot over time has.
pub const COLUMNS: usize = 24;

/// One kind of work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub stage: Stage,
    pub name: String,
    /// How often it was done, however it ended.
    pub count: u64,
    /// How often it ended otherwise than well, by kind.
    pub endings: BTreeMap<&'static str, u64>,
    /// Milliseconds; `None` for what takes no time.
    pub p50_ms: Option<f64>,
    pub p90_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub max_ms: Option<f64>,
    /// How often in each of equal parts of the time that is reported on, the oldest first.
    pub over_time: Vec<u64>,
}

/// What was counted in a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub from: Timestamp,
    pub to: Timestamp,
    pub lines: Vec<Line>,
    /// What of the cache's questions was answered by it, 0 to 1; `None` where nothing was asked.
    pub cache_hits: Option<f64>,
    /// The size of the counts on disk.
    pub bytes: u64,
}

impl Report {
    /// What was counted in the time before `to`.
    pub fn of(store: &Store, over: Duration, to: Timestamp) -> Result<Self, ObserveError> {
        let span = i64::try_from(over.as_millis()).unwrap_or(i64::MAX).max(1);
        let first = to.as_millisecond().saturating_sub(span);
        let from = Timestamp::from_millisecond(first).unwrap_or(Timestamp::MIN);
        let sql = "SELECT stage, name, ending, at, took FROM measures WHERE at >= ?1 AND at <= ?2 ORDER BY stage, name";
        let mut statement = store.connection.prepare(sql)?;
        let mut rows = statement.query([first, to.as_millisecond()])?;
        let mut kinds: BTreeMap<(Stage, String), (Line, Vec<i64>)> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (stage, name): (String, String) = (row.get(0)?, row.get(1)?);
            // What another version counted, and this one does not know.
            let Some(stage) = Stage::named(&stage) else { continue };
            let Some(ending) = Ending::named(&row.get::<_, String>(2)?) else { continue };
            let (line, times) =
                kinds.entry((stage, name.clone())).or_insert_with(|| (Line::empty(stage, name), Vec::new()));
            line.count += 1;
            if ending != Ending::Done {
                *line.endings.entry(ending.as_str()).or_default() += 1;
            }
            let since = row.get::<_, i64>(3)?.saturating_sub(first);
            let column = i128::from(since) * (COLUMNS as i128) / i128::from(span);
            let column = usize::try_from(column).unwrap_or(0).min(COLUMNS - 1);
            if let Some(count) = line.over_time.get_mut(column) {
                *count += 1;
            }
            times.extend(row.get::<_, Option<i64>>(4)?);
        }
        let lines: Vec<Line> = kinds
            .into_values()
            .map(|(mut line, mut times)| {
                times.sort_unstable();
                (line.p50_ms, line.p90_ms) = (percentile(&times, 50), percentile(&times, 90));
                (line.p99_ms, line.max_ms) = (percentile(&times, 99), percentile(&times, 100));
                line
            })
            .collect();
        let cache = |name: &str| {
            lines.iter().filter(|line| line.stage == Stage::Cache && line.name == name).map(|line| line.count).sum()
        };
        let (hits, misses): (u64, u64) = (cache("hit"), cache("miss"));
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let cache_hits = (hits + misses > 0).then(|| hits as f64 / (hits + misses) as f64);
        Ok(Self { from, to, lines, cache_hits, bytes: store.bytes()? })
    }
}

impl Line {
    fn empty(stage: Stage, name: String) -> Self {
        let (p50_ms, p90_ms, p99_ms, max_ms) = (None, None, None, None);
        Self {
            stage,
            name,
            count: 0,
            endings: BTreeMap::new(),
            p50_ms,
            p90_ms,
            p99_ms,
            max_ms,
            over_time: vec![0; COLUMNS],
        }
    }
}

/// The nearest-rank percentile of sorted microseconds, in milliseconds.
fn percentile(sorted: &[i64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    #[expect(clippy::cast_precision_loss, reason = "microseconds of one piece of work")]
    sorted.get(rank - 1).map(|micros| *micros as f64 / 1000.0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::observe::Measure;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let sorted: Vec<i64> = (1..=200).map(|ms| ms * 1000).collect();
        for (percent, expected) in [(50, 100.0), (90, 180.0), (99, 198.0), (100, 200.0)] {
            assert_eq!(percentile(&sorted, percent), Some(expected));
        }
        assert_eq!(percentile(&[7000], 50), Some(7.0));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_report_counts_endings_times_and_cache_hits() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("m.sqlite")).unwrap();
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        let measure = |stage, name, ending, took: Option<u64>| Measure {
            stage,
            name,
            ending,
            took: took.map(Duration::from_millis),
        };
        store
            .add(&[
                (at(0), measure(Stage::Backend, "search", Ending::Done, Some(2))),
                (at(99), measure(Stage::Backend, "search", Ending::Failed, Some(4))),
                (at(-500), measure(Stage::Backend, "search", Ending::Failed, Some(900))),
                (at(50), measure(Stage::Cache, "hit", Ending::Done, None)),
                (at(50), measure(Stage::Cache, "hit", Ending::Done, None)),
                (at(50), measure(Stage::Cache, "miss", Ending::Done, None)),
            ])
            .unwrap();
        let report = Report::of(&store, Duration::from_secs(100), at(100)).unwrap();
        assert_eq!(report.lines.len(), 3);
        let search = report.lines.iter().find(|line| line.name == "search").unwrap();
        assert_eq!((search.count, search.endings.get("failed"), search.max_ms), (2, Some(&1), Some(4.0)));
        assert_eq!((search.over_time.first(), search.over_time.last()), (Some(&1), Some(&1)));
        assert!((report.cache_hits.unwrap() - 2.0 / 3.0).abs() < 1e-9);
    }
}
