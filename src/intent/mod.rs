//! From words to an intent.
//!
//! Takes a [`Transcript`] and the dialogue's [`Context`], gives an [`Intent`] or says what was
//! not understood. All phrases come from one grammar file. This room does no input or output:
//! the grammar's text and the lookup of names are handed in.

mod transcript;
mod types;

pub use transcript::{Hypothesis, Transcript};
pub use types::{Candidate, Context, Intent, Names, Understanding, Why};
