//! Listening: microphone, ears and recogniser, giving transcripts.
//!
//! The handle on an ear (`ear`) and the thread that recognises for it. Decides nothing itself.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::audio::{AudioError, Capture};
use crate::confine;
use crate::ears::{Detector, Endpointing, Listener, Mode, Start, Utterance};
use crate::intent::Transcript;
use crate::observe::{Ending, Stage, Timer};
use crate::recognize::Recognizer;

use super::Mouth;
use super::confirm::{behind_word, unwritten_word};
use super::ear::Ear;
use super::judge::Judge;

/// What listening tells.
#[derive(Debug, Clone)]
pub enum Noticed {
    /// What is said from now on is taken.
    Opened,
    /// Nobody said anything in time: from now on the wake word or the key is needed again.
    Closed,
    /// Somebody speaks.
    Began,
    /// Somebody spoke; these were the words.
    Words(Transcript),
    /// Somebody was meant to speak, and nothing was understood as speech.
    NoWords,
    /// The microphone is gone; it is looked for.
    Lost(String),
    /// The microphone is back.
    Back(String),
}

/// What opens the ear.
#[derive(Debug)]
pub enum Opens {
    /// Only the handle: Enter, a key, a question.
    OnDemand,
    /// Any voice.
    Always,
    /// The wake word; and the handle.
    AtWord(Box<Detector>),
}

/// How listening works.
#[derive(Debug)]
pub struct Listens<'a> {
    /// The microphone; the system's default without one.
    pub input: Option<&'a str>,
    pub endpointing: Endpointing,
    pub opens: Opens,
    /// Ends a turn early whose words are a whole command; without it the pause alone ends turns.
    pub judge: Option<Judge>,
    /// Recognition gives up its right to write and to connect.
    pub confined: bool,
}

pub(super) enum Order {
    Arm,
    Attend(Duration),
    Press,
    Release,
    Toggle,
    Cancel,
}

/// To be recognised; `guess` while the person may still go on.
pub(super) struct Job {
    pub utterance: Utterance,
    pub guess: bool,
}

/// What was recognised, of the utterance whose last voiced moment is `at`.
pub(super) struct Answer {
    pub at: Instant,
    pub start: Start,
    pub guess: bool,
    pub transcript: Transcript,
}

/// A handle on the open microphone; clones are of the same one.
#[derive(Debug, Clone)]
pub struct Listening {
    orders: mpsc::UnboundedSender<Order>,
    device: String,
}

impl Listening {
    /// Opens the microphone and listens until `cancel`. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Where there is no microphone that can be opened.
    pub fn start(
        how: Listens,
        recognizer: Recognizer,
        mouth: Option<Mouth>,
        noticed: mpsc::Sender<Noticed>,
        cancel: CancellationToken,
    ) -> Result<Self, AudioError> {
        let timer = Timer::start(Stage::Capture, "open");
        let capture = Capture::open(how.input);
        timer.end(if capture.is_ok() { Ending::Done } else { Ending::Failed });
        let capture = capture?;
        let device = capture.device().name.clone();
        let (orders, ordered) = mpsc::unbounded_channel();
        // One is recognised, one waits.
        let (jobs, spoken) = mpsc::channel(1);
        let (answers, answered) = mpsc::channel(2);
        let stop = cancel.clone();
        let knowing = how.judge.clone();
        let word = match &how.opens {
            Opens::AtWord(detector) => Some(detector.word().to_owned()),
            _ => None,
        };
        // Recognition is seconds of arithmetic: it has a thread of its own.
        let recognising = std::thread::Builder::new().name("recognize".to_owned()).spawn(move || {
            if how.confined {
                confine::this_thread();
            }
            recognize(recognizer, knowing.as_ref(), word.as_deref(), spoken, &answers, &stop);
        });
        if let Err(error) = recognising {
            return Err(AudioError::Unreadable { path: "/proc/self/task".into(), reason: error.to_string() });
        }
        let listener = Listener::new(Mode::HandsFree, how.endpointing);
        let ear = Ear::new(capture, listener, how.opens, how.judge, mouth, jobs, noticed);
        tokio::spawn(ear.run(ordered, answered, cancel));
        Ok(Self { orders, device })
    }

    /// Hears the next utterance, whenever it comes.
    pub fn arm(&self) {
        self.order(Order::Arm);
    }

    /// Hears without the wake word for so long, from when the own voice is silent: after an answer, or for one.
    pub fn attend(&self, time: Duration) {
        self.order(Order::Attend(time));
    }

    /// A key went down: silences the voice, and hears until [`Listening::release`].
    pub fn press(&self) {
        self.order(Order::Press);
    }

    /// The key went up.
    pub fn release(&self) {
        self.order(Order::Release);
    }

    /// [`Listening::press`], or [`Listening::release`] while a key is held.
    pub fn toggle(&self) {
        self.order(Order::Toggle);
    }

    /// Forgets what is being said.
    pub fn cancel(&self) {
        self.order(Order::Cancel);
    }

    /// The microphone's name.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    fn order(&self, order: Order) {
        // An ear that has ended hears nothing more; its end was told.
        let _ = self.orders.send(order);
    }
}

fn recognize(
    mut recognizer: Recognizer,
    knowing: Option<&Judge>,
    word: Option<&str>,
    mut spoken: mpsc::Receiver<Job>,
    answers: &mpsc::Sender<Answer>,
    cancel: &CancellationToken,
) {
    while let Some(Job { utterance, guess }) = spoken.blocking_recv() {
        let timer = Timer::start(Stage::Recognition, if guess { "guess" } else { "utterance" });
        let hear = |recognizer: &mut Recognizer, utterance: &Utterance| match knowing {
            Some(judge) => judge.hear(recognizer, utterance, cancel),
            None => recognizer.recognize(utterance, cancel),
        };
        let mut recognised = hear(&mut recognizer, &utterance);
        if let (Some(word), Ok(transcript)) = (word, &recognised)
            && let Some(rest) = unwritten_word(transcript, &utterance, word, &mut recognizer, cancel)
        {
            recognised = hear(&mut recognizer, &rest).map(|rest| behind_word(rest, word));
        }
        timer.end(if recognised.is_ok() { Ending::Done } else { Ending::Failed });
        let transcript = recognised.unwrap_or_else(|error| {
            tracing::error!(target: "assistant.listening", %error, "recognition failed");
            Transcript::silence(1.0)
        });
        let since = utterance.speech_ended.elapsed().as_millis();
        tracing::info!(target: "assistant.listening", since_speech_ms = since, guess, text = %transcript.text);
        let answer = Answer { at: utterance.speech_ended, start: utterance.start, guess, transcript };
        if answers.blocking_send(answer).is_err() {
            return;
        }
    }
}
