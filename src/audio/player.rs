//! The speaker: a worker that mixes clips a little ahead of the device.
//!
//! Only [`AHEAD`] is ever mixed in advance and the callback can throw that away, so silence comes
//! within 100 ms. A speaker that goes away fails what plays, and is opened again for what comes next.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ringbuf::HeapProd;
use ringbuf::traits::{Observer, Producer};
use tokio::sync::{oneshot, watch};

use super::convert::resample_clip;
use super::device::{Found, find, hush};
use super::mixer::{Clip, Mark, Mixer};
use super::stream::{self, Open, Shared};
use super::{AudioError, Device, Direction};

/// What is mixed in advance: enough for a busy machine, short enough to be thrown away unheard.
const AHEAD: Duration = Duration::from_millis(80);
const TURN: Duration = Duration::from_millis(5);
const IDLE: Duration = Duration::from_millis(250);
const STALLED: Duration = Duration::from_secs(2);
const FIRST: Duration = Duration::from_secs(4);
const RETRY: Duration = Duration::from_secs(1);
/// Longest time that [`Player::open`] waits.
const PATIENCE: Duration = Duration::from_secs(8);

/// How a clip ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Its last sample has been heard.
    Whole,
    /// [`Player::stop`] cut it.
    Stopped,
}

/// A clip on its way to the speaker. It plays on if this is dropped.
pub struct Playing {
    first: Arc<OnceLock<Instant>>,
    end: oneshot::Receiver<Result<Ended, AudioError>>,
    device: String,
}

impl Playing {
    /// When its first sample left the speaker, as far as the sound system tells; `None` before.
    #[must_use]
    pub fn first_sample(&self) -> Option<Instant> {
        self.first.get().copied()
    }

    /// Waits until it has been heard, or was stopped, or the speaker was lost.
    pub async fn ended(&mut self) -> Result<Ended, AudioError> {
        match (&mut self.end).await {
            Ok(ended) => ended,
            Err(_) => Err(worker_gone(&self.device)),
        }
    }

    /// [`Self::ended`] for a thread that is not asynchronous.
    pub fn ended_blocking(self) -> Result<Ended, AudioError> {
        let Self { end, device, .. } = self;
        end.blocking_recv().unwrap_or_else(|_| Err(worker_gone(&device)))
    }
}

fn worker_gone(device: &str) -> AudioError {
    let reason = "the player has ended".to_owned();
    AudioError::Gone { direction: Direction::Output, device: device.to_owned(), reason }
}

/// An open speaker; dropping it closes the device at once.
pub struct Player {
    orders: Sender<Order>,
    device: Device,
    pending: watch::Receiver<usize>,
    flush: watch::Receiver<Option<Arc<Shared>>>,
}

enum Order {
    Queue(Vec<f32>, u32, Ticket),
    Overlay(Vec<f32>, u32, Ticket),
    Stop,
}

/// The worker's side of a [`Playing`].
struct Ticket {
    first: Arc<OnceLock<Instant>>,
    end: oneshot::Sender<Result<Ended, AudioError>>,
}

impl Player {
    /// Opens the speaker with this name or stable id, or the system's default one.
    ///
    /// Blocks until it runs or is refused, at most some seconds.
    pub fn open(wanted: Option<&str>) -> Result<Self, AudioError> {
        let (orders, take) = channel();
        let (opened, open) = sync_channel(1);
        let (count, pending) = watch::channel(0);
        let (share, flush) = watch::channel(None);
        let worker = Worker {
            wanted: wanted.map(str::to_owned),
            orders: take,
            count,
            share,
            mixer: Mixer::new(),
            tickets: VecDeque::new(),
            marks: VecDeque::new(),
            ending: Vec::new(),
            serial: 0,
        };
        let started = std::thread::Builder::new().name("audio-player".to_owned()).spawn(move || worker.run(&opened));
        let hung = AudioError::Hung { waited: PATIENCE };
        let device = match started {
            Ok(_) => open.recv_timeout(PATIENCE).unwrap_or(Err(hung))?,
            Err(_) => return Err(hung),
        };
        Ok(Self { orders, device, pending, flush })
    }

    /// The device that was opened first.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Plays mono samples (-1 to 1, `rate` Hz) after all that is queued, without a gap.
    #[must_use = "an error of the speaker is told only here"]
    pub fn queue(&self, samples: Vec<f32>, rate: u32) -> Playing {
        self.order(|ticket| Order::Queue(samples, rate, ticket))
    }

