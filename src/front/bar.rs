//! Work as a bar on a terminal; elsewhere, and for screen readers, work is lines.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::announce::{self, Announcement, Beat, Priority};
use crate::assistant::Work;

use super::print;

/// How often the bar turns while nothing else moves it.
const TURN: Duration = Duration::from_millis(120);

/// The bar of one piece of work, while there is one.
#[derive(Default)]
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// Shows how far the work is; nothing where there is no terminal for it.
    pub fn show(&mut self, work: &Work) {
        if print::is_plain() || !print::is_terminal() {
            return;
        }
        let bar = self.0.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(TURN);
            bar
        });
        let expected = work.progress.expected;
        let template = if expected > 0 { "{bar:30} {pos}/{len} {msg}" } else { "{spinner} {msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_length(expected.max(1));
        bar.set_position(work.progress.done);
        let stage = announce::progress(&work.progress, Beat::Start { left: work.left }).text;
        bar.set_message(match &work.progress.at {
            Some(at) => format!("{stage} {at}"),
            None => stage,
        });
    }

    /// Prints an announcement above the bar. What the bar shows already is not printed again.
    pub fn print(&self, announcement: &Announcement) {
        match &self.0 {
            Some(_) if announcement.priority == Priority::Progress => {}
            Some(bar) => bar.suspend(|| print::announcement(announcement)),
            None => print::announcement(announcement),
        }
    }

    /// The work is over.
    pub fn end(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}
