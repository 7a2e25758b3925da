//! The microphone: a worker that turns the callback's ring into frames, watches the device, and
//! opens it again when it was lost.
//!
//! Never blocks the callback, and never ends by itself: whoever holds a [`Capture`] is told what
//! was lost and when it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use ringbuf::traits::Consumer;
use tokio::sync::mpsc;

use super::device::{Found, find, hush};
use super::{AudioError, Converter, Device, Direction, Frame, stream};

/// How often the ring is emptied: a third of a frame, so a frame is never a whole one late.
const TURN: Duration = Duration::from_millis(5);
/// Without a callback for so long the device is gone, whatever it says.
const STALLED: Duration = Duration::from_secs(2);
/// The first callback may take longer: sound servers wake their devices up.
const FIRST: Duration = Duration::from_secs(4);
/// Pause between attempts to open a lost device.
const RETRY: Duration = Duration::from_millis(500);
/// How often a preferred device that was lost is looked for while another one is used.
const LOOK: Duration = Duration::from_secs(2);
/// Frames that wait for the ears: 30 s, because recognition may hold them up.
const WAITING: usize = 1875;

/// A frame and when it was captured.
#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    pub frame: Frame,
    /// When its last sample had arrived.
    pub at: Instant,
}

/// What a microphone tells.
#[expect(
    clippy::large_enum_variant,
    reason = "frames are nearly all of them, and a box would be an allocation a frame"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    Frame(Captured),
    /// It is gone; it is looked for. Frames before and after do not belong together.
    Lost(AudioError),
    /// Frames come again, from this device.
    Back(Device),
}

/// Counters of a microphone since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    pub frames: u64,
    /// Samples that the worker was too late for.
    pub overrun: u64,
    /// Frames that nobody took.
    pub dropped: u64,
    /// Gaps that the sound system reported.
    pub gaps: u64,
    /// Frames of exact zeros at the end: a muted or dead microphone; real ones have noise.
    pub zeros: u64,
}

#[derive(Default)]
struct Counters {
    frames: AtomicU64,
    overrun: AtomicU64,
    dropped: AtomicU64,
    gaps: AtomicU64,
    zeros: AtomicU64,
    stop: AtomicBool,
}

/// An open microphone. Dropping it closes the device.
pub struct Capture {
    signals: mpsc::Receiver<Signal>,
    counters: Arc<Counters>,
    device: Device,
}

impl Capture {
    /// Opens the microphone with this name or stable id, or the system's default one.
    ///
    /// Blocks until it runs or is refused, at most some seconds.
    pub fn open(wanted: Option<&str>) -> Result<Self, AudioError> {
        let (give, signals) = mpsc::channel(WAITING);
        let (tell, opened) = std::sync::mpsc::sync_channel(1);
        let counters = Arc::new(Counters::default());
        let capturing = Worker { wanted: wanted.map(str::to_owned), give, counters: Arc::clone(&counters) };
        let started = std::thread::Builder::new().name("audio-capture".to_owned()).spawn(move || capturing.run(&tell));
        let limit = 2 * STALLED + FIRST;
        let hung = AudioError::Hung { waited: limit };
        let device = match started {
            Ok(_) => opened.recv_timeout(limit).unwrap_or(Err(hung)),
            Err(_) => Err(hung),
        };
        match device {
            Ok(device) => Ok(Self { signals, counters, device }),
            Err(error) => {
                counters.stop.store(true, Relaxed);
                Err(error)
            }
        }
    }

    /// The device that was opened first.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The next signal; `None` once the worker has ended, which it does only when this is dropped.
    pub async fn next(&mut self) -> Option<Signal> {
        self.signals.recv().await
    }

    /// [`Self::next`] for a thread that is not asynchronous.
    pub fn next_blocking(&mut self) -> Option<Signal> {
        self.signals.blocking_recv()
    }

    /// Counters until now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Counters { frames, overrun, dropped, gaps, zeros, .. } = &*self.counters;
        Stats {
            frames: frames.load(Relaxed),
            overrun: overrun.load(Relaxed),
            dropped: dropped.load(Relaxed),
            gaps: gaps.load(Relaxed),
            zeros: zeros.load(Relaxed),
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.counters.stop.store(true, Relaxed);
    }
}

struct Worker {
    wanted: Option<String>,
    give: mpsc::Sender<Signal>,
    counters: Arc<Counters>,
}

