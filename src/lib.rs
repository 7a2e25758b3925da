//! ask-nix: run a `NixOS` machine by voice.
//!
//! One room a stage, one type an arrow:
//!
//! ```text
//! audio --Frame--> ears --Utterance--> recognize --Transcript--> intent --Intent--> command
//!                                                                                      |
//!                                                                                   Command
//!                                                                                      v
//! audio <--samples-- speak <--Announcement-- announce <--Progress, Outcome, Failure-- nix
//! ```
//!
//! Imports never go up this list, and no two rooms import each other:
//! `front`, `assistant`, (`recognize`, `speak`, `demo`), (`ears`, `announce`),
//! (`audio`, `intent`, `nix`, `observe`, `models`), (`command`, `config`, `confine`), `fault`.
//! `ARCHITECTURE.md` has the map and the invariants.

pub mod announce;
pub mod assistant;
pub mod audio;
pub mod command;
pub mod config;
pub mod confine;
pub mod demo;
pub mod ears;
pub mod fault;
pub mod front;
pub mod intent;
pub mod models;
pub mod nix;
pub mod observe;
pub mod recognize;
pub mod speak;
