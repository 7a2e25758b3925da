//! Where speech begins and ends, from the scores of frames alone.
//!
//! A pure state machine: no sound, no clock. One frame is one step.

use std::time::Duration;

use crate::audio::{FRAME_SAMPLES, SAMPLE_RATE};

/// A voice begins when it is above this …
const ONSET: f32 = 0.5;
/// … in so many of the last [`WINDOW`] frames, so that a click does not start it …
const ONSET_FRAMES: u32 = 3;
/// … which are 96 ms: the shortest words have a vowel of that length.
const WINDOW: u32 = 6;
/// It goes on above this: word ends are weaker than beginnings.
const GOES_ON: f32 = 0.35;
/// Speech is at times this clear; noise that merely resembles it hardly ever is.
const CLEAR: f32 = 0.7;
/// A pause after which recognition may begin, thrown away if speech goes on.
const BREATH: Duration = Duration::from_millis(200);

/// When an utterance begins and ends, and how much sound around it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpointing {
    /// Silence that ends an utterance.
    pub pause: Duration,
    /// An utterance ends here even if the voice goes on.
    pub longest: Duration,
    /// Less voice than this is no speech.
    pub shortest: Duration,
    /// Kept before the first voiced frame: no first word is lost.
    pub pre_roll: Duration,
    /// Kept after the last voiced frame.
    pub tail: Duration,
}

impl Default for Endpointing {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self { pause: ms(700), longest: ms(30_000), shortest: ms(80), pre_roll: ms(600), tail: ms(300) }
    }
}

impl Endpointing {
    /// The defaults with another pause; it is never shorter than the tail.
    #[must_use]
    pub fn with_pause(pause: Duration) -> Self {
        let defaults = Self::default();
        Self { pause: pause.max(defaults.tail), ..defaults }
    }
}

/// How many frames a time is, rounded up.
pub(super) fn frames(time: Duration) -> usize {
    let samples = time.as_micros() * u128::from(SAMPLE_RATE);
    usize::try_from(samples.div_ceil(1_000_000 * FRAME_SAMPLES as u128)).unwrap_or(usize::MAX)
}

/// How long some frames are.
pub(super) fn time(frames: usize) -> Duration {
    Duration::from_micros(frames as u64 * FRAME_SAMPLES as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
}

/// What a frame changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    /// A voice began `ago` frames before this one.
    Began {
        ago: usize,
    },
    /// A short pause after what is surely speech.
    Paused,
    Ended(Span),
    /// It was too short or too unclear.
    Discarded,
}

/// Frames of an utterance; places count from the first frame ever given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// First voiced frame.
    pub first: usize,
    /// Last voiced frame.
    pub last: usize,
    /// How many in between were voiced.
    pub voiced: usize,
}

/// The state machine.
#[derive(Debug, Clone)]
pub(super) struct Endpointer {
    pause: usize,
    longest: usize,
    shortest: usize,
    at: usize,
    /// Above [`ONSET`], one bit a frame, the latest in the lowest.
    recent: u32,
    recent_clear: u32,
    /// Frames that the pause of this utterance is longer by.
    patience: usize,
    speech: Option<Speech>,
}

#[derive(Debug, Clone, Copy)]
struct Speech {
    span: Span,
    clear: usize,
}

impl Endpointer {
    pub fn new(settings: &Endpointing) -> Self {
        Self::starting_at(settings, 0)
    }

    /// One that counts its frames from `at`.
    pub fn starting_at(settings: &Endpointing, at: usize) -> Self {
        Self {
            pause: frames(settings.pause).max(1),
            longest: frames(settings.longest).max(1),
            shortest: frames(settings.shortest).max(1),
            at,
            recent: 0,
            recent_clear: 0,
            patience: 0,
            speech: None,
        }
    }

    /// Takes the score of the next frame.
    pub fn next(&mut self, score: f32) -> Step {
        let now = self.at;
        self.at += 1;
        let mask = (1 << WINDOW) - 1;
        self.recent = (self.recent << 1 | u32::from(score > ONSET)) & mask;
        self.recent_clear = (self.recent_clear << 1 | u32::from(score > CLEAR)) & mask;
        let Some(speech) = &mut self.speech else {
            if self.recent.count_ones() < ONSET_FRAMES {
                return Step::Nothing;
            }
            let ago = (u32::BITS - 1 - self.recent.leading_zeros()) as usize;
            let span = Span { first: now - ago.min(now), last: now, voiced: self.recent.count_ones() as usize };
            self.speech = Some(Speech { span, clear: self.recent_clear.count_ones() as usize });
            return Step::Began { ago: ago.min(now) };
        };
        if score > GOES_ON {
            speech.span.last = now;
            speech.span.voiced += 1;
            speech.clear += usize::from(score > CLEAR);
        }
        let silence = now - speech.span.last;
        if silence >= self.pause + self.patience || now - speech.span.first >= self.longest {
            return self.finish();
        }
        if silence == frames(BREATH) && speech.is_speech(self.shortest) { Step::Paused } else { Step::Nothing }
    }

