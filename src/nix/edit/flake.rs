//! Which modules a flake gives to a host.
//!
//! A flake is a program; only what its text says plainly is followed: `modules = [ … ]` in what is
//! given to `nixosConfigurations.HOST`, or in the function that is called for it.

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::syntax::{Binding, Call, Part, bare, binding, parts};
use super::tree::items;

/// How many functions of a flake's own are looked into, one in another.
const DEEP: usize = 4;
/// Names of what holds modules in the argument of a system's function.
const HOLDERS: [&str; 3] = ["modules", "configuration", "extraModules"];

/// The modules of a host, as they are written: paths, sets, functions.
pub fn modules(flake: &SyntaxNode, host: &str) -> Vec<Expr> {
    let mut found = Vec::new();
    for value in hosts(flake, host) {
        gather(&value, &mut found, 0);
    }
    found
}

/// The values that the flake gives to this host.
fn hosts(flake: &SyntaxNode, host: &str) -> Vec<Expr> {
    let mut values = Vec::new();
    for entry in flake.descendants().filter_map(ast::AttrpathValue::cast) {
        let Some((path, value)) = entry.attrpath().zip(entry.value()) else { continue };
        let path = parts(&path);
        let Some(at) = path.iter().position(|part| part.is("nixosConfigurations")) else { continue };
        match path.get(at + 1) {
            Some(name) if name.is(host) || *name == Part::Any => values.push(value),
            Some(_) => {}
            None => of_set(value, host, &mut values),
        }
    }
    values
}

/// The host's own value in what `nixosConfigurations` is set to.
fn of_set(value: Expr, host: &str, values: &mut Vec<Expr>) {
    match bare(value) {
        Expr::AttrSet(set) => {
            for entry in set.attrpath_values() {
                let Some((path, value)) = entry.attrpath().zip(entry.value()) else { continue };
                if parts(&path).first().is_some_and(|part| part.is(host) || *part == Part::Any) {
                    values.push(value);
                }
            }
        }
        Expr::With(with) => with.body().into_iter().for_each(|body| of_set(body, host, values)),
        Expr::LetIn(block) => block.body().into_iter().for_each(|body| of_set(body, host, values)),
        Expr::BinOp(both) => [both.lhs(), both.rhs()].into_iter().flatten().for_each(|side| of_set(side, host, values)),
        Expr::Ident(name) => {
            if let Some(Binding::Value(value)) = binding(name.syntax(), &name.to_string()) {
                of_set(value, host, values);
            }
        }
        // `mapAttrs f { HOST = …; }`, `genAttrs [ "HOST" ] f`: the function's text is the host's.
        Expr::Apply(apply) => {
            let Some(call) = Call::of(&apply) else { return };
            for argument in &call.arguments {
                match bare(argument.clone()) {
                    set @ Expr::AttrSet(_) => of_set(set, host, values),
                    function @ (Expr::Lambda(_) | Expr::Ident(_) | Expr::Apply(_)) => values.push(function),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Modules in a host's value: of `modules = …` and of what is handed to a function of the flake's own.
fn gather(value: &Expr, found: &mut Vec<Expr>, depth: usize) {
    if depth > DEEP {
        return;
    }
    let value = bare(value.clone());
    for entry in value.syntax().descendants().filter_map(ast::AttrpathValue::cast) {
        let holds = entry.attrpath().map(|path| parts(&path));
        let holds =
            holds.is_some_and(|path| matches!(path.as_slice(), [one] if HOLDERS.iter().any(|name| one.is(name))));
        if let Some(list) = entry.value().filter(|_| holds) {
            let all = items(list.clone(), true, 0);
            if all.is_empty() {
                found.push(list);
            }
            found.extend(all.into_iter().map(|(item, _)| item));
        }
    }
    if let Expr::Apply(apply) = &value
        && let Some(call) = Call::of(apply)
    {
        for argument in &call.arguments {
            match bare(argument.clone()) {
                path @ Expr::PathRel(_) => found.push(path),
                Expr::List(list) => found.extend(list.items()),
                _ => {}
            }
        }
    }
    // Functions of the flake's own that are called for it.
    for name in value.syntax().descendants().filter_map(ast::Ident::cast) {
        if let Some(Binding::Value(bound)) = binding(name.syntax(), &name.to_string())
            && matches!(bare(bound.clone()), Expr::Lambda(_) | Expr::Apply(_))
        {
            gather(&bound, found, depth + 1);
        }
    }
}
