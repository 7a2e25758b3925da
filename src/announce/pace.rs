//! When progress is spoken: often enough to be trusted, seldom enough to be borne.
//!
//! A pure state machine over instants that the caller hands in; it says nothing itself. The rules:
//! silent for the first 3 s; then one line that says what begins; a change of stage at once;
//! percentages at the sparser of every 10 % and every 30 s, the same one never twice; a new estimate
//! only if it moved by over 20 %; a sign of life after 30 s in which nothing moved; the end always.
//! (Sources: NVDA speaks every 10 %, Orca every 10 s, VS Code is silent for 3 s.)

use std::time::{Duration, Instant};

use crate::nix::{Progress, Stage};

/// Work that ends sooner is told by its outcome alone.
const SILENT: Duration = Duration::from_secs(3);
/// However often the user wants progress, never closer than this.
const CLOSEST: Duration = Duration::from_secs(10);
/// No movement for so long is told.
const QUIET: Duration = Duration::from_secs(30);
/// Signs of life come at doubling distances up to this one.
const QUIET_MOST: Duration = Duration::from_mins(4);
/// Share of the told estimate by which a new one must differ, in percent.
const ESTIMATE_MOVED: u32 = 20;
/// An estimate below this is not worth correcting aloud.
const ESTIMATE_LEAST: Duration = Duration::from_secs(30);
/// Distance between spoken percentages.
const PERCENT_STEP: u64 = 10;

/// One thing about the work that is due to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// The first line: what is being done, and how long it may take.
    Start { left: Option<Duration> },
    /// Another stage has begun.
    Stage,
    /// How far the stage is.
    Percent { percent: u64, left: Option<Duration> },
    /// The estimate has moved.
    Estimate { left: Duration },
    /// Nothing has moved for a while; the work goes on.
    Heartbeat { elapsed: Duration },
    /// The stage is all done.
    Finished,
}

/// Watches one piece of long work.
#[derive(Debug, Clone)]
pub struct Pace {
    begun: Instant,
    interval: Duration,
    spoken: Option<Instant>,
    moved: Instant,
    quiet: Duration,
    stage: Option<InStage>,
}

#[derive(Debug, Clone)]
struct InStage {
    stage: Stage,
    since: Instant,
    done_at_start: u64,
    last: Progress,
    /// When the last message came.
    told: Instant,
    told_percent: u64,
    told_end: Option<(Instant, Duration)>,
    told_all: bool,
}

impl Pace {
    /// Work that begins at `now`, with percentages at least `interval` apart (never under 10 s).
    #[must_use]
    pub fn new(now: Instant, interval: Duration) -> Self {
        Self { begun: now, interval: interval.max(CLOSEST), spoken: None, moved: now, quiet: QUIET, stage: None }
    }

    /// A message of progress came: what of it is to be told now, if anything.
    pub fn observe(&mut self, progress: &Progress, now: Instant) -> Option<Beat> {
        let changed = self.stage.as_ref().is_none_or(|stage| stage.stage != progress.stage);
        if changed {
            self.stage = Some(InStage {
                stage: progress.stage,
                since: now,
                done_at_start: progress.done,
                last: progress.clone(),
                told: now,
                told_percent: 0,
                told_end: None,
                told_all: false,
            });
            self.moving(now);
        } else if let Some(stage) = &mut self.stage {
            let moved = stage.last.done != progress.done || stage.last.at != progress.at;
            stage.last = progress.clone();
            stage.told = now;
            if moved {
                self.moving(now);
            }
        }
        if self.spoken.is_some() && changed { Some(self.say(Beat::Stage, now)) } else { self.tick(now) }
    }

