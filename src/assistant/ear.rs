//! The ear at work: frames in, what was noticed out. Decides what of all that is heard is meant for the machine.
//!
//! Nothing is recognised that was not called for: not before the wake word, the key, or while a question is open.
//! While the assistant speaks only the wake word is listened for, and not even that where it says the word itself.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::audio::{Capture, Captured, Signal};
use crate::ears::{Detection, Detector, Heard, Listener, Start, Utterance};
use crate::intent::Transcript;
use crate::observe::{Ending, Stage, count};

use super::Mouth;
use super::confirm::{after_habit, after_word};
use super::judge::{Judge, Turned};
use super::listening::{Answer, Job, Noticed, Opens, Order};

/// After the wake word alone it waits so long for a command: the time in which a person finds the words.
const AFTER_WORD: Duration = Duration::from_secs(8);

/// Whether what is said is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Shut,
    /// The next utterance, whenever it comes.
    Once,
    /// As soon as the own voice is silent, for so long.
    Soon(Duration),
    Until(Instant),
    Always,
}

/// The ear on one microphone.
pub(super) struct Ear {
    capture: Capture,
    listener: Listener,
    detector: Option<Detector>,
    judge: Option<Judge>,
    mouth: Option<Mouth>,
    gate: Gate,
    /// What the gate goes back to.
    rest: Gate,
    jobs: mpsc::Sender<Job>,
    noticed: mpsc::Sender<Noticed>,
    /// What was said up to a short pause, recognised beforehand; the utterance is known by its last voiced moment.
    guessed: Option<(Instant, Option<Transcript>)>,
    /// This utterance ended while its guess was being made.
    awaited: Option<(Instant, Utterance)>,
}

impl Ear {
    pub fn new(
        capture: Capture,
        listener: Listener,
        opens: Opens,
        judge: Option<Judge>,
        mouth: Option<Mouth>,
        jobs: mpsc::Sender<Job>,
        noticed: mpsc::Sender<Noticed>,
    ) -> Self {
        let (rest, detector) = match opens {
            Opens::OnDemand => (Gate::Shut, None),
            Opens::Always => (Gate::Always, None),
            Opens::AtWord(detector) => (Gate::Shut, Some(detector.with_second_stage())),
        };
        Self {
            capture,
            listener,
            detector,
            judge,
            mouth,
            gate: rest,
            rest,
            jobs,
            noticed,
            guessed: None,
            awaited: None,
        }
    }