/// Why a session ended.
enum End {
    Asked,
    Lost(AudioError),
    /// The preferred device is there again.
    Better,
}

impl Worker {
    fn run(self, opened: &std::sync::mpsc::SyncSender<Result<Device, AudioError>>) {
        let _quiet = hush();
        let first = Self::open(self.wanted.as_deref());
        let (mut found, mut open) = match first {
            Ok((found, open)) => {
                drop(opened.send(Ok(found.about.clone())));
                (found, open)
            }
            Err(error) => {
                drop(opened.send(Err(error)));
                return;
            }
        };
        let mut spare = false;
        loop {
            tracing::info!(device = %found.about.id, rate = found.about.rate, spare, "audio.capture open");
            let end = self.session(&found, open, spare);
            let lost = match end {
                End::Asked => return,
                End::Lost(error) => error,
                End::Better => AudioError::Gone {
                    direction: Direction::Input,
                    device: found.about.name.clone(),
                    reason: "the microphone that you chose is back".to_owned(),
                },
            };
            tracing::warn!(error = %lost, "audio.capture lost");
            if self.give.blocking_send(Signal::Lost(lost)).is_err() {
                return;
            }
            let Some(next) = self.again() else { return };
            (found, open, spare) = next;
            if self.give.blocking_send(Signal::Back(found.about.clone())).is_err() {
                return;
            }
        }
    }

    fn open(wanted: Option<&str>) -> Result<(Found, Input), AudioError> {
        let found = find(Direction::Input, wanted)?;
        let open = stream::input(&found)?;
        Ok((found, open))
    }

    /// Opens the preferred device, or the default one until it is back; tells whether it is the spare.
    fn again(&self) -> Option<(Found, Input, bool)> {
        while !self.stopped() {
            if let Ok((found, open)) = Self::open(self.wanted.as_deref()) {
                return Some((found, open, false));
            }
            if self.wanted.is_some()
                && let Ok((found, open)) = Self::open(None)
            {
                return Some((found, open, true));
            }
            std::thread::sleep(RETRY);
        }
        None
    }

    fn stopped(&self) -> bool {
        self.counters.stop.load(Relaxed) || self.give.is_closed()
    }

    fn session(&self, found: &Found, mut open: Input, spare: bool) -> End {
        let direction = Direction::Input;
        let name = || found.about.name.clone();
        let channels = usize::from(found.about.channels.max(1));
        let mut converter = match Converter::new(found.about.rate, channels) {
            Ok(converter) => converter,
            Err(error) => return End::Lost(error),
        };
        let (mut calls, mut since, mut looked) = (0, Instant::now(), Instant::now());
        // A whole number of moments, so that no channel is cut off.
        let mut taken = vec![0.0; 2048 * channels];
        while !self.stopped() {
            std::thread::sleep(TURN);
            let now = Instant::now();
            loop {
                let count = open.ring.pop_slice(&mut taken);
                if count == 0 {
                    break;
                }
                converter.push(taken.get(..count).unwrap_or_default(), |frame| self.send(frame, now));
            }
            self.counters.overrun.fetch_add(open.shared.overrun.swap(0, Relaxed), Relaxed);
            self.counters.gaps.fetch_add(open.shared.gaps.swap(0, Relaxed), Relaxed);
            if let Some(reason) = open.shared.ended() {
                return End::Lost(AudioError::Gone { direction, device: name(), reason });
            }
            let count = open.shared.callbacks.load(Relaxed);
            if count > calls {
                (calls, since) = (count, now);
            } else if now.duration_since(since) > if calls == 0 { FIRST } else { STALLED } {
                return End::Lost(AudioError::Stalled { direction, device: name(), quiet: now.duration_since(since) });
            }
            if spare && now.duration_since(looked) > LOOK {
                looked = now;
                if find(direction, self.wanted.as_deref()).is_ok() {
                    return End::Better;
                }
            }
        }
        drop(open.stream);
        End::Asked
    }

    fn send(&self, frame: Frame, at: Instant) {
        self.counters.frames.fetch_add(1, Relaxed);
        if frame.0.iter().all(|sample| *sample == 0.0) {
            self.counters.zeros.fetch_add(1, Relaxed);
        } else {
            self.counters.zeros.store(0, Relaxed);
        }
        if self.give.try_send(Signal::Frame(Captured { frame, at })).is_err() {
            self.counters.dropped.fetch_add(1, Relaxed);
        }
    }
}

type Input = stream::Open<ringbuf::HeapCons<f32>>;
