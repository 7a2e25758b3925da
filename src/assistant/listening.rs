//! Listening: microphone, ears and recogniser, giving transcripts.
//!
//! While the assistant speaks, nothing is heard: its own voice must never be a command.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::audio::{AudioError, Capture, Signal};
use crate::ears::{Endpointing, Heard, Listener, Mode, Utterance};
use crate::intent::Transcript;
use crate::recognize::Recognizer;

use super::Mouth;

/// What listening tells.
#[derive(Debug, Clone)]
pub enum Noticed {
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

/// A handle on the open microphone.
#[derive(Debug)]
pub struct Listening {
    armed: Arc<AtomicBool>,
    device: String,
}

impl Listening {
    /// Opens the microphone and listens until `cancel`. Must be called inside a tokio runtime.
    ///
    /// `hands_free` hears everything; else only the utterance after [`Listening::arm`].
    pub fn start(
        input: Option<&str>,
        endpointing: Endpointing,
        hands_free: bool,
        recognizer: Recognizer,
        mouth: Option<Mouth>,
        noticed: mpsc::Sender<Noticed>,
        cancel: CancellationToken,
    ) -> Result<Self, AudioError> {
        let capture = Capture::open(input)?;
        let device = capture.device().name.clone();
        let armed = Arc::new(AtomicBool::new(hands_free));
        let (utterances, spoken) = mpsc::channel(1);
        let recognizing = noticed.clone();
        let stop = cancel.clone();
        // Recognition is seconds of arithmetic: it has a thread of its own.
        tokio::task::spawn_blocking(move || recognize(recognizer, spoken, &recognizing, &stop));
        let ear = Ear {
            capture,
            listener: Listener::new(Mode::HandsFree, endpointing),
            hands_free,
            armed: Arc::clone(&armed),
            mouth,
        };
        tokio::spawn(ear.run(utterances, noticed, cancel));
        Ok(Self { armed, device })
    }

    /// Hears the next utterance (push-to-talk).
    pub fn arm(&self) {
        self.armed.store(true, Ordering::Release);
    }

    /// The microphone's name.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }
}

fn recognize(
    mut recognizer: Recognizer,
    mut spoken: mpsc::Receiver<Utterance>,
    noticed: &mpsc::Sender<Noticed>,
    cancel: &CancellationToken,
) {
    while let Some(utterance) = spoken.blocking_recv() {
        let told = match recognizer.recognize(&utterance, cancel) {
            Ok(transcript) if transcript.is_silence() => Noticed::NoWords,
            Ok(transcript) => {
                let since = utterance.speech_ended.elapsed().as_millis();
                tracing::info!(target: "assistant.listening", since_speech_ms = since, text = %transcript.text);
                Noticed::Words(transcript)
            }
            Err(error) => {
                tracing::error!(target: "assistant.listening", %error, "recognition failed");
                Noticed::NoWords
            }
        };
        if noticed.blocking_send(told).is_err() {
            return;
        }
    }
}

struct Ear {
    capture: Capture,
    listener: Listener,
    hands_free: bool,
    armed: Arc<AtomicBool>,
    mouth: Option<Mouth>,
}

impl Ear {
    async fn run(
        mut self,
        utterances: mpsc::Sender<Utterance>,
        noticed: mpsc::Sender<Noticed>,
        cancel: CancellationToken,
    ) {
        loop {
            let signal = tokio::select! {
                () = cancel.cancelled() => return,
                signal = self.capture.next() => signal,
            };
            let told = match signal {
                None => return,
                Some(Signal::Lost(error)) => {
                    self.listener.reset();
                    Some(Noticed::Lost(error.to_string()))
                }
                Some(Signal::Back(device)) => Some(Noticed::Back(device.name)),
                Some(Signal::Frame(captured)) => {
                    let deaf =
                        !self.armed.load(Ordering::Acquire) || self.mouth.as_ref().is_some_and(Mouth::is_speaking);
                    if deaf {
                        if self.listener.is_hearing() {
                            self.listener.reset();
                        }
                        continue;
                    }
                    match self.listener.next(captured) {
                        Some(Heard::Began) => Some(Noticed::Began),
                        Some(Heard::Ended(utterance)) => {
                            self.armed.store(self.hands_free, Ordering::Release);
                            match utterances.try_send(utterance) {
                                // One utterance may wait; what comes on top of that is told, not lost silently.
                                Err(mpsc::error::TrySendError::Full(_)) => Some(Noticed::NoWords),
                                _ => None,
                            }
                        }
                        Some(Heard::Discarded) if !self.hands_free => Some(Noticed::NoWords),
                        Some(Heard::Paused | Heard::Discarded) | None => None,
                    }
                }
            };
            if let Some(told) = told
                && noticed.send(told).await.is_err()
            {
                return;
            }
        }
    }
}
