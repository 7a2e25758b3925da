//! `ask-nix metrics`: what was counted, as a table, as JSON, or for Prometheus.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::fault::{Explain, Fault};
use crate::observe::{self, Limits, Line, ObserveError, Recorder, Report, Store, exposition};

use super::scene::Scene;
use super::{Done, print};

/// What is wanted of the counts.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Look so many days back.
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    since: u16,
    /// Everything that was ever counted, in Prometheus' text format.
    #[arg(long, conflicts_with = "forget")]
    prometheus: bool,
    /// Forget everything that was counted.
    #[arg(long)]
    forget: bool,
}

/// Heights of a plot's columns.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Begins to record, if the settings want it.
pub fn record(scene: &Scene) {
    let settings = &scene.settings.metrics;
    if settings.enabled {
        let limits = Limits { days: settings.days, megabytes: settings.megabytes };
        observe::install(Recorder::start(&scene.dirs.metrics(), limits, settings.words));
    }
}

/// Serves the counts to Prometheus, if the settings name a port. Must be called inside a tokio runtime.
pub async fn serve(scene: &Scene, cancel: CancellationToken) -> Result<(), ObserveError> {
    let settings = &scene.settings.metrics;
    if settings.enabled && settings.port != 0 {
        let address = observe::serve(&scene.dirs.metrics(), settings.port, cancel).await?;
        tracing::info!(target: "front.metrics", %address, "counts are served");
    }
    Ok(())
}

pub fn metrics(scene: &Scene, wanted: &Wanted) -> Done {
    let told = |error: ObserveError| error.fault();
    let path = scene.dirs.metrics();
    let Some(mut store) = Store::open_existing(&path).map_err(told)? else {
        if !scene.json && !wanted.prometheus {
            let why =
                if scene.settings.metrics.enabled { "" } else { " It is switched off: metrics.enabled is false." };
            print::line(&format!("Nothing was counted yet.{why}"));
        }
        return Ok(());
    };
    if wanted.forget {
        store.forget().map_err(told)?;
        if !scene.json {
            print::line("Everything that was counted is forgotten.");
        }
    } else if wanted.prometheus {
        print::line(exposition(&store).map_err(told)?.trim_end());
    } else {
        report(scene, &store, wanted.since).map_err(told)?;
    }
    Ok::<(), Fault>(()).map_err(Into::into)
}

fn report(scene: &Scene, store: &Store, days: u16) -> Result<(), ObserveError> {
    let over = Duration::from_secs(u64::from(days) * 24 * 3600);
    let report = Report::of(store, over, Timestamp::now())?;
    if scene.json {
        print::json(&report);
        return Ok(());
    }
    let when = if days == 1 { "The last day".to_owned() } else { format!("The last {days} days") };
    print::line(&format!("{when}; times in milliseconds; the plot runs from the oldest to now."));
    let head = format!(
        "{:<12} {:<20} {:>6} {:>6} {:>9} {:>9} {:>9}",
        "stage", "what", "times", "wrong", "half", "9 of 10", "longest"
    );
    print::line(&head);
    for line in &report.lines {
        print::line(&row(line));
    }
    if let Some(share) = report.cache_hits {
        print::line(&format!("Answers that were there already: {:.0} of 100.", share * 100.0));
    }
    print::line(&format!("The counts take {} kilobytes.", report.bytes / 1000));
    Ok(())
}

fn row(line: &Line) -> String {
    let ms = |value: Option<f64>| match value {
        None => String::new(),
        Some(value) if value < 100.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    };
    let wrong: u64 = line.endings.values().sum();
    format!(
        "{:<12} {:<20} {:>6} {wrong:>6} {:>9} {:>9} {:>9}  {}",
        line.stage.as_str(),
        line.name,
        line.count,
        ms(line.p50_ms),
        ms(line.p90_ms),
        ms(line.max_ms),
        plot(&line.over_time),
    )
}

/// One letter a column; nothing is a space.
fn plot(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |count: &u64| {
        let height = usize::try_from((count * 8).div_ceil(most)).unwrap_or(8);
        height.checked_sub(1).and_then(|at| BARS.get(at)).copied().unwrap_or(' ')
    };
    counts.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_its_highest_column_where_most_was_done() {
        assert_eq!(plot(&[0, 1, 8, 4]), " ▁█▄");
        assert_eq!(plot(&[0, 0]), "  ");
    }
}
