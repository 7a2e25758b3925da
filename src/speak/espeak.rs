//! Text to phonemes by espeak-ng, and to sound where there is no better voice.
//!
//! The binding that piper-rs brings finds its data by an environment variable only, and changing
//! the environment of a running program is unsound. This one takes folders. espeak-ng is one
//! global state in C, so every call holds one lock.

use std::ffi::{CStr, CString, c_char, c_int, c_short, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use espeak_rs_sys as sys;

use super::SpeakError;

/// Whether the library has found its data, and the language it is set to.
struct State {
    ready: bool,
    /// Samples a second of its own voice.
    sample_rate: u32,
    language: Option<String>,
}

static ESPEAK: Mutex<State> = Mutex::new(State { ready: false, sample_rate: 0, language: None });

fn lock() -> MutexGuard<'static, State> {
    ESPEAK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes espeak-ng ready; later calls do nothing.
///
/// Its own places come first: `ESPEAK_DATA_PATH`, then the data that was built with it, which fits
/// it best. Then each of `folders`, which hold a folder `espeak-ng-data`.
pub(super) fn prepare(folders: &[PathBuf]) -> Result<(), SpeakError> {
    let mut state = lock();
    if state.ready {
        return Ok(());
    }
    let own = std::iter::once(None);
    let found = own.chain(folders.iter().map(|folder| Some(folder.as_path()))).find_map(initialize);
    let Some(sample_rate) = found else {
        return Err(SpeakError::EspeakData { looked: folders.to_vec() });
    };
    (state.ready, state.sample_rate) = (true, sample_rate);
    Ok(())
}

/// Looks for the data in one place; the answer is the sample rate of espeak-ng's own voice.
fn initialize(folder: Option<&Path>) -> Option<u32> {
    let path = match folder {
        // espeak-ng would silently go on to its own places.
        Some(folder) if !folder.join("espeak-ng-data/phontab").is_file() => return None,
        Some(folder) => Some(CString::new(folder.as_os_str().as_encoded_bytes()).ok()?),
        None => None,
    };
    let pointer = path.as_ref().map_or(std::ptr::null(), |path| path.as_ptr());
    #[expect(clippy::cast_possible_wrap, reason = "a flag of one bit")]
    let options = sys::espeakINITIALIZE_DONT_EXIT as i32;
    // SAFETY: the pointer is null or a C string that outlives the call, which copies it; the lock
    // is held by the caller. SYNCHRONOUS opens no sound device and starts no thread; DONT_EXIT returns instead of
    // ending the process.
    let rate =
        unsafe { sys::espeak_Initialize(sys::espeak_AUDIO_OUTPUT_AUDIO_OUTPUT_SYNCHRONOUS, 0, pointer, options) };
    tracing::debug!(?folder, rate, "espeak-ng looks for its data");
    u32::try_from(rate).ok().filter(|rate| *rate > 0)
}

/// The phonemes (IPA) of a text, with the punctuation that a voice takes its melody from.
///
/// espeak-ng gives the phonemes of one clause after the other and keeps their punctuation for itself,
/// so the text is cut into clauses here. A text without an end gets a full stop.
/// `language` is espeak-ng's name of it, such as `en-us`. Control characters are read as spaces.
pub(super) fn phonemes(text: &str, language: &str) -> Result<String, SpeakError> {
    let state = speaking(language)?;
    let mut phonemes = String::new();
    let mut clause: Vec<&str> = Vec::new();
    let mut words =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let bare = word.trim_end_matches(MARKS);
        clause.push(bare);
        let mark = word.get(bare.len()..).and_then(|marks| marks.chars().next());
        let mark = mark.or_else(|| words.peek().is_none().then_some('.'));
        let Some(mark) = mark else { continue };
        let said = of_clause(&clause.join(" "), &state)?;
        clause.clear();
        if !said.is_empty() {
            if !phonemes.is_empty() {
                phonemes.push(' ');
            }
            phonemes.push_str(&said);
            phonemes.push(mark);
        }
    }
    Ok(phonemes)
}

/// The library, ready and set to a language.
fn speaking(language: &str) -> Result<MutexGuard<'static, State>, SpeakError> {
    let mut state = lock();
    if !state.ready {
        return Err(SpeakError::EspeakData { looked: Vec::new() });
    }
    if state.language.as_deref() != Some(language) {
        let name = CString::new(language).map_err(|_| SpeakError::Language(language.to_owned()))?;
        state.language = None;
        // SAFETY: a C string that outlives the call; espeak-ng is initialised and the lock is held.
        if unsafe { sys::espeak_SetVoiceByName(name.as_ptr()) } != sys::espeak_ERROR_EE_OK {
            return Err(SpeakError::Language(language.to_owned()));
        }
        state.language = Some(language.to_owned());
    }
    Ok(state)
}

