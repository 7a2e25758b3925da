//! The lists that packages stand in, and which package an element is.
//!
//! Only what is written as a list is followed, through names, `++`, conditions, wrappers and
//! imported files; everything else is told as unknown and never guessed.

use std::path::PathBuf;

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;
use serde::Serialize;

use super::error::EditError;
use super::source::Files;
use super::syntax::{Binding, Call, Part, Wrapper, bare, binding, names, part, path, wrapped};
use super::tree::{Definition, Tree, folder};

/// How far a list is followed through names and files.
const FAR: usize = 24;

/// Whose packages a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    System,
    /// A user's, in `users.users` or in home-manager; no name where the file does not say whose.
    User(Option<String>),
    Fonts,
}

/// Where elements stand.
#[derive(Clone)]
pub enum Holder {
    List(ast::List),
    /// `attrValues { inherit (pkgs) a b; }`
    Inherit(ast::Inherit),
}

/// How a list came to hold packages.
#[derive(Clone)]
pub struct Way {
    pub owner: Owner,
    pub file: PathBuf,
    /// It counts whatever a condition says.
    pub sure: bool,
    /// In `mkForce`: lists elsewhere do not count.
    pub forced: bool,
    /// The file is a module, whose arguments may be added to.
    pub module: bool,
}

/// A list that holds packages.
#[derive(Clone)]
pub struct Spot {
    pub way: Way,
    pub holder: Holder,
}

/// An element of a list, as a package.
pub struct Element {
    pub node: SyntaxNode,
    /// The attribute paths that it may be.
    pub paths: Vec<Vec<String>>,
    /// `vim.override { … }`, `unstable.vim`: not the plain package.
    pub changed: bool,
}

/// All lists of packages in a configuration, in the order of the files.
pub fn spots(files: &mut Files, tree: &Tree) -> Result<Vec<Spot>, EditError> {
    let mut found = Vec::new();
    for definition in &tree.definitions {
        let Some((owner, value)) = owner(definition).zip(definition.value.clone()) else { continue };
        let (file, sure) = (definition.file.clone(), definition.sure);
        let at = Way { owner, file, sure, forced: false, module: true };
        follow(files, &at, value, &mut found, 0)?;
    }
    Ok(found)
}

/// Whose packages a definition sets.
pub fn owner(definition: &Definition) -> Option<Owner> {
    let user = |part: &Part| match part {
        Part::Name(name) => Some(name.clone()),
        Part::Any => None,
    };
    match definition.path.as_slice() {
        [a, b] if a.is("environment") && b.is("systemPackages") => Some(Owner::System),
        [a, b] if a.is("fonts") && (b.is("packages") || b.is("fonts")) => Some(Owner::Fonts),
        [a, b] if a.is("home") && b.is("packages") => Some(Owner::User(None)),
        [a, b, name, d] if a.is("users") && (b.is("users") || b.is("extraUsers")) && d.is("packages") => {
            Some(Owner::User(user(name)))
        }
        [a, b, name, d, e] if a.is("home-manager") && b.is("users") && d.is("home") && e.is("packages") => {
            Some(Owner::User(user(name)))
        }
        _ => None,
    }
}

