//! The assistant: the dialogue, and the only room that knows the whole chain.
//!
//! Takes utterances or typed lines, carries them through every stage, and says what to show and
//! speak. Never runs a change without the yes to its own question ([`Approved`]).

mod confirm;
mod conversation;
mod decide;
mod dialogue;
mod ear;
mod hearing;
mod judge;
mod listening;
mod memory;
mod mouth;
mod names;
mod record;

pub use confirm::spot;
pub use conversation::{Conversation, Parts, Told, Work};
pub use decide::{Decided, Decision, decide, decide_in_domain, plan};
pub use dialogue::{Approved, Dialogue, Next, QUESTION_LIFE, Reply};
pub use hearing::hear;
pub use judge::{Judge, Turned};
pub use listening::{Listening, Listens, Noticed, Opens};
pub use mouth::{Delivery, Manner, Mouth, Voices};
pub use names::IndexNames;
pub use record::{Record, Where};