    /// Plays mono samples at once, on top of what sounds: for earcons.
    #[must_use = "an error of the speaker is told only here"]
    pub fn overlay(&self, samples: Vec<f32>, rate: u32) -> Playing {
        self.order(|ticket| Order::Overlay(samples, rate, ticket))
    }

    fn order(&self, order: impl FnOnce(Ticket) -> Order) -> Playing {
        let first = Arc::new(OnceLock::new());
        let (give, end) = oneshot::channel();
        // Without a worker the sender is dropped, and waiting for the clip tells that.
        drop(self.orders.send(order(Ticket { first: Arc::clone(&first), end: give })));
        Playing { first, end, device: self.device.name.clone() }
    }

    /// Silence within 100 ms: all clips end as [`Ended::Stopped`].
    pub fn stop(&self) {
        if let Some(shared) = &*self.flush.borrow() {
            shared.flush.store(true, Relaxed);
        }
        drop(self.orders.send(Order::Stop));
    }

    /// Whether a clip sounds or waits. What the microphone hears meanwhile may be our own voice.
    #[must_use]
    pub fn is_sounding(&self) -> bool {
        *self.pending.borrow() > 0
    }

    /// Waits until all that the worker has taken so far has been heard.
    pub async fn drain(&self) {
        // An empty clip takes its place behind all others.
        let mut last = self.queue(Vec::new(), self.device.rate);
        drop(last.ended().await);
    }

    /// [`Self::drain`] for a thread that is not asynchronous.
    pub fn drain_blocking(&self) {
        drop(self.queue(Vec::new(), self.device.rate).ended_blocking());
    }
}

struct Worker {
    wanted: Option<String>,
    orders: Receiver<Order>,
    count: watch::Sender<usize>,
    share: watch::Sender<Option<Arc<Shared>>>,
    mixer: Mixer<u64>,
    tickets: VecDeque<(u64, Ticket)>,
    /// What happens at which position of the device's consumption.
    marks: VecDeque<(u64, Mark<u64>)>,
    /// Clips that the device has taken, and when their last sample is heard.
    ending: Vec<(Instant, u64)>,
    serial: u64,
}

/// Why a session with a device ended.
enum End {
    Closed,
    Lost(AudioError),
}

impl Worker {
    fn run(mut self, opened: &SyncSender<Result<Device, AudioError>>) {
        let _quiet = hush();
        let (mut found, mut open) = match self.open() {
            Ok(pair) => pair,
            Err(error) => {
                drop(opened.send(Err(error)));
                return;
            }
        };
        drop(opened.send(Ok(found.about.clone())));
        loop {
            tracing::info!(device = %found.about.id, rate = found.about.rate, "audio.player open");
            let End::Lost(error) = self.session(&found, open) else { return };
            tracing::warn!(%error, "audio.player lost");
            let Some(next) = self.again(error) else { return };
            (found, open) = next;
        }
    }

    fn open(&self) -> Result<(Found, Output), AudioError> {
        let found = find(Direction::Output, self.wanted.as_deref())?;
        let open = stream::output(&found)?;
        Ok((found, open))
    }

