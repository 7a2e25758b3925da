//! From words to an intent.
//!
//! Takes a [`Transcript`] and the dialogue's [`Context`], gives an [`Intent`] or says what was
//! not understood. All phrases come from one grammar file. This room does no input or output:
//! the grammar's text and the lookup of names are handed in.

mod error;
mod grammar;
mod template;
mod transcript;
mod types;
mod understand;
mod words;

pub use error::GrammarError;
pub use grammar::Grammar;
pub use transcript::{Hypothesis, Transcript};
pub use types::{Candidate, Context, Intent, Names, Understanding, Why};
pub use understand::Understander;
