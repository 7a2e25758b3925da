//! From words to an intent.
//!
//! Takes a [`Transcript`] and the dialogue's [`Context`], gives an [`Intent`] or says what was
//! not understood. All phrases come from one grammar file. This room does no input or output:
//! the grammar's text and the lookup of names are handed in.

mod check;
mod closed;
mod correct;
mod error;
mod fits;
mod grammar;
mod guess;
mod kinds;
mod likeness;
mod loose;
mod named;
mod nearest;
mod numbers;
mod packs;
mod phones;
mod reading;
mod resolve;
mod talk;
mod template;
mod transcript;
mod types;
mod understand;
mod wellknown;
mod words;

pub use check::Clash;
pub use error::GrammarError;
pub use grammar::Grammar;
pub use transcript::{Hypothesis, Transcript};
pub use types::{Candidate, Context, Intent, Names, Pending, Understanding, Why};
pub use understand::Understander;
