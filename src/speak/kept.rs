//! Phrases that are said often, kept on disk as sound, so that they are at once there after a start.
//!
//! Only phrases of the program's own are put here (`Speaker::prepare`), never a text with a name or with
//! what the user said in it: the folder tells nothing about its user. Bounded; the oldest go first.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// Room on the disk, in bytes: about twelve minutes of sound.
const BYTES: u64 = 32 << 20;
/// What a file begins with; the number is raised when what makes the sound changes.
const MAGIC: [u8; 4] = *b"ANP1";

/// The phrases of one voice.
#[derive(Debug)]
pub struct Kept {
    folder: PathBuf,
    /// What the name of each file is made from besides the words: another voice has other files.
    voice: [u8; 32],
    most: u64,
}

impl Kept {
    /// Phrases in `folder` of the voice in the file `model` with this description.
    pub fn of(folder: &Path, model: &Path, description: &[u8]) -> Option<Self> {
        let found = fs::metadata(model).ok()?;
        let changed = found.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        // Not the voice itself: reading 60 megabytes for it takes longer than a phrase.
        let mut hash = Sha256::new();
        hash.update(MAGIC);
        hash.update(description);
        hash.update(model.as_os_str().as_encoded_bytes());
        hash.update(found.len().to_le_bytes());
        hash.update(changed.as_nanos().to_le_bytes());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
        Some(Self { folder: folder.to_owned(), voice: hash.finalize().into(), most: BYTES })
    }

    fn file(&self, words: &str, rate: u16) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(self.voice);
        hash.update(rate.to_le_bytes());
        hash.update(words);
        let mut name = String::with_capacity(64);
        for byte in hash.finalize() {
            let _ = write!(name, "{byte:02x}");
        }
        self.folder.join(name)
    }

    pub fn has(&self, words: &str, rate: u16) -> bool {
        self.file(words, rate).is_file()
    }

    /// The samples of a phrase; `None` where it is not kept, or the file is damaged.
    pub fn get(&self, words: &str, rate: u16) -> Option<Vec<f32>> {
        let bytes = fs::read(self.file(words, rate)).ok()?;
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (count, sound) = rest.split_first_chunk::<4>()?;
        let whole = *magic == MAGIC && usize::try_from(u32::from_le_bytes(*count)).is_ok_and(|n| n * 2 == sound.len());
        let (samples, _) = sound.as_chunks::<2>();
        whole.then(|| samples.iter().map(|bytes| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0).collect())
    }

    /// Keeps a phrase. What cannot be written is not kept, and is made anew the next time.
    pub fn put(&self, words: &str, rate: u16, samples: &[f32]) {
        if let Err(error) = self.write(words, rate, samples) {
            tracing::warn!(target: "speak.kept", %error, folder = %self.folder.display(), "a phrase is not kept");
        }
    }

    fn write(&self, words: &str, rate: u16, samples: &[f32]) -> std::io::Result<()> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&u32::try_from(samples.len()).unwrap_or(u32::MAX).to_le_bytes());
        #[expect(clippy::cast_possible_truncation, reason = "from -32767 to 32767")]
        bytes.extend(samples.iter().flat_map(|sample| ((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()));
        self.make_room(bytes.len() as u64)?;
        // Only the user may read it, and it is whole or not there.
        let mut new = tempfile::NamedTempFile::new_in(&self.folder)?;
        new.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
        new.write_all(&bytes)?;
        new.persist(self.file(words, rate)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Removes the oldest until there is room for `bytes` more.
    fn make_room(&self, bytes: u64) -> std::io::Result<()> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let found = entry.metadata()?;
            if found.is_file() {
                all.push((found.modified()?, found.len(), entry.path()));
            }
        }
        let mut taken: u64 = all.iter().map(|(_, size, _)| size).sum();
        all.sort_unstable();
        for (_, size, path) in all {
            if taken + bytes <= self.most {
                break;
            }
            fs::remove_file(path)?;
            taken -= size;
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn kept(folder: &Path) -> Kept {
        let model = folder.join("voice.onnx");
        fs::write(&model, "a voice").unwrap();
        Kept::of(&folder.join("phrases"), &model, b"{}").unwrap()
    }

    #[test]
    fn a_phrase_is_found_by_voice_rate_and_words_and_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let here = kept(folder.path());
        here.put("Done.", 100, &[0.0, 0.5, -1.0]);
        let found = here.get("Done.", 100).unwrap();
        assert!(found.iter().zip([0.0, 0.5, -1.0]).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-4), "{found:?}");
        assert!(here.get("Done.", 120).is_none() && here.get("Done", 100).is_none());
        let mode = fs::metadata(here.file("Done.", 100)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let other = Kept::of(&folder.path().join("phrases"), &folder.path().join("voice.onnx"), b"{ }").unwrap();
        assert!(!other.has("Done.", 100), "another voice says it otherwise");
    }

    #[test]
    fn a_damaged_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let here = kept(folder.path());
        here.put("Done.", 100, &[0.1; 100]);
        let file = here.file("Done.", 100);
        let bytes = fs::read(&file).unwrap();
        for damaged in [&bytes[..50], b"", &[b"XXXX", &bytes[4..]].concat()] {
            fs::write(&file, damaged).unwrap();
            assert_eq!(here.get("Done.", 100), None);
        }
    }

    #[test]
    fn it_is_bounded_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let here = Kept { most: 1000, ..kept(folder.path()) };
        for number in 0..20 {
            here.put(&number.to_string(), 100, &[0.1; 100]);
            let old = SystemTime::now() - std::time::Duration::from_secs(100 - number);
            let file = fs::File::options().write(true).open(here.file(&number.to_string(), 100)).unwrap();
            file.set_modified(old).unwrap();
        }
        let size: u64 = fs::read_dir(&here.folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
        assert!(size <= 1000, "{size}");
        assert!(here.has("19", 100) && !here.has("0", 100));
    }
}
