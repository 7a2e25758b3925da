//! The files of a configuration, read once and edited in memory.
//!
//! Reads only. A file is known by its real path, so that one that is imported under two names is
//! still one file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rnix::SyntaxNode;
use rowan::ast::AstNode;

use super::error::{EditError, Place};

/// Largest file that is taken on, in bytes: the largest hand-written configurations have some 100 kB.
const LARGEST: u64 = 2 << 20;
/// Deepest nesting of brackets: the parser calls itself once a level, on a thread's own stack.
const DEEPEST: usize = 200;

/// One file: as it is on disk, and as it would become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub before: String,
    pub now: String,
}

/// All files that were read.
#[derive(Debug, Default)]
pub struct Files {
    texts: BTreeMap<PathBuf, Text>,
}

impl Files {
    /// The real path of a module: a folder stands for its `default.nix`.
    pub fn real(path: &Path) -> Option<PathBuf> {
        let path = fs::canonicalize(path).ok()?;
        if path.is_dir() { fs::canonicalize(path.join("default.nix")).ok() } else { Some(path) }
    }

    /// The tree of a file, by its real path.
    pub fn parse(&mut self, real: &Path) -> Result<SyntaxNode, EditError> {
        if !self.texts.contains_key(real) {
            let before = read(real)?;
            self.texts.insert(real.to_owned(), Text { now: before.clone(), before });
        }
        parse(real, self.now(real))
    }

    /// The text of a file as it would become.
    pub fn now(&self, real: &Path) -> &str {
        self.texts.get(real).map_or("", |text| &text.now)
    }

    /// Gives a file its new text.
    pub fn put(&mut self, real: &Path, now: String) {
        if let Some(text) = self.texts.get_mut(real) {
            text.now = now;
        }
    }

    /// The files that would change.
    pub fn changed(&self) -> impl Iterator<Item = (&PathBuf, &Text)> {
        self.texts.iter().filter(|(_, text)| text.before != text.now)
    }

    /// The line of a byte in a file.
    pub fn place(&self, real: &Path, at: usize) -> Place {
        place(real, self.now(real), at)
    }
}

fn read(path: &Path) -> Result<String, EditError> {
    let size = fs::metadata(path).map_err(EditError::io("read", path))?.len();
    if size > LARGEST {
        return Err(EditError::TooLarge { file: path.to_owned() });
    }
    let bytes = fs::read(path).map_err(EditError::io("read", path))?;
    String::from_utf8(bytes).map_err(|_| EditError::NotText { file: path.to_owned() })
}

/// The tree of a text, if it is valid.
pub fn parse(path: &Path, text: &str) -> Result<SyntaxNode, EditError> {
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(EditError::TooLarge { file: path.to_owned() });
        }
    }
    let parsed = rnix::Root::parse(text);
    let tree = parsed.syntax();
    let broken = parsed.errors().first().map(error_at);
    // A file without an expression parses, but means nothing.
    let empty = rnix::Root::cast(tree.clone()).and_then(|root| root.expr()).is_none();
    match broken {
        Some(at) => Err(EditError::Syntax { place: place(path, text, at.unwrap_or(text.len())) }),
        None if empty => Err(EditError::Syntax { place: place(path, text, 0) }),
        None => Ok(tree),
    }
}

/// Where the parser stumbled; `None` is the end of the file.
fn error_at(error: &rnix::ParseError) -> Option<usize> {
    use rnix::ParseError as E;
    match error {
        E::Unexpected(range)
        | E::UnexpectedExtra(range)
        | E::UnexpectedWanted(_, range, _)
        | E::UnexpectedDoubleBind(range)
        | E::DuplicatedArgs(range, _) => Some(range.start().into()),
        _ => None,
    }
}

fn place(path: &Path, text: &str, at: usize) -> Place {
    let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    Place { file: path.to_owned(), line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_refused_and_never_a_panic() {
        let parse = |text: &str| parse(Path::new("x.nix"), text);
        assert!(matches!(parse(&"[".repeat(100_000)), Err(EditError::TooLarge { .. })));
        assert!(matches!(parse("{\n  a = 1\n}"), Err(EditError::Syntax { place }) if place.line == 3));
        assert!(matches!(parse("# nothing\n"), Err(EditError::Syntax { .. })));
        assert!(parse("{ a = 1; }").is_ok());
    }
}