/// A text as sound in espeak-ng's own voice: mono samples, and their rate.
///
/// `words_per_minute` is 80 to 450 (`speak_lib.h`, `espeakRATE`); 175 is its usual one.
pub(super) fn synthesize(text: &str, language: &str, words_per_minute: c_int) -> Result<(Vec<i16>, u32), SpeakError> {
    let state = speaking(language)?;
    let broke_off = |code| SpeakError::Synthesis(format!("espeak-ng says {code}"));
    // A null would end it early.
    let text = CString::new(text.replace('\0', " ")).map_err(|error| SpeakError::Synthesis(error.to_string()))?;
    let mut samples: Vec<i16> = Vec::new();
    // SAFETY: the lock is held and a language is set. The text outlives the call and is passed with its final
    // null; the callback is given `samples` and runs only within the call, for the mode is synchronous.
    let done = unsafe {
        sys::espeak_SetSynthCallback(Some(keep));
        sys::espeak_SetParameter(sys::espeak_PARAMETER_espeakRATE, words_per_minute.clamp(80, 450), 0);
        sys::espeak_Synth(
            text.as_ptr().cast(),
            text.as_bytes_with_nul().len(),
            0,
            sys::espeak_POSITION_TYPE_POS_CHARACTER,
            0,
            sys::espeakCHARS_UTF8,
            std::ptr::null_mut(),
            (&raw mut samples).cast(),
        )
    };
    if done != sys::espeak_ERROR_EE_OK {
        return Err(broke_off(done));
    }
    Ok((samples, state.sample_rate))
}

/// Takes what espeak-ng has made so far; 0 lets it go on.
unsafe extern "C" fn keep(made: *mut c_short, count: c_int, events: *mut sys::espeak_EVENT) -> c_int {
    if let Ok(count) = usize::try_from(count)
        && !made.is_null()
        && !events.is_null()
    {
        // SAFETY: `made` holds `count` samples; the list of events has at least its end, and each event has the
        // pointer that `synthesize` gave, to a list that nobody else uses meanwhile.
        unsafe {
            if let Some(samples) = (*events).user_data.cast::<Vec<i16>>().as_mut() {
                samples.extend_from_slice(std::slice::from_raw_parts(made, count));
            }
        }
    }
    0
}

/// Marks that end a clause; each is a symbol of Piper's voices.
const MARKS: [char; 6] = ['.', ',', ';', ':', '!', '?'];

/// The phonemes of one clause. The caller holds the lock, and a language is set.
fn of_clause(clause: &str, _held: &MutexGuard<State>) -> Result<String, SpeakError> {
    let text = CString::new(clause).map_err(|_| SpeakError::Synthesis("the text holds a null byte".to_owned()))?;
    let mut said: Vec<String> = Vec::new();
    let mut rest: *const c_char = text.as_ptr();
    while !rest.is_null() {
        #[expect(clippy::cast_possible_wrap, reason = "flags of a few bits")]
        let (characters, mode) = (sys::espeakCHARS_UTF8 as i32, sys::espeakINITIALIZE_PHONEME_IPA as i32);
        // SAFETY: `rest` points into `text`, which lives until the end; espeak-ng moves it behind the part
        // that it read, or to null at the end. A language is set, and the lock is held. The answer is a C
        // string that stays until the next call.
        let part = unsafe {
            let answer = sys::espeak_TextToPhonemes((&raw mut rest).cast::<*const c_void>(), characters, mode);
            if answer.is_null() {
                break;
            }
            CStr::from_ptr(answer).to_string_lossy().into_owned()
        };
        said.extend(Some(without_language_marks(&part).trim().to_owned()).filter(|part| !part.is_empty()));
    }
    Ok(said.join(" "))
}

/// Without the marks, such as `(fr)`, that espeak-ng puts where it changes language within a sentence.
fn without_language_marks(phonemes: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(phonemes.len());
    for c in phonemes.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// The data that was built with the library is there wherever the tests are built.
    #[test]
    fn a_sentence_has_phonemes_and_its_punctuation() {
        prepare(&[]).unwrap();
        let said = phonemes("Hello, world. Done!", "en-us").unwrap();
        assert_eq!(said, "həlˈoʊ, wˈɜːld. dˈʌn!");
        assert_eq!(phonemes("no end", "en-us").unwrap(), "nˈoʊ ˈɛnd.");
        assert_eq!(phonemes(" , . ", "en-us").unwrap(), "");
        assert_eq!(phonemes("", "en-us").unwrap(), "");
        assert!(phonemes("a\0b\u{7}", "en-us").is_ok());
    }

    #[test]
    fn a_language_that_is_not_there_is_told() {
        prepare(&[]).unwrap();
        assert_eq!(phonemes("x", "tlh-none"), Err(SpeakError::Language("tlh-none".to_owned())));
        assert!(phonemes("x", "en-us").is_ok(), "and the next call works again");
    }

    #[test]
    fn folders_without_data_are_passed_over() {
        assert_eq!(initialize(Some(Path::new("no-such-folder"))), None);
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(initialize(Some(dir.path())), None);
    }

    #[test]
    fn its_own_voice_has_sound_and_a_rate() {
        prepare(&[]).unwrap();
        let (usual, rate) = synthesize("There are four generations.", "en-us", 175).unwrap();
        let (fast, _) = synthesize("There are four generations.", "en-us", 350).unwrap();
        assert!((8_000..=48_000).contains(&rate));
        assert!(usual.len() > rate as usize, "over a second: {}", usual.len());
        assert!(fast.len() * 3 < usual.len() * 2, "{} of {}", fast.len(), usual.len());
        assert!(usual.iter().any(|sample| sample.unsigned_abs() > 1000));
        assert!(synthesize("", "en-us", 175).unwrap().0.iter().all(|sample| *sample == 0), "no words, no sound");
    }
}
