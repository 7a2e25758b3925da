//! Piper's network: phonemes in, samples out.
//!
//! piper-rs is close to this, but leaves out the pause that Piper's training puts before the first
//! phoneme (the first consonant is then cut: "ancelled"), and panics on a network that is not Piper's.

use std::collections::HashMap;

use ort::session::Session;
use ort::value::Tensor;
use serde::Deserialize;

/// What the voice's `.onnx.json` says; keys that are not needed here are left out.
#[derive(Debug, Deserialize)]
pub(super) struct Description {
    pub(super) audio: Audio,
    pub(super) espeak: Espeak,
    pub(super) inference: Inference,
    #[serde(default = "one")]
    pub(super) num_speakers: u32,
    /// A phoneme (one character) and its numbers.
    phoneme_id_map: HashMap<char, Vec<i64>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Audio {
    pub(super) sample_rate: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Espeak {
    pub(super) voice: String,
}

/// The voice's own settings: variation of sound, length, variation of rhythm.
#[derive(Debug, Deserialize)]
pub(super) struct Inference {
    noise_scale: f32,
    pub(super) length_scale: f32,
    noise_w: f32,
}

const fn one() -> u32 {
    1
}

impl Description {
    /// The numbers of the phonemes, as Piper was trained: begin, pause, then each phoneme with a pause after it, end.
    ///
    /// Phonemes that the voice does not know are left out, as Piper does.
    fn ids(&self, phonemes: &str) -> Vec<i64> {
        let known = |symbol: char| self.phoneme_id_map.get(&symbol).map_or(&[][..], Vec::as_slice);
        let (begin, pause, end) = (known('^'), known('_'), known('$'));
        let body = phonemes.chars().map(known).filter(|ids| !ids.is_empty()).flat_map(|ids| [ids, pause]);
        [begin, pause].into_iter().chain(body).chain([end]).flatten().copied().collect()
    }
}

/// Whether the session takes and gives what Piper's network does; else what it takes.
pub(super) fn check(session: &Session, description: &Description) -> Result<(), String> {
    let expected: &[&str] = if description.num_speakers > 1 {
        &["input", "input_lengths", "scales", "sid"]
    } else {
        &["input", "input_lengths", "scales"]
    };
    let inputs: Vec<&str> = session.inputs().iter().map(ort::value::Outlet::name).collect();
    if inputs == expected && session.outputs().len() == 1 { Ok(()) } else { Err(format!("its inputs are {inputs:?}")) }
}

/// Runs the network once. `length` is Piper's length scale: 2 is half as fast.
pub(super) fn run(
    session: &mut Session,
    description: &Description,
    phonemes: &str,
    length: f32,
) -> Result<Vec<f32>, ort::Error> {
    let ids = description.ids(phonemes);
    let count = ids.len();
    let lengths = vec![i64::try_from(count).unwrap_or(i64::MAX)];
    let scales = vec![description.inference.noise_scale, length, description.inference.noise_w];
    let ids = Tensor::from_array(([1, count], ids))?;
    let lengths = Tensor::from_array(([1_usize], lengths))?;
    let scales = Tensor::from_array(([3_usize], scales))?;
    let outputs = if description.num_speakers > 1 {
        let speaker = Tensor::from_array(([1_usize], vec![0_i64]))?;
        session.run(ort::inputs![ids, lengths, scales, speaker])?
    } else {
        session.run(ort::inputs![ids, lengths, scales])?
    };
    let samples = outputs.values().next().map(|value| value.try_extract_tensor::<f32>().map(|(_, all)| all.to_vec()));
    samples.unwrap_or_else(|| Ok(Vec::new()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn phonemes_are_numbered_as_piper_was_trained() {
        let description: Description = serde_json::from_str(
            r#"{"audio": {"sample_rate": 22050, "quality": "medium"}, "espeak": {"voice": "en-us"},
                "inference": {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.8},
                "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [14], "b": [15]}}"#,
        )
        .unwrap();
        assert_eq!(description.ids("ab?b"), [1, 0, 14, 0, 15, 0, 15, 0, 2]);
        assert_eq!(description.ids(""), [1, 0, 2]);
    }
}