fn follow(files: &mut Files, at: &Way, expr: Expr, found: &mut Vec<Spot>, depth: usize) -> Result<(), EditError> {
    if depth > FAR {
        return Ok(());
    }
    let perhaps = || Way { sure: false, ..at.clone() };
    match expr {
        Expr::List(list) => found.push(Spot { way: at.clone(), holder: Holder::List(list) }),
        Expr::Paren(paren) => each(files, at, paren.expr(), found, depth)?,
        Expr::With(with) => each(files, at, with.body(), found, depth)?,
        Expr::LetIn(block) => each(files, at, block.body(), found, depth)?,
        Expr::Assert(assert) => each(files, at, assert.body(), found, depth)?,
        Expr::BinOp(both) if both.operator() == Some(ast::BinOpKind::Concat) => {
            each(files, at, both.lhs(), found, depth)?;
            each(files, at, both.rhs(), found, depth)?;
        }
        Expr::IfElse(either) => {
            each(files, &perhaps(), either.body(), found, depth)?;
            each(files, &perhaps(), either.else_body(), found, depth)?;
        }
        Expr::Ident(name) => {
            if let Some(Binding::Value(value)) = binding(name.syntax(), &name.to_string()) {
                follow(files, at, value, found, depth + 1)?;
            }
        }
        Expr::Apply(apply) => {
            if let Some(call) = Call::of(&apply) {
                called(files, at, &call, found, depth)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn each(files: &mut Files, at: &Way, expr: Option<Expr>, found: &mut Vec<Spot>, depth: usize) -> Result<(), EditError> {
    expr.map_or(Ok(()), |expr| follow(files, at, expr, found, depth + 1))
}

fn called(files: &mut Files, at: &Way, call: &Call, found: &mut Vec<Spot>, depth: usize) -> Result<(), EditError> {
    match wrapped(call) {
        Some(Wrapper::Plain(inner)) => return follow(files, at, inner, found, depth + 1),
        Some(Wrapper::Forced(inner)) => {
            return follow(files, &Way { forced: true, ..at.clone() }, inner, found, depth + 1);
        }
        Some(Wrapper::Perhaps(inner)) => {
            return follow(files, &Way { sure: false, ..at.clone() }, inner, found, depth + 1);
        }
        Some(Wrapper::Each(all)) => {
            return all.into_iter().try_for_each(|one| follow(files, at, one, found, depth + 1));
        }
        None => {}
    }
    match (call.name().as_deref(), call.argument(0)) {
        (Some("unique" | "flatten"), Some(list)) => follow(files, at, list, found, depth + 1),
        (Some("attrValues"), Some(set)) => {
            if let Expr::AttrSet(set) = bare(set) {
                for inherit in set.inherits().filter(|inherit| inherit.from().is_some()) {
                    found.push(Spot { way: at.clone(), holder: Holder::Inherit(inherit) });
                }
            }
            Ok(())
        }
        (Some("import" | "callPackage"), Some(named)) => {
            let Some(real) = path(&named, folder(&at.file), None).and_then(|named| Files::real(&named)) else {
                return Ok(());
            };
            let tree = files.parse(&real)?;
            let mut body = ast::Root::cast(tree).and_then(|root| root.expr());
            while let Some(Expr::Lambda(lambda)) = body {
                body = lambda.body();
            }
            // The arguments of such a file are those that its caller hands over: none can be added.
            each(files, &Way { file: real, module: false, ..at.clone() }, body, found, depth)
        }
        _ => Ok(()),
    }
}

impl Spot {
    /// The node of the list itself.
    pub fn node(&self) -> &SyntaxNode {
        match &self.holder {
            Holder::List(list) => list.syntax(),
            Holder::Inherit(inherit) => inherit.syntax(),
        }
    }

    /// The packages that stand here.
    pub fn elements(&self) -> Vec<Element> {
        match &self.holder {
            Holder::List(list) => list.items().filter_map(element).collect(),
            Holder::Inherit(inherit) => {
                let from = inherit.from().and_then(|from| from.expr()).and_then(|from| from_set(&from));
                let Some(from) = from else { return Vec::new() };
                let each = inherit.attrs().filter_map(|attr| match part(&attr) {
                    Part::Name(name) => {
                        let paths = vec![[from.clone(), vec![name]].concat()];
                        Some(Element { node: attr.syntax().clone(), paths, changed: false })
                    }
                    Part::Any => None,
                });
                each.collect()
            }
        }
    }

    /// How many elements of any kind stand here.
    pub fn len(&self) -> usize {
        match &self.holder {
            Holder::List(list) => list.items().count(),
            Holder::Inherit(inherit) => inherit.attrs().count(),
        }
    }
}

/// The package that an element of a list is, as far as its text says.
fn element(item: Expr) -> Option<Element> {
    let node = item.syntax().clone();
    let (paths, changed) = paths(bare(item), 0)?;
    (!paths.is_empty()).then_some(Element { node, paths, changed })
}

fn paths(expr: Expr, depth: usize) -> Option<(Vec<Vec<String>>, bool)> {
    if depth > 8 {
        return None;
    }
    match expr {
        Expr::Ident(name) => {
            let text = name.to_string();
            match binding(name.syntax(), &text) {
                Some(Binding::Value(value)) => {
                    let (paths, changed) = paths(bare(value), depth + 1)?;
                    Some((paths, changed))
                }
                // What `callPackage` hands over is the package of that name.
                Some(Binding::Argument) => Some((vec![vec![text]], false)),
                Some(Binding::Unknown) => None,
                None => Some((scoped(name.syntax(), &[text]), false)),
            }
        }
        Expr::Select(select) => {
            let path = names(&select.attrpath()?)?;
            let Expr::Ident(base) = bare(select.expr()?) else { return None };
            let text = base.to_string();
            let bound = binding(base.syntax(), &text);
            if text == "pkgs" {
                return Some((vec![path], false));
            }
            match (bound, path.split_first()) {
                // `args.pkgs.vim`
                (Some(Binding::Argument), Some((first, rest))) if first == "pkgs" && !rest.is_empty() => {
                    Some((vec![rest.to_vec()], false))
                }
                // Another set of packages, such as `unstable`.
                (Some(_), _) => Some((vec![path], true)),
                (None, _) => Some((scoped(base.syntax(), &[vec![text], path].concat()), false)),
            }
        }
        Expr::Apply(apply) => {
            let call = Call::of(&apply)?;
            let name = call.name()?;
            if matches!(name.as_str(), "hiPrio" | "lowPrio" | "setPrio") {
                return paths(bare(call.arguments.last()?.clone()), depth + 1).map(|(paths, _)| (paths, true));
            }
            let made = ["override", "overrideAttrs", "withPackages", "withPlugins", "withExtensions", "customize"];
            if !made.contains(&name.as_str()) {
                return None;
            }
            let (mut whole, _) = paths(call.head, depth + 1)?;
            for path in &mut whole {
                path.pop();
            }
            whole.retain(|path| !path.is_empty());
            Some((whole, true))
        }
        _ => None,
    }
}

/// The attribute paths that a name may have by the `with`s around it, the innermost first.
fn scoped(node: &SyntaxNode, name: &[String]) -> Vec<Vec<String>> {
    let namespaces = withs(node).0;
    namespaces.into_iter().map(|prefix| [prefix, name.to_vec()].concat()).collect()
}

/// The sets of packages that are opened around a node, the innermost first, and whether the innermost is `pkgs` itself.
pub fn withs(node: &SyntaxNode) -> (Vec<Vec<String>>, bool) {
    let around: Vec<ast::With> = node
        .ancestors()
        .skip(1)
        .filter_map(ast::With::cast)
        .filter(|with| with.body().is_some_and(|body| body.syntax().text_range().contains_range(node.text_range())))
        .collect();
    let namespace = |with: &ast::With| with.namespace().and_then(|set| from_set(&set));
    let innermost = around.first().and_then(namespace).is_some_and(|prefix| prefix.is_empty());
    let mut all: Vec<Vec<String>> = around.iter().filter_map(namespace).collect();
    // `with pkgs; with kdePackages;`: the second is a part of the first.
    for with in &around {
        if let Some(Expr::Ident(name)) = with.namespace().map(bare)
            && name.to_string() != "pkgs"
            && binding(name.syntax(), &name.to_string()).is_none()
        {
            all.insert(0, vec![name.to_string()]);
        }
    }
    (all, innermost)
}

/// The attribute path of a set of packages: nothing for `pkgs` itself.
fn from_set(expr: &Expr) -> Option<Vec<String>> {
    match bare(expr.clone()) {
        Expr::Ident(name) if name.to_string() == "pkgs" => Some(Vec::new()),
        Expr::Select(select) => {
            let path = names(&select.attrpath()?)?;
            match bare(select.expr()?) {
                Expr::Ident(base) if base.to_string() == "pkgs" => Some(path),
                Expr::Ident(_) => {
                    path.split_first().filter(|(first, _)| *first == "pkgs").map(|(_, rest)| rest.to_vec())
                }
                _ => None,
            }
        }
        _ => None,
    }
}
