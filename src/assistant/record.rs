//! What was said, kept on a thread of its own: the conversation and its front write into one record.
//!
//! Only what a person may want to hear again is kept: answers, questions, failures. Signs of life and
//! answers about the voice are not. Never blocks its caller.

use std::path::Path;
use std::sync::mpsc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::announce::{Announcement, Entry, History, HistoryError, Priority};
use crate::fault::{Explain, Fault};

/// Which of the things that were said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// The newest, or where "previous" and "next" have led.
    Here,
    Previous,
    Next,
}

enum Order {
    Add(Announcement),
    Find(Where, oneshot::Sender<Result<Option<Entry>, HistoryError>>),
    Newest(u32, oneshot::Sender<Result<Vec<Entry>, HistoryError>>),
}

/// A handle on the record; all handles are of one.
#[derive(Debug, Clone)]
pub struct Record {
    orders: mpsc::Sender<Order>,
}

impl Record {
    /// Opens the record at `path`; where that cannot be, one that ends with the program, and why.
    #[must_use]
    pub fn open(path: &Path) -> (Self, Option<Fault>) {
        let (orders, receiver) = mpsc::channel();
        let (history, lacking) = match History::open(path) {
            Ok(history) => (Some(history), None),
            Err(error) => (History::in_memory().ok(), Some(error.fault())),
        };
        let started = history.map(|history| {
            std::thread::Builder::new().name("history".to_owned()).spawn(move || serve(history, &receiver))
        });
        if let Some(Err(error)) = started {
            tracing::error!(target: "assistant.record", %error, "nothing that is said is kept");
        }
        (Self { orders }, lacking)
    }

    /// Keeps it, if it is something to hear again.
    pub fn add(&self, announcement: &Announcement) {
        if matches!(announcement.priority, Priority::Message | Priority::Important) {
            let _ = self.orders.send(Order::Add(announcement.clone()));
        }
    }

    /// One of the things that were said; `None` where there is none, or the record cannot be read.
    pub async fn find(&self, which: Where) -> Option<Announcement> {
        let (answer, found) = oneshot::channel();
        self.orders.send(Order::Find(which, answer)).ok()?;
        match found.await.ok()? {
            Ok(entry) => entry.map(|entry| Announcement { screen: entry.screen, ..Announcement::message(entry.text) }),
            Err(error) => {
                tracing::warn!(target: "assistant.record", %error, "the history cannot be read");
                None
            }
        }
    }
}

impl Record {
    /// The newest things that were said, newest first; none where the record cannot be read.
    pub async fn newest(&self, limit: u32) -> Vec<Entry> {
        let (answer, found) = oneshot::channel();
        let _ = self.orders.send(Order::Newest(limit, answer));
        found.await.ok().and_then(Result::ok).unwrap_or_default()
    }
}

fn serve(mut history: History, orders: &mpsc::Receiver<Order>) {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Add(announcement) => {
                if let Err(error) = history.add(&announcement, Timestamp::now()) {
                    tracing::warn!(target: "assistant.record", %error, "a message is not kept");
                }
            }
            Order::Newest(limit, answer) => {
                let _ = answer.send(history.newest(limit));
            }
            Order::Find(which, answer) => {
                let _ = answer.send(match which {
                    Where::Here => history.repeat(),
                    Where::Previous => history.previous(),
                    Where::Next => history.following(),
                });
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::announce::{Turn, dialogue};

    #[tokio::test]
    async fn what_was_said_is_heard_again_after_a_restart_and_small_talk_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.sqlite");
        let (record, lacking) = Record::open(&path);
        assert!(lacking.is_none());
        record.add(&Announcement { screen: Some("1".to_owned()), ..Announcement::message("One.") });
        record.add(&Announcement::message("Two."));
        record.add(&dialogue(&Turn::Slower));
        assert_eq!(record.find(Where::Here).await.unwrap().text, "Two.");
        drop(record);
        let (record, _) = Record::open(&path);
        assert_eq!(record.find(Where::Previous).await.unwrap().shown(), "1");
        assert_eq!(record.find(Where::Previous).await, None);
        assert_eq!(record.find(Where::Next).await.unwrap().text, "Two.");
        assert_eq!(record.find(Where::Next).await, None);
    }

    #[tokio::test]
    async fn without_a_file_it_lasts_as_long_as_the_program_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let (record, lacking) = Record::open(&folder.path().join("file/history.sqlite"));
        assert!(lacking.is_some());
        record.add(&Announcement::message("One."));
        assert_eq!(record.find(Where::Here).await.unwrap().text, "One.");
    }
}