    /// Ends what is spoken now.
    pub fn finish(&mut self) -> Step {
        (self.recent, self.recent_clear, self.patience) = (0, 0, 0);
        match self.speech.take() {
            None => Step::Nothing,
            Some(speech) if speech.is_speech(self.shortest) => Step::Ended(speech.span),
            Some(_) => Step::Discarded,
        }
    }

    /// The utterance that is spoken now may pause twice as long, once more.
    pub fn be_patient(&mut self) {
        self.patience = 2 * self.pause;
    }

    /// What is spoken now began at `first` at the earliest.
    pub fn not_before(&mut self, first: usize) {
        if let Some(speech) = &mut self.speech {
            speech.span.first = speech.span.first.max(first).min(speech.span.last);
        }
    }

    /// What is spoken now.
    pub fn span(&self) -> Option<Span> {
        self.speech.map(|speech| speech.span)
    }
}

impl Speech {
    fn is_speech(&self, shortest: usize) -> bool {
        self.span.voiced >= shortest && self.clear >= 2
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(scores: impl IntoIterator<Item = f32>) -> Vec<(usize, Step)> {
        let mut endpointer = Endpointer::new(&Endpointing::default());
        let mut steps: Vec<_> = scores.into_iter().map(|score| endpointer.next(score)).enumerate().collect();
        steps.push((steps.len(), endpointer.finish()));
        steps.retain(|(_, step)| *step != Step::Nothing);
        steps
    }

    fn repeat(parts: &[(f32, usize)]) -> Vec<f32> {
        parts.iter().flat_map(|(score, count)| std::iter::repeat_n(*score, *count)).collect()
    }

    #[test]
    fn a_word_begins_pauses_and_ends() {
        let span = Span { first: 10, last: 29, voiced: 20 };
        let steps = run(repeat(&[(0.0, 10), (0.9, 20), (0.0, 60)]));
        assert_eq!(steps, [(12, Step::Began { ago: 2 }), (42, Step::Paused), (73, Step::Ended(span))]);
    }

    #[test]
    fn a_pause_between_words_does_not_end_it() {
        let steps = run(repeat(&[(0.9, 20), (0.0, 40), (0.9, 20), (0.0, 60)]));
        let ends: Vec<_> = steps.iter().filter(|(_, step)| matches!(step, Step::Ended(_))).collect();
        assert_eq!(ends, [&(123, Step::Ended(Span { first: 0, last: 79, voiced: 40 }))]);
    }

    #[test]
    fn clicks_do_not_begin_and_unclear_noise_is_discarded() {
        assert_eq!(run(repeat(&[(0.9, 2), (0.0, 20), (0.9, 2), (0.0, 20)])), []);
        let noise = run(repeat(&[(0.6, 100), (0.0, 60)]));
        assert_eq!(noise.last().map(|(_, step)| *step), Some(Step::Discarded));
    }

    #[test]
    fn speech_without_end_is_cut() {
        let ends = run(repeat(&[(0.9, 4000)])).into_iter().filter(|(_, step)| matches!(step, Step::Ended(_))).count();
        assert_eq!(ends, 3);
    }

    proptest! {
        #[test]
        fn beginnings_and_endings_take_turns_and_spans_never_overlap(
            scores in prop::collection::vec(0.0_f32..1.0, 0..600),
            stretch in 1_usize..40,
        ) {
            let scores: Vec<f32> = scores.iter().flat_map(|score| std::iter::repeat_n(*score, stretch)).collect();
            let settings = Endpointing::default();
            let (mut speaking, mut end) = (false, 0);
            for (at, step) in run(scores) {
                match step {
                    Step::Began { ago } => {
                        prop_assert!(!speaking && at - ago >= end);
                        speaking = true;
                    }
                    Step::Ended(span) => {
                        prop_assert!(speaking && span.first >= end && span.first <= span.last && span.last <= at);
                        prop_assert!(span.voiced >= frames(settings.shortest));
                        prop_assert!(span.last - span.first <= frames(settings.longest));
                        (speaking, end) = (false, span.last + 1);
                    }
                    Step::Discarded => {
                        prop_assert!(speaking);
                        speaking = false;
                    }
                    Step::Paused => prop_assert!(speaking),
                    Step::Nothing => {}
                }
            }
            prop_assert!(!speaking);
        }
    }
}
