//! Changes of a text at certain bytes, and where in a layout something new or gone belongs.
//!
//! Comments and order stay; what is added takes the layout of what stands beside it.

use std::ops::Range;
use std::path::Path;

use rnix::ast::{self, HasEntry};
use rnix::{SyntaxElement, SyntaxKind, SyntaxNode, tokenize};
use rowan::ast::AstNode;

use super::error::Place;
use super::source::Files;
use super::syntax::{range, trivia};

/// A piece of text in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    pub at: Range<usize>,
    pub text: String,
}

impl Splice {
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { at: at..at, text: text.into() }
    }

    /// The line in which what is added will stand.
    pub fn place(&self, files: &Files, file: &Path) -> Place {
        let breaks = self.text.bytes().take_while(u8::is_ascii_whitespace).filter(|byte| *byte == b'\n').count();
        let place = files.place(file, self.at.start);
        Place { line: place.line + breaks, ..place }
    }

    pub fn delete(at: Range<usize>) -> Self {
        Self { at, text: String::new() }
    }
}

/// The text with all splices made. `None` if two of them meet, or one does not fit.
pub fn apply(text: &str, splices: &[Splice]) -> Option<String> {
    let mut sorted: Vec<&Splice> = splices.iter().collect();
    sorted.sort_by_key(|splice| splice.at.start);
    let (mut made, mut from) = (String::with_capacity(text.len() + 64), 0);
    for splice in sorted {
        made.push_str(text.get(from..splice.at.start)?);
        made.push_str(&splice.text);
        from = splice.at.end;
    }
    made.push_str(text.get(from..)?);
    Some(made)
}

/// Whether the new text has exactly the words that it should: those of the old one outside the splices, and those of
/// the splices. So no two words have grown together, and nothing has slipped into a comment.
pub fn is_exact(before: &str, splices: &[Splice], after: &str) -> bool {
    let mut sorted: Vec<&Splice> = splices.iter().collect();
    sorted.sort_by_key(|splice| splice.at.start);
    let mut wanted: Vec<String> = Vec::new();
    let (mut rest, mut at) = (sorted.into_iter().peekable(), 0);
    let words = |text: &str, wanted: &mut Vec<String>| {
        wanted.extend(tokenize(text).filter(|(kind, _)| counts(*kind)).map(|(_, text)| text.to_owned()));
    };
    for (kind, text) in tokenize(before) {
        let end = at + text.len();
        while let Some(splice) = rest.next_if(|splice| splice.at.start <= at) {
            words(&splice.text, &mut wanted);
        }
        let inside = splices.iter().any(|splice| splice.at.start <= at && end <= splice.at.end);
        let cut = splices.iter().any(|splice| splice.at.start < end && at < splice.at.end);
        if counts(kind) {
            if cut && !inside {
                return false;
            }
            if !inside {
                wanted.push(text.to_owned());
            }
        }
        at = end;
    }
    rest.for_each(|splice| words(&splice.text, &mut wanted));
    let found: Vec<&str> = tokenize(after).filter(|(kind, _)| counts(*kind)).map(|(_, text)| text).collect();
    wanted == found
}

fn counts(kind: SyntaxKind) -> bool {
    kind != SyntaxKind::TOKEN_WHITESPACE
}

