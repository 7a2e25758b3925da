//! Changing: profile links, activation, and the journal that makes each change undoable.
//!
//! Every change is written into the journal before it is made. Never leaves a machine on a
//! half-made system: what fails is taken back to exactly the system that ran before.

pub mod activate;
pub mod back;
pub mod collect;
pub mod configure;
pub mod generations;
pub mod journal;
pub mod lock;
pub mod personal;
pub mod profile;
pub mod rollback;
pub mod services;
mod tables;
pub mod target;
pub mod transaction;
pub mod undo;
pub mod unfinished;