    /// Time has passed: what is to be told now, if anything. Call it about once a second.
    pub fn tick(&mut self, now: Instant) -> Option<Beat> {
        if now.saturating_duration_since(self.begun) < SILENT {
            return None;
        }
        let stage = self.stage.as_ref()?;
        let left = stage.left(now);
        let Some(spoken) = self.spoken else { return Some(self.say(Beat::Start { left }, now)) };
        if stage.all_done() && !stage.told_all {
            return Some(self.say(Beat::Finished, now));
        }
        let since = now.saturating_duration_since(spoken);
        let percent = stage.percent().filter(|percent| *percent < 100);
        if let Some(percent) = percent.filter(|percent| *percent >= stage.told_percent + PERCENT_STEP)
            && since >= self.interval
        {
            return Some(self.say(Beat::Percent { percent, left }, now));
        }
        if since >= self.interval
            && let Some(left) = left.filter(|left| stage.estimate_moved(*left, now))
        {
            return Some(self.say(Beat::Estimate { left }, now));
        }
        let silence = since.min(now.saturating_duration_since(self.moved));
        if silence >= self.quiet {
            self.quiet = (self.quiet * 2).min(QUIET_MOST);
            let elapsed = now.saturating_duration_since(self.begun);
            return Some(self.say(Beat::Heartbeat { elapsed }, now));
        }
        None
    }

    /// The latest message, for the words of a beat.
    #[must_use]
    pub fn latest(&self) -> Option<&Progress> {
        self.stage.as_ref().map(|stage| &stage.last)
    }

    /// How far the stage is, in percent, if that can be known ("how far is it?").
    #[must_use]
    pub fn percent(&self) -> Option<u64> {
        self.stage.as_ref()?.percent()
    }

    /// How long the stage may still take ("how long will it take?").
    #[must_use]
    pub fn left(&self, now: Instant) -> Option<Duration> {
        self.stage.as_ref()?.left(now)
    }

    fn moving(&mut self, now: Instant) {
        self.moved = now;
        self.quiet = QUIET;
    }

    fn say(&mut self, beat: Beat, now: Instant) -> Beat {
        self.spoken = Some(now);
        if let Some(stage) = &mut self.stage {
            match beat {
                Beat::Start { left } => stage.told_end = left.map(|left| (now, left)),
                Beat::Percent { percent, left } => {
                    stage.told_percent = percent;
                    stage.told_end = left.map(|left| (now, left)).or(stage.told_end);
                }
                Beat::Estimate { left } => stage.told_end = Some((now, left)),
                Beat::Finished => stage.told_all = true,
                Beat::Stage | Beat::Heartbeat { .. } => {}
            }
        }
        beat
    }
}

impl InStage {
    fn all_done(&self) -> bool {
        self.last.expected > 0 && self.last.done >= self.last.expected
    }

    fn percent(&self) -> Option<u64> {
        let (done, expected) = (u128::from(self.last.done), u128::from(self.last.expected));
        (done * 100).checked_div(expected).map(|percent| u64::try_from(percent.min(100)).unwrap_or(100))
    }

