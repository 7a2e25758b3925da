//! Lists of packages and options, as they come: told apart by their content, not by their names.
//!
//! Known forms: the project's package TSV (ten columns), `nix-env -qaP --json --meta`, a channel's
//! `packages.json`, and `options.json` as a list or as nixpkgs makes it; each plain, gzip or brotli.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value};

use super::IndexError;

/// A package as a list has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageRow {
    pub attr: String,
    pub pname: String,
    pub version: Option<String>,
    pub description: Option<String>,
    pub program: Option<String>,
    pub homepage: Option<String>,
    pub licence: Option<String>,
    pub unfree: bool,
    pub broken: bool,
    pub long: Option<String>,
}

/// An option as a list has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionRow {
    pub name: String,
    pub kind: Option<String>,
    pub standard: Option<String>,
    pub example: Option<String>,
    pub description: Option<String>,
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    Package(PackageRow),
    Option(OptionRow),
}

/// Reads all rows of a list, one after the other.
pub fn read(path: &Path, each: &mut dyn FnMut(Row) -> Result<(), IndexError>) -> Result<(), IndexError> {
    let unreadable =
        |error: std::io::Error| IndexError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let mut reader = plain(path).map_err(unreadable)?;
    let begin = reader.fill_buf().map_err(unreadable)?;
    match begin.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(IndexError::Empty(path.to_owned())),
        Some(b'{' | b'[') => json(path, reader, each),
        Some(_) => tsv(path, reader, each),
    }
}

/// The file without its compression.
fn plain(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let begin = file.fill_buf()?;
    // RFC 1952 gives gzip's first two bytes; brotli has none, so it is known by its name.
    if begin.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(file))));
    }
    if path.extension().is_some_and(|extension| extension == "br") {
        return Ok(Box::new(BufReader::new(brotli::Decompressor::new(file, 1 << 16))));
    }
    Ok(Box::new(file))
}

fn tsv(
    path: &Path,
    mut reader: Box<dyn BufRead>,
    each: &mut dyn FnMut(Row) -> Result<(), IndexError>,
) -> Result<(), IndexError> {
    let wrong = |line: usize, reason: &str| IndexError::Line { path: path.to_owned(), line, reason: reason.to_owned() };
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        let read = reader
            .by_ref()
            // A line of a list is short; a file without line ends is no list.
            .take(1 << 20)
            .read_until(b'\n', &mut line)
            .map_err(|error| IndexError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        let text = std::str::from_utf8(&line).map_err(|_| wrong(number, "it is not UTF-8 text"))?;
        let fields: Vec<&str> = text.trim_end_matches(['\n', '\r']).split('\t').collect();
        let [attr, pname, rest @ ..] = fields.as_slice() else {
            return Err(wrong(number, "it has no columns parted by tabs"));
        };
        if attr.is_empty() || rest.len() > 16 {
            return Err(wrong(number, "its columns are not those of a package list"));
        }
        let field = |at: usize| rest.get(at).filter(|value| !value.is_empty()).map(|value| (*value).to_owned());
        each(Row::Package(PackageRow {
            attr: (*attr).to_owned(),
            pname: (*pname).to_owned(),
            version: field(0),
            description: field(1),
            program: field(2),
            homepage: field(3),
            licence: field(4),
            unfree: field(5).is_some(),
            broken: field(6).is_some(),
            long: field(7),
        }))?;
    }
}

fn json(
    path: &Path,
    reader: Box<dyn BufRead>,
    each: &mut dyn FnMut(Row) -> Result<(), IndexError>,
) -> Result<(), IndexError> {
    let whole: Value = serde_json::from_reader(reader).map_err(|error| {
        let line = error.line();
        IndexError::Line { path: path.to_owned(), line, reason: format!("it is not whole JSON ({error})") }
    })?;
    match whole {
        Value::Array(list) => list.iter().filter_map(Value::as_object).filter_map(listed_option).try_for_each(each),
        Value::Object(mut object) => {
            let packages = match object.remove("packages") {
                Some(Value::Object(packages)) => packages,
                _ => object,
            };
            packages.iter().filter_map(|(name, value)| named(name, value.as_object()?)).try_for_each(each)
        }
        _ => Ok(()),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(list) => text(list.first()),
        Value::Object(object) => {
            text(object.get("text")).or_else(|| text(object.get("spdxId"))).or_else(|| text(object.get("fullName")))
        }
        _ => None,
    }
}

fn truth(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or(false)
}

/// An option of a list of options.
fn listed_option(option: &Map<String, Value>) -> Option<Row> {
    let name = text(option.get("name"))?;
    Some(Row::Option(OptionRow {
        name,
        kind: text(option.get("type")),
        standard: text(option.get("default")),
        example: text(option.get("example")),
        description: text(option.get("description")),
    }))
}

/// An entry of an object: a package of `nix-env` or of a channel, or an option of nixpkgs' options.json.
fn named(name: &str, entry: &Map<String, Value>) -> Option<Row> {
    if entry.contains_key("declarations") || entry.contains_key("loc") {
        return Some(Row::Option(OptionRow {
            name: name.to_owned(),
            kind: text(entry.get("type")),
            standard: text(entry.get("default")),
            example: text(entry.get("example")),
            description: text(entry.get("description")),
        }));
    }
    let whole = text(entry.get("name"));
    let pname = text(entry.get("pname")).or_else(|| whole.as_deref().map(|whole| split(whole).0.to_owned()))?;
    let none = Map::new();
    let meta = entry.get("meta").and_then(Value::as_object).unwrap_or(&none);
    Some(Row::Package(PackageRow {
        // `nix-env -f '<nixpkgs>' -qaP` names the channel before the attribute.
        attr: name.strip_prefix("nixpkgs.").or_else(|| name.strip_prefix("nixos.")).unwrap_or(name).to_owned(),
        pname,
        version: text(entry.get("version"))
            .or_else(|| whole.as_deref().and_then(|whole| split(whole).1).map(str::to_owned)),
        description: text(meta.get("description")),
        program: text(meta.get("mainProgram")),
        homepage: text(meta.get("homepage")),
        licence: text(meta.get("license")),
        unfree: truth(meta.get("unfree")),
        broken: truth(meta.get("broken")),
        long: text(meta.get("longDescription")),
    }))
}

/// Name and version of `firefox-152.0`: the version begins at the first dash that a digit follows
/// (Nix manual, `builtins.parseDrvName`).
fn split(name: &str) -> (&str, Option<&str>) {
    let dash = name.match_indices('-').find(|(at, _)| name[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    dash.map_or((name, None), |(at, _)| (&name[..at], Some(&name[at + 1..])))
}
