//! Utterances of a whole recording.

use std::time::Instant;

use super::endpoint::{Endpointer, Endpointing, Span, Step, frames, time};
use super::voice::Voice;
use super::{Start, Utterance};
use crate::audio::{Frame, SAMPLE_RATE};

/// All speech of a recording as one utterance, because a clip is one command: from the first voiced
/// frame to the last, with pre-roll and tail. Nothing if nobody speaks.
#[must_use]
pub fn whole(recording: &[Frame], settings: &Endpointing) -> Option<Utterance> {
    let found = spans(recording, settings);
    let (first, last) = (found.first()?.first, found.last()?.last);
    let voiced = found.iter().map(|span| span.voiced).sum();
    Some(cut(recording, settings, Span { first, last, voiced }))
}

/// The utterances of a recording, parted where a microphone's would be.
#[must_use]
pub fn split(recording: &[Frame], settings: &Endpointing) -> Vec<Utterance> {
    spans(recording, settings).into_iter().map(|span| cut(recording, settings, span)).collect()
}

fn spans(recording: &[Frame], settings: &Endpointing) -> Vec<Span> {
    let (mut voice, mut endpointer) = (Voice::new(), Endpointer::new(settings));
    let mut found = Vec::new();
    let began = Instant::now();
    for frame in recording {
        if let Step::Ended(span) = endpointer.next(voice.score(frame)) {
            found.push(span);
        }
    }
    if let Step::Ended(span) = endpointer.finish() {
        found.push(span);
    }
    tracing::debug!(
        frames = recording.len(),
        utterances = found.len(),
        micros = began.elapsed().as_micros(),
        rate = SAMPLE_RATE,
        "ears.file"
    );
    found
}

fn cut(recording: &[Frame], settings: &Endpointing, span: Span) -> Utterance {
    let from = span.first.saturating_sub(frames(settings.pre_roll));
    let to = (span.last + 1 + frames(settings.tail)).min(recording.len());
    let samples = recording.get(from..to).unwrap_or_default().iter().flat_map(|frame| frame.0).collect();
    Utterance { samples, start: Start::File, speech_ended: Instant::now(), voiced: time(span.voiced), word_ends: None }
}
