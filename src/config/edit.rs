//! Changing one key of a configuration file, with everything else in it left as it was.
//!
//! The file is replaced in one step, and only by a text that has been checked. A file that is a link (a
//! dotfiles folder, say) stays a link.

use std::io::Write;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::check::check;
use super::error::{ConfigError, Place};
use super::layers;

/// Sets a key to a value as people write it (`1.5`, `true`, a name without quotation marks).
pub fn set(file: &Path, key: &str, value: &str) -> Result<(), ConfigError> {
    let (key, value) = layers::one(key, value, Place::Flag)?;
    let value = match value {
        toml::Value::Boolean(value) => Value::from(value),
        toml::Value::Integer(value) => Value::from(value),
        toml::Value::Float(value) => Value::from(value),
        other => Value::from(other.as_str().unwrap_or_default()),
    };
    let (section, name) = key.parts();
    change(file, |document| {
        let table = document.entry(section).or_insert_with(|| Item::Table(Table::new()));
        let Some(table) = table.as_table_like_mut() else { return };
        replace(table, name, value);
    })
}

/// Takes a key out, so that its default counts again. One that is not there is no error.
pub fn unset(file: &Path, key: &str) -> Result<(), ConfigError> {
    // One that does not exist can be taken out too: it is how a wrong key is mended.
    let (section, name) = key.split_once('.').unwrap_or((key, ""));
    change(file, |document| {
        if name.is_empty() {
            document.remove(section);
        } else if let Some(table) = document.get_mut(section).and_then(Item::as_table_like_mut) {
            table.remove(name);
        }
    })
}

/// Replaces the file by a text, if that is right as a whole.
pub fn replace_all(file: &Path, text: &str) -> Result<(), ConfigError> {
    match check(text, file).1.into_iter().next() {
        Some(error) => Err(error),
        None => write(file, text),
    }
}

fn replace(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            // The space before it, and the comment behind it.
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
}

fn change(file: &Path, edit: impl FnOnce(&mut DocumentMut)) -> Result<(), ConfigError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(ConfigError::Unreadable { path: file.to_owned(), reason: error.to_string() }),
    };
    let Ok(mut document) = text.parse::<DocumentMut>() else { return replace_all(file, &text) };
    edit(&mut document);
    let new = document.to_string();
    let before = check(&text, file).1.len();
    let wrong = check(&new, file).1;
    // What was wrong before does not keep anybody from setting it right, one key after the other.
    match wrong.into_iter().next() {
        Some(error) if before == 0 => Err(error),
        _ => write(file, &new),
    }
}

fn write(file: &Path, text: &str) -> Result<(), ConfigError> {
    let unwritable =
        |error: &std::io::Error| ConfigError::Unwritable { path: file.to_owned(), reason: error.to_string() };
    let place: PathBuf = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = place.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(|error| unwritable(&error))?;
    if let Ok(old) = std::fs::metadata(&place) {
        new.as_file().set_permissions(old.permissions()).map_err(|error| unwritable(&error))?;
    }
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(|error| unwritable(&error))?;
    new.persist(&place).map_err(|error| unwritable(&error.error))?;
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn setting_a_key_keeps_comments_order_and_layout() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sub/config.toml");
        set(&file, "voice.rate", "1.5").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[voice]\nrate = 1.5\n");
        let text = "# mine\n[ears]\npause_ms   =  900   # I am slow\n\n[voice] # loud\nalways = true\n";
        std::fs::write(&file, text).unwrap();
        set(&file, "ears.pause_ms", "1200").unwrap();
        set(&file, "voice.name", "piper-en_US-joe-medium").unwrap();
        set(&file, "metrics.enabled", "off").unwrap();
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            "# mine\n[ears]\npause_ms   =  1200   # I am slow\n\n[voice] # loud\nalways = true\n\
             name = \"piper-en_US-joe-medium\"\n\n[metrics]\nenabled = false\n"
        );
        unset(&file, "voice.name").unwrap();
        unset(&file, "metrics.enabled").unwrap();
        assert!(!std::fs::read_to_string(&file).unwrap().contains("name"));
    }

    #[test]
    fn a_wrong_value_changes_nothing_and_a_wrong_key_can_be_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "[voice]\nspeed = 3\nrate = 7\n").unwrap();
        assert!(matches!(set(&file, "voice.rate", "9"), Err(ConfigError::Value { .. })));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[voice]\nspeed = 3\nrate = 7\n");
        set(&file, "voice.rate", "2").unwrap();
        unset(&file, "voice.speed").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[voice]\nrate = 2.0\n");
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("dotfile.toml"), folder.path().join("config.toml"));
        std::fs::write(&real, "").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        set(&link, "voice.always", "yes").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "[voice]\nalways = true\n");
    }
}
