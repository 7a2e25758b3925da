//! The device callbacks, and what they share with the workers: a ring and a few atomic numbers.
//!
//! Nothing in a callback allocates, locks, logs or blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{ErrorKind, FromSample, SampleFormat, SizedSample};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::device::{Found, reason, sayable};
use super::{AudioError, Direction};

/// What a callback tells its worker.
#[derive(Default)]
pub(super) struct Shared {
    /// How often the device called.
    pub callbacks: AtomicU64,
    /// Samples that found no room (input).
    pub overrun: AtomicU64,
    /// Gaps that the sound system itself reported.
    pub gaps: AtomicU64,
    /// Samples of one channel taken from the ring (output).
    pub consumed: AtomicU64,
    /// Microseconds from the callback to the ear (output).
    pub latency: AtomicU64,
    /// Set from anywhere: throw away what is in the ring (output).
    pub flush: AtomicBool,
    /// The first error that ends the stream: its place in `FATAL` + 1; 0 is none.
    fatal: AtomicU8,
}

/// Errors that end a stream. Any other is taken for the last of them.
const FATAL: [ErrorKind; 5] = [
    ErrorKind::DeviceBusy,
    ErrorKind::DeviceNotAvailable,
    ErrorKind::HostUnavailable,
    ErrorKind::PermissionDenied,
    ErrorKind::StreamInvalidated,
];

impl Shared {
    /// Called from the sound system's threads, maybe hundreds of times in a millisecond.
    fn note(&self, kind: ErrorKind) {
        match kind {
            // The stream goes on.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            // Gaps, and unclear errors: ALSA's plugin for `PulseAudio` reports hundreds while it starts and plays on, and
            // as many when its server is dead. Whether the device still calls tells the two apart: who owns the stream
            // watches it.
            ErrorKind::Xrun | ErrorKind::BackendError | ErrorKind::Other => {
                self.gaps.fetch_add(1, Relaxed);
            }
            kind => {
                let place = FATAL.iter().position(|fatal| *fatal == kind).unwrap_or(FATAL.len() - 1) + 1;
                let code = u8::try_from(place).unwrap_or(u8::MAX);
                // Only the first counts: whoever comes second changes nothing.
                let _first = self.fatal.compare_exchange(0, code, Relaxed, Relaxed);
            }
        }
    }

    /// Why the stream ended, if it has.
    pub fn ended(&self) -> Option<String> {
        let place = usize::from(self.fatal.load(Relaxed)).checked_sub(1)?;
        let kind = FATAL.get(place).copied().unwrap_or(ErrorKind::StreamInvalidated);
        Some(reason(kind).unwrap_or("the sound system reported an error").to_owned())
    }
}

/// An open stream and the worker's end of its ring.
pub(super) struct Open<Ring> {
    /// Held for its drop, which closes the device.
    pub stream: cpal::Stream,
    pub ring: Ring,
    pub shared: Arc<Shared>,
}

macro_rules! for_format {
    ($format:expr, $call:ident ( $($argument:expr),* )) => {
        match $format {
            SampleFormat::I8 => $call::<i8>($($argument),*),
            SampleFormat::I16 => $call::<i16>($($argument),*),
            SampleFormat::I24 => $call::<cpal::I24>($($argument),*),
            SampleFormat::I32 => $call::<i32>($($argument),*),
            SampleFormat::I64 => $call::<i64>($($argument),*),
            SampleFormat::U8 => $call::<u8>($($argument),*),
            SampleFormat::U16 => $call::<u16>($($argument),*),
            SampleFormat::U32 => $call::<u32>($($argument),*),
            SampleFormat::U64 => $call::<u64>($($argument),*),
            SampleFormat::F32 => $call::<f32>($($argument),*),
            SampleFormat::F64 => $call::<f64>($($argument),*),
            _ => Err(ErrorKind::UnsupportedConfig.into()),
        }
    };
}

/// Opens a microphone; its interleaved samples come out of the ring, which holds two seconds.
pub(super) fn input(found: &Found) -> Result<Open<HeapCons<f32>>, AudioError> {
    let format = found.config.sample_format();
    fixed_first(found, Direction::Input, |config| for_format!(format, input_as(found, config)))
}

/// Opens a speaker that plays the ring's mono samples; the ring holds a quarter of a second.
pub(super) fn output(found: &Found) -> Result<Open<HeapProd<f32>>, AudioError> {
    let format = found.config.sample_format();
    fixed_first(found, Direction::Output, |config| for_format!(format, output_as(found, config)))
}

/// A fixed buffer of 20 ms first: with the device's own size the first callback may take seconds.
fn fixed_first<T>(
    found: &Found,
    direction: Direction,
    build: impl Fn(cpal::StreamConfig) -> Result<T, cpal::Error>,
) -> Result<T, AudioError> {
    let mut config = found.config.config();
    config.buffer_size = cpal::BufferSize::Fixed(config.sample_rate / 50);
    build(config)
        .or_else(|_| {
            config.buffer_size = cpal::BufferSize::Default;
            build(config)
        })
        .map_err(|error| AudioError::Refused { direction, device: found.about.name.clone(), reason: sayable(&error) })
}

fn input_as<T>(found: &Found, config: cpal::StreamConfig) -> Result<Open<HeapCons<f32>>, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels.max(1));
    let (mut ring, take) = HeapRb::<f32>::new(2 * config.sample_rate as usize * channels).split();
    let shared = Arc::new(Shared::default());
    let (told, failed) = (Arc::clone(&shared), Arc::clone(&shared));
    let stream = found.device.build_input_stream::<T, _, _>(
        config,
        move |data, _| {
            told.callbacks.fetch_add(1, Relaxed);
            // Whole moments only, or the channels would change places.
            let room = ring.vacant_len() / channels * channels;
            let fits = data.len().min(room);
            ring.push_iter(data.iter().take(fits).map(|sample| f32::from_sample_(*sample)));
            if fits < data.len() {
                told.overrun.fetch_add((data.len() - fits) as u64, Relaxed);
            }
        },
        move |error| failed.note(error.kind()),
        None,
    )?;
    stream.play()?;
    Ok(Open { stream, ring: take, shared })
}

fn output_as<T>(found: &Found, config: cpal::StreamConfig) -> Result<Open<HeapProd<f32>>, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let channels = usize::from(config.channels.max(1));
    let (give, mut ring) = HeapRb::<f32>::new(config.sample_rate as usize / 4).split();
    let shared = Arc::new(Shared::default());
    let (told, failed) = (Arc::clone(&shared), Arc::clone(&shared));
    let stream = found.device.build_output_stream::<T, _, _>(
        config,
        move |data, info| {
            told.callbacks.fetch_add(1, Relaxed);
            let time = info.timestamp();
            let ahead = time.playback.checked_duration_since(time.callback).unwrap_or(Duration::ZERO);
            told.latency.store(u64::try_from(ahead.as_micros()).unwrap_or(0), Relaxed);
            let mut taken = 0;
            if told.flush.swap(false, Relaxed) {
                taken += ring.clear() as u64;
            }
            for moment in data.chunks_mut(channels) {
                let sample = ring.try_pop().inspect(|_| taken += 1).unwrap_or(0.0);
                moment.fill(T::from_sample_(sample));
            }
            told.consumed.fetch_add(taken, Relaxed);
        },
        move |error| failed.note(error.kind()),
        None,
    )?;
    stream.play()?;
    Ok(Open { stream, ring: give, shared })
}
