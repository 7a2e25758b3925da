//! Attributes that a list leaves out, and that people use.
//!
//! `nix-env -qaP` names a derivation once, under the first attribute it meets, so that `python3` or
//! `curl` may be missing. Nix is asked for what is missing at the top level; where there is only a
//! list, a short table that ships fills the best known gaps. Nothing that a list has is replaced.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use super::import::{PackageRow, Row, read};
use super::{IndexError, build};
use crate::config::Roots;
use crate::nix::child::nix_program;

const ATTRIBUTES: &str = include_str!("../../../../data/attributes.tsv");

/// Top-level packages that the list lacks, in the form of `nix-env --json --meta`. What does not
/// evaluate is passed over, and so are aliases: their names are going away.
const LEFT_OUT: &str = r#"
{ listed }:
let
  packages = import <nixpkgs> { config.allowAliases = false; };
  have = builtins.listToAttrs (map (name: { inherit name; value = null; }) (builtins.fromJSON (builtins.readFile listed)));
  one = name:
    let
      package = packages.${name};
      meta = package.meta or { };
      entry = {
        name = package.name or name;
        pname = package.pname or (builtins.parseDrvName (package.name or name)).name;
        version = package.version or null;
        meta = {
          description = meta.description or null;
          longDescription = meta.longDescription or null;
          mainProgram = meta.mainProgram or null;
          homepage = meta.homepage or null;
          license = meta.license.spdxId or null;
          unfree = meta.unfree or false;
          broken = meta.broken or false;
        };
      };
      found = builtins.tryEval (if (package.type or null) == "derivation" then builtins.deepSeq entry entry else null);
    in
    if found.success && found.value != null then [ { inherit name; value = found.value; } ] else [ ];
in
builtins.listToAttrs (builtins.concatMap one (builtins.attrNames (builtins.removeAttrs packages (builtins.attrNames have))))
"#;

/// Asks Nix for the top-level packages that `list` lacks; none if it lacks none.
pub(super) fn left_out(
    roots: &Roots,
    list: &Path,
    folder: &Path,
    cancel: &CancellationToken,
) -> Result<Option<NamedTempFile>, IndexError> {
    let written = |error: std::io::Error| IndexError::Write(error.to_string());
    let mut listed = Vec::new();
    read(list, &mut |row| {
        if let Row::Package(package) = row
            && !package.attr.contains('.')
        {
            listed.push(package.attr);
        }
        Ok(())
    })?;
    let names = tempfile::Builder::new().suffix(".json").tempfile_in(folder).map_err(written)?;
    serde_json::to_writer(names.as_file(), &listed).map_err(|error| IndexError::Write(error.to_string()))?;
    let rest = tempfile::Builder::new().suffix(".json").tempfile_in(folder).map_err(written)?;
    let mut command = nix_program(roots, "nix-instantiate");
    command.args(["--eval", "--strict", "--json", "--expr", LEFT_OUT, "--argstr", "listed"]).arg(names.path());
    command.stdout(rest.as_file().try_clone().map_err(written)?);
    build::finish(command, cancel)?;
    let mut any = false;
    read(rest.path(), &mut |_| {
        any = true;
        Ok(())
    })?;
    Ok(any.then_some(rest))
}

/// The best known attributes that the lists read so far lack, from the table that ships.
///
/// Empty where no package of a whole nixpkgs is there: a list of a few packages is left as it is.
pub(super) fn known(connection: &Connection) -> Result<Vec<PackageRow>, rusqlite::Error> {
    let whole: bool = connection.query_row("SELECT count(*) >= 10000 FROM package", [], |row| row.get(0))?;
    let mut missing = Vec::new();
    if !whole {
        return Ok(missing);
    }
    for line in ATTRIBUTES.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[attr, same, description, program] = fields.as_slice() else { continue };
        let there: bool =
            connection
                .query_row("SELECT EXISTS (SELECT 1 FROM package WHERE attr = ?1)", params![attr], |row| row.get(0))?;
        if there {
            continue;
        }
        let mut package = PackageRow { attr: attr.to_owned(), pname: attr.to_owned(), ..PackageRow::default() };
        for other in same.split_whitespace().filter(|other| *other != "-") {
            let lent = connection
                .query_row(
                    "SELECT version, homepage, licence, unfree, broken, long FROM package WHERE attr = ?1",
                    params![other],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
                )
                .optional()?;
            if let Some((version, homepage, licence, unfree, broken, long)) = lent {
                package = PackageRow { version, homepage, licence, unfree, broken, long, ..package };
                break;
            }
        }
        package.description = Some(description.to_owned());
        package.program = Some(program.to_owned());
        missing.push(package);
    }
    Ok(missing)
}
