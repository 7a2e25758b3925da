//! Names of store paths, taken apart as Nix takes them apart.

use std::fmt;
use std::path::Path;

/// Length of the hash part of a store path, in characters of Nix's base 32.
const HASH: usize = 32;

/// A package's name and version, from the name of its store path.
///
/// `…-ripgrep-14.1.0` is `ripgrep` `14.1.0`: the version begins after the first dash that no
/// letter follows (Nix's `parseDrvName`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreName {
    name: String,
    version: Option<String>,
}

impl StoreName {
    /// The name in a store path; `None` if the last part of the path is not `<hash>-<name>`.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let (hash, name) = path.file_name()?.to_str()?.split_once('-')?;
        let base_32 = |c: char| c.is_ascii_digit() || (c.is_ascii_lowercase() && !matches!(c, 'e' | 'o' | 'u' | 't'));
        (hash.len() == HASH && hash.chars().all(base_32) && !name.is_empty()).then(|| Self::parse(name))
    }

    /// Takes `name-version` apart.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let bytes = text.as_bytes();
        let dash = text
            .match_indices('-')
            .map(|(at, _)| at)
            .find(|at| bytes.get(at + 1).is_some_and(|next| !next.is_ascii_alphabetic()));
        match dash.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
            Some((name, version)) => Self { name: name.to_owned(), version: Some(version.to_owned()) },
            None => Self { name: text.to_owned(), version: None },
        }
    }

    /// The name without version.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version, with the output's name behind it where it is not the main output.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The version without the name of an output (`-man`, `-dev`): what the user knows.
    #[must_use]
    pub fn plain_version(&self) -> Option<&str> {
        const OUTPUTS: [&str; 13] = [
            "-bin",
            "-dev",
            "-doc",
            "-devdoc",
            "-info",
            "-lib",
            "-man",
            "-out",
            "-debug",
            "-data",
            "-getent",
            "-static",
            "-terminfo",
        ];
        let version = self.version()?;
        Some(OUTPUTS.iter().find_map(|output| version.strip_suffix(output)).unwrap_or(version))
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.plain_version() {
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn the_version_begins_after_the_first_dash_without_a_letter() {
        for (text, name, version) in [
            ("ripgrep-14.1.0", "ripgrep", Some("14.1.0")),
            ("nixos-system-testbox-26.11pre", "nixos-system-testbox", Some("26.11pre")),
            ("git-2.50.1-doc", "git", Some("2.50.1-doc")),
            ("system-path", "system-path", None),
            ("name-", "name-", None),
        ] {
            let parsed = StoreName::parse(text);
            assert_eq!((parsed.name(), parsed.version()), (name, version), "{text}");
        }
        assert_eq!(StoreName::parse("git-2.50.1-doc").to_string(), "git 2.50.1");
    }

    #[test]
    fn only_store_paths_have_a_store_name() {
        let path = Path::new("/nix/store/0c0qnd5mvwz9k2rlpb6ziv7n8iw1wlsh-hello-2.12");
        assert_eq!(StoreName::of(path).unwrap().to_string(), "hello 2.12");
        for bad in ["/nix/store/hello-2.12", "/", "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-x", ""] {
            assert_eq!(StoreName::of(Path::new(bad)), None, "{bad}");
        }
    }
}