    /// Fails what is there and what comes, until a speaker is back.
    fn again(&mut self, mut error: AudioError) -> Option<(Found, Output)> {
        self.share.send_replace(None);
        loop {
            self.mixer.clear();
            self.marks.clear();
            self.end_all(&Err(error.clone()));
            // Back to the preferred one, or to whatever the system takes now.
            match self.open().or_else(|_| {
                let found = find(Direction::Output, None)?;
                stream::output(&found).map(|open| (found, open))
            }) {
                Ok(pair) => {
                    self.mixer = Mixer::new();
                    return Some(pair);
                }
                Err(again) => error = again,
            }
            let until = Instant::now() + RETRY;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                match self.orders.recv_timeout(left) {
                    Ok(Order::Queue(.., ticket) | Order::Overlay(.., ticket)) => {
                        drop(ticket.end.send(Err(error.clone())));
                    }
                    Ok(Order::Stop) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
        }
    }

    fn session(&mut self, found: &Found, mut open: Output) -> End {
        let rate = found.about.rate;
        let ahead = usize::try_from(AHEAD.as_micros() * u128::from(rate) / 1_000_000).unwrap_or(1024);
        let direction = Direction::Output;
        self.share.send_replace(Some(Arc::clone(&open.shared)));
        let (mut calls, mut since) = (0, Instant::now());
        let mut mixed = Vec::with_capacity(ahead);
        loop {
            let turn = if self.tickets.is_empty() { IDLE } else { TURN };
            match self.orders.recv_timeout(turn) {
                Ok(order) => self.obey(order, rate, &open),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    // Held handles must not wait for ever.
                    self.end_all(&Ok(Ended::Stopped));
                    return End::Closed;
                }
            }
            // A flush that is still to be done would throw away what is mixed now.
            if !open.shared.flush.load(Relaxed) && !self.mixer.is_empty() {
                let room = ahead.saturating_sub(open.ring.occupied_len()).min(open.ring.vacant_len());
                let marks = &mut self.marks;
                self.mixer.mix(room, &mut mixed, |at, mark| marks.push_back((at, mark)));
                open.ring.push_slice(&mixed);
            }
            self.reach(&open.shared);
            if let Some(reason) = open.shared.ended() {
                return End::Lost(AudioError::Gone { direction, device: found.about.name.clone(), reason });
            }
            let (now, count) = (Instant::now(), open.shared.callbacks.load(Relaxed));
            if count > calls {
                (calls, since) = (count, now);
            } else if now.duration_since(since) > if calls == 0 { FIRST } else { STALLED } {
                let quiet = now.duration_since(since);
                return End::Lost(AudioError::Stalled { direction, device: found.about.name.clone(), quiet });
            }
        }
    }

    fn obey(&mut self, order: Order, rate: u32, open: &Output) {
        let (samples, from, ticket, top) = match order {
            Order::Queue(samples, from, ticket) => (samples, from, ticket, false),
            Order::Overlay(samples, from, ticket) => (samples, from, ticket, true),
            Order::Stop => {
                self.mixer.clear();
                self.marks.clear();
                open.shared.flush.store(true, Relaxed);
                self.end_all(&Ok(Ended::Stopped));
                return;
            }
        };
        match resample_clip(&samples, from, rate) {
            Ok(samples) => {
                self.serial += 1;
                self.tickets.push_back((self.serial, ticket));
                self.count.send_replace(self.tickets.len());
                let clip = Clip { samples, tag: self.serial };
                if top { self.mixer.overlay(clip) } else { self.mixer.queue(clip) }
            }
            Err(error) => drop(ticket.end.send(Err(error))),
        }
    }

    /// Tells what the device has played by now.
    fn reach(&mut self, shared: &Shared) {
        let latency = u64::min(shared.latency.load(Relaxed), 500_000);
        let heard = Duration::from_micros(latency);
        let consumed = shared.consumed.load(Relaxed);
        // Marks of overlays and of the queue are not in one order.
        let (reached, waiting): (Vec<_>, Vec<_>) = self.marks.drain(..).partition(|(at, mark)| match mark {
            Mark::Begins(_) => *at < consumed,
            Mark::Ends(_) => *at <= consumed,
        });
        self.marks.extend(waiting);
        for (_, mark) in reached {
            match mark {
                Mark::Begins(tag) => {
                    if let Some((_, ticket)) = self.tickets.iter().find(|(own, _)| *own == tag) {
                        // Set once: a clip begins once.
                        let _already = ticket.first.set(Instant::now() + heard);
                    }
                }
                // Its last sample is still on the way to the ear.
                Mark::Ends(tag) => self.ending.push((Instant::now() + heard, tag)),
            }
        }
        let now = Instant::now();
        let mut over = Vec::new();
        for (_, tag) in self.ending.extract_if(.., |(at, _)| *at <= now) {
            if let Some(place) = self.tickets.iter().position(|(own, _)| *own == tag) {
                over.extend(self.tickets.remove(place));
            }
        }
        // Before the ends are told: whoever waits for one must not find it still sounding.
        self.count.send_if_modified(|count| std::mem::replace(count, self.tickets.len()) != self.tickets.len());
        for (_, ticket) in over {
            drop(ticket.end.send(Ok(Ended::Whole)));
        }
    }

    fn end_all(&mut self, ended: &Result<Ended, AudioError>) {
        self.ending.clear();
        self.count.send_replace(0);
        for (_, ticket) in self.tickets.drain(..) {
            drop(ticket.end.send(ended.clone()));
        }
    }
}

type Output = Open<HeapProd<f32>>;
