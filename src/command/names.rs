//! Names from outside, validated: what exists as one of these types is safe to hand on.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::Serialize;

use super::CommandError;

/// Longest name or query that is taken, in bytes.
const MAX_NAME: usize = 200;

/// The attribute path of a package in nixpkgs, such as `ripgrep` or `python313Packages.numpy`.
///
/// Parts of ASCII letters, digits, `_`, `-`, `+` and `'`, joined by dots; no part is empty and the
/// first character is a letter, a digit or `_`. So it is never an option, a path or a Nix expression.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PackageAttr(String);

impl PackageAttr {
    /// The attribute path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PackageAttr {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '\''))
        };
        if text.len() <= MAX_NAME && text.split('.').all(part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CommandError::package_name(text))
        }
    }
}

impl fmt::Display for PackageAttr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The dotted path of a NixOS option, such as `services.openssh.enable`.
///
/// At least two parts; the same characters as in a package's attribute path, and `*` or `<name>`
/// nowhere: those are places in documentation, not options that can be set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OptionPath(String);

impl OptionPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OptionPath {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        // What is safe in a package's path is safe in an option's.
        match text.parse::<PackageAttr>() {
            Ok(PackageAttr(path)) if path.contains('.') => Ok(Self(path)),
            _ => Err(CommandError::option(text)),
        }
    }
}

impl fmt::Display for OptionPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value for an option, as it was said: `true`, `false`, a number, or plain words.
///
/// It becomes Nix only through the edit engine, which writes words as a quoted string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionValue {
    Bool(bool),
    Number(i64),
    Words(Query),
}

impl FromStr for OptionValue {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        match text {
            "true" => Ok(Self::Bool(true)),
            "false" => Ok(Self::Bool(false)),
            _ => match text.parse::<i64>() {
                Ok(number) if number.to_string() == text => Ok(Self::Number(number)),
                _ => Ok(Self::Words(text.parse()?)),
            },
        }
    }
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Words(words) => f.write_str(words.as_str()),
        }
    }
}

/// The name of a service, with or without `.service`: letters, digits and `:_.@-`, not a dash first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ServiceName(String);

impl ServiceName {
    /// The name as it was said.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ServiceName {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let good = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.len() <= MAX_NAME
            && !text.contains("..")
            && text.chars().all(|c| c.is_ascii_alphanumeric() || ":_.@-".contains(c));
        if good { Ok(Self(text.to_owned())) } else { Err(CommandError::service(text)) }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a machine among a flake's `nixosConfigurations`: letters, digits and `_.-`, a letter, a digit or `_` first.
///
/// Nix itself allows any text there; what is refused here could mean something else inside a flake's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct HostName(String);

impl HostName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let good = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && text.len() <= MAX_NAME
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if good { Ok(Self(text.to_owned())) } else { Err(CommandError::host(text)) }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a program, as one types it: one file name, not a dash or a dot first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ProgramName(String);

impl ProgramName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProgramName {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let good = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && text.len() <= MAX_NAME
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c));
        if good { Ok(Self(text.to_owned())) } else { Err(CommandError::program(text)) }
    }
}

impl fmt::Display for ProgramName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that the user gives to a generation: a few printable words on one line.
pub type Label = Query;

/// Words to search for: printable, on one line, at most 200 bytes, not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Query(String);

impl Query {
    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Query {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_NAME || text.chars().any(char::is_control) {
            Err(CommandError::query(text))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// The number of a generation: 1 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GenerationNumber(NonZeroU64);

impl GenerationNumber {
    /// The number, if it is not 0.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl FromStr for GenerationNumber {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        text.parse().ok().and_then(Self::new).ok_or_else(|| CommandError::generation(text))
    }
}

impl fmt::Display for GenerationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
