//! What is understood, on the phrase corpus.
