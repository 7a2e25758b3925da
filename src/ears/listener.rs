//! The listening ear: frames in, utterances out, by voice alone or while a key is held.
//!
//! Keeps only what an utterance may need: the pre-roll, and what is spoken now.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::endpoint::{Endpointer, Endpointing, Span, Step, frames, time};
use super::voice::Voice;
use super::{Start, Utterance};
use crate::audio::{Captured, FRAME_SAMPLES};

/// The wake word, spoken slowly, and what its detection lags behind.
const WORD: Duration = Duration::from_millis(1600);

/// What starts an utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A voice.
    HandsFree,
    /// [`Listener::press`] alone.
    Push,
}

/// What the ear noticed.
#[derive(Debug, Clone)]
pub enum Heard {
    /// Somebody began to speak.
    Began,
    /// A short pause: [`Listener::so_far`] may be recognised already, to be thrown away if speech goes on.
    Paused,
    /// Speech that ended.
    Ended(Utterance),
    /// What began was no speech.
    Discarded,
    /// A key was held in silence.
    Silent,
}

/// An ear on one microphone.
pub struct Listener {
    settings: Endpointing,
    mode: Mode,
    voice: Voice,
    endpointer: Endpointer,
    /// The last frames; the oldest has the number `oldest`.
    kept: VecDeque<Captured>,
    oldest: usize,
    key: Key,
    /// The frame at which the wake word had been spoken, where it is in what is spoken now.
    woken: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Up,
    /// Held since the frame of this number; `last` is the last voiced frame since.
    Down(Held),
    /// Let go at frame `at`: the tail is still to come.
    Released(Held, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    since: usize,
    first: Option<usize>,
    last: usize,
    voiced: usize,
}

impl Listener {
    #[must_use]
    pub fn new(mode: Mode, settings: Endpointing) -> Self {
        let endpointer = Endpointer::new(&settings);
        Self {
            settings,
            mode,
            voice: Voice::new(),
            endpointer,
            kept: VecDeque::new(),
            oldest: 0,
            key: Key::Up,
            woken: None,
        }
    }

    /// The key went down. What is spoken now belongs to the key.
    pub fn press(&mut self) {
        if matches!(self.key, Key::Up) {
            let since = self.next_frame();
            self.key = Key::Down(Held { since, first: None, last: since, voiced: 0 });
        }
    }

    /// The key went up: the utterance comes when its tail has been heard.
    pub fn release(&mut self) {
        if let Key::Down(held) = self.key {
            self.key = Key::Released(held, self.next_frame());
        }
    }

    /// The wake word has just been heard: what was spoken before it does not belong to the utterance.
    pub fn woken(&mut self) {
        let first = self.next_frame().saturating_sub(frames(WORD));
        while self.oldest < first && self.kept.pop_front().is_some() {
            self.oldest += 1;
        }
        self.endpointer.not_before(first);
        self.woken = self.endpointer.span().is_some().then(|| self.next_frame());
    }

    /// Whether a key is held, or its tail is still to come.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.key != Key::Up
    }

    /// What is spoken now is not finished: a longer pause is left for the rest of it.
    pub fn wait_longer(&mut self) {
        self.endpointer.be_patient();
    }

