//! Wording and the Piper voice.
