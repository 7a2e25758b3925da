//! One key that can be held or tapped: what its ups and downs mean.
//!
//! Held, it is talked while it is down. Tapped, the first tap begins and the next one ends. Pure: the times come in.

use std::time::{Duration, Instant};

/// What a key asks of the ear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Hear from now on.
    Start,
    /// Take what was said.
    Stop,
    /// Forget what was said.
    Cancel,
}

/// The key's story so far.
#[derive(Debug, Clone)]
pub struct Gesture {
    /// Shorter is a tap.
    hold: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Silent,
    /// Down since then, and talking.
    Down(Instant),
    /// Up after a tap, and talking.
    Tapped,
    /// Down for the tap that ended it: its way up means nothing more.
    Ending,
}

impl Gesture {
    /// A key of which nothing is known yet; a press shorter than `hold` is a tap.
    #[must_use]
    pub const fn new(hold: Duration) -> Self {
        Self { hold, state: State::Silent }
    }

    /// The key went down.
    pub fn down(&mut self, now: Instant) -> Option<Act> {
        let (state, act) = match self.state {
            State::Silent | State::Ending => (State::Down(now), Some(Act::Start)),
            State::Tapped => (State::Ending, Some(Act::Stop)),
            // The keyboard repeats a key that is held.
            down @ State::Down(_) => (down, None),
        };
        self.state = state;
        act
    }

    /// The key went up.
    pub fn up(&mut self, now: Instant) -> Option<Act> {
        let (state, act) = match self.state {
            State::Down(since) if now.saturating_duration_since(since) < self.hold => (State::Tapped, None),
            State::Down(_) => (State::Silent, Some(Act::Stop)),
            State::Ending => (State::Silent, None),
            other @ (State::Silent | State::Tapped) => (other, None),
        };
        self.state = state;
        act
    }

    /// The other key, that cancels, went down.
    pub fn cancel(&mut self) -> Option<Act> {
        let act = match self.state {
            State::Down(_) | State::Tapped => Some(Act::Cancel),
            State::Silent | State::Ending => None,
        };
        self.state = match self.state {
            // It is still down, and going up means nothing more.
            State::Down(_) | State::Ending => State::Ending,
            State::Silent | State::Tapped => State::Silent,
        };
        act
    }

    /// Whether what is said now is taken.
    #[must_use]
    pub fn talks(&self) -> bool {
        matches!(self.state, State::Down(_) | State::Tapped)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOLD: Duration = Duration::from_millis(300);

    fn play(events: &[(u64, char)]) -> Vec<Act> {
        let start = Instant::now();
        let mut gesture = Gesture::new(HOLD);
        let acts = events.iter().filter_map(|(at, event)| {
            let now = start + Duration::from_millis(*at);
            match event {
                'd' => gesture.down(now),
                'u' => gesture.up(now),
                _ => gesture.cancel(),
            }
        });
        acts.collect()
    }

    #[test]
    fn held_it_is_talked_while_it_is_down_and_repeats_mean_nothing() {
        assert_eq!(play(&[(0, 'd'), (250, 'd'), (500, 'd'), (900, 'u')]), [Act::Start, Act::Stop]);
    }

    #[test]
    fn tapped_it_begins_and_tapped_again_it_ends() {
        assert_eq!(play(&[(0, 'd'), (100, 'u')]), [Act::Start]);
        // The second tap may be as long as it likes.
        assert_eq!(
            play(&[(0, 'd'), (100, 'u'), (2000, 'd'), (3000, 'u'), (4000, 'd')]),
            [Act::Start, Act::Stop, Act::Start]
        );
    }

    #[test]
    fn cancelled_it_waits_for_the_next_press() {
        assert_eq!(play(&[(0, 'd'), (400, 'c'), (900, 'u'), (1000, 'd')]), [Act::Start, Act::Cancel, Act::Start]);
        assert_eq!(play(&[(0, 'd'), (100, 'u'), (400, 'c'), (900, 'c')]), [Act::Start, Act::Cancel]);
    }

    proptest! {
        #[test]
        fn a_start_and_an_end_take_turns(events in prop::collection::vec((0_u64..400, prop::sample::select(vec!['d', 'u', 'c'])), 0..60)) {
            let mut at = 0;
            let events: Vec<_> = events.into_iter().map(|(wait, event)| { at += wait; (at, event) }).collect();
            let acts = play(&events);
            for (index, act) in acts.iter().enumerate() {
                prop_assert_eq!(*act == Act::Start, index % 2 == 0, "{:?}", acts);
            }
        }
    }
}
