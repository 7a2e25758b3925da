//! The search index and its ranking.