/// How a file ends its lines.
pub fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// The white space that a line begins with, and whether nothing stands before `at` on it.
pub fn indentation(text: &str, at: usize) -> (String, bool) {
    let start = line_start(text, at);
    let line = text.get(start..at).unwrap_or_default();
    let blank: String = line.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
    let first = blank.len() == line.len();
    (blank, first)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Where what belongs to a node on its own line ends: behind a comment that follows it there.
fn with_comment(node: &SyntaxNode) -> (usize, bool) {
    let mut end = range(node).end;
    let mut comment = false;
    let mut next = node.last_token().and_then(|token| token.next_token());
    while let Some(token) = next {
        match token.kind() {
            SyntaxKind::TOKEN_COMMENT => {
                comment = true;
                end = token.text_range().end().into();
                if token.text().contains('\n') {
                    break;
                }
            }
            SyntaxKind::TOKEN_WHITESPACE if !token.text().contains('\n') => {}
            _ => break,
        }
        next = token.next_token();
    }
    (end, comment)
}

/// A new last element of a list.
pub fn push(text: &str, list: &ast::List, item: &str) -> Option<Splice> {
    let open: usize = list.l_brack_token()?.text_range().end().into();
    let close: usize = list.r_brack_token()?.text_range().start().into();
    let inner = text.get(open..close)?;
    let line_end = newline(text);
    let Some(end_item) = list.items().last() else {
        if !inner.contains('\n') {
            let gap = if inner.trim().is_empty() {
                Splice { at: open..close, text: format!(" {item} ") }
            } else {
                Splice::insert(close, format!("{item} "))
            };
            return Some(gap);
        }
        // A comment alone, or nothing, over several lines.
        let (closing, first) = indentation(text, close);
        let comment =
            list.syntax().children_with_tokens().filter(|child| child.kind() == SyntaxKind::TOKEN_COMMENT).last();
        let own = comment.map(|comment| indentation(text, comment.text_range().start().into()));
        let own = own.filter(|(own, first)| *first && own.len() > closing.len());
        let own = own.map_or_else(|| format!("{closing}  "), |(own, _)| own);
        return Some(if first {
            Splice::insert(close - closing.len(), format!("{own}{item}{line_end}"))
        } else {
            Splice::insert(close, format!("{item} "))
        });
    };
    let (end, comment) = with_comment(end_item.syntax());
    let (own, first) = indentation(text, range(end_item.syntax()).start);
    let many = inner.contains('\n');
    // Several on the last line: the line's own beginning counts, unless the list begins there.
    let starts_here = line_start(text, range(end_item.syntax()).start) < open;
    if many && (first || !starts_here) {
        return Some(Splice::insert(end, format!("{line_end}{own}{item}")));
    }
    if comment {
        // The comment runs to the end of the line, or stands between: the new element comes before it.
        return Some(Splice::insert(range(end_item.syntax()).end, format!(" {item}")));
    }
    Some(Splice::insert(end, format!(" {item}")))
}

/// One more name in an `inherit`.
pub fn push_name(text: &str, inherit: &ast::Inherit, name: &str) -> Option<Splice> {
    let last = inherit.attrs().last()?;
    let (own, first) = indentation(text, range(last.syntax()).start);
    let (end, _) = with_comment(last.syntax());
    let last_end = range(last.syntax()).end;
    Some(if first {
        Splice::insert(end, format!("{}{own}{name}", newline(text)))
    } else {
        Splice::insert(last_end, format!(" {name}"))
    })
}

/// Takes a node out, with its line if nothing else stands on it, and with the comment behind it then.
pub fn remove(text: &str, node: &SyntaxNode) -> Splice {
    let own = range(node);
    let (blank, first) = indentation(text, own.start);
    let (end, _) = with_comment(node);
    let rest = text.get(end..).unwrap_or_default();
    let line_end = rest.find('\n').map(|at| end + at + 1);
    let alone = line_end.is_some_and(|line_end| text.get(end..line_end).is_some_and(|gap| gap.trim().is_empty()));
    if first && let Some(line_end) = line_end.filter(|_| alone) {
        return Splice::delete(own.start - blank.len()..line_end);
    }
    let behind = text.get(own.end..).unwrap_or_default();
    let gap = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let before = text.get(..own.start).unwrap_or_default();
    let lead = before.len() - before.trim_end_matches([' ', '\t']).len();
    let closes = behind.trim_start().starts_with(']');
    let before_it = node.first_token().and_then(|token| token.prev_token()).and_then(|token| token.prev_token());
    if let Some(last) = before_it.filter(|token| first && closes && token.kind() != SyntaxKind::TOKEN_COMMENT) {
        // The last of a list that closes on its line: the bracket goes up.
        return Splice::delete(last.text_range().end().into()..own.end);
    }
    if first || lead == 0 {
        return Splice::delete(own.start..own.end + gap);
    }
    Splice::delete(own.start - lead..own.end)
}

/// A new entry in a set: behind another one, or as the first.
pub fn add_entry(text: &str, set: &ast::AttrSet, after: Option<&SyntaxNode>, entry: &str) -> Option<Splice> {
    let open: usize = set.l_curly_token()?.text_range().end().into();
    let close: usize = set.r_curly_token()?.text_range().start().into();
    let inner = text.get(open..close)?;
    let line_end = newline(text);
    if let Some(after) = after {
        let (own, first) = indentation(text, range(after).start);
        let (end, _) = with_comment(after);
        if !first {
            return Some(Splice::insert(range(after).end, format!(" {entry}")));
        }
        let gap = if is_airy(after) { line_end } else { "" };
        return Some(Splice::insert(end, format!("{line_end}{gap}{own}{}", indented(entry, &own, line_end))));
    }
    let (closing, alone) = indentation(text, close);
    if let Some(first) = set.entries().next() {
        let start = range(first.syntax()).start;
        let (own, own_line) = indentation(text, start);
        let entry = indented(entry, &own, line_end);
        return Some(Splice::insert(
            start,
            if own_line { format!("{entry}{line_end}{own}") } else { format!("{entry} ") },
        ));
    }
    let own = format!("{closing}  ");
    let entry = indented(entry, &own, line_end);
    if inner.contains('\n') && alone {
        return Some(Splice::insert(close - closing.len(), format!("{own}{entry}{line_end}")));
    }
    let (closing, _) = indentation(text, open);
    let own = format!("{closing}  ");
    Some(Splice { at: open..close, text: format!("{line_end}{own}{}{line_end}{closing}", entry.trim_start()) })
        .filter(|_| inner.trim().is_empty())
}

fn indented(entry: &str, own: &str, newline: &str) -> String {
    entry.lines().collect::<Vec<_>>().join(&format!("{newline}{own}"))
}

/// Whether an empty line stands between an entry and the one before it.
fn is_airy(entry: &SyntaxNode) -> bool {
    let gap = |element: Option<SyntaxElement>| {
        element
            .and_then(rowan::NodeOrToken::into_token)
            .is_some_and(|token| trivia(token.kind()) && token.text().matches('\n').count() > 1)
    };
    let mut before = entry.prev_sibling_or_token();
    // Comments above an entry belong to it.
    while let Some(element) = before {
        if gap(Some(element.clone())) {
            return entry.prev_sibling().is_some();
        }
        if !trivia(element.kind()) {
            return false;
        }
        before = element.prev_sibling_or_token();
    }
    false
}