    /// Runs until `cancel`, or until nobody wants to know any more.
    pub async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Order>,
        mut answers: mpsc::Receiver<Answer>,
        cancel: CancellationToken,
    ) {
        loop {
            let told = tokio::select! {
                () = cancel.cancelled() => return,
                Some(order) = orders.recv() => self.order(&order),
                Some(answer) = answers.recv() => self.answer(answer),
                signal = self.capture.next() => match signal {
                    None => return,
                    Some(Signal::Lost(error)) => {
                        count(Stage::Capture, "lost", Ending::Failed);
                        self.deafen();
                        Some(Noticed::Lost(error.to_string()))
                    }
                    Some(Signal::Back(device)) => Some(Noticed::Back(device.name)),
                    Some(Signal::Frame(captured)) => self.frame(captured),
                },
            };
            if let Some(told) = told
                && self.noticed.send(told).await.is_err()
            {
                return;
            }
        }
    }

    fn order(&mut self, order: &Order) -> Option<Noticed> {
        match *order {
            Order::Arm => {
                if self.gate != Gate::Always {
                    self.gate = Gate::Once;
                }
                None
            }
            Order::Attend(time) => {
                if self.rest == Gate::Shut {
                    self.gate = Gate::Soon(time);
                }
                None
            }
            Order::Press => {
                self.hush();
                self.listener.press();
                Some(Noticed::Opened)
            }
            Order::Toggle => {
                let next = if self.listener.is_pressed() { Order::Release } else { Order::Press };
                self.order(&next)
            }
            Order::Release => {
                self.listener.release();
                None
            }
            Order::Cancel => {
                self.listener.cancel();
                self.forget();
                self.gate = self.rest;
                Some(Noticed::Closed)
            }
        }
    }

    fn frame(&mut self, captured: Captured) -> Option<Noticed> {
        let now = captured.at;
        let speaking = self.mouth.as_ref().is_some_and(Mouth::is_speaking);
        let word = self.word(&captured, speaking);
        if speaking && !self.listener.is_pressed() {
            if word.is_some_and(|found| self.detector.as_ref().is_some_and(|detector| detector.is_sure(found))) {
                // Silence is harmless, so it needs no second stage; the words that follow are heard as a command.
                self.hush();
                self.gate = Gate::Soon(AFTER_WORD);
            }
            if self.listener.is_hearing() {
                self.listener.reset();
                self.forget();
            }
            return None;
        }
        if word.is_some() && self.gate == Gate::Shut {
            count(Stage::Wake, "heard", Ending::Done);
            self.listener.woken();
        }
        let heard = self.listener.next(captured);
        let heard = match heard {
            Some(Heard::Ended(utterance)) => self.ended(utterance),
            Some(Heard::Began) if self.gate != Gate::Shut || self.listener.is_pressed() => Some(Noticed::Began),
            Some(Heard::Paused) if self.takes() => {
                self.guess();
                None
            }
            Some(Heard::Discarded) if self.gate == Gate::Once => {
                self.shut();
                Some(Noticed::NoWords)
            }
            Some(Heard::Silent) => Some(Noticed::NoWords),
            Some(_) | None => None,
        };
        heard.or_else(|| self.turn_gate(now))
    }

    /// Opens the gate when the voice is silent, and shuts it when nobody spoke in time.
    fn turn_gate(&mut self, now: Instant) -> Option<Noticed> {
        match self.gate {
            Gate::Soon(time) => {
                self.gate = Gate::Until(now + time);
                Some(Noticed::Opened)
            }
            Gate::Until(end) if now >= end && !self.listener.is_hearing() && self.awaited.is_none() => {
                self.gate = self.rest;
                Some(Noticed::Closed)
            }
            _ => None,
        }
    }

    /// Whether the wake word has just been said, by somebody else than ourselves.
    fn word(&mut self, captured: &Captured, speaking: bool) -> Option<Detection> {
        let detector = self.detector.as_mut()?;
        if speaking && self.mouth.as_ref().is_some_and(|mouth| mouth.is_saying(detector.word())) {
            detector.reset();
            return None;
        }
        detector.next(&captured.frame)
    }

    /// Whether what is spoken now is for the machine, as far as is known.
    fn takes(&self) -> bool {
        self.gate != Gate::Shut || self.listener.is_woken()
    }

    /// Recognises what was said so far, to be thrown away if speech goes on.
    fn guess(&mut self) {
        let Some(utterance) = self.listener.so_far() else { return };
        let at = utterance.speech_ended;
        if self.jobs.try_send(Job { utterance, guess: true }).is_ok() {
            self.guessed = Some((at, None));
        }
    }

    fn ended(&mut self, utterance: Utterance) -> Option<Noticed> {
        if self.gate == Gate::Shut && utterance.start == Start::Voice {
            return None;
        }
        let at = utterance.speech_ended;
        match self.guessed.take() {
            // Nothing was said after the pause: the guess is the answer.
            Some((guessed, Some(transcript))) if guessed == at => self.deliver(transcript, utterance.start),
            Some((guessed, None)) if guessed == at => {
                self.awaited = Some((at, utterance));
                None
            }
            _ => self.recognize(utterance),
        }
    }

    fn recognize(&mut self, utterance: Utterance) -> Option<Noticed> {
        // One utterance may wait; what comes on top of that is told, not lost silently.
        self.jobs.try_send(Job { utterance, guess: false }).is_err().then_some(Noticed::NoWords)
    }

    fn answer(&mut self, answer: Answer) -> Option<Noticed> {
        let Answer { at, start, guess, transcript } = answer;
        if !guess {
            return self.deliver(transcript, start);
        }
        if let Some((awaited, utterance)) = self.awaited.take() {
            return if awaited == at { self.deliver(transcript, start) } else { self.recognize(utterance) };
        }
        if self.guessed.as_ref().is_none_or(|(guessed, _)| *guessed != at) || start == Start::Push {
            return None;
        }
        let said = match (start, self.detector.as_ref()) {
            (Start::Wake, Some(detector)) => after_word(&transcript, detector.word()),
            _ => Some(transcript.clone()),
        };
        self.guessed = Some((at, Some(transcript.clone())));
        let said = said?;
        if said.is_silence() {
            return (start == Start::Wake).then(|| self.word_alone());
        }
        match self.judge.as_ref().map_or(Turned::Open, |judge| judge.turned(&said)) {
            Turned::Whole => {
                // It ends here, unless speech has gone on since.
                let still = self.listener.so_far().is_some_and(|so_far| so_far.speech_ended == at);
                if !still {
                    return None;
                }
                self.listener.cancel();
                self.guessed = None;
                self.deliver(transcript, start)
            }
            Turned::Unfinished => {
                self.listener.wait_longer();
                None
            }
            Turned::Open => None,
        }
    }

    /// Only the wake word was said, and it is sure: the command comes next.
    fn word_alone(&mut self) -> Noticed {
        self.listener.cancel();
        self.guessed = None;
        self.gate = Gate::Until(Instant::now() + AFTER_WORD);
        Noticed::Opened
    }

    /// The words of a turn that is over.
    fn deliver(&mut self, transcript: Transcript, start: Start) -> Option<Noticed> {
        let said = match (start, self.detector.as_ref()) {
            (Start::Wake, Some(detector)) => {
                let Some(said) = after_word(&transcript, detector.word()) else {
                    count(Stage::Wake, "not-confirmed", Ending::Refused);
                    tracing::info!(target: "assistant.ear", text = %transcript.text, "the wake word was not confirmed");
                    return None;
                };
                count(Stage::Wake, "confirmed", Ending::Done);
                if said.is_silence() {
                    return Some(self.word_alone());
                }
                said
            }
            // The word is said again out of habit while the ear is open.
            (_, Some(detector)) => {
                after_habit(&transcript, detector.word()).filter(|said| !said.is_silence()).unwrap_or(transcript)
            }
            (_, None) => transcript,
        };
        if said.is_silence() {
            let asked = self.gate == Gate::Once || start == Start::Push;
            if asked {
                self.shut();
            }
            return (asked || self.rest == Gate::Always).then_some(Noticed::NoWords);
        }
        self.shut();
        Some(Noticed::Words(said))
    }

    fn shut(&mut self) {
        self.gate = self.rest;
    }

    fn hush(&self) {
        if let Some(mouth) = &self.mouth {
            mouth.hush();
        }
    }

    fn forget(&mut self) {
        self.guessed = None;
        self.awaited = None;
    }

    /// Forgets all sound: it has a gap now.
    fn deafen(&mut self) {
        self.listener.reset();
        self.forget();
        if let Some(detector) = &mut self.detector {
            detector.reset();
        }
    }
}
