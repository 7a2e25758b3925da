//! Sound as 96 numbers every 80 ms: Google's speech embedding, by ONNX Runtime.
//!
//! Fed in any pieces it gives what it gives for the whole. One thread: it runs all day.

use std::collections::VecDeque;
use std::path::PathBuf;

use ort::session::Session;
use ort::value::TensorRef;

use super::WakeError;
use crate::models;

/// Numbers of one embedding.
pub(super) const WIDTH: usize = 96;
/// Samples between two embeddings: 80 ms.
pub(super) const HOP: usize = 1280;
/// Mel frames are 160 samples apart and 512 long: eight new ones need three hops more than theirs.
const OVERLAP: usize = 480;
const BANDS: usize = 32;
/// Mel frames that an embedding sees (775 ms), and that are new to it.
const SEEN: usize = 76;
const NEW: usize = 8;

/// Where the two networks and their runtime lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WakeFiles {
    pub melspectrogram: PathBuf,
    pub embedding: PathBuf,
    /// ONNX Runtime, a shared library.
    pub runtime: PathBuf,
}

/// The two networks, and the sound that they have not yet used up.
pub(super) struct Features {
    melspectrogram: Session,
    embedding: Session,
    /// Samples in the scale of 16-bit integers, which the network was trained on.
    samples: Vec<f32>,
    /// The last [`SEEN`] mel frames.
    mel: VecDeque<f32>,
}

impl Features {
    pub fn load(files: &WakeFiles) -> Result<Self, WakeError> {
        for path in [&files.melspectrogram, &files.embedding, &files.runtime] {
            if !path.is_file() {
                return Err(WakeError::Missing { path: path.clone() });
            }
        }
        let unusable = |path: &PathBuf, reason: String| WakeError::Unusable { path: path.clone(), reason };
        models::load_runtime(&files.runtime).map_err(|reason| unusable(&files.runtime, reason))?;
        let open = |path: &PathBuf| models::session(path, 1).map_err(|reason| unusable(path, reason));
        Ok(Self {
            melspectrogram: open(&files.melspectrogram)?,
            embedding: open(&files.embedding)?,
            samples: Vec::with_capacity(2 * (HOP + OVERLAP)),
            mel: VecDeque::with_capacity((SEEN + NEW) * BANDS),
        })
    }

    /// Forgets all sound.
    pub fn reset(&mut self) {
        self.samples.clear();
        self.mel.clear();
    }

    /// Takes samples (16 kHz mono, -1 to 1); gives the embedding that they complete. At most [`HOP`] at a time.
    pub fn next(&mut self, samples: &[f32]) -> Option<[f32; WIDTH]> {
        // A sample that is no number would spread to every embedding for a second.
        let sound = |sample: &f32| if sample.is_finite() { sample.clamp(-1.0, 1.0) * 32767.0 } else { 0.0 };
        self.samples.extend(samples.iter().map(sound));
        if self.samples.len() < HOP + OVERLAP {
            return None;
        }
        // A network that fails on good input is broken; the word is then not heard, which doctor shows.
        let embedding = self.hop().unwrap_or_else(|error| {
            tracing::error!(target: "ears.wake", %error, "the network failed");
            None
        });
        self.samples.drain(..HOP);
        embedding
    }

    fn hop(&mut self) -> ort::Result<Option<[f32; WIDTH]>> {
        let sound = self.samples.get(..HOP + OVERLAP).unwrap_or_default();
        let input = TensorRef::from_array_view(([1, sound.len()], sound))?;
        let output = self.melspectrogram.run(ort::inputs![input])?;
        let (_, mel) = output[0].try_extract_tensor::<f32>()?;
        // The embedding was trained with a spectrogram of another scale: this is openWakeWord's match of the two.
        self.mel.extend(mel.iter().map(|value| value / 10.0 + 2.0));
        drop(output);
        while self.mel.len() > SEEN * BANDS {
            self.mel.pop_front();
        }
        if self.mel.len() < SEEN * BANDS {
            return Ok(None);
        }
        let input = TensorRef::from_array_view(([1, SEEN, BANDS, 1], &*self.mel.make_contiguous()))?;
        let output = self.embedding.run(ort::inputs![input])?;
        let (_, values) = output[0].try_extract_tensor::<f32>()?;
        Ok(values.try_into().ok())
    }
}
