//! A derivation as Nix writes it into the store: which outputs it has, and what they are built from.
//!
//! The format is `ATerm` text, `Derive([outputs],[inputs],[sources],platform,builder,[arguments],[environment])`
//! (Nix's `derivations.cc`). What is not of that form gives `None`, never a panic.

use std::path::{Path, PathBuf};

/// Largest derivation that is read, in bytes; those of real systems have some hundred kilobytes.
const LARGEST: u64 = 16 << 20;

/// A derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// Output names with their store paths; the path is empty where only the build will tell.
    pub outputs: Vec<(String, PathBuf)>,
    /// Derivations that it is built from.
    pub inputs: Vec<PathBuf>,
    /// The environment of its builder.
    pub environment: Vec<(String, String)>,
}

impl Derivation {
    /// Reads one from the store.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return None;
        }
        Self::parse(&String::from_utf8_lossy(&std::fs::read(path).ok()?))
    }

    /// Parses the text of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = Reader { rest: text.strip_prefix("Derive(")? };
        let outputs = text.list(|text| {
            text.token('(')?;
            let (name, path) = (text.string()?, text.after_comma()?);
            let (_algorithm, _hash) = (text.after_comma()?, text.after_comma()?);
            text.token(')')?;
            Some((name, PathBuf::from(path)))
        })?;
        text.token(',')?;
        let inputs = text.list(|text| {
            text.token('(')?;
            let path = text.string()?;
            text.token(',')?;
            text.list(Reader::string)?;
            text.token(')')?;
            Some(PathBuf::from(path))
        })?;
        text.token(',')?;
        let _sources = text.list(Reader::string)?;
        let (_platform, _builder) = (text.after_comma()?, text.after_comma()?);
        text.token(',')?;
        let _arguments = text.list(Reader::string)?;
        text.token(',')?;
        let environment = text.list(|text| {
            text.token('(')?;
            let pair = (text.string()?, text.after_comma()?);
            text.token(')')?;
            Some(pair)
        })?;
        (text.rest.trim_end() == ")").then_some(Self { outputs, inputs, environment })
    }

    /// The store path of an output.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&Path> {
        let (_, path) = self.outputs.iter().find(|(output, _)| output == name)?;
        (!path.as_os_str().is_empty()).then_some(path.as_path())
    }
}

/// What is left of the text.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn token(&mut self, token: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn after_comma(&mut self) -> Option<String> {
        self.token(',')?;
        self.string()
    }

    fn string(&mut self) -> Option<String> {
        self.token('"')?;
        let mut value = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(value);
                }
                '\\' => value.push(match letters.next()?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                }),
                other => value.push(other),
            }
        }
        None
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.token('[')?;
        if self.token(']').is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if self.token(']').is_some() {
                return Some(items);
            }
            self.token(',')?;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = r#"Derive([("man","/s/b-x-man","",""),("out","/s/a-x","","")],[("/s/c-dep.drv",["out","dev"]),("/s/d.drv",["out"])],["/s/builder.sh"],"x86_64-linux","/bin/sh",["-ec","echo \"hi\"\n"],[("name","x"),("text","a\\b\tc"),("out","/s/a-x")])"#;

    #[test]
    fn outputs_inputs_and_environment_are_read() {
        let read = Derivation::parse(TEXT).unwrap();
        assert_eq!(read.output("out"), Some(Path::new("/s/a-x")));
        assert_eq!((read.output("man"), read.output("dev")), (Some(Path::new("/s/b-x-man")), None));
        assert_eq!(read.inputs, [Path::new("/s/c-dep.drv"), Path::new("/s/d.drv")]);
        assert_eq!(read.environment.get(1), Some(&("text".to_owned(), "a\\b\tc".to_owned())));
        let empty = Derivation::parse(r#"Derive([],[],[],"","",[],[])"#).unwrap();
        assert_eq!(empty.output("out"), None);
    }

    proptest! {
        #[test]
        fn what_is_no_derivation_is_none_and_never_a_panic(cut in 0..TEXT.len(), put in "\\PC{0,6}") {
            let cut = (0..=cut).rev().find(|at| TEXT.is_char_boundary(*at)).unwrap_or(0);
            let (head, tail) = TEXT.split_at(cut);
            prop_assert_eq!(Derivation::parse(head), None);
            let _ = Derivation::parse(&format!("{head}{put}{tail}"));
            let _ = Derivation::parse(&put);
        }
    }
}
