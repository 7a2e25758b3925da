//! The mouth: announcements in their order of priority, through one voice: the user's screen reader, or our own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::announce::{Announcement, Earcon, Priority, Queue, Step, Ticket};
use crate::audio::{Player, Tones};
use crate::command::{Sounding, Sounds, Verbosity};
use crate::fault::Explain;
use crate::speak::{OwnVoice, Reader};

enum Order {
    Say(Announcement),
    Hush,
    Chime(Earcon),
    Finish(oneshot::Sender<()>),
    Manner(Manner),
    Ready(Vec<String>),
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
    Sounding(Sounding),
    /// How much is told: the conversation's own, and kept like the others.
    Telling(Verbosity),
}

/// How the voice speaks; what of it is kept over restarts is the caller's to write down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    /// Speaking rate, 0.5 to 3.
    pub rate: f32,
    /// Loudness, 0.1 to 2.
    pub gain: f32,
    pub sounds: Sounds,
    /// Speak only questions and what went wrong.
    pub only_sounds: bool,
    /// Never kept: who starts anew must hear something.
    pub muted: bool,
}

impl Delivery {
    /// The same after a wish.
    #[must_use]
    pub fn after(self, manner: Manner) -> Self {
        match manner {
            Manner::Slower => Self { rate: (self.rate / RATE_STEP).max(RATES.0), ..self },
            Manner::Faster => Self { rate: (self.rate * RATE_STEP).min(RATES.1), ..self },
            Manner::Quieter => Self { gain: (self.gain / GAIN_STEP).max(GAINS.0), ..self },
            Manner::Louder => Self { gain: (self.gain * GAIN_STEP).min(GAINS.1), ..self },
            Manner::Mute => Self { muted: true, ..self },
            Manner::Unmute => Self { muted: false, ..self },
            Manner::Sounding(Sounding::Theme(sounds)) => Self { sounds, ..self },
            Manner::Sounding(Sounding::Only) => Self { only_sounds: true, ..self },
            Manner::Sounding(Sounding::Words) => Self { only_sounds: false, ..self },
            Manner::Telling(_) => self,
        }
    }

    /// Whether this is said in words.
    fn says(self, announcement: &Announcement) -> bool {
        let must = announcement.priority == Priority::Important;
        // Nobody can answer a question that is only a sound.
        let asks = announcement.earcon == Some(Earcon::Question);
        must || (!self.muted && (!self.only_sounds || asks || announcement.slowly))
    }

    /// What is heard in place of the words.
    fn sign(self, announcement: &Announcement) -> Option<Earcon> {
        let answer = (announcement.priority == Priority::Message).then_some(Earcon::Done);
        announcement.earcon.or(answer).filter(|_| !self.muted)
    }
}

/// Slowest and fastest speech, of the usual rate.
const RATES: (f32, f32) = (0.5, 3.0);
/// One "faster" or "slower".
const RATE_STEP: f32 = 1.2;
/// Quietest and loudest speech; above 1 the loudest parts are cut.
const GAINS: (f32, f32) = (0.1, 2.0);
/// One "louder" or "quieter": 3 decibels, the least that is clearly noticed.
const GAIN_STEP: f32 = 1.41;

/// How much slower "repeat slowly" is.
const SLOWLY: f32 = 0.7;

/// A handle on the mouth; it falls silent when the last handle is gone and all is said.
#[derive(Debug, Clone)]
pub struct Mouth {
    orders: mpsc::UnboundedSender<Order>,
    speaking: Arc<AtomicBool>,
    saying: Arc<Mutex<String>>,
}

