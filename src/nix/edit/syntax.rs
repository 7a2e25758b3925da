//! Small questions about Nix syntax: what a name is bound to, what is called with what.
//!
//! Nothing here evaluates; what cannot be known from the text alone is `None`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use rnix::ast::{self, AstToken, Attr, Expr, HasEntry, InterpolPart, Param};
use rnix::{SyntaxKind, SyntaxNode};
use rowan::ast::AstNode;

/// One part of an attribute path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Name(String),
    /// `${…}`: some name.
    Any,
}

impl Part {
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Name(own) if own == name)
    }
}

/// What a name stands for.
pub enum Binding {
    /// `let name = value;`, or the same in a recursive set.
    Value(Expr),
    /// An argument of a function.
    Argument,
    /// `inherit`, or a part of it alone (`let name.x = …`).
    Unknown,
}

/// The bytes of a node.
pub fn range(node: &SyntaxNode) -> Range<usize> {
    let range = node.text_range();
    range.start().into()..range.end().into()
}

/// The parts of an attribute path.
pub fn parts(path: &ast::Attrpath) -> Vec<Part> {
    path.attrs().map(|attr| part(&attr)).collect()
}

pub fn part(attr: &Attr) -> Part {
    match attr {
        Attr::Ident(name) => Part::Name(name.to_string()),
        Attr::Str(text) => plain(text).map_or(Part::Any, Part::Name),
        Attr::Dynamic(_) => Part::Any,
    }
}

/// A string without interpolation.
pub fn plain(text: &ast::Str) -> Option<String> {
    let mut whole = String::new();
    for part in text.normalized_parts() {
        match part {
            InterpolPart::Literal(literal) => whole.push_str(&literal),
            InterpolPart::Interpolation(_) => return None,
        }
    }
    Some(whole)
}

/// The names of a plain path such as `lib.lists.optionals`.
pub fn names(path: &ast::Attrpath) -> Option<Vec<String>> {
    let name = |part| match part {
        Part::Name(name) => Some(name),
        Part::Any => None,
    };
    parts(path).into_iter().map(name).collect()
}

/// Without parentheses.
pub fn bare(expr: Expr) -> Expr {
    match &expr {
        Expr::Paren(paren) => match paren.expr() {
            Some(inner) => bare(inner),
            None => expr,
        },
        _ => expr,
    }
}

/// A call: what is called, and with what.
pub struct Call {
    pub head: Expr,
    pub arguments: Vec<Expr>,
}

impl Call {
    /// `f a b`, with or without parentheses around its beginning.
    pub fn of(apply: &ast::Apply) -> Option<Self> {
        let argument = apply.argument()?;
        let mut call = match bare(apply.lambda()?) {
            Expr::Apply(inner) => Self::of(&inner)?,
            head => Self { head, arguments: Vec::new() },
        };
        call.arguments.push(argument);
        Some(call)
    }

    /// The last name of what is called: `mkForce` of `lib.mkForce`.
    pub fn name(&self) -> Option<String> {
        match &self.head {
            Expr::Ident(name) => Some(name.to_string()),
            Expr::Select(select) => names(&select.attrpath()?)?.pop(),
            _ => None,
        }
    }

    pub fn argument(&self, index: usize) -> Option<Expr> {
        self.arguments.get(index).cloned()
    }
}

/// What a wrapper of the module system does with the value in it.
pub enum Wrapper {
    /// `mkBefore x`, `mkDefault x`, …: the value counts.
    Plain(Expr),
    /// `mkForce x`: the value counts, and those elsewhere do not.
    Forced(Expr),
    /// `mkIf c x`, `optionals c x`: the value counts at times.
    Perhaps(Expr),
    /// `mkMerge [ … ]`: each counts.
    Each(Vec<Expr>),
}

/// The value in a wrapper of nixpkgs' library.
pub fn wrapped(call: &Call) -> Option<Wrapper> {
    let first = || call.argument(0).filter(|_| call.arguments.len() == 1);
    let second = || call.argument(1).filter(|_| call.arguments.len() == 2);
    match call.name()?.as_str() {
        "mkDefault" | "mkBefore" | "mkAfter" | "mkOptionDefault" => first().map(Wrapper::Plain),
        "mkOrder" => second().map(Wrapper::Plain),
        "mkForce" | "mkVMOverride" => first().map(Wrapper::Forced),
        "mkOverride" => second().map(Wrapper::Forced),
        "mkIf" | "optionals" | "optionalAttrs" => second().map(Wrapper::Perhaps),
        "mkMerge" => match bare(first()?) {
            Expr::List(list) => Some(Wrapper::Each(list.items().collect())),
            _ => None,
        },
        _ => None,
    }
}

