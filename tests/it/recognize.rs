//! Recognition of real speech with real models.
