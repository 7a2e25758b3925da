//! The modules of a configuration, and what each defines.
//!
//! Follows `imports`, `config`, `mkIf`, `mkMerge`, `let` and home-manager's users as far as the
//! text says where they lead. What is worked out by a function stays unknown, and nobody may
//! conclude from this tree that something is not set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::error::EditError;
use super::source::Files;
use super::syntax::{Binding, Call, Part, Wrapper, bare, binding, part, parts, path, wrapped};

/// How far names, imports and wrappers are followed: configurations nest some ten deep.
const FAR: usize = 48;

/// Where a configuration begins.
#[derive(Debug, Clone)]
pub struct Start {
    /// The modules named first, in order.
    pub modules: Vec<PathBuf>,
    /// A flake whose text holds modules itself, and the host they are for.
    pub flake: Option<(PathBuf, String)>,
}

/// A definition: `path = value;`
pub struct Definition {
    pub file: PathBuf,
    pub path: Vec<Part>,
    /// `None` for what is inherited.
    pub value: Option<Expr>,
    /// The whole entry.
    pub entry: SyntaxNode,
    /// It counts whatever a condition says.
    pub sure: bool,
}

impl Definition {
    pub fn is(&self, path: &[&str]) -> bool {
        self.path.len() == path.len() && self.path.iter().zip(path).all(|(part, name)| part.is(name))
    }
}

/// A literal set in which definitions can be written.
pub struct Body {
    pub file: PathBuf,
    pub prefix: Vec<Part>,
    pub set: ast::AttrSet,
    pub sure: bool,
}

/// All that was found, in the order of the imports.
#[derive(Default)]
pub struct Tree {
    pub definitions: Vec<Definition>,
    pub bodies: Vec<Body>,
    pub files: Vec<PathBuf>,
}

impl Tree {
    /// Reads a configuration from where it begins.
    pub fn read(files: &mut Files, start: &Start) -> Result<Self, EditError> {
        let mut walk = Walk {
            files,
            tree: Self::default(),
            seen: BTreeSet::new(),
            host: start.flake.as_ref().map(|(_, host)| host.clone()),
        };
        for module in &start.modules {
            walk.file(module, &[], true, 0, true)?;
        }
        if let Some((flake, host)) = &start.flake {
            let tree = walk.files.parse(flake)?;
            walk.tree.files.push(flake.clone());
            for found in super::flake::modules(&tree, host) {
                walk.module(flake, &[], &found, true, 0)?;
            }
        }
        Ok(walk.tree)
    }
}

struct Walk<'a> {
    files: &'a mut Files,
    tree: Tree,
    seen: BTreeSet<(PathBuf, Vec<Part>)>,
    host: Option<String>,
}

/// Where a walk is.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'a Path,
    prefix: &'a [Part],
    sure: bool,
    depth: usize,
}

impl At<'_> {
    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn perhaps(self) -> Self {
        Self { sure: false, depth: self.depth + 1, ..self }
    }
}

