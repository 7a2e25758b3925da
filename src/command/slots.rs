//! Slots: the values that an utterance filled in, still as text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Slot name to the values heard for it, in order.
///
/// Names of the ask-nix domain: `package`, `option`, `service`, `number`, `from`, `to`, `date`,
/// `before`, `age`, `keep`, `query`, `program`. Another domain (`--grammar`) has its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slots(BTreeMap<String, Vec<String>>);

impl Slots {
    /// Adds a value.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.entry(name.to_owned()).or_default().push(value.into());
    }

    /// Adds a value, if there is one.
    pub fn extend<T: std::fmt::Display>(&mut self, name: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.push(name, value.to_string());
        }
    }

    /// Replaces all values of a slot.
    pub fn set(&mut self, name: &str, values: Vec<String>) {
        self.0.insert(name.to_owned(), values);
    }

    /// The first value of a slot.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str)
    }

    /// All values of a slot.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing was filled in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Slot names with their values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }
}
