//! What Nix printed, taken apart: messages, places, quoted names. Foreign bytes; nothing here can fail.

use std::path::PathBuf;

use super::Place;

/// Longest log that is looked at, in bytes from its end: the reason stands there.
const LONGEST: usize = 1 << 20;

/// A log as clean lines.
pub struct Log {
    lines: Vec<String>,
}

impl Log {
    /// Takes text, or `internal-json` lines, or both.
    pub fn of(output: &str) -> Self {
        let mut from = output.len().saturating_sub(LONGEST);
        while !output.is_char_boundary(from) {
            from += 1;
        }
        let mut lines = Vec::new();
        for line in output.get(from..).unwrap_or_default().lines() {
            match line.strip_prefix("@nix ") {
                Some(json) => lines.extend(message_in(json).iter().flat_map(|text| text.lines()).map(clean)),
                None => lines.push(clean(line)),
            }
        }
        Self { lines }
    }

    /// The lines, without colours.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// The last line that says something.
    pub fn last_line(&self) -> Option<&str> {
        self.lines().map(str::trim).rfind(|line| !line.is_empty())
    }

    /// Nix's message: what stands behind the last `error:`, which is the reason of all before it.
    pub fn message(&self) -> Option<&str> {
        self.lines()
            .filter_map(|line| line.trim_start().strip_prefix("error:"))
            .map(str::trim)
            .rfind(|text| !text.is_empty())
    }

    /// What follows the first of these words, in the first line that has it.
    pub fn after(&self, words: &str) -> Option<&str> {
        self.lines().find_map(|line| line.split_once(words)).map(|(_, after)| after)
    }

    /// The last line with these words.
    pub fn line(&self, words: &str) -> Option<&str> {
        self.lines().rfind(|line| line.contains(words))
    }

    /// Whether any line has these words.
    pub fn has(&self, words: &str) -> bool {
        self.line(words).is_some()
    }

    /// The lines behind the last one with these words.
    pub fn below(&self, words: &str) -> impl Iterator<Item = &str> {
        let at = self.lines.iter().rposition(|line| line.contains(words)).map_or(self.lines.len(), |at| at + 1);
        self.lines.iter().skip(at).map(String::as_str)
    }

    /// Where it happened: the innermost place in a file of the user's own.
    ///
    /// A place in nixpkgs is none: the user has not written it and cannot mend it.
    pub fn place(&self) -> Option<Place> {
        let own = self.lines().filter_map(place_in).rfind(|place| !is_foreign(place));
        own.or_else(|| {
            // Checks of options tell only the file: - In `/etc/nixos/configuration.nix'
            let file = self.lines().rfind(|line| line.trim_start().starts_with("- In `")).and_then(quoted)?;
            let file = file.split(':').next().unwrap_or(file);
            file.starts_with('/').then(|| Place { file: PathBuf::from(file), line: None, column: None })
        })
    }

    /// What a builder said: lines behind `>`, or as they came between its begin and the first error.
    pub fn builder(&self) -> Vec<String> {
        let said = |line: &str| Some(line.trim().to_owned()).filter(|line| !line.is_empty());
        let marked: Vec<String> =
            self.lines().filter_map(|line| line.trim_start().strip_prefix('>')).filter_map(said).collect();
        if !marked.is_empty() {
            return marked;
        }
        let begun = self.below("building '").take_while(|line| !line.starts_with("error:"));
        begun.filter_map(said).collect()
    }
}

/// The text of a message among `internal-json` lines.
fn message_in(json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    match value.get("action")?.as_str()? {
        "msg" => Some(value.get("msg")?.as_str()?.to_owned()),
        // A line of a builder: result 101.
        "result" if value.get("type")?.as_u64() == Some(101) => {
            Some(format!("> {}", value.get("fields")?.get(0)?.as_str()?))
        }
        _ => None,
    }
}

