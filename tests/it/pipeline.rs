//! A spoken question gets a spoken answer.
