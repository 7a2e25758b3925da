//! Who speaks next: the five priorities, as a pure state machine.
//!
//! It holds what waits, and says what to do; it never speaks and never waits. Dropped announcements
//! are not lost: the history has every one. (Rules: speech-dispatcher's SSIP, chapter "Priorities".)

use std::collections::VecDeque;

use super::{Announcement, Priority};

/// One announcement on its way to the speaker; its number tells it from all others.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    pub number: u64,
    pub announcement: Announcement,
}

/// What the speaker is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Go on as it is.
    Stay,
    /// Nothing is speaking: speak this.
    Speak(Ticket),
    /// Stop what is speaking at once, then speak this.
    Replace(Ticket),
}

/// What speaks and what waits.
#[derive(Debug, Default)]
pub struct Queue {
    next: u64,
    speaking: Option<Ticket>,
    important: VecDeque<Ticket>,
    messages: VecDeque<Ticket>,
    text: Option<Ticket>,
    progress: Option<Ticket>,
}

impl Queue {
    /// Nothing speaks, nothing waits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an announcement in.
    pub fn push(&mut self, announcement: Announcement) -> Step {
        use Priority::{Important, Message, Notification, Progress, Text};
        self.next += 1;
        let priority = announcement.priority;
        let ticket = Ticket { number: self.next, announcement };
        let Some(speaking) = self.speaking.as_ref().map(|ticket| ticket.announcement.priority) else {
            return self.begin(ticket);
        };
        match (priority, speaking) {
            (Important, Important) => self.important.push_back(ticket),
            (Message, Important | Message) => self.messages.push_back(ticket),
            (Text, Important | Message) => self.text = Some(ticket),
            // The last of a series waits; each newer one takes its place.
            (Progress, _) => self.progress = Some(ticket),
            (Notification, _) => {}
            (Important | Message | Text, _) => return self.replace(ticket),
        }
        Step::Stay
    }

    /// The speaker has come to the end of this ticket. An old ticket's end changes nothing.
    pub fn finished(&mut self, number: u64) -> Step {
        if self.speaking.as_ref().is_none_or(|ticket| ticket.number != number) {
            return Step::Stay;
        }
        self.speaking = None;
        let next = self
            .important
            .pop_front()
            .or_else(|| self.messages.pop_front())
            .or_else(|| self.text.take())
            .or_else(|| self.progress.take());
        next.map_or(Step::Stay, |ticket| self.begin(ticket))
    }

    /// The user wants silence: forgets what speaks and all that waits; tells whether anything did.
    pub fn silence(&mut self) -> bool {
        let busy = self.speaking.is_some();
        *self = Self { next: self.next, ..Self::default() };
        busy
    }

    /// The work is over: progress that still waits is out of date.
    pub fn end_of_work(&mut self) {
        self.progress = None;
    }

    /// What speaks now.
    #[must_use]
    pub fn speaking(&self) -> Option<&Ticket> {
        self.speaking.as_ref()
    }

