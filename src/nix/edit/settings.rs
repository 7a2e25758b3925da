//! Settings: a value in place of another, a new one where its neighbours stand, one less.

use std::path::{Path, PathBuf};

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry, UnaryOpKind};
use rowan::ast::AstNode;

use super::error::{EditError, Place};
use super::plan::{Change, Step};
use super::source::Files;
use super::splice::{self, Splice};
use super::syntax::{Call, Part, Wrapper, bare, plain, range, wrapped, written};
use super::tree::{Body, Definition, Tree};
use crate::command::{OptionPath, OptionValue};

/// Longest piece of a file that is read out, in characters.
const SHOWN: usize = 60;

/// A piece of a file as it is told.
pub fn shown(node: &SyntaxNode) -> String {
    let text = node.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= SHOWN {
        return text;
    }
    format!("{}…", text.chars().take(SHOWN).collect::<String>())
}

/// What stands in the way in a definition, as it is told.
pub fn found(definition: &Definition) -> String {
    match &definition.value {
        Some(_) if !definition.sure => "a condition, or something that another value may replace".to_owned(),
        Some(value) => shown(value.syntax()),
        None => "a value from elsewhere".to_owned(),
    }
}

/// A value as Nix.
pub fn nix(value: &OptionValue) -> String {
    match value {
        OptionValue::Bool(value) => value.to_string(),
        // A minus is an operator in Nix; as a value it stands by itself.
        OptionValue::Number(value) => value.to_string(),
        OptionValue::Words(words) => {
            let mut text = String::from("\"");
            for c in words.as_str().chars() {
                if matches!(c, '"' | '\\' | '$') {
                    text.push('\\');
                }
                text.push(c);
            }
            text + "\""
        }
    }
}

fn names(option: &OptionPath) -> Vec<&str> {
    option.as_str().split('.').collect()
}

/// The value that counts in a definition, in its wrappers.
fn core(expr: Expr) -> Option<Expr> {
    match bare(expr) {
        Expr::Apply(apply) => match wrapped(&Call::of(&apply)?)? {
            Wrapper::Plain(inner) | Wrapper::Forced(inner) => core(inner),
            Wrapper::Perhaps(_) | Wrapper::Each(_) => None,
        },
        other => Some(other),
    }
}

/// Whether a value is written out, so that nothing else hangs on it.
fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_) => true,
        Expr::Str(text) => plain(text).is_some(),
        Expr::Ident(name) => matches!(name.to_string().as_str(), "true" | "false" | "null"),
        Expr::UnaryOp(minus) => {
            minus.operator() == Some(UnaryOpKind::Negate) && matches!(minus.expr(), Some(Expr::Literal(_)))
        }
        _ => false,
    }
}

/// Where a setting is made, and the value there.
pub fn value_of(files: &Files, tree: &Tree, option: &[&str]) -> Option<(String, Place)> {
    let definition = tree.definitions.iter().find(|definition| definition.sure && definition.is(option))?;
    let value = core(definition.value.clone()?)?;
    Some((value.syntax().to_string(), files.place(&definition.file, range(value.syntax()).start)))
}

/// Sets an option: in place where it is set, else beside its neighbours.
pub fn set(
    files: &Files,
    tree: &Tree,
    root: &Path,
    option: &OptionPath,
    value: &OptionValue,
) -> Result<Step, EditError> {
    let names = names(option);
    let text = nix(value);
    let here: Vec<&Definition> = tree.definitions.iter().filter(|definition| definition.is(&names)).collect();
    let place = |definition: &Definition| files.place(&definition.file, range(&definition.entry).start);
    let [definition] = here.as_slice() else {
        if here.is_empty() {
            return added(files, tree, root, option, &text);
        }
        let places = here.iter().map(|definition| place(definition)).collect();
        return Err(EditError::SetTwice { option: option.to_string(), places });
    };
    let what = || option.to_string();
    let refuse = || EditError::NotPlain { place: place(definition), what: what(), found: found(definition) };
    let old = definition.value.clone().and_then(core).filter(|old| is_literal(old) && definition.sure);
    let old = old.ok_or_else(refuse)?;
    let from = shown(old.syntax());
    let at = files.place(&definition.file, range(old.syntax()).start);
    if old.syntax().to_string() == text {
        return Err(EditError::SameValue { option: what(), value: value.to_string(), place: at });
    }
    // `f -1` would be a subtraction.
    let called = old.syntax().parent().is_some_and(|parent| ast::Apply::can_cast(parent.kind()));
    let written = if called && text.starts_with('-') { format!("({text})") } else { text };
    let splice = Splice { at: range(old.syntax()), text: written };
    let change = Change::Set { option: what(), from: Some(from), to: value.to_string(), place: at };
    Ok(Step { change, splices: vec![(definition.file.clone(), splice)] })
}

