//! What systemd is told and what it tells: ready, alive, stopping. Without systemd only the signals are left.

use std::io;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How long it takes between two looks where nobody watches.
const UNWATCHED: Duration = Duration::from_hours(1);

/// The program as a service.
pub struct Service {
    alive: Interval,
    end: End,
}

/// The signals that end a program in order: Control and C, systemd's and `kill`'s own, a terminal that is gone.
pub struct End([Option<Signal>; 3]);

impl End {
    /// Must be called inside a tokio runtime. From now on these signals no longer kill the program.
    pub fn watch() -> Self {
        Self([SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(|kind| signal(kind).ok()))
    }

    /// Returns at the next of them.
    pub async fn comes(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            () = one(interrupt) => {}
            () = one(terminate) => {}
            () = one(hangup) => {}
        }
    }
}

async fn one(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

impl Service {
    /// Begins. Must be called inside a tokio runtime.
    pub fn begin() -> Self {
        // Twice in the time that is given (sd_watchdog_enabled(3)).
        let period = sd_notify::watchdog_enabled().map_or(UNWATCHED, |time| (time / 2).max(Duration::from_millis(10)));
        let mut alive = interval(period);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { alive, end: End::watch() }
    }

    /// Everything is open: who waits for the service may go on.
    pub fn ready() {
        tell(&[NotifyState::Ready, NotifyState::Status("It listens.")]);
    }

    /// Tells that the loop which waits for this turns; returns when it shall end.
    pub async fn end(&mut self) {
        loop {
            tokio::select! {
                _ = self.alive.tick() => tell(&[NotifyState::Watchdog]),
                () = self.end.comes() => break,
            }
        }
        tell(&[NotifyState::Stopping]);
    }
}

fn tell(state: &[NotifyState]) {
    let told: io::Result<()> = sd_notify::notify(state);
    if let Err(error) = told {
        tracing::debug!(target: "front.service", %error, "systemd was not told");
    }
}