    /// Whether the wake word is in what is spoken now.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.woken.is_some()
    }

    /// Ends what is spoken now, for its words are whole; nothing if it is no speech.
    pub fn finish(&mut self) -> Option<Utterance> {
        let utterance = match self.endpointer.finish() {
            Step::Ended(span) if self.key == Key::Up => Some(self.cut(self.start(), span)),
            _ => None,
        };
        self.cancel();
        utterance
    }

    fn start(&self) -> Start {
        if self.woken.is_some() { Start::Wake } else { Start::Voice }
    }

    /// Forgets what is spoken now, and the pre-roll.
    pub fn cancel(&mut self) {
        self.key = Key::Up;
        self.oldest = self.next_frame();
        self.kept.clear();
        self.fresh();
    }

    /// Forgets all that was heard: after the device changed, or while our own voice sounded.
    pub fn reset(&mut self) {
        *self = Self::new(self.mode, self.settings);
    }

    /// Whether an utterance is going on.
    #[must_use]
    pub fn is_hearing(&self) -> bool {
        self.key != Key::Up || (self.mode == Mode::HandsFree && self.endpointer.span().is_some())
    }

    /// What was spoken of the utterance that is going on.
    #[must_use]
    pub fn so_far(&self) -> Option<Utterance> {
        match self.key {
            Key::Down(held) | Key::Released(held, _) => Some(self.cut(Start::Push, held.span()?)),
            Key::Up if self.mode == Mode::HandsFree => Some(self.cut(self.start(), self.span()?)),
            Key::Up => None,
        }
    }

    /// Takes the next frame.
    pub fn next(&mut self, captured: Captured) -> Option<Heard> {
        let score = self.voice.score(&captured.frame);
        let now = self.next_frame();
        self.kept.push_back(captured);
        let heard = match self.key {
            Key::Up => self.by_voice(score),
            Key::Down(held) => self.by_key(held, None, now, score),
            Key::Released(held, at) => self.by_key(held, Some(at), now, score),
        };
        self.trim();
        heard
    }

    fn by_voice(&mut self, score: f32) -> Option<Heard> {
        let step = self.endpointer.next(score);
        if self.mode == Mode::Push {
            return None;
        }
        match step {
            Step::Nothing => None,
            Step::Began { .. } => Some(Heard::Began),
            Step::Paused => Some(Heard::Paused),
            Step::Discarded => {
                self.woken = None;
                Some(Heard::Discarded)
            }
            Step::Ended(span) => {
                let utterance = self.cut(self.start(), span);
                self.woken = None;
                Some(Heard::Ended(utterance))
            }
        }
    }

    fn by_key(&mut self, mut held: Held, released: Option<usize>, now: usize, score: f32) -> Option<Heard> {
        let began = self.endpointer.span().is_none();
        self.endpointer.next(score);
        if let Some(span) = self.span() {
            // The endpointer keeps its clearness rule; a long pause within a held key ends nothing.
            if began || held.first.is_none() {
                held.first.get_or_insert(span.first.max(held.since.saturating_sub(frames(self.settings.pre_roll))));
            }
            if span.last == now {
                held.last = now;
                held.voiced += 1;
            }
        }
        let too_long = now - held.since >= frames(self.settings.longest);
        let done = released.is_some_and(|at| now - at >= frames(self.settings.tail))
            || released.is_some() && held.first.is_some() && now - held.last >= frames(self.settings.tail);
        if !(done || too_long) {
            self.key = match released {
                None => Key::Down(held),
                Some(at) => Key::Released(held, at),
            };
            return None;
        }
        self.key = Key::Up;
        let speech = held.span().filter(|span| span.voiced >= frames(self.settings.shortest));
        let heard = speech.map_or(Heard::Silent, |span| Heard::Ended(self.cut(Start::Push, span)));
        self.fresh();
        Some(heard)
    }

    /// A new state machine: what comes now has nothing to do with what was.
    fn fresh(&mut self) {
        self.woken = None;
        self.endpointer = Endpointer::starting_at(&self.settings, self.next_frame());
    }

    fn next_frame(&self) -> usize {
        self.oldest + self.kept.len()
    }

    fn span(&self) -> Option<Span> {
        self.endpointer.span()
    }

    fn cut(&self, start: Start, span: Span) -> Utterance {
        let from = span.first.saturating_sub(frames(self.settings.pre_roll)).saturating_sub(self.oldest);
        let last = span.last.saturating_sub(self.oldest);
        let count = (last + 1 + frames(self.settings.tail)).saturating_sub(from);
        let samples = self.kept.iter().skip(from).take(count).flat_map(|captured| captured.frame.0).collect();
        let speech_ended = self.kept.get(last).map_or_else(Instant::now, |captured| captured.at);
        let word_ends = self.woken.map(|frame| frame.saturating_sub(self.oldest + from) * FRAME_SAMPLES);
        Utterance { samples, start, speech_ended, voiced: time(span.voiced), word_ends }
    }

    /// Drops the frames that no utterance can need any more.
    fn trim(&mut self) {
        let now = self.next_frame();
        let first = match self.key {
            Key::Up => self.span().map_or(now, |span| span.first),
            Key::Down(held) | Key::Released(held, _) => held.first.unwrap_or(held.since).min(held.since),
        };
        // A voice is noticed some frames after it began.
        let needed = first.saturating_sub(frames(self.settings.pre_roll) + 8);
        while self.oldest < needed && self.kept.pop_front().is_some() {
            self.oldest += 1;
        }
    }
}

impl Held {
    fn span(self) -> Option<Span> {
        self.first.map(|first| Span { first, last: self.last.max(first), voiced: self.voiced })
    }
}
