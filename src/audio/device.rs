//! Which devices there are, and which one is meant.
//!
//! Every question to the sound system is asked on a thread of its own with a time limit: a server
//! that hangs must not hang us.

use std::sync::mpsc;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};
use serde::Serialize;

use super::AudioError;

/// How long the sound system may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sound in or sound out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    Input,
    Output,
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

/// A device as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    /// As people know it.
    pub name: String,
    /// Stable over restarts: `host:name`.
    pub id: String,
    pub direction: Direction,
    /// Whether the system takes it when nothing else is said.
    pub default: bool,
    /// The rate that it runs at, Hz.
    pub rate: u32,
    pub channels: u16,
}

/// A device that can be opened.
pub(super) struct Found {
    pub device: cpal::Device,
    pub config: cpal::SupportedStreamConfig,
    pub about: Device,
}

/// All devices of the sound server, or of the kernel where no server runs; inputs first.
///
/// # Errors
/// [`AudioError::Hung`] if the sound system does not answer. No device at all is an empty list.
pub fn devices() -> Result<Vec<Device>, AudioError> {
    within(|| {
        for host in hosts() {
            let Ok(all) = host.devices() else { continue };
            let mut listed: Vec<Device> = all
                .filter(|device| !is_converter(device))
                .flat_map(|device| [Direction::Input, Direction::Output].map(|direction| (device.clone(), direction)))
                .filter_map(|(device, direction)| open(&host, device, direction).ok())
                .map(|found| found.about)
                .collect();
            if !listed.is_empty() {
                listed.sort_by_key(|device| (device.direction == Direction::Output, !device.default));
                return listed;
            }
        }
        Vec::new()
    })
}

/// The device that `wanted` names or identifies, else the default one.
pub(super) fn find(direction: Direction, wanted: Option<&str>) -> Result<Found, AudioError> {
    let wanted = wanted.map(str::trim).filter(|wanted| !wanted.is_empty()).map(str::to_owned);
    within(move || match wanted {
        None => default(direction),
        Some(wanted) => named(direction, &wanted),
    })?
}

fn default(direction: Direction) -> Result<Found, AudioError> {
    let mut reason = "no sound system was found".to_owned();
    for host in hosts() {
        let device = match direction {
            Direction::Input => host.default_input_device(),
            Direction::Output => host.default_output_device(),
        };
        let Some(device) = device else {
            "no device is connected".clone_into(&mut reason);
            continue;
        };
        match open(&host, device, direction) {
            Ok(found) => return Ok(found),
            Err(error) => reason = sayable(&error),
        }
    }
    Err(AudioError::NoDevice { direction, reason })
}

fn named(direction: Direction, wanted: &str) -> Result<Found, AudioError> {
    let mut refused = None;
    for host in hosts() {
        let by_id = wanted.parse().ok().and_then(|id| host.device_by_id(&id));
        let device = by_id.or_else(|| {
            host.devices().ok()?.find(|device| {
                let fits = match direction {
                    Direction::Input => device.supports_input(),
                    Direction::Output => device.supports_output(),
                };
                fits && (name(device).eq_ignore_ascii_case(wanted) || bare_id(device).as_deref() == Some(wanted))
            })
        });
        let Some(device) = device else { continue };
        let called = name(&device);
        match open(&host, device, direction) {
            Ok(found) => return Ok(found),
            Err(error) => {
                refused = Some(AudioError::Refused { direction, device: called, reason: sayable(&error) });
            }
        }
    }
    Err(refused.unwrap_or_else(|| AudioError::NotFound { direction, wanted: wanted.to_owned() }))
}

fn open(host: &cpal::Host, device: cpal::Device, direction: Direction) -> Result<Found, cpal::Error> {
    let (config, default) = match direction {
        Direction::Input => (device.default_input_config()?, host.default_input_device()),
        Direction::Output => (device.default_output_config()?, host.default_output_device()),
    };
    let id = device.id()?;
    let about = Device {
        name: name(&device),
        default: default.and_then(|default| default.id().ok()).is_some_and(|default| default == id),
        id: id.to_string(),
        direction,
        rate: config.sample_rate(),
        channels: config.channels(),
    };
    Ok(Found { device, config, about })
}

fn name(device: &cpal::Device) -> String {
    device.description().map_or_else(|_| device.to_string(), |description| description.name().to_owned())
}

/// ALSA lists its plugins beside devices: converters, ways to a server that is asked by itself, and `null`, which
/// hears nothing for ever. Opening one of them starts its server, or lets its library write on the terminal.
const CONVERTERS: [&str; 11] =
    ["null", "jack", "oss", "pulse", "pipewire", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix"];

fn is_converter(device: &cpal::Device) -> bool {
    let Some(id) = device.id().ok().map(|id| id.to_string()) else { return false };
    matches!(id.split_once(':'), Some((host, bare)) if host.eq_ignore_ascii_case("alsa") && CONVERTERS.contains(&bare))
}

/// The id without its host, as `pactl` and `arecord -L` show it.
fn bare_id(device: &cpal::Device) -> Option<String> {
    device.id().ok()?.to_string().split_once(':').map(|(_, bare)| bare.to_owned())
}

/// The sound systems that answer: servers before the kernel's own.
fn hosts() -> impl Iterator<Item = cpal::Host> {
    let mut ids = cpal::available_hosts();
    ids.sort_by_key(|id| *id == cpal::HostId::Alsa);
    ids.into_iter().filter_map(|id| cpal::host_from_id(id).ok())
}

/// What a cpal error tells a person.
pub(super) fn sayable(error: &cpal::Error) -> String {
    reason(error.kind()).map_or_else(|| error.to_string(), str::to_owned)
}

/// The kinds of trouble that have a plain name.
pub(super) fn reason(kind: cpal::ErrorKind) -> Option<&'static str> {
    Some(match kind {
        cpal::ErrorKind::DeviceBusy => "another program uses it",
        cpal::ErrorKind::DeviceNotAvailable => "no device is connected",
        cpal::ErrorKind::HostUnavailable => "the sound server does not run",
        cpal::ErrorKind::PermissionDenied => "you may not use it",
        cpal::ErrorKind::UnsupportedConfig => "it does not offer a sound format that I can use",
        cpal::ErrorKind::StreamInvalidated => "the sound server ended the connection",
        cpal::ErrorKind::BackendError => "the sound system reported an error",
        _ => return None,
    })
}

/// Asks on a thread of its own, for at most [`PATIENCE`].
fn within<T: Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> Result<T, AudioError> {
    let (give, take) = mpsc::sync_channel(1);
    let hung = || AudioError::Hung { waited: PATIENCE };
    std::thread::Builder::new()
        .name("audio-ask".to_owned())
        .spawn(move || {
            let _quiet = hush();
            // Whoever asked may have given up: then nobody needs the answer.
            drop(give.send(ask()));
        })
        .map_err(|_| hung())?;
    take.recv_timeout(PATIENCE).map_err(|_| hung())
}

/// Keeps ALSA from writing on the terminal, for calls of this thread.
#[cfg(target_os = "linux")]
pub(super) fn hush() -> impl Drop {
    struct Quiet(
        #[expect(dead_code, reason = "held for its drop")] Option<std::rc::Rc<std::cell::RefCell<alsa::Output>>>,
    );
    impl Drop for Quiet {
        fn drop(&mut self) {}
    }
    Quiet(alsa::Output::local_error_handler().ok())
}

/// Only ALSA talks.
#[cfg(not(target_os = "linux"))]
pub(super) fn hush() -> impl Sized {}
