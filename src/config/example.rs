//! The shipped example and the page in the documents, both made from the table of keys.

use std::fmt::Write;

use super::keys::{KEYS, Key, SECTIONS};

fn of_section(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.parts().0 == section)
}

/// A configuration file with every key in it, commented out.
#[must_use]
pub fn example() -> String {
    let mut text = "# The configuration of ask-nix. Every key may be left out; what is shown is the default, or an\n\
                    # example where nothing is set by default. `ask-nix config set KEY VALUE` changes one key.\n"
        .to_owned();
    for (section, about) in SECTIONS {
        let _ = write!(text, "\n# {about}\n[{section}]\n");
        for key in of_section(section) {
            wrap(&mut text, "# ", &format!("{} {}.", key.about, capital(&key.kind.allowed())));
            let (_, name) = key.parts();
            let _ = writeln!(text, "#{name} = {}", key.default.unwrap_or(key.example));
        }
    }
    text
}

/// The keys as a page: one heading a section, one table row a key.
#[must_use]
pub fn page() -> String {
    let mut text = String::new();
    for (section, about) in SECTIONS {
        let _ =
            write!(text, "\n## {section}\n\n{about}\n\n| key | what for | may be | without it |\n|---|---|---|---|\n");
        for key in of_section(section) {
            let default = key.default.map_or_else(|| "not set".to_owned(), |default| format!("`{default}`"));
            let _ = writeln!(text, "| `{}` | {} | {} | {default} |", key.path, key.about, key.kind.allowed());
        }
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Writes words in lines of at most 110 letters.
fn wrap(text: &mut String, prefix: &str, words: &str) {
    let mut line = prefix.trim_end().to_owned();
    for word in words.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 110 {
            text.push_str(&line);
            text.push('\n');
            prefix.trim_end().clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
