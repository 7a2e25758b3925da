//! What can go wrong with sound.

use std::path::PathBuf;
use std::time::Duration;

use super::Direction;
use crate::fault::{Explain, Fault, Kind};

/// Sound that cannot be taken or given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// There is no device for this direction at all.
    #[error("no {direction} device: {reason}")]
    NoDevice { direction: Direction, reason: String },
    /// The device that was asked for is not there.
    #[error("no {direction} device called {wanted}")]
    NotFound { direction: Direction, wanted: String },
    /// The device is there and cannot be used now.
    #[error("the {direction} device {device} cannot be opened: {reason}")]
    Refused { direction: Direction, device: String, reason: String },
    /// The device, or the sound server, went away while it was used.
    #[error("the {direction} device {device} went away: {reason}")]
    Gone { direction: Direction, device: String, reason: String },
    /// The device gives no error and no sound.
    #[error("the {direction} device {device} has not called back for {} ms", quiet.as_millis())]
    Stalled { direction: Direction, device: String, quiet: Duration },
    /// The sound system does not answer at all.
    #[error("the sound system did not answer for {} ms", waited.as_millis())]
    Hung { waited: Duration },
    /// The file is not there, is a folder, or may not be read.
    #[error("{path} could not be read: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    /// The file has nothing in it.
    #[error("{path} is empty")]
    Empty { path: PathBuf },
    /// The file holds something else than sound that is known here.
    #[error("{path} is no sound file that can be read: {reason}")]
    NotSound { path: PathBuf, reason: String },
    /// The file ends before its sound does, or is damaged inside.
    #[error("{path} is damaged after {} ms: {reason}", good.as_millis())]
    Damaged { path: PathBuf, good: Duration, reason: String },
    /// A sound file that could not be written.
    #[error("{path} could not be written: {reason}")]
    Unwritable { path: PathBuf, reason: String },
    /// A sample rate or number of channels that no sound has.
    #[error("sound of {rate} Hz with {channels} channels cannot be converted")]
    Unconvertible { rate: u32, channels: usize },
}

fn named(direction: Direction) -> &'static str {
    match direction {
        Direction::Input => "microphone",
        Direction::Output => "speaker",
    }
}

fn meanwhile(direction: Direction) -> &'static str {
    match direction {
        // Where somebody can type, the front says so: a service has no keyboard.
        Direction::Input => "",
        Direction::Output => "Meanwhile I answer in text.",
    }
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    format!("The system says: {}.", reason.trim().trim_end_matches('.'))
}

impl Explain for AudioError {
    fn fault(&self) -> Fault {
        let failed = |what: String, why: String, hint: String| Fault::new(Kind::Failed, what, why, hint.trim_end());
        match self {
            Self::NoDevice { direction, reason } => failed(
                format!("There is no {}.", named(*direction)),
                sentence(reason),
                format!("Connect one, or start the sound server. {}", meanwhile(*direction)),
            ),
            Self::NotFound { direction, wanted } => failed(
                format!("The {} {wanted} is not there.", named(*direction)),
                "No device has this name or id.".to_owned(),
                "Connect it, or choose another: ask-nix doctor --audio lists them.".to_owned(),
            ),
            Self::Refused { direction, device, reason } => failed(
                format!("I could not use the {} {device}.", named(*direction)),
                sentence(reason),
                format!("Close other programs that may hold it, or choose another. {}", meanwhile(*direction)),
            ),
            Self::Gone { direction, device, reason } => failed(
                format!("The {} {device} went away.", named(*direction)),
                sentence(reason),
                format!("I go on by myself when it is back. {}", meanwhile(*direction)),
            ),
            Self::Stalled { direction, device, quiet } => failed(
                format!("The {} {device} stopped working.", named(*direction)),
                format!("Nothing came from it for {} seconds.", quiet.as_secs().max(1)),
                format!("Connect it again, or choose another. {}", meanwhile(*direction)),
            ),
            Self::Hung { waited } => failed(
                "The sound system does not answer.".to_owned(),
                format!("I waited {} seconds for it.", waited.as_secs().max(1)),
                "Restart the sound server.".to_owned(),
            ),
            Self::Unreadable { path, reason } => failed(
                format!("I could not read {}.", path.display()),
                sentence(reason),
                "Check the name of the file, and who may read it.".to_owned(),
            ),
            Self::Empty { path } => failed(
                format!("The file {} is empty.", path.display()),
                "There is no sound in it.".to_owned(),
                "Record it again.".to_owned(),
            ),
            Self::NotSound { path, reason } => failed(
                format!("The file {} is no sound file that I can read.", path.display()),
                sentence(reason),
                "Give me a WAV or a FLAC file.".to_owned(),
            ),
            Self::Damaged { path, good, reason } => failed(
                format!("The file {} is damaged.", path.display()),
                format!("Only the first {:.1} seconds can be read. {}", good.as_secs_f32(), sentence(reason)),
                "Copy or record it again.".to_owned(),
            ),
            Self::Unwritable { path, reason } => failed(
                format!("I could not write {}.", path.display()),
                sentence(reason),
                "Choose another place for the file.".to_owned(),
            ),
            Self::Unconvertible { rate, channels } => failed(
                "I cannot use this sound.".to_owned(),
                format!("It says that it has {rate} samples a second and {channels} channels."),
                "Record it again with another program or device.".to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_told_in_three_whole_sentences() {
        let path = || PathBuf::from("a.wav");
        let reason = || "Broken pipe".to_owned();
        let device = || "Desk".to_owned();
        let direction = Direction::Input;
        let second = Duration::from_secs(1);
        for error in [
            AudioError::NoDevice { direction, reason: reason() },
            AudioError::NotFound { direction, wanted: device() },
            AudioError::Refused { direction, device: device(), reason: reason() },
            AudioError::Gone { direction, device: device(), reason: reason() },
            AudioError::Stalled { direction, device: device(), quiet: second },
            AudioError::Hung { waited: second },
            AudioError::Unreadable { path: path(), reason: reason() },
            AudioError::Empty { path: path() },
            AudioError::NotSound { path: path(), reason: reason() },
            AudioError::Damaged { path: path(), good: second, reason: reason() },
            AudioError::Unwritable { path: path(), reason: reason() },
            AudioError::Unconvertible { rate: 0, channels: 0 },
        ] {
            let fault = error.fault();
            for part in [&fault.what, &fault.why, &fault.hint] {
                assert!(part.ends_with('.') && !part.ends_with(".."), "{error:?}: {part}");
            }
        }
    }
}
