//! The mouth: announcements in their order of priority, through one voice: the user's screen reader, or our own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::announce::{Announcement, Earcon, Priority, Queue, Step, Ticket};
use crate::audio::{Player, Tones};
use crate::fault::Explain;
use crate::speak::{OwnVoice, Reader};

enum Order {
    Say(Announcement),
    Hush,
    Chime(Earcon),
    Finish(oneshot::Sender<()>),
    Manner(Manner),
}

/// A change of how the voice speaks, from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Slower,
    Faster,
    Louder,
    Quieter,
    /// Nothing is spoken but what is important.
    Mute,
    Unmute,
}

/// Slowest and fastest speech, of the usual rate.
const RATES: (f32, f32) = (0.5, 3.0);
/// One "faster" or "slower".
const RATE_STEP: f32 = 1.2;
/// Quietest and loudest speech; above 1 the loudest parts are cut.
const GAINS: (f32, f32) = (0.1, 2.0);
/// One "louder" or "quieter": 3 decibels, the least that is clearly noticed.
const GAIN_STEP: f32 = 1.41;

/// A handle on the mouth; it falls silent when the last handle is gone and all is said.
#[derive(Debug, Clone)]
pub struct Mouth {
    orders: mpsc::UnboundedSender<Order>,
    speaking: Arc<AtomicBool>,
    saying: Arc<Mutex<String>>,
}

impl Mouth {
    /// Starts the mouth. `rate` is the speaking rate of the own voice, 0.5 to 3. Without a player there are no
    /// earcons, and only a screen reader is heard. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(voices: Voices, player: Option<Player>, rate: f32) -> Self {
        let (orders, receiver) = mpsc::unbounded_channel();
        let speaking = Arc::new(AtomicBool::new(false));
        let saying = Arc::new(Mutex::new(String::new()));
        let worker = Worker {
            voices: Arc::new(voices),
            player: player.map(Arc::new),
            usual: rate,
            rate,
            speaking: Arc::clone(&speaking),
            saying: Arc::clone(&saying),
            gain: 1.0,
            muted: false,
        };
        tokio::spawn(worker.run(receiver));
        Self { orders, speaking, saying }
    }

    /// Says it when it is its turn.
    pub fn say(&self, announcement: Announcement) {
        self.order(Order::Say(announcement));
    }

    /// Falls silent at once, and forgets what waits.
    pub fn hush(&self) {
        self.order(Order::Hush);
    }

    /// Waits until all is said.
    pub async fn finish(&self) {
        let (done, wait) = oneshot::channel();
        self.order(Order::Finish(done));
        // A mouth that is gone has nothing more to say.
        let _ = wait.await;
    }

    /// Whether anything is being said: the ears must not take it for the user's words.
    #[must_use]
    pub fn is_speaking(&self) -> bool {
        self.speaking.load(Ordering::Acquire)
    }

    /// Whether this word is in what is being said: the ears must not take it for the user's call.
    #[must_use]
    pub fn is_saying(&self, word: &str) -> bool {
        self.is_speaking() && self.saying.lock().is_ok_and(|text| text.to_lowercase().contains(word))
    }

    /// Speaks in another manner from the next sentence on.
    pub fn manner(&self, manner: Manner) {
        self.order(Order::Manner(manner));
    }

    /// Sounds at once, over whatever is being said: the microphone opens or closes.
    pub fn chime(&self, earcon: Earcon) {
        self.order(Order::Chime(earcon));
    }

    fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }
}

/// Who can speak: never two at a time.
#[derive(Debug)]
pub struct Voices {
    reader: Mutex<Option<Arc<Reader>>>,
    own: OwnVoice,
}

impl Voices {
    /// The screen reader, if one runs, speaks; the own voice only if there is none, or once it has gone away.
    #[must_use]
    pub fn new(reader: Option<Reader>, own: OwnVoice) -> Self {
        Self { reader: Mutex::new(reader.map(Arc::new)), own }
    }

    fn reader(&self) -> Option<Arc<Reader>> {
        self.reader.lock().ok()?.clone()
    }

    fn lose_reader(&self) {
        if let Ok(mut reader) = self.reader.lock() {
            *reader = None;
        }
    }
}

struct Worker {
    voices: Arc<Voices>,
    player: Option<Arc<Player>>,
    usual: f32,
    rate: f32,
    gain: f32,
    muted: bool,
    speaking: Arc<AtomicBool>,
    saying: Arc<Mutex<String>>,
}

