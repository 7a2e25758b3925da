//! The small network that knows one word: ten embeddings (1.5 s) in, how surely they are the word out.
//!
//! Pure arithmetic. Its file is safetensors, written by `scripts/train-wake.py` or by enrolment.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::WakeError;
use super::features::WIDTH;

/// The word that ships with the program.
const COMPUTER: &[u8] = include_bytes!("../../../models/wake/computer.safetensors");
/// Embeddings that the convolution sees at once.
const KERNEL: usize = 3;

/// Convolution over three embeddings, one hidden layer, one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    word: String,
    mean: Vec<f32>,
    std: Vec<f32>,
    conv: Layer,
    hidden: Layer,
    out: Layer,
    /// Embeddings in a window.
    hops: usize,
}

/// Weights by row of inputs, and biases.
#[derive(Debug, Clone, PartialEq)]
struct Layer {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

#[derive(Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl Network {
    /// "computer".
    ///
    /// # Errors
    /// None in a program that passed its tests: the file is part of it.
    pub fn computer() -> Result<Self, WakeError> {
        Self::read(COMPUTER, "computer")
    }

    /// Reads a safetensors file of this shape of network.
    ///
    /// # Errors
    /// [`WakeError::Network`] for whatever does not fit.
    pub fn read(file: &[u8], word: &str) -> Result<Self, WakeError> {
        Self::parse(file, word).map_err(|reason| WakeError::Network { word: word.to_owned(), reason })
    }

    fn parse(file: &[u8], word: &str) -> Result<Self, String> {
        let (length, rest) = file.split_first_chunk::<8>().ok_or("it is cut off")?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| "it is too long")?;
        let (head, data) = rest.split_at_checked(length).ok_or("it is cut off")?;
        let mut head: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(head).map_err(|error| error.to_string())?;
        head.remove("__metadata__");
        let mut take = |name: &str| -> Result<(Vec<f32>, Vec<usize>), String> {
            let tensor = head.remove(name).ok_or_else(|| format!("{name} is missing"))?;
            let tensor: Tensor = serde_json::from_value(tensor).map_err(|error| error.to_string())?;
            let bytes = data.get(tensor.data_offsets.0..tensor.data_offsets.1).ok_or("it is cut off")?;
            let (values, odd) = bytes.as_chunks::<4>();
            let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            let right =
                tensor.dtype == "F32" && odd.is_empty() && values.len() == tensor.shape.iter().product::<usize>();
            if !right || values.iter().any(|value| !value.is_finite()) {
                return Err(format!("{name} is not what it should be"));
            }
            Ok((values, tensor.shape))
        };
        let (mean, _) = take("mean")?;
        let (std, _) = take("std")?;
        let mut layer = |name: &str| -> Result<(Layer, usize, usize), String> {
            let (weight, shape) = take(&format!("{name}.weight"))?;
            let (bias, _) = take(&format!("{name}.bias"))?;
            match *shape {
                [inputs, outputs] if bias.len() == outputs && inputs > 0 => {
                    Ok((Layer { weight, bias }, inputs, outputs))
                }
                _ => Err(format!("{name} has a wrong shape")),
            }
        };
        let (conv, seen, channels) = layer("conv")?;
        let (hidden, flat, units) = layer("hidden")?;
        let (out, inputs, outputs) = layer("out")?;
        let fits = mean.len() == WIDTH
            && std.len() == WIDTH
            && std.iter().all(|&std| std > 0.0)
            && seen == KERNEL * WIDTH
            && channels > 0
            && flat % channels == 0
            && (inputs, outputs) == (units, 1);
        if !fits {
            return Err("its layers do not fit each other".to_owned());
        }
        Ok(Self { word: word.to_owned(), mean, std, conv, hidden, out, hops: flat / channels + KERNEL - 1 })
    }

    /// The word that it knows.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.word
    }

    /// Embeddings that [`Network::score`] takes.
    pub(super) fn hops(&self) -> usize {
        self.hops
    }

    /// How surely the last embedding of `window` ends the word, as a logit (0 is even odds).
    pub(super) fn score<'a>(&self, window: impl Iterator<Item = &'a [f32; WIDTH]>) -> f32 {
        let input: Vec<f32> = window
            .flat_map(|hop| hop.iter().zip(&self.mean).zip(&self.std).map(|((value, mean), std)| (value - mean) / std))
            .collect();
        let convolved: Vec<f32> =
            input.windows(KERNEL * WIDTH).step_by(WIDTH).flat_map(|three| self.conv.positive(three)).collect();
        let hidden = self.hidden.positive(&convolved);
        self.out.apply(&hidden).first().copied().unwrap_or(f32::NEG_INFINITY)
    }
}

impl Layer {
    fn apply(&self, input: &[f32]) -> Vec<f32> {
        let mut sums = self.bias.clone();
        for (row, value) in self.weight.chunks_exact(self.bias.len()).zip(input) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        sums
    }

    fn positive(&self, input: &[f32]) -> Vec<f32> {
        let mut sums = self.apply(input);
        for sum in &mut sums {
            *sum = sum.max(0.0);
        }
        sums
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_word_is_whole() {
        let network = Network::computer().unwrap();
        let silence = [[0.0; WIDTH]; 16];
        assert!(network.hops() <= silence.len());
        assert!(network.score(silence.iter().take(network.hops())).is_finite());
    }

    #[test]
    fn a_damaged_file_is_told() {
        assert!(Network::read(COMPUTER.get(..COMPUTER.len() - 9).unwrap(), "computer").is_err());
        assert!(Network::read(&COMPUTER[..5], "computer").is_err());
        let mut broken = COMPUTER.to_vec();
        let end = broken.len();
        broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(Network::read(&broken, "computer").is_err());
        broken[0] = 255;
        broken[7] = 255;
        assert!(Network::read(&broken, "computer").is_err());
    }
}