/// A line without colours and control characters.
fn clean(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                if chars.next() == Some('[') {
                    chars.by_ref().find(char::is_ascii_alphabetic);
                }
            }
            '\t' => text.push(' '),
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
    text
}

/// A place in a line such as `at /etc/nixos/configuration.nix:12:3:`.
fn place_in(line: &str) -> Option<Place> {
    let rest = line.trim_start().strip_prefix("at ")?;
    let rest = rest.trim_end().trim_end_matches(':');
    let (rest, column) = rest.rsplit_once(':')?;
    let (file, number) = rest.rsplit_once(':')?;
    let (line, column) = (number.parse().ok()?, column.parse().ok()?);
    // Nix writes the place in a string or on the standard input in guillemets.
    let file = file.trim_matches(['«', '»']);
    Some(Place { file: PathBuf::from(file), line: Some(line), column: Some(column) })
}

/// A file of nixpkgs, which the user has not written.
fn is_foreign(place: &Place) -> bool {
    let path = place.file.to_string_lossy();
    let of_nixpkgs = [
        "/nixpkgs/",
        "/nixos/lib/",
        "/nixos/modules/",
        "/pkgs/",
        "/lib/modules.nix",
        "/channels/",
        "derivation-internal.nix",
    ];
    // A flake is copied into the store before it is evaluated, so its own files are there too.
    !path.starts_with('/') || of_nixpkgs.iter().any(|part| path.contains(part))
}

/// The first quoted thing, in any of the quotation marks that Nix and nixpkgs have used.
pub fn quoted(text: &str) -> Option<&str> {
    quotations(text).next()
}

/// All quoted things of a line, in order.
pub fn quotations(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(['\'', '`', '‘', '"'])?;
        let open = rest.get(at..)?.chars().next()?;
        let after = rest.get(at + open.len_utf8()..)?;
        let close: &[char] = match open {
            '‘' => &['’'],
            '`' => &['\'', '`'],
            '"' => &['"'],
            _ => &['\''],
        };
        let end = after.find(close)?;
        let found = after.get(..end)?;
        let closing = after.get(end..)?.chars().next()?;
        rest = after.get(end + closing.len_utf8()..)?;
        Some(found)
    })
}

/// The name in a store path, without its hash and `.drv`: `/nix/store/…-hello-2.12.drv` is `hello-2.12`.
pub fn store_name(path: &str) -> &str {
    let base = path.rsplit('/').next().unwrap_or(path);
    let name = base.split_once('-').filter(|(hash, _)| hash.len() == 32).map_or(base, |(_, name)| name);
    name.strip_suffix(".drv").unwrap_or(name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn quotations_of_every_kind_are_found() {
        let found: Vec<_> = quotations("The option `a.b' of ‘x’ in '/c' is \"d\" and `e`; it's").collect();
        assert_eq!(found, ["a.b", "x", "/c", "d", "e"]);
    }

    #[test]
    fn the_innermost_place_in_a_file_of_the_users_own_counts() {
        let log = Log::of(
            "error:\n  … while calling\n     at /etc/nixos/configuration.nix:3:5:\n\n  error: boom\n     at /nix/store/x-source/nixpkgs/lib/modules.nix:1:1:\n",
        );
        let place = log.place().unwrap();
        assert_eq!(
            (place.file.to_str(), place.line, place.column),
            (Some("/etc/nixos/configuration.nix"), Some(3), Some(5))
        );
        assert_eq!(log.message(), Some("boom"));
        assert_eq!(Log::of("error: boom\n at /nix/store/x-source/nixpkgs/lib/modules.nix:1:1:").place(), None);
    }

    #[test]
    fn machine_readable_lines_and_broken_ones_are_taken() {
        let log = Log::of(
            "@nix {\"action\":\"msg\",\"level\":0,\"msg\":\"\\u001b[31merror:\\u001b[0m boom\"}\n@nix {\n@nix \nplain",
        );
        assert_eq!(log.message(), Some("boom"));
        assert_eq!(log.last_line(), Some("plain"));
    }
}