fn added(files: &Files, tree: &Tree, root: &Path, option: &OptionPath, text: &str) -> Result<Step, EditError> {
    let names = names(option);
    // What is set as a whole by something that cannot be looked into may hold this option too.
    let above = tree.definitions.iter().find(|definition| {
        definition.path.len() < names.len()
            && definition.path.iter().zip(&names).all(|(part, name)| part.is(name))
            && !definition.value.clone().is_some_and(|value| is_open(&value))
    });
    if let Some(above) = above {
        return Err(EditError::NotPlain {
            place: files.place(&above.file, range(&above.entry).start),
            what: option.to_string(),
            found: found(above),
        });
    }
    let refuse = || EditError::NotPlain {
        place: files.place(root, 0),
        what: option.to_string(),
        found: "no plain set of settings".into(),
    };
    let (file, body, after) = home(tree, root, &names).ok_or_else(refuse)?;
    let rest = rest(&body.prefix, &names).ok_or_else(refuse)?;
    let splice = splice::add_entry(files.now(&file), &body.set, after.as_ref(), &format!("{rest} = {text};"))
        .ok_or_else(refuse)?;
    let place = splice.place(files, &file);
    let to = text.trim_matches('"').to_owned();
    let change = Change::Set { option: option.to_string(), from: None, to, place };
    Ok(Step { change, splices: vec![(file, splice)] })
}

/// Whether a value is a set whose entries were found, under whatever wrapper.
pub fn is_open(value: &Expr) -> bool {
    match bare(value.clone()) {
        Expr::AttrSet(_) => true,
        Expr::Apply(apply) => match Call::of(&apply).as_ref().and_then(wrapped) {
            Some(Wrapper::Plain(inner) | Wrapper::Forced(inner) | Wrapper::Perhaps(inner)) => is_open(&inner),
            Some(Wrapper::Each(all)) => all.iter().all(is_open),
            None => false,
        },
        Expr::With(with) => with.body().is_some_and(|body| is_open(&body)),
        Expr::LetIn(block) => block.body().is_some_and(|body| is_open(&body)),
        _ => false,
    }
}

/// Takes a setting out.
pub fn unset(files: &Files, tree: &Tree, option: &OptionPath) -> Result<Step, EditError> {
    let names = names(option);
    let here: Vec<&Definition> = tree.definitions.iter().filter(|definition| definition.is(&names)).collect();
    let place = |definition: &Definition| files.place(&definition.file, range(&definition.entry).start);
    match here.as_slice() {
        [] => Err(EditError::NotThere { what: option.to_string() }),
        [one] if one.sure && one.value.is_some() => {
            let from = one.value.as_ref().map(|value| shown(value.syntax())).unwrap_or_default();
            let splice = splice::remove(files.now(&one.file), &one.entry);
            let change = Change::Unset { option: option.to_string(), from, place: place(one) };
            Ok(Step { change, splices: vec![(one.file.clone(), splice)] })
        }
        [one] => Err(EditError::NotPlain { place: place(one), what: option.to_string(), found: "a condition".into() }),
        several => {
            let places = several.iter().map(|definition| place(definition)).collect();
            Err(EditError::SetTwice { option: option.to_string(), places })
        }
    }
}

/// Where a new definition belongs: the set that holds most of its path, and the entry that it comes after.
pub fn home<'a>(tree: &'a Tree, root: &Path, names: &[&str]) -> Option<(PathBuf, &'a Body, Option<SyntaxNode>)> {
    let shared = |path: &[Part]| path.iter().zip(names).take_while(|(part, name)| part.is(name)).count();
    let fits = |body: &&Body| {
        let near = body.prefix.len() < names.len() && shared(&body.prefix) == body.prefix.len();
        body.sure && near && !is_generated(&body.file)
    };
    // How near a set is: by its own path, or by a neighbour that is written in it with dots.
    let nearness = |body: &Body| {
        let neighbours = neighbours(body).filter_map(|(path, _)| {
            let whole = [body.prefix.clone(), path].concat();
            Some(shared(&whole)).filter(|shared| *shared > body.prefix.len())
        });
        neighbours.max().unwrap_or(body.prefix.len())
    };
    let best = tree
        .bodies
        .iter()
        .filter(fits)
        .enumerate()
        .max_by_key(|(index, body)| (nearness(body), body.prefix.len(), body.file == root, std::cmp::Reverse(*index)))
        .map(|(_, body)| body)?;
    let near = nearness(best);
    let of_kin = neighbours(best)
        .filter(|(path, _)| near > best.prefix.len() && shared(&[best.prefix.clone(), path.clone()].concat()) == near)
        .last()
        .map(|(_, node)| node);
    // Nobody of its kin: the last place, but before the state version, which people keep at the end.
    let last = || {
        let kept: Vec<SyntaxNode> = best.set.entries().map(|entry| entry.syntax().clone()).collect();
        let is_version = |node: &SyntaxNode| node.to_string().contains("stateVersion");
        kept.iter().rev().find(|node| !is_version(node)).cloned()
    };
    let whole_module = best.prefix.is_empty();
    // `enable` comes first in its set.
    let first = names.last() == Some(&"enable") && best.prefix.len() + 1 == names.len();
    let after = of_kin.or_else(|| if first && !whole_module { None } else { last() });
    Some((best.file.clone(), best, after))
}

/// What the installer writes, and writes anew: nothing of the user's belongs there.
fn is_generated(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "hardware-configuration.nix")
}

fn neighbours(body: &Body) -> impl Iterator<Item = (Vec<Part>, SyntaxNode)> + '_ {
    body.set
        .attrpath_values()
        .filter_map(|entry| Some((super::syntax::parts(&entry.attrpath()?), entry.syntax().clone())))
}

/// The part of a path that is still to be written in a set.
pub fn rest(prefix: &[Part], names: &[&str]) -> Option<String> {
    let rest = names.get(prefix.len()..).filter(|rest| !rest.is_empty())?;
    Some(rest.iter().map(|name| written(name)).collect::<Vec<_>>().join("."))
}