/// What `name` stands for at `node`, by the blocks around it. `None`: nothing but a `with` or Nix itself has it.
pub fn binding(node: &SyntaxNode, name: &str) -> Option<Binding> {
    node.ancestors().skip(1).find_map(|around| {
        if let Some(lambda) = ast::Lambda::cast(around.clone()) {
            return takes(&lambda, name).then_some(Binding::Argument);
        }
        if let Some(block) = ast::LetIn::cast(around.clone()) {
            return bound(&block, name);
        }
        if let Some(set) = ast::AttrSet::cast(around)
            && set.rec_token().is_some()
        {
            return bound(&set, name);
        }
        None
    })
}

fn takes(lambda: &ast::Lambda, name: &str) -> bool {
    let is = |ident: Option<ast::Ident>| ident.is_some_and(|ident| ident.to_string() == name);
    match lambda.param() {
        Some(Param::IdentParam(param)) => is(param.ident()),
        Some(Param::Pattern(pattern)) => {
            pattern.pat_entries().any(|entry| is(entry.ident())) || pattern.pat_bind().is_some_and(|at| is(at.ident()))
        }
        None => false,
    }
}

fn bound(block: &impl HasEntry, name: &str) -> Option<Binding> {
    block.entries().find_map(|entry| match entry {
        ast::Entry::Inherit(inherit) => inherit.attrs().any(|attr| part(&attr).is(name)).then_some(Binding::Unknown),
        ast::Entry::AttrpathValue(entry) => {
            let path = parts(&entry.attrpath()?);
            let first = path.first()?.is(name);
            match (first, path.len(), entry.value()) {
                (true, 1, Some(value)) => Some(Binding::Value(value)),
                (true, ..) => Some(Binding::Unknown),
                _ => None,
            }
        }
    })
}

/// The file that a path names, seen from a file in `folder`. A part that is worked out is taken to be the host's name.
pub fn path(expr: &Expr, folder: &Path, host: Option<&str>) -> Option<PathBuf> {
    let join = |parts: Vec<InterpolPart<ast::PathContent>>| {
        let mut whole = String::new();
        for part in parts {
            match part {
                InterpolPart::Literal(literal) => whole.push_str(literal.syntax().text()),
                InterpolPart::Interpolation(_) => whole.push_str(host?),
            }
        }
        Some(folder.join(whole))
    };
    match expr {
        Expr::PathRel(path) => join(path.parts()),
        Expr::PathAbs(path) => join(path.parts()),
        Expr::Paren(paren) => path_in(paren, folder, host),
        // `"${self}/hosts/${name}"`
        Expr::Str(text) => {
            let mut parts = text.parts();
            match parts.next()? {
                InterpolPart::Interpolation(first) if words(first.expr()?.syntax()) == "self" => {}
                _ => return None,
            }
            let mut whole = String::from(".");
            for part in parts {
                match part {
                    InterpolPart::Literal(literal) => whole.push_str(literal.syntax().text()),
                    InterpolPart::Interpolation(_) => whole.push_str(host?),
                }
            }
            Some(folder.join(whole))
        }
        // `./hosts + "/laptop.nix"`
        Expr::BinOp(sum) if sum.operator() == Some(ast::BinOpKind::Add) => {
            let Expr::Str(rest) = sum.rhs()? else { return None };
            let rest = plain(&rest)?;
            Some(path(&sum.lhs()?, folder, host)?.join(rest.trim_start_matches('/')))
        }
        _ => None,
    }
}

fn path_in(paren: &ast::Paren, folder: &Path, host: Option<&str>) -> Option<PathBuf> {
    path(&paren.expr()?, folder, host)
}

/// The words of a piece of code, without white space and comments.
pub fn words(node: &SyntaxNode) -> String {
    let tokens = node.descendants_with_tokens().filter_map(rowan::NodeOrToken::into_token);
    let kept: Vec<String> = tokens.filter(|token| !trivia(token.kind())).map(|token| token.text().to_owned()).collect();
    kept.join(" ")
}

pub fn trivia(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT)
}

/// A name as it must be written in an attribute path.
pub fn written(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { format!("\"{name}\"") }
}

/// Whether a name can stand by itself in Nix.
pub fn is_identifier(name: &str) -> bool {
    const KEYWORDS: [&str; 9] = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then"];
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\''));
    starts && rest && name != "with" && !KEYWORDS.contains(&name)
}
