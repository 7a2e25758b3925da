//! Packages into a configuration, and out of it: which list, and how the package is written there.

use std::path::{Path, PathBuf};

use rnix::ast::{self, Expr, Param};
use rnix::{SyntaxKind, SyntaxNode};
use rowan::ast::AstNode;

use super::error::{EditError, Place};
use super::plan::{Change, Step};
use super::settings;
use super::source::Files;
use super::splice::{self, Splice};
use super::spots::{Element, Holder, Owner, Spot, owner, spots, withs};
use super::syntax::{Call, bare, binding, is_identifier, range, written};
use super::tree::{Definition, Tree};
use crate::command::PackageAttr;

/// The attribute path of a package, in parts.
fn parts(package: &PackageAttr) -> Vec<String> {
    package.as_str().split('.').map(str::to_owned).collect()
}

/// Where a package stands, with the list and the element.
fn found(all: &[Spot], package: &PackageAttr) -> Vec<(Spot, Element)> {
    let wanted = parts(package);
    let of = |spot: &Spot| spot.elements().into_iter().map(|element| (spot.clone(), element)).collect::<Vec<_>>();
    all.iter().flat_map(of).filter(|(_, element)| element.paths.contains(&wanted)).collect()
}

/// Whether a package stands in any list.
pub fn stands(files: &mut Files, tree: &Tree, package: &PackageAttr) -> Result<bool, EditError> {
    Ok(!found(&spots(files, tree)?, package).is_empty())
}

/// Writes a package into the list where it belongs.
pub fn install(files: &mut Files, tree: &Tree, root: &Path, package: &PackageAttr) -> Result<Step, EditError> {
    let all = spots(files, tree)?;
    let fonts = |spot: &Spot| spot.way.owner == Owner::Fonts;
    if let Some((spot, element)) = found(&all, package).into_iter().find(|(spot, _)| spot.way.sure && !fonts(spot)) {
        let place = files.place(&spot.way.file, range(&element.node).start);
        return Err(EditError::AlreadyThere { what: package.to_string(), place });
    }
    let Some(spot) = best(&all, root, package) else {
        return no_list(files, tree, root, package);
    };
    let file = spot.way.file.clone();
    let text = files.now(&file).to_owned();
    let (name, argument) = write_name(files, &spot, &text, package)?;
    let added = match &spot.holder {
        Holder::List(list) => splice::push(&text, list, &name),
        Holder::Inherit(inherit) => splice::push_name(&text, inherit, &name),
    };
    let added = added.ok_or_else(|| EditError::NotAsAsked { file: file.clone() })?;
    let place = added.place(files, &file);
    let change = Change::Added { package: package.to_string(), owner: spot.way.owner.clone(), place, new_list: false };
    Ok(Step { change, splices: std::iter::once(added).chain(argument).map(|splice| (file.clone(), splice)).collect() })
}

/// The list that a reader would choose: the system's, in the first file if it has one, else the longest; else the one
/// user's.
fn best(all: &[Spot], root: &Path, package: &PackageAttr) -> Option<Spot> {
    let takes = |spot: &&Spot| spot.way.sure && (matches!(spot.holder, Holder::List(_)) || simple(package, spot));
    let system: Vec<&Spot> = all.iter().filter(|spot| spot.way.owner == Owner::System).filter(takes).collect();
    // Lists beside a forced one do not count.
    let forced = all.iter().any(|spot| spot.way.owner == Owner::System && spot.way.forced);
    let counts: Vec<&Spot> = system.into_iter().filter(|spot| spot.way.forced == forced).collect();
    let first: Vec<&Spot> = counts.iter().copied().filter(|spot| spot.way.file == root).collect();
    let longest = |spots: &[&Spot]| {
        // The first of the longest: `max_by_key` would take the last.
        spots.iter().rev().max_by_key(|spot| (is_general(spot), spot.len())).map(|spot| (*spot).clone())
    };
    let user = || {
        let users: Vec<&Spot> =
            all.iter().filter(|spot| matches!(spot.way.owner, Owner::User(_))).filter(takes).collect();
        let one = users.first().map(|spot| &spot.way.owner);
        longest(&users).filter(|_| users.iter().all(|spot| Some(&spot.way.owner) == one))
    };
    longest(&first).or_else(|| longest(&counts)).or_else(|| user().filter(|_| !forced))
}

/// A list of packages of all kinds, not of one set such as `with pkgs.kdePackages`.
fn is_general(spot: &Spot) -> bool {
    let (opened, plain) = withs(&first_inside(spot.node()));
    plain || opened.is_empty()
}

