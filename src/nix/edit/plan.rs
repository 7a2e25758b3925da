//! An edit as a whole: worked out in memory, checked to mean what was asked, then shown.
//!
//! Nothing is written here. Every step is parsed again, its words are compared with what they
//! should be, and all definitions that nobody asked to change must be as they were.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rowan::ast::AstNode;
use serde::Serialize;
use similar::TextDiff;

use super::error::{EditError, Place};
use super::packages;
use super::settings;
use super::source::Files;
use super::splice::{self, Splice};
use super::spots::{Owner, owner};
use super::syntax::{Part, words};
use super::tree::{Definition, Start, Tree};
use crate::command::{OptionPath, OptionValue, PackageAttr};

/// What is asked of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Install(Vec<PackageAttr>),
    Remove(Vec<PackageAttr>),
    Set(OptionPath, OptionValue),
    Unset(OptionPath),
}

/// One change, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    Added {
        package: String,
        owner: Owner,
        place: Place,
        /// There was no list before.
        new_list: bool,
    },
    Removed {
        package: String,
        owner: Owner,
        place: Place,
        /// How it is written, where that is more than the package's name.
        as_written: Option<String>,
    },
    Set {
        option: String,
        /// As written; `None` where it was not set.
        from: Option<String>,
        to: String,
        place: Place,
    },
    Unset {
        option: String,
        from: String,
        place: Place,
    },
    /// A flake's input is locked to something newer.
    Updated {
        input: String,
        from: Option<String>,
        to: String,
    },
}

/// A change with what it does to the files.
pub struct Step {
    pub change: Change,
    pub splices: Vec<(PathBuf, Splice)>,
}

/// A file as it is and as it would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEdit {
    /// The real path.
    pub file: PathBuf,
    #[serde(skip)]
    pub before: String,
    #[serde(skip)]
    pub after: String,
}

/// An edit that can be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    pub changes: Vec<Change>,
    pub files: Vec<FileEdit>,
}

impl Edit {
    /// The change as text, in the form of `diff -u`.
    #[must_use]
    pub fn diff(&self) -> String {
        let each = self.files.iter().map(|file| {
            let name = file.file.display().to_string();
            TextDiff::from_lines(&file.before, &file.after).unified_diff().header(&name, &name).to_string()
        });
        each.collect()
    }
}

/// Works out an edit of the configuration that begins at `start`. Reads files, changes nothing.
pub fn propose(start: &Start, request: &Request) -> Result<Edit, EditError> {
    let mut work = Work { files: Files::default(), start, changes: Vec::new() };
    match request {
        Request::Install(all) => all.iter().try_for_each(|package| work.install(package))?,
        Request::Remove(all) => all.iter().try_for_each(|package| work.remove(package))?,
        Request::Set(option, value) => work.set(option, value)?,
        Request::Unset(option) => work.unset(option)?,
    }
    let files: Vec<FileEdit> = work
        .files
        .changed()
        .map(|(file, text)| FileEdit { file: file.clone(), before: text.before.clone(), after: text.now.clone() })
        .collect();
    Ok(Edit { changes: work.changes, files })
}

struct Work<'a> {
    files: Files,
    start: &'a Start,
    changes: Vec<Change>,
}

