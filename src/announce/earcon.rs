//! Earcons: short sounds with a meaning, as data. Another room makes the sound.
//!
//! Told apart by melody and rhythm, not by pitch alone. All tones lie from 200 to 900 Hz, where
//! hearing that fades with age holds longest, and all are quieter than speech.

use std::time::Duration;

use serde::Serialize;

use crate::command::Sounds;

/// A short sound with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Earcon {
    Listening,
    Heard,
    Done,
    Failed,
    Question,
    /// The microphone closes.
    Closed,
}

/// One note of an earcon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tone {
    /// Frequency of a sine in hertz; 0 is a rest.
    pub hz: f32,
    /// How long it sounds, fades included.
    pub length: Duration,
    /// Peak amplitude, 0 to 1; speech peaks at about 0.5 to 1.
    pub gain: f32,
}

const fn tone(hz: f32, milliseconds: u64) -> Tone {
    Tone { hz, length: Duration::from_millis(milliseconds), gain: 0.12 }
}

// Notes of the equal-tempered scale, A4 = 440 Hz.
const A3: f32 = 220.0;
const C4: f32 = 261.63;
const E4: f32 = 329.63;
const G4: f32 = 392.0;
const C5: f32 = 523.25;
const E5: f32 = 659.26;
const REST: f32 = 0.0;

/// An octave lower.
const LOWER: f32 = 0.5;

impl Earcon {
    /// All earcons, in the order in which they are taught.
    pub const ALL: [Self; 6] = [Self::Listening, Self::Heard, Self::Done, Self::Failed, Self::Question, Self::Closed];

    /// Its notes as the user wants sounds; none where they are off.
    #[must_use]
    pub fn notes_as(self, sounds: Sounds) -> Vec<Tone> {
        let pitch = match sounds {
            Sounds::Off => return Vec::new(),
            Sounds::Normal => 1.0,
            Sounds::Low => LOWER,
        };
        // Low notes sound softer at the same amplitude (ISO 226, around 60 phon): made up for.
        let gain = if pitch < 1.0 { 1.6 } else { 1.0 };
        self.notes().iter().map(|tone| Tone { hz: tone.hz * pitch, gain: tone.gain * gain, ..*tone }).collect()
    }

    /// Its notes, played one after the other.
    #[must_use]
    pub const fn notes(self) -> &'static [Tone] {
        match self {
            // Rising fifth: go on.
            Self::Listening => &const { [tone(G4, 70), tone(C5, 90)] },
            // The fifth falls again: that is all.
            Self::Closed => &const { [tone(C5, 70), tone(G4, 90)] },
            // One short note: a nod.
            Self::Heard => &const { [tone(C5, 60)] },
            // A major triad upwards: arrived.
            Self::Done => &const { [tone(C4, 80), tone(E4, 80), tone(G4, 140)] },
            // Two low notes, the second lower, with a gap: cannot be taken for any other.
            Self::Failed => &const { [tone(C4, 160), tone(REST, 50), tone(A3, 240)] },
            // Twice the same, then up: the voice of a question.
            Self::Question => &const { [tone(E4, 70), tone(REST, 40), tone(E4, 70), tone(REST, 40), tone(E5, 130)] },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earcons_are_short_quiet_low_and_distinct() {
        for earcon in Earcon::ALL {
            let length: Duration = earcon.notes().iter().map(|tone| tone.length).sum();
            assert!(length <= Duration::from_millis(500), "{earcon:?} keeps the user waiting: {length:?}");
            for tone in earcon.notes() {
                assert!(tone.hz == 0.0 || (200.0..=900.0).contains(&tone.hz), "{earcon:?}");
                assert!(tone.gain > 0.0 && tone.gain <= 0.2, "{earcon:?}");
            }
            for other in Earcon::ALL.into_iter().filter(|other| *other != earcon) {
                let melody = |earcon: Earcon| earcon.notes().iter().map(|tone| tone.hz).collect::<Vec<_>>();
                assert_ne!(melody(earcon), melody(other));
            }
        }
    }
}