/// A package that an `inherit (pkgs) …` can name.
fn simple(package: &PackageAttr, spot: &Spot) -> bool {
    let Holder::Inherit(inherit) = &spot.holder else { return false };
    let from = inherit.from().and_then(|from| from.expr()).map(|from| bare(from).syntax().to_string());
    from.as_deref() == Some("pkgs") && is_identifier(package.as_str()) && inherit.attrs().next().is_some()
}

/// How the package is written in a list, and what its file needs for that.
fn write_name(
    files: &Files,
    spot: &Spot,
    text: &str,
    package: &PackageAttr,
) -> Result<(String, Option<Splice>), EditError> {
    let parts = parts(package);
    let node = spot.node();
    if matches!(spot.holder, Holder::Inherit(_)) {
        return Ok((package.to_string(), None));
    }
    let inside = first_inside(node);
    let plain = parts.iter().all(|part| is_identifier(part));
    // A name that is bound around the list would hide the package of that name.
    let hidden = parts.first().is_some_and(|head| binding(&inside, head).is_some());
    if withs(node).1 && plain && !hidden {
        return Ok((package.to_string(), None));
    }
    let path: Vec<String> = parts.iter().map(|part| written(part)).collect();
    let (prefix, argument) = access(files, spot, text)?;
    Ok((format!("{prefix}.{}", path.join(".")), argument))
}

/// A node inside the list, so that the list's own surroundings count.
fn first_inside(node: &SyntaxNode) -> SyntaxNode {
    node.first_child().unwrap_or_else(|| node.clone())
}

/// How a file gets at nixpkgs: by `pkgs`, which may have to become an argument first.
fn access(files: &Files, spot: &Spot, text: &str) -> Result<(String, Option<Splice>), EditError> {
    let node = spot.node();
    pkgs_at(node, text, spot.way.module).ok_or_else(|| EditError::NotPlain {
        place: files.place(&spot.way.file, range(node).start),
        what: "the list of packages".into(),
        found: "a list whose file does not have the packages by name".into(),
    })
}

/// `pkgs`, or `args.pkgs`, as it can be written at a node.
fn pkgs_at(node: &SyntaxNode, text: &str, module: bool) -> Option<(String, Option<Splice>)> {
    if binding(&first_inside(node), "pkgs").is_some() {
        return Some(("pkgs".into(), None));
    }
    let outermost = node.ancestors().filter_map(ast::Lambda::cast).last();
    if !module {
        return None;
    }
    match outermost.and_then(|lambda| lambda.param()) {
        Some(Param::IdentParam(name)) => Some((format!("{}.pkgs", name.ident()?), None)),
        Some(Param::Pattern(pattern)) => Some(("pkgs".into(), Some(add_argument(text, &pattern)?))),
        // A module without arguments gets them.
        None => {
            let root = node.ancestors().find_map(ast::Root::cast)?;
            let Expr::AttrSet(set) = root.expr()? else { return None };
            let newline = splice::newline(text);
            let head = format!("{{ pkgs, ... }}:{newline}{newline}");
            Some(("pkgs".into(), Some(Splice::insert(range(set.syntax()).start, head))))
        }
    }
}

/// `pkgs` as one more argument of a module, in the layout of the others.
fn add_argument(text: &str, pattern: &ast::Pattern) -> Option<Splice> {
    let entries: Vec<ast::PatEntry> = pattern.pat_entries().collect();
    let Some(last) = entries.last() else {
        let dots: usize = pattern.ellipsis_token()?.text_range().start().into();
        return Some(Splice::insert(dots, "pkgs, "));
    };
    let end = range(last.syntax()).end;
    let between = |pair: &[ast::PatEntry]| match pair {
        [a, b] => text.get(range(a.syntax()).end..range(b.syntax()).start).map(str::to_owned),
        _ => None,
    };
    let gap =
        entries.windows(2).last().and_then(between).filter(|gap| gap.chars().all(|c| c == ',' || c.is_whitespace()));
    let alone = || {
        let (own, first) = splice::indentation(text, range(last.syntax()).start);
        if first { format!(",{}{own}", splice::newline(text)) } else { ", ".to_owned() }
    };
    Some(Splice::insert(end, format!("{}pkgs", gap.unwrap_or_else(alone))))
}

