//! Capture, playback and ears against a real sound server.