impl Mouth {
    /// Starts the mouth. Without a player there are no
    /// earcons, and only a screen reader is heard. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(voices: Voices, player: Option<Player>, delivery: Delivery) -> Self {
        let (orders, receiver) = mpsc::unbounded_channel();
        let speaking = Arc::new(AtomicBool::new(false));
        let saying = Arc::new(Mutex::new(String::new()));
        let worker = Worker {
            voices: Arc::new(voices),
            player: player.map(Arc::new),
            usual: delivery.rate,
            delivery,
            speaking: Arc::clone(&speaking),
            saying: Arc::clone(&saying),
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

    /// Makes phrases of the program's own beforehand, so that they sound at once; not where a screen reader speaks.
    pub fn ready(&self, phrases: Vec<String>) {
        self.order(Order::Ready(phrases));
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
    delivery: Delivery,
    speaking: Arc<AtomicBool>,
    saying: Arc<Mutex<String>>,
}

impl Worker {
    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let (finished, mut ends) = mpsc::unbounded_channel();
        let mut queue = Queue::new();
        let mut cancel = CancellationToken::new();
        let mut waiting: Vec<oneshot::Sender<()>> = Vec::new();
        let mut open = true;
        while open || queue.speaking().is_some() {
            let step = tokio::select! {
                order = orders.recv(), if open => match order {
                    Some(Order::Say(announcement)) if !self.delivery.says(&announcement) => {
                        if let Some(earcon) = self.delivery.sign(&announcement) {
                            self.chime(earcon);
                        }
                        Step::Stay
                    }
                    Some(Order::Say(announcement)) => queue.push(announcement),
                    Some(Order::Manner(manner)) => {
                        self.delivery = self.delivery.after(manner);
                        Step::Stay
                    }
                    Some(Order::Hush) => {
                        queue.silence();
                        cancel.cancel();
                        self.stop();
                        Step::Stay
                    }
                    Some(Order::Chime(earcon)) => {
                        self.chime(earcon);
                        Step::Stay
                    }
                    Some(Order::Ready(phrases)) => {
                        self.ready(phrases);
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
        let rate = if ticket.announcement.slowly { self.delivery.rate * SLOWLY } else { self.delivery.rate };
        let rate = rate.clamp(RATES.0, RATES.1);
        let utterance = Saying {
            voices: Arc::clone(&self.voices),
            player: self.player.clone(),
            pace: rate / self.usual,
            rate,
            gain: self.delivery.gain,
            sounds: self.delivery.sounds,
            cancel: cancel.clone(),
        };
        tokio::spawn(async move {
            utterance.say(&ticket.announcement).await;
            let _ = finished.send(ticket.number);
        });
        cancel
    }

    fn ready(&self, phrases: Vec<String>) {
        if self.voices.reader().is_some() {
            return;
        }
        let (voices, rate) = (Arc::clone(&self.voices), self.delivery.rate);
        tokio::spawn(async move {
            if let Ok((speaker, _)) = voices.own.speaker().await {
                speaker.prepare(phrases.iter().map(String::as_str), rate);
            }
        });
    }

    fn chime(&self, earcon: Earcon) {
        if let Some(player) = &self.player {
            let (samples, sample_rate) = notes(earcon, self.delivery.sounds);
            let _ = player.overlay(samples, sample_rate);
        }
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
    sounds: Sounds,
    cancel: CancellationToken,
}

impl Saying {
    /// Says it, and comes back when it is said or cancelled.
    async fn say(&self, announcement: &Announcement) {
        if let (Some(earcon), Some(player)) = (announcement.earcon, &self.player) {
            let (samples, sample_rate) = notes(earcon, self.sounds);
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
fn notes(earcon: Earcon, sounds: Sounds) -> (Vec<f32>, u32) {
    earcon
        .notes_as(sounds)
        .iter()
        .fold(Tones::default(), |tones, note| tones.note(note.hz, note.length, note.gain))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Delivery = Delivery { rate: 1.0, gain: 1.0, sounds: Sounds::Normal, only_sounds: false, muted: false };

    #[test]
    fn no_number_of_wishes_leaves_what_can_be_understood() {
        for manner in [Manner::Slower, Manner::Faster, Manner::Louder, Manner::Quieter] {
            let much = (0..50).fold(USUAL, |delivery, _| delivery.after(manner));
            assert!((RATES.0..=RATES.1).contains(&much.rate) && (GAINS.0..=GAINS.1).contains(&much.gain), "{much:?}");
        }
    }

    #[test]
    fn sounds_alone_still_speak_what_must_be_heard() {
        let quiet = USUAL.after(Manner::Sounding(Sounding::Only));
        let answer = Announcement::message("There are 3 generations.");
        assert!(USUAL.says(&answer) && !quiet.says(&answer));
        assert_eq!(quiet.sign(&answer), Some(Earcon::Done));
        assert!(quiet.says(&answer.clone().with(Priority::Message, Some(Earcon::Question))));
        assert!(quiet.says(&answer.clone().with(Priority::Important, None)));
        let muted = USUAL.after(Manner::Mute);
        assert!(!muted.says(&answer) && muted.sign(&answer).is_none());
        assert!(muted.says(&answer.with(Priority::Important, None)));
        assert!(!quiet.after(Manner::Sounding(Sounding::Words)).only_sounds);
    }
}