impl Worker {
    fn change(&mut self, manner: Manner) {
        match manner {
            Manner::Slower => self.rate = (self.rate / RATE_STEP).max(RATES.0),
            Manner::Faster => self.rate = (self.rate * RATE_STEP).min(RATES.1),
            Manner::Quieter => self.gain = (self.gain / GAIN_STEP).max(GAINS.0),
            Manner::Louder => self.gain = (self.gain * GAIN_STEP).min(GAINS.1),
            Manner::Mute => self.muted = true,
            Manner::Unmute => self.muted = false,
        }
    }

    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let (finished, mut ends) = mpsc::unbounded_channel();
        let mut queue = Queue::new();
        let mut cancel = CancellationToken::new();
        let mut waiting: Vec<oneshot::Sender<()>> = Vec::new();
        let mut open = true;
        while open || queue.speaking().is_some() {
            let step = tokio::select! {
                order = orders.recv(), if open => match order {
                    Some(Order::Say(announcement)) if self.muted && announcement.priority != Priority::Important => {
                        Step::Stay
                    }
                    Some(Order::Say(announcement)) => queue.push(announcement),
                    Some(Order::Manner(manner)) => {
                        self.change(manner);
                        Step::Stay
                    }
                    Some(Order::Hush) => {
                        queue.silence();
                        cancel.cancel();
                        self.stop();
                        Step::Stay
                    }
                    Some(Order::Chime(earcon)) => {
                        if let Some(player) = &self.player {
                            let (samples, sample_rate) = notes(earcon);
                            let _ = player.overlay(samples, sample_rate);
                        }
                        Step::Stay
                    }
                    Some(Order::Finish(done)) => {
                        waiting.push(done);
                        Step::Stay
                    }
                    None => {
                        open = false;
                        Step::Stay
                    }
                },
                Some(number) = ends.recv() => queue.finished(number),
            };
            match step {
                Step::Stay => {}
                Step::Speak(ticket) => cancel = self.begin(ticket, finished.clone()),
                Step::Replace(ticket) => {
                    cancel.cancel();
                    self.stop();
                    cancel = self.begin(ticket, finished.clone());
                }
            }
            let silent = queue.speaking().is_none();
            self.speaking.store(!silent, Ordering::Release);
            if silent {
                for done in waiting.drain(..) {
                    let _ = done.send(());
                }
            }
        }
    }

    /// Begins to say a ticket on a task of its own; its number comes back at the end.
    fn begin(&self, ticket: Ticket, finished: mpsc::UnboundedSender<u64>) -> CancellationToken {
        if let Ok(mut saying) = self.saying.lock() {
            saying.clone_from(&ticket.announcement.text);
        }
        let cancel = CancellationToken::new();
        let utterance = Saying {
            voices: Arc::clone(&self.voices),
            player: self.player.clone(),
            pace: self.rate / self.usual,
            rate: self.rate,
            gain: self.gain,
            cancel: cancel.clone(),
        };
        tokio::spawn(async move {
            utterance.say(&ticket.announcement).await;
            let _ = finished.send(ticket.number);
        });
        cancel
    }

    fn stop(&self) {
        if let Some(player) = &self.player {
            player.stop();
        }
    }
}

/// One announcement on its way out.
struct Saying {
    voices: Arc<Voices>,
    player: Option<Arc<Player>>,
    /// The rate, of the usual one.
    pace: f32,
    rate: f32,
    gain: f32,
    cancel: CancellationToken,
}

impl Saying {
    /// Says it, and comes back when it is said or cancelled.
    async fn say(&self, announcement: &Announcement) {
        if let (Some(earcon), Some(player)) = (announcement.earcon, &self.player) {
            let (samples, sample_rate) = notes(earcon);
            let _ = player.queue(samples, sample_rate);
        }
        let Some(reader) = self.voices.reader() else {
            return self.by_ourselves(&announcement.text).await;
        };
        if let Err(error) = reader.say(&announcement.text, self.pace, &self.cancel).await {
            tracing::warn!(target: "assistant.mouth", %error, "the own voice goes on");
            self.voices.lose_reader();
            self.by_ourselves(&format!("{} {}", error.fault().spoken(), announcement.text)).await;
        }
    }

    async fn by_ourselves(&self, text: &str) {
        let Some(player) = &self.player else {
            tracing::error!(target: "assistant.mouth", "there is no speaker");
            return;
        };
        let speaker = match self.voices.own.speaker().await {
            Ok((speaker, _)) => speaker,
            Err(error) => {
                tracing::error!(target: "assistant.mouth", %error, "there is no voice");
                return;
            }
        };
        let mut speech = speaker.speak(text, self.rate, self.cancel.clone());
        let mut last = None;
        while let Some(chunk) = speech.next().await {
            match chunk {
                Ok(chunk) => {
                    let samples = chunk.samples.iter().map(|sample| (sample * self.gain).clamp(-1.0, 1.0)).collect();
                    last = Some(player.queue(samples, chunk.sample_rate));
                }
                Err(error) => {
                    tracing::error!(target: "assistant.mouth", %error, "the voice failed");
                    break;
                }
            }
        }
        if let Some(mut last) = last.filter(|_| !self.cancel.is_cancelled()) {
            tokio::select! {
                _ = last.ended() => {}
                () = self.cancel.cancelled() => {}
            }
        }
    }
}

/// An earcon's notes as samples.
fn notes(earcon: Earcon) -> (Vec<f32>, u32) {
    earcon.notes().iter().fold(Tones::default(), |tones, note| tones.note(note.hz, note.length, note.gain)).finish()
}