    /// By how long such work took before, else by the speed of this stage so far; none before there is a speed.
    fn left(&self, now: Instant) -> Option<Duration> {
        if let Some(left) = self.last.left {
            return Some(left.saturating_sub(now.saturating_duration_since(self.told)));
        }
        let done = self.last.done.checked_sub(self.done_at_start).filter(|done| *done > 0)?;
        let rest = self.last.expected.checked_sub(self.last.done).filter(|rest| *rest > 0)?;
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed < SILENT {
            return None;
        }
        let nanos = elapsed.as_nanos() * u128::from(rest) / u128::from(done);
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// Whether the end has moved, against what was told, by a fifth of what was told.
    fn estimate_moved(&self, left: Duration, now: Instant) -> bool {
        let Some((at, told)) = self.told_end else { return false };
        if left.max(told) < ESTIMATE_LEAST {
            return false;
        }
        let expected_now = told.saturating_sub(now.saturating_duration_since(at));
        left.abs_diff(expected_now) > told * ESTIMATE_MOVED / 100
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn building(done: u64, expected: u64) -> Progress {
        Progress { done, expected, ..Progress::of(Stage::Building) }
    }

    /// Runs a build in which a unit is done every `each`, looking once a second.
    fn run(expected: u64, each: Duration) -> Vec<(u64, Beat)> {
        let start = Instant::now();
        let mut pace = Pace::new(start, Duration::from_secs(30));
        let mut told = Vec::new();
        let seconds = each.as_secs() * expected;
        for second in 0..=seconds {
            let now = start + Duration::from_secs(second);
            let done = second / each.as_secs();
            let beat = pace.observe(&building(done, expected), now);
            told.extend(beat.map(|beat| (second, beat)));
        }
        told
    }

    #[test]
    fn short_work_is_silent() {
        assert_eq!(run(2, Duration::from_secs(1)), vec![]);
    }

    #[test]
    fn a_five_minute_build_is_told_in_few_lines() {
        let told = run(30, Duration::from_secs(10));
        assert_eq!(told.first().map(|(second, beat)| (*second, matches!(beat, Beat::Start { .. }))), Some((3, true)));
        assert_eq!(told.last(), Some(&(300, Beat::Finished)));
        assert!(told.len() <= 12, "{told:?}");
    }

    #[test]
    fn a_stage_change_is_told_at_once() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut pace = Pace::new(start, Duration::from_secs(30));
        assert_eq!(pace.observe(&building(0, 5), at(0)), None);
        assert_eq!(pace.tick(at(3)), Some(Beat::Start { left: None }));
        let activating = Progress::of(Stage::Activating);
        assert_eq!(pace.observe(&activating, at(4)), Some(Beat::Stage));
        assert_eq!(pace.observe(&activating, at(5)), None);
    }

    #[test]
    fn signs_of_life_come_at_growing_distances() {
        let start = Instant::now();
        let mut pace = Pace::new(start, Duration::from_secs(30));
        let mut told = Vec::new();
        for second in 0..600 {
            let now = start + Duration::from_secs(second);
            let beat = if second == 0 { pace.observe(&building(0, 5), now) } else { pace.tick(now) };
            told.extend(beat.map(|_| second));
        }
        assert_eq!(told, [3, 33, 93, 213, 453]);
    }

    #[test]
    fn an_estimate_that_moves_much_is_corrected() {
        let start = Instant::now();
        let mut pace = Pace::new(start, Duration::from_secs(30));
        let mut told = Vec::new();
        // Fast at first: 1 a second promises 200 s; then it slows to one in 10 s.
        for second in 0..200_u64 {
            let done = if second < 20 { second } else { 20 + (second - 20) / 10 };
            let beat = pace.observe(&building(done, 200), start + Duration::from_secs(second));
            told.extend(beat.map(|beat| (second, beat)));
        }
        let estimates: Vec<_> = told.iter().filter(|(_, beat)| matches!(beat, Beat::Estimate { .. })).collect();
        assert!(!estimates.is_empty() && estimates.len() <= 6, "{told:?}");
    }

    proptest! {
        #[test]
        fn the_rules_hold_for_any_work(
            steps in prop::collection::vec((0_u64..20_000, 0_u64..60, 1_u64..60, 0_usize..3), 1..120),
            interval in 1_u64..120,
        ) {
            let stages = [Stage::Evaluating, Stage::Downloading, Stage::Building];
            let start = Instant::now();
            let mut now = start;
            let interval = Duration::from_secs(interval);
            let mut pace = Pace::new(start, interval);
            let mut spoken: Option<Instant> = None;
            let mut last_percent: Option<(Stage, u64)> = None;
            for (wait, done, expected, stage) in steps {
                now += Duration::from_millis(wait);
                let stage = stages.get(stage).copied().unwrap_or(Stage::Building);
                let before = pace.latest().map(|latest| latest.stage);
                let progress = Progress { done: done.min(expected), expected, ..Progress::of(stage) };
                if before != Some(stage) {
                    last_percent = None;
                }
                let Some(beat) = pace.observe(&progress, now) else { continue };
                prop_assert!(now.duration_since(start) >= SILENT, "spoke in the first 3 s: {beat:?}");
                prop_assert_eq!(spoken.is_none(), matches!(beat, Beat::Start { .. }), "the start line is first, and once");
                let apart = spoken.map(|spoken| now.duration_since(spoken));
                match beat {
                    Beat::Percent { percent, .. } => {
                        prop_assert!(apart.is_some_and(|apart| apart >= interval.max(CLOSEST)));
                        prop_assert_ne!(last_percent, Some((stage, percent)), "the same percentage twice");
                        prop_assert!(percent < 100);
                        last_percent = Some((stage, percent));
                    }
                    Beat::Estimate { .. } => prop_assert!(apart.is_some_and(|apart| apart >= interval.max(CLOSEST))),
                    Beat::Heartbeat { .. } => prop_assert!(apart.is_some_and(|apart| apart >= QUIET)),
                    Beat::Stage => prop_assert!(before != Some(stage)),
                    Beat::Start { .. } | Beat::Finished => {}
                }
                spoken = Some(now);
            }
        }
    }
}
