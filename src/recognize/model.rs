//! Whether a file is a whole Whisper model, found out before whisper.cpp sees it.
//!
//! whisper.cpp trusts the sizes in a model's header and does not notice a tensor that is cut
//! short. So the whole chain of tensors is walked here: only their heads are read, which takes
//! about a millisecond. The format is that of whisper.cpp's `whisper_model_load`.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use super::RecognizeError;

/// The number that begins a ggml file.
const MAGIC: u32 = 0x6767_6d6c;
/// Above these a header is damaged: the largest Whisper has 51,866 words, 1,280 states, 32 layers, 128 bands.
const MOST_VOCABULARY: u32 = 100_000;
const MOST_STATES: u32 = 8_192;
const MOST_LAYERS: u32 = 256;
const MOST_BANDS: u32 = 512;
/// Longest word and longest tensor name that are believed, bytes.
const MOST_NAME: u32 = 1_024;

/// Refuses what is missing, no Whisper model, or not complete.
pub fn check(path: &Path) -> Result<(), RecognizeError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => RecognizeError::Missing(path.to_owned()),
        _ => RecognizeError::Unreadable { path: path.to_owned(), reason: error.to_string() },
    };
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(RecognizeError::NotAModel(path.to_owned()));
    }
    let mut reader = Walk { file: BufReader::new(file), at: 0, length: about.len() };
    match reader.model() {
        Ok(()) => Ok(()),
        Err(Wrong::Magic) => Err(RecognizeError::NotAModel(path.to_owned())),
        Err(Wrong::Damaged) => Err(RecognizeError::Damaged(path.to_owned())),
        Err(Wrong::Read(error)) if error.kind() == ErrorKind::UnexpectedEof => {
            Err(RecognizeError::Damaged(path.to_owned()))
        }
        Err(Wrong::Read(error)) => Err(unreadable(error)),
    }
}

/// Why a walk ended early.
enum Wrong {
    Magic,
    Damaged,
    Read(std::io::Error),
}

impl From<std::io::Error> for Wrong {
    fn from(error: std::io::Error) -> Self {
        Self::Read(error)
    }
}

struct Walk {
    file: BufReader<File>,
    at: u64,
    length: u64,
}

impl Walk {
    fn number(&mut self) -> Result<u32, Wrong> {
        let mut bytes = [0_u8; 4];
        self.file.read_exact(&mut bytes)?;
        self.at += 4;
        Ok(u32::from_le_bytes(bytes))
    }

    fn number_to(&mut self, most: u32) -> Result<u32, Wrong> {
        let number = self.number()?;
        if (1..=most).contains(&number) { Ok(number) } else { Err(Wrong::Damaged) }
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Wrong> {
        let to = self.at.checked_add(bytes).filter(|to| *to <= self.length).ok_or(Wrong::Damaged)?;
        self.file.seek_relative(i64::try_from(bytes).map_err(|_| Wrong::Damaged)?)?;
        self.at = to;
        Ok(())
    }

    fn model(&mut self) -> Result<(), Wrong> {
        match self.number() {
            Ok(MAGIC) => {}
            Ok(_) => return Err(Wrong::Magic),
            Err(Wrong::Read(error)) if error.kind() == ErrorKind::UnexpectedEof => return Err(Wrong::Magic),
            Err(other) => return Err(other),
        }
        // n_vocab; then audio: context, state, head, layer; text: the same; n_mels; ftype.
        let limits = [
            MOST_VOCABULARY,
            MOST_STATES,
            MOST_STATES,
            MOST_LAYERS,
            MOST_LAYERS,
            MOST_STATES,
            MOST_STATES,
            MOST_LAYERS,
            MOST_LAYERS,
            MOST_BANDS,
        ];
        for most in limits {
            self.number_to(most)?;
        }
        self.number()?;
        let bands = self.number_to(MOST_BANDS)?;
        let bins = self.number_to(MOST_STATES)?;
        self.skip(u64::from(bands) * u64::from(bins) * 4)?;
        for _ in 0..self.number_to(MOST_VOCABULARY)? {
            let length = self.number()?;
            if length > MOST_NAME {
                return Err(Wrong::Damaged);
            }
            self.skip(length.into())?;
        }
        let mut tensors = 0;
        while self.at < self.length {
            self.tensor()?;
            tensors += 1;
        }
        if tensors == 0 { Err(Wrong::Damaged) } else { Ok(()) }
    }

    fn tensor(&mut self) -> Result<(), Wrong> {
        let dimensions = self.number_to(4)?;
        let name = self.number_to(MOST_NAME)?;
        let kind = self.number()?;
        let mut elements: u64 = 1;
        for _ in 0..dimensions {
            elements = elements.checked_mul(self.number()?.into()).ok_or(Wrong::Damaged)?;
        }
        self.skip(name.into())?;
        let (block, bytes) = block(kind).ok_or(Wrong::Damaged)?;
        self.skip((elements / block).checked_mul(bytes).ok_or(Wrong::Damaged)?)
    }
}

/// Elements and bytes of one block of a ggml tensor type (`ggml.h`, `ggml-common.h`).
const fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// A model with one word and one tensor of four numbers.
    fn smallest() -> Vec<u8> {
        let mut numbers = vec![MAGIC, 51_864, 1_500, 512, 8, 6, 448, 512, 8, 6, 80, 1, 2, 1, 0, 0, 1, 1];
        let mut bytes: Vec<u8> = numbers.drain(..).flat_map(u32::to_le_bytes).collect();
        bytes.push(b'a');
        bytes.extend([1_u32, 1, 0, 4].into_iter().flat_map(u32::to_le_bytes));
        bytes.push(b't');
        bytes.extend([0; 16]);
        bytes
    }

    fn checked(bytes: &[u8]) -> Result<(), RecognizeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        check(file.path())
    }

    #[test]
    fn a_whole_model_is_taken_and_every_cut_one_refused() {
        let whole = smallest();
        checked(&whole).unwrap();
        for length in 4..whole.len() {
            let cut = checked(whole.get(..length).unwrap());
            // The cut right before the only tensor leaves a model without one.
            assert!(matches!(cut, Err(RecognizeError::Damaged(_))), "{length} bytes: {cut:?}");
        }
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(check(&folder.path().join("none")), Err(RecognizeError::Missing(_))));
        assert!(matches!(check(folder.path()), Err(RecognizeError::NotAModel(_))));
        for text in [&b""[..], b"lm", b"not a model at all"] {
            assert!(matches!(checked(text), Err(RecognizeError::NotAModel(_))));
        }
    }

    #[test]
    fn a_header_with_wild_numbers_is_refused() {
        let mut wild = smallest();
        for byte in wild.iter_mut().skip(4).take(40) {
            *byte = 0xff;
        }
        assert!(matches!(checked(&wild), Err(RecognizeError::Damaged(_))));
    }
}