impl Work<'_> {
    fn tree(&mut self) -> Result<Tree, EditError> {
        Tree::read(&mut self.files, self.start)
    }

    /// The file that the configuration begins with.
    fn root(&self, tree: &Tree) -> PathBuf {
        let flake = self.start.flake.as_ref().map(|(file, _)| file);
        let modules = tree.files.iter().find(|file| Some(*file) != flake);
        modules.or(tree.files.first()).cloned().unwrap_or_default()
    }

    fn install(&mut self, package: &PackageAttr) -> Result<(), EditError> {
        let tree = self.tree()?;
        let root = self.root(&tree);
        if let Some((value, place)) = settings::value_of(&self.files, &tree, &enable(package))
            && value == "true"
        {
            return Err(EditError::AlreadyThere { what: package.to_string(), place });
        }
        let step = packages::install(&mut self.files, &tree, &root, package)?;
        let files = self.carry_out(&tree, vec![step], |definition| owner(definition).is_some())?;
        let after = self.tree()?;
        let stands = packages::stands(&mut self.files, &after, package)?;
        check(stands, &files)
    }

    fn remove(&mut self, package: &PackageAttr) -> Result<(), EditError> {
        let tree = self.tree()?;
        let root = self.root(&tree);
        let mut steps = packages::remove(&mut self.files, &tree, package)?;
        let enable = enable(package);
        let program = settings::value_of(&self.files, &tree, &enable).filter(|(value, _)| value == "true");
        if program.is_some()
            && let Ok(option) = enable.join(".").parse::<OptionPath>()
        {
            steps.push(settings::set(&self.files, &tree, &root, &option, &OptionValue::Bool(false))?);
        }
        if steps.is_empty() {
            return Err(EditError::NotThere { what: package.to_string() });
        }
        let files = self.carry_out(&tree, steps, |definition| owner(definition).is_some() || definition.is(&enable))?;
        let after = self.tree()?;
        let gone = !packages::stands(&mut self.files, &after, package)?;
        check(gone, &files)
    }

    fn set(&mut self, option: &OptionPath, value: &OptionValue) -> Result<(), EditError> {
        let tree = self.tree()?;
        let root = self.root(&tree);
        let step = settings::set(&self.files, &tree, &root, option, value)?;
        let names: Vec<&str> = option.as_str().split('.').collect();
        let files = self.carry_out(&tree, vec![step], |definition| definition.is(&names))?;
        let after = self.tree()?;
        let reads = settings::value_of(&self.files, &after, &names).map(|(found, _)| found);
        check(reads == Some(settings::nix(value)), &files)
    }

    fn unset(&mut self, option: &OptionPath) -> Result<(), EditError> {
        let tree = self.tree()?;
        let step = settings::unset(&self.files, &tree, option)?;
        let names: Vec<&str> = option.as_str().split('.').collect();
        let below = |definition: &Definition| {
            definition.path.len() >= names.len() && definition.path.iter().zip(&names).all(|(part, name)| part.is(name))
        };
        let files = self.carry_out(&tree, vec![step], below)?;
        let after = self.tree()?;
        check(settings::value_of(&self.files, &after, &names).is_none(), &files)
    }

    /// Makes the splices of some steps in memory, and checks that nothing but `asked` means something else then.
    fn carry_out(
        &mut self,
        before: &Tree,
        steps: Vec<Step>,
        asked: impl Fn(&Definition) -> bool,
    ) -> Result<Vec<PathBuf>, EditError> {
        let mut by_file: BTreeMap<PathBuf, Vec<Splice>> = BTreeMap::new();
        for step in steps {
            for (file, splice) in step.splices {
                by_file.entry(file).or_default().push(splice);
            }
            self.changes.push(step.change);
        }
        for (file, splices) in &by_file {
            let old = self.files.now(file).to_owned();
            let wrong = || EditError::NotAsAsked { file: file.clone() };
            let new = splice::apply(&old, splices).ok_or_else(wrong)?;
            if !splice::is_exact(&old, splices, &new) {
                return Err(wrong());
            }
            self.files.put(file, new);
            // What was valid is valid still: anything else is a mistake of this engine.
            self.files.parse(file).map_err(|_| wrong())?;
        }
        let after = self.tree()?;
        let files: Vec<PathBuf> = by_file.into_keys().collect();
        let (old, new) = (facts(before, &asked), facts(&after, &asked));
        check(old == new, &files)?;
        Ok(files)
    }
}

/// What a finished edit must be.
fn check(good: bool, files: &[PathBuf]) -> Result<(), EditError> {
    if good { Ok(()) } else { Err(EditError::NotAsAsked { file: files.first().cloned().unwrap_or_default() }) }
}

fn enable(package: &PackageAttr) -> [&str; 3] {
    ["programs", package.as_str(), "enable"]
}

/// What all definitions say but those that shall change: file, path and value.
fn facts(tree: &Tree, asked: &impl Fn(&Definition) -> bool) -> Vec<(PathBuf, Vec<Part>, String, bool)> {
    let holds_asked = |definition: &Definition| {
        // A set around what changes has another text, but its parts are compared one by one.
        tree.definitions.iter().any(|inner| {
            asked(inner)
                && inner.file == definition.file
                && inner.path.len() > definition.path.len()
                && inner.path.starts_with(&definition.path)
        })
    };
    let is_set = |definition: &Definition| definition.value.as_ref().is_some_and(settings::is_open);
    let kept = tree.definitions.iter().filter(|one| !asked(one) && !is_set(one) && !holds_asked(one));
    let told = kept.map(|definition| {
        let value = definition.value.as_ref().map(|value| words(value.syntax())).unwrap_or_default();
        (definition.file.clone(), definition.path.clone(), value, definition.sure)
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}
