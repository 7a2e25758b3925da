//! A sound file, by the very path that a microphone's sound takes.
//!
//! WAV and FLAC of any rate, any channels, 8 to 32 bits or float. Reads; never guesses: a file that
//! is damaged says so, with how much of it was good.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::{AudioError, Converter, FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// The longest file that is read: an hour is 230 MB of frames, and no command is that long.
const LONGEST: Duration = Duration::from_hours(1);

/// A whole sound file as frames.
#[derive(Debug, Clone)]
pub struct Recording {
    /// 16 kHz mono; the last frame is filled up with silence.
    pub frames: Vec<Frame>,
    /// Samples a second in the file, Hz.
    pub rate: u32,
    /// Channels in the file.
    pub channels: usize,
}

impl Recording {
    /// Length of the frames.
    #[must_use]
    pub fn duration(&self) -> Duration {
        frames_to_time(self.frames.len())
    }
}

fn frames_to_time(frames: usize) -> Duration {
    Duration::from_micros(frames as u64 * FRAME_SAMPLES as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
}

/// Reads a WAV or FLAC file.
///
/// # Errors
/// [`AudioError::Unreadable`], [`AudioError::Empty`], [`AudioError::NotSound`] and, for a file that ends
/// too early or is damaged inside, [`AudioError::Damaged`].
pub fn read_file(path: &Path) -> Result<Recording, AudioError> {
    // symphonia's WAV reader multiplies numbers of a damaged head without looking, which panics where
    // overflow is checked; nothing but locals is touched, so nothing is left half done.
    std::panic::catch_unwind(|| decode(path)).unwrap_or_else(|_| {
        Err(AudioError::NotSound { path: path.to_owned(), reason: "its head is damaged".to_owned() })
    })
}

fn decode(path: &Path) -> Result<Recording, AudioError> {
    let unreadable = |reason: String| AudioError::Unreadable { path: path.to_owned(), reason };
    let not_sound = |reason: String| AudioError::NotSound { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| unreadable(plain(&error)))?;
    let meta = file.metadata().map_err(|error| unreadable(plain(&error)))?;
    if meta.is_dir() {
        return Err(unreadable("it is a folder".to_owned()));
    }
    if !meta.is_file() {
        return Err(unreadable("it is not a regular file".to_owned()));
    }
    if meta.len() == 0 {
        return Err(AudioError::Empty { path: path.to_owned() });
    }
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|_| not_sound("it has the form of neither WAV nor FLAC".to_owned()))?;
    let track = format.default_track(TrackType::Audio).ok_or_else(|| not_sound("it has no sound in it".to_owned()))?;
    let (id, promised) = (track.id, track.num_frames);
    let params = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .ok_or_else(|| not_sound("it does not say how its sound is stored".to_owned()))?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|error| not_sound(error.to_string()))?;

    let mut frames = Vec::new();
    let mut shape: Option<(u32, usize, Converter)> = None;
    let mut samples: Vec<f32> = Vec::new();
    let mut heard: u64 = 0;
    let mut broken = None;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => {
                broken = Some(error.to_string());
                break;
            }
        };
        if packet.track_id != id {
            continue;
        }
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(error) => {
                broken = Some(error.to_string());
                break;
            }
        };
        let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
        let converter = match &mut shape {
            Some((old, count, converter)) if (*old, *count) == (rate, channels) => converter,
            Some(_) => {
                broken = Some("its rate changes in the middle".to_owned());
                break;
            }
            None => &mut shape.insert((rate, channels, Converter::new(rate, channels)?)).2,
        };
        samples.resize(buffer.samples_interleaved(), 0.0);
        buffer.copy_to_slice_interleaved(&mut samples);
        heard += (samples.len() / channels.max(1)) as u64;
        converter.push(&samples, |frame| frames.push(frame));
        if frames_to_time(frames.len()) > LONGEST {
            return Err(not_sound("it is longer than an hour".to_owned()));
        }
    }
    let damaged =
        |reason, frames: usize| AudioError::Damaged { path: path.to_owned(), good: frames_to_time(frames), reason };
    if let Some(reason) = broken {
        return Err(damaged(reason, frames.len()));
    }
    // 0xFFFFFFFF bytes is what programs that write into a pipe put for "not known".
    if let Some(promised) = promised.filter(|promised| heard < *promised && !unknown(*promised, shape.as_ref())) {
        let reason = format!("the file holds {heard} of {promised} samples");
        return Err(damaged(reason, frames.len()));
    }
    let Some((rate, channels, converter)) = shape.filter(|_| heard > 0) else {
        return Err(AudioError::Empty { path: path.to_owned() });
    };
    converter.finish(|frame| frames.push(frame));
    Ok(Recording { frames, rate, channels })
}

/// Whether a promised length is the one that means "not known": data of about 2 or 4 GiB.
fn unknown(promised: u64, shape: Option<&(u32, usize, Converter)>) -> bool {
    let channels = shape.map_or(1, |(_, channels, _)| *channels as u64);
    (1..=8).any(|bytes| promised * channels * bytes >= 0x7fff_0000)
        && promised > 60 * 60 * u64::from(shape.map_or(1, |(rate, ..)| *rate))
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        _ => error.to_string(),
    }
}