/// Where the configuration has no list that can take it: a new one, or what stands in the way.
fn no_list(files: &mut Files, tree: &Tree, root: &Path, package: &PackageAttr) -> Result<Step, EditError> {
    let mut own = tree.definitions.iter().filter(|definition| owner(definition) == Some(Owner::System));
    // One in another file adds to it; in the same file a second one would be an error, or hide the first.
    if let Some(definition) = own.find(|definition| definition.file == root || definition.sure) {
        return appended(files, definition, package);
    }
    let (file, set, after) =
        settings::home(tree, root, &["environment", "systemPackages"]).ok_or_else(|| no_body(files, root))?;
    let text = files.now(&file).to_owned();
    let (prefix, argument) = pkgs_at(set.set.syntax(), &text, true).ok_or_else(|| no_body(files, &file))?;
    let path: Vec<String> = parts(package).iter().map(|part| written(part)).collect();
    let names = settings::rest(&set.prefix, &["environment", "systemPackages"]).ok_or_else(|| no_body(files, &file))?;
    let entry = format!("{names} = [ {prefix}.{} ];", path.join("."));
    let added = splice::add_entry(&text, &set.set, after.as_ref(), &entry)
        .ok_or_else(|| EditError::NotAsAsked { file: file.clone() })?;
    let place = added.place(files, &file);
    let change = Change::Added { package: package.to_string(), owner: Owner::System, place, new_list: true };
    Ok(Step { change, splices: std::iter::once(added).chain(argument).map(|splice| (file.clone(), splice)).collect() })
}

/// `VALUE ++ [ pkgs.x ]`, where the value is surely a list.
fn appended(files: &Files, definition: &Definition, package: &PackageAttr) -> Result<Step, EditError> {
    let refuse = || EditError::NotPlain {
        place: files.place(&definition.file, range(&definition.entry).start),
        what: "the list of packages".into(),
        found: settings::found(definition),
    };
    let file = definition.file.as_path();
    let value = definition.value.as_ref().filter(|_| definition.sure).ok_or_else(refuse)?;
    let list = match value {
        Expr::Apply(apply) => Call::of(apply).and_then(|call| call.name()).is_some_and(|name| {
            ["map", "filter", "attrValues", "optional", "optionals", "unique", "flatten", "concatLists", "concatMap"]
                .contains(&name.as_str())
        }),
        Expr::BinOp(both) => both.operator() == Some(ast::BinOpKind::Concat),
        _ => false,
    };
    let text = files.now(file);
    let (prefix, argument) = pkgs_at(value.syntax(), text, true).filter(|_| list).ok_or_else(refuse)?;
    let path: Vec<String> = parts(package).iter().map(|part| written(part)).collect();
    let end = range(value.syntax()).end;
    let added = Splice::insert(end, format!(" ++ [ {prefix}.{} ]", path.join(".")));
    let change = Change::Added {
        package: package.to_string(),
        owner: Owner::System,
        place: files.place(file, end),
        new_list: true,
    };
    let splices = std::iter::once(added).chain(argument).map(|splice| (file.to_owned(), splice)).collect();
    Ok(Step { change, splices })
}

fn no_body(files: &Files, file: &Path) -> EditError {
    EditError::NotPlain {
        place: Place { line: 1, ..files.place(file, 0) },
        what: "the configuration".into(),
        found: "something other than a set of settings".into(),
    }
}

/// Takes a package out of every list that it stands in, or turns off the program of that name.
pub fn remove(files: &mut Files, tree: &Tree, package: &PackageAttr) -> Result<Vec<Step>, EditError> {
    let all = spots(files, tree)?;
    let mut steps = Vec::new();
    let mut seen: Vec<(PathBuf, usize)> = Vec::new();
    for (spot, element) in found(&all, package) {
        let file = spot.way.file.clone();
        let at = range(&element.node).start;
        // A list with two ways to it is still one.
        if seen.contains(&(file.clone(), at)) {
            continue;
        }
        seen.push((file.clone(), at));
        let text = files.now(&file);
        let place = files.place(&file, at);
        let splices = vec![(file.clone(), splice_out(text, &spot, &element.node))];
        let change = Change::Removed {
            package: package.to_string(),
            owner: spot.way.owner.clone(),
            place,
            as_written: element.changed.then(|| settings::shown(&element.node)),
        };
        steps.push(Step { change, splices });
    }
    Ok(steps)
}

fn splice_out(text: &str, spot: &Spot, node: &SyntaxNode) -> Splice {
    let only = matches!(&spot.holder, Holder::Inherit(inherit) if inherit.attrs().count() == 1);
    // The last name takes its `inherit` with it.
    if only {
        return splice::remove(text, spot.node());
    }
    let cut = splice::remove(text, node);
    // `[ a b/* c */ ]`: what follows must not grow together with what stands before.
    let before = node.first_token().and_then(|token| token.prev_token());
    let glued = cut.at.end > range(node).end
        && before
            .is_some_and(|token| !matches!(token.kind(), SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_L_BRACK));
    if glued { Splice::delete(range(node)) } else { cut }
}