impl Walk<'_> {
    /// A module's file. One that is missing is only an error where the configuration begins.
    fn file(&mut self, named: &Path, prefix: &[Part], sure: bool, depth: usize, first: bool) -> Result<(), EditError> {
        let Some(real) = Files::real(named) else {
            if first {
                let source = std::io::ErrorKind::NotFound.into();
                return Err(EditError::Io { doing: "read", file: named.to_owned(), source });
            }
            return Ok(());
        };
        if depth > FAR || !self.seen.insert((real.clone(), prefix.to_vec())) {
            return Ok(());
        }
        let tree = self.files.parse(&real)?;
        self.tree.files.push(real.clone());
        match ast::Root::cast(tree).and_then(|root| root.expr()) {
            Some(expr) => self.value(At { file: &real, prefix, sure, depth }, expr),
            None => Ok(()),
        }
    }

    /// A value, which may hold definitions.
    fn value(&mut self, at: At, expr: Expr) -> Result<(), EditError> {
        if at.depth > FAR {
            return Ok(());
        }
        let next = at.deeper();
        match expr {
            Expr::AttrSet(set) => return self.set(at, set),
            Expr::Lambda(lambda) if is_module(at.prefix) => {
                self.maybe(next, lambda.body())?;
            }
            Expr::Paren(inner) => self.maybe(next, inner.expr())?,
            Expr::With(with) => self.maybe(next, with.body())?,
            Expr::LetIn(block) => self.maybe(next, block.body())?,
            Expr::Assert(assert) => self.maybe(next, assert.body())?,
            Expr::IfElse(either) => {
                self.maybe(at.perhaps(), either.body())?;
                self.maybe(at.perhaps(), either.else_body())?;
            }
            // Either side may take the other's place: what is added there may not count.
            Expr::BinOp(both) if both.operator() == Some(ast::BinOpKind::Update) => {
                self.maybe(at.perhaps(), both.lhs())?;
                self.maybe(at.perhaps(), both.rhs())?;
            }
            Expr::Ident(name) => {
                if let Some(Binding::Value(value)) = binding(name.syntax(), &name.to_string()) {
                    self.value(next, value)?;
                }
            }
            Expr::Apply(apply) => {
                if let Some(call) = Call::of(&apply) {
                    self.call(at, &call)?;
                }
            }
            other if is_user(at.prefix) => {
                if let Some(named) = path(&other, folder(at.file), self.host.as_deref()) {
                    self.file(&named, at.prefix, at.sure, at.depth + 1, false)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn maybe(&mut self, at: At, expr: Option<Expr>) -> Result<(), EditError> {
        expr.map_or(Ok(()), |expr| self.value(at, expr))
    }

    fn call(&mut self, at: At, call: &Call) -> Result<(), EditError> {
        match wrapped(call) {
            Some(Wrapper::Plain(inner) | Wrapper::Forced(inner)) => self.value(at.deeper(), inner),
            Some(Wrapper::Perhaps(inner)) => self.value(at.perhaps(), inner),
            Some(Wrapper::Each(all)) => all.into_iter().try_for_each(|one| self.value(at.deeper(), one)),
            None if call.name().as_deref() == Some("import") && is_module(at.prefix) => {
                let named = call.argument(0).and_then(|file| path(&file, folder(at.file), self.host.as_deref()));
                named.map_or(Ok(()), |named| self.file(&named, at.prefix, at.sure, at.depth + 1, false))
            }
            None => Ok(()),
        }
    }

    fn set(&mut self, at: At, set: ast::AttrSet) -> Result<(), EditError> {
        let names: Vec<ast::Entry> = set.entries().collect();
        let whole =
            !at.prefix.is_empty() || !names.iter().any(|entry| head(entry).is_some_and(|part| part.is("config")));
        if whole || !is_module(at.prefix) {
            self.tree.bodies.push(Body { file: at.file.to_owned(), prefix: at.prefix.to_vec(), set, sure: at.sure });
        }
        for entry in names {
            match entry {
                ast::Entry::Inherit(inherit) => {
                    for attr in inherit.attrs() {
                        let mut path = at.prefix.to_vec();
                        path.push(part(&attr));
                        self.define(at, path, None, inherit.syntax().clone());
                    }
                }
                ast::Entry::AttrpathValue(entry) => {
                    if let Some((path, value)) = entry.attrpath().zip(entry.value()) {
                        self.entry(at, parts(&path), value, entry.syntax())?;
                    }
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, at: At, own: Vec<Part>, value: Expr, node: &SyntaxNode) -> Result<(), EditError> {
        let mut path = at.prefix.to_vec();
        path.extend(own);
        if is_module(at.prefix) {
            let within = path.get(at.prefix.len()).cloned();
            let named = |name: &str| within.as_ref().is_some_and(|part| part.is(name));
            if named("imports") {
                return self.imports(at.deeper(), value);
            }
            if named("options") {
                return Ok(());
            }
            if named("config") {
                path.remove(at.prefix.len());
                if path.len() == at.prefix.len() {
                    return self.value(at.deeper(), value);
                }
            }
        }
        self.define(at, path.clone(), Some(value.clone()), node.clone());
        self.value(At { prefix: &path, ..at.deeper() }, value)
    }

    fn define(&mut self, at: At, path: Vec<Part>, value: Option<Expr>, entry: SyntaxNode) {
        self.tree.definitions.push(Definition { file: at.file.to_owned(), path, value, entry, sure: at.sure });
    }

    /// The modules of an `imports` list.
    fn imports(&mut self, at: At, expr: Expr) -> Result<(), EditError> {
        for (found, sure) in items(expr, true, 0) {
            self.module(at.file, at.prefix, &found, at.sure && sure, at.depth + 1)?;
        }
        Ok(())
    }

    fn module(&mut self, file: &Path, prefix: &[Part], expr: &Expr, sure: bool, depth: usize) -> Result<(), EditError> {
        if let Some(named) = path(expr, folder(file), self.host.as_deref()) {
            return self.file(&named, prefix, sure, depth, false);
        }
        match bare(expr.clone()) {
            found @ (Expr::AttrSet(_) | Expr::Lambda(_) | Expr::Apply(_) | Expr::LetIn(_) | Expr::With(_)) => {
                self.value(At { file, prefix, sure, depth }, found)
            }
            _ => Ok(()),
        }
    }
}

/// The elements of a list that is written plainly, with `++`, or with a condition; the second says whether it is sure.
pub fn items(expr: Expr, sure: bool, depth: usize) -> Vec<(Expr, bool)> {
    if depth > FAR {
        return Vec::new();
    }
    let inner = |expr: Option<Expr>| expr.map(|expr| items(expr, sure, depth + 1)).unwrap_or_default();
    match expr {
        Expr::List(list) => list.items().map(|item| (item, sure)).collect(),
        Expr::Paren(paren) => inner(paren.expr()),
        Expr::With(with) => inner(with.body()),
        Expr::LetIn(block) => inner(block.body()),
        Expr::BinOp(both) if both.operator() == Some(ast::BinOpKind::Concat) => {
            let mut all = inner(both.lhs());
            all.extend(inner(both.rhs()));
            all
        }
        Expr::IfElse(either) => [either.body(), either.else_body()]
            .into_iter()
            .flatten()
            .flat_map(|expr| items(expr, false, depth + 1))
            .collect(),
        Expr::Ident(name) => match binding(name.syntax(), &name.to_string()) {
            Some(Binding::Value(value)) => inner(Some(value)),
            _ => Vec::new(),
        },
        Expr::Apply(apply) => match Call::of(&apply).map(|call| (call.name(), call)) {
            Some((Some(name), call)) if name == "optional" => {
                call.argument(1).map(|item| vec![(item, false)]).unwrap_or_default()
            }
            Some((Some(name), call)) if name == "optionals" => {
                call.argument(1).map(|list| items(list, false, depth + 1)).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn head(entry: &ast::Entry) -> Option<Part> {
    match entry {
        ast::Entry::AttrpathValue(entry) => parts(&entry.attrpath()?).into_iter().next(),
        ast::Entry::Inherit(inherit) => inherit.attrs().next().map(|attr| part(&attr)),
    }
}

/// Where a prefix is the top of a module: the system's own, or that of a user in home-manager.
fn is_module(prefix: &[Part]) -> bool {
    prefix.is_empty() || is_user(prefix)
}

fn is_user(prefix: &[Part]) -> bool {
    matches!(prefix, [manager, users, _] if manager.is("home-manager") && users.is("users"))
}

pub fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}
