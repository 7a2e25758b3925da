//! Reading: what is on the machine, from Nix's own files and databases.
//!
//! Takes `Roots`, gives values. Needs no root rights and no network, and never changes anything
//! that is not ask-nix's own: a profile, the store and Nix's database are only ever read.

pub mod closure;
pub mod difference;
pub mod discovery;
pub mod disk;
pub mod freshness;
pub mod garbage;
pub mod graph;
pub mod health;
pub mod index;
pub mod installed;
pub mod marks;
pub mod names;
pub mod profiles;
pub mod reasons;
pub mod reboot;
pub mod services;
pub mod store;
pub mod value;
pub mod verify;