    /// How many announcements wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.important.len()
            + self.messages.len()
            + usize::from(self.text.is_some())
            + usize::from(self.progress.is_some())
    }

    fn begin(&mut self, ticket: Ticket) -> Step {
        self.speaking = Some(ticket.clone());
        Step::Speak(ticket)
    }

    /// A message that is broken off is said again later, from its beginning; lower priorities are dropped.
    fn replace(&mut self, ticket: Ticket) -> Step {
        let broken_off = self.speaking.replace(ticket.clone());
        if let Some(old) = broken_off.filter(|old| old.announcement.priority == Priority::Message) {
            self.messages.push_front(old);
        }
        Step::Replace(ticket)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Priority::{Important, Message, Notification, Progress, Text};

    fn say(priority: Priority) -> Announcement {
        Announcement::message("words").with(priority, None)
    }

    fn number(step: &Step) -> Option<u64> {
        match step {
            Step::Stay => None,
            Step::Speak(ticket) | Step::Replace(ticket) => Some(ticket.number),
        }
    }

    #[test]
    fn an_important_one_breaks_a_message_off_which_then_comes_again() {
        let mut queue = Queue::new();
        queue.push(say(Message));
        assert!(matches!(queue.push(say(Important)), Step::Replace(Ticket { number: 2, .. })));
        assert!(matches!(queue.finished(2), Step::Speak(Ticket { number: 1, .. })));
        assert_eq!(queue.finished(1), Step::Stay);
    }

    #[test]
    fn the_latest_text_wins() {
        let mut queue = Queue::new();
        queue.push(say(Text));
        assert!(matches!(queue.push(say(Text)), Step::Replace(Ticket { number: 2, .. })));
        queue.push(say(Message));
        for _ in 0..3 {
            assert_eq!(queue.push(say(Text)), Step::Stay);
        }
        assert_eq!(number(&queue.finished(3)), Some(6));
        assert_eq!(queue.finished(6), Step::Stay);
    }

    #[test]
    fn notifications_are_dropped_while_something_speaks() {
        let mut queue = Queue::new();
        queue.push(say(Progress));
        assert_eq!(queue.push(say(Notification)), Step::Stay);
        assert_eq!(queue.finished(1), Step::Stay);
        assert!(matches!(queue.push(say(Notification)), Step::Speak(_)));
    }

    #[test]
    fn the_last_progress_of_a_series_is_spoken_unless_the_work_is_over() {
        let mut queue = Queue::new();
        for _ in 0..5 {
            queue.push(say(Progress));
        }
        assert_eq!(number(&queue.finished(1)), Some(5));
        queue.push(say(Progress));
        queue.end_of_work();
        assert_eq!(queue.finished(5), Step::Stay);
    }

    #[test]
    fn an_old_end_changes_nothing() {
        let mut queue = Queue::new();
        queue.push(say(Text));
        queue.push(say(Text));
        assert_eq!(queue.finished(1), Step::Stay);
        assert_eq!(queue.speaking().map(|ticket| ticket.number), Some(2));
    }

    #[test]
    fn silence_forgets_everything() {
        let mut queue = Queue::new();
        for priority in [Message, Message, Text, Progress, Important] {
            queue.push(say(priority));
        }
        assert!(queue.silence());
        assert_eq!(queue.waiting(), 0);
        assert!(!queue.silence());
        assert!(matches!(queue.push(say(Notification)), Step::Speak(Ticket { number: 6, .. })));
    }

    #[derive(Debug, Clone, Copy)]
    enum Move {
        Push(Priority),
        Finish,
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let priority = prop::sample::select(vec![Important, Message, Text, Notification, Progress]);
        let one = prop_oneof![3 => priority.prop_map(Move::Push), 2 => Just(Move::Finish)];
        prop::collection::vec(one, 0..80)
    }

    proptest! {
        /// Important ones and messages are all spoken to their end; important ones are never broken off.
        #[test]
        fn nothing_that_matters_is_lost(moves in moves()) {
            let mut queue = Queue::new();
            let mut pushed = 0;
            let mut owed = std::collections::BTreeSet::new();
            let drain = (0..200).map(|_| Move::Finish);
            for step in moves.into_iter().chain(drain) {
                let before = queue.speaking().cloned();
                match step {
                    Move::Push(priority) => {
                        pushed += 1;
                        if matches!(priority, Important | Message) {
                            owed.insert(pushed);
                        }
                        let step = queue.push(say(priority));
                        if matches!(step, Step::Replace(_)) {
                            prop_assert!(before.as_ref().is_some_and(|old| old.announcement.priority != Important));
                        }
                        prop_assert!(queue.speaking().is_some(), "something to say, and silence");
                    }
                    Move::Finish => {
                        let Some(old) = before else { continue };
                        owed.remove(&old.number);
                        let next = queue.finished(old.number);
                        prop_assert_eq!(number(&next).is_none(), queue.speaking().is_none());
                        prop_assert!(!matches!(next, Step::Replace(_)));
                    }
                }
            }
            prop_assert!(owed.is_empty(), "never spoken to the end: {:?}", owed);
            prop_assert_eq!(queue.waiting(), 0);
        }
    }
}
