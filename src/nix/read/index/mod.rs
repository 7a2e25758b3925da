//! The search index: packages, programs and options, in the user's cache.
