//! What the program counts and times about its own work, kept on this machine.
//!
//! Names of what is measured are words of the program's source, never of the user: the type of a name is
//! `&'static str`. What the user said is kept only where the settings ask for it, in a table of its own.
//! Measuring never waits: a measure goes into a queue, and is dropped (and the drop counted) where that is full.

mod error;
mod measure;
mod prometheus;
mod recorder;
mod report;
mod serve;
mod store;

pub use error::ObserveError;
pub use measure::{Ending, Measure, Stage, Timer};
pub use prometheus::exposition;
pub use recorder::{Recorder, count, finish, install, timed, words};
pub use report::{Line, Report};
pub use serve::serve;
pub use store::{Limits, Store};
