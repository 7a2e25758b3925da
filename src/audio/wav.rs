//! Sound into a file, in the place of a speaker.

use std::path::Path;

use super::AudioError;

/// Writes mono samples (-1 to 1) as a WAV file of 16 bits.
pub fn write_wav(path: &Path, samples: &[f32], rate: u32) -> Result<(), AudioError> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let write = || -> Result<(), hound::Error> {
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in samples {
            #[expect(clippy::cast_possible_truncation, reason = "clamped to the range of 16 bits")]
            writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16)?;
        }
        writer.finalize()
    };
    write().map_err(|error| {
        // Half a file is no sound; where there was no room for it, it must not take what is left.
        if std::fs::metadata(path).is_ok_and(|file| file.is_file()) {
            let _ = std::fs::remove_file(path);
        }
        let reason = match error {
            hound::Error::IoError(error) => error.to_string(),
            error => error.to_string(),
        };
        AudioError::Unwritable { path: path.to_owned(), reason }
    })
}
