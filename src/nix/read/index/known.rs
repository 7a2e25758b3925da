//! What ships with the program about packages: how well known they are, and what people call them.

use std::collections::HashMap;
use std::sync::LazyLock;

const POPULARITY: &str = include_str!("../../../../data/popularity.tsv");
const CATEGORIES: &str = include_str!("../../../../data/categories.tsv");

static RANKS: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    let names: Vec<&str> = lines(POPULARITY).flat_map(str::split_whitespace).collect();
    #[expect(clippy::cast_precision_loss, reason = "hundreds of names")]
    let total = names.len().max(1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "hundreds of names")]
    names.iter().enumerate().rev().map(|(place, name)| (*name, 1.0 - 0.7 * place as f64 / total)).collect()
});

static KINDS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut kinds = HashMap::new();
    for line in lines(CATEGORIES) {
        if let Some((words, attrs)) = line.split_once('\t') {
            for way in words.split('|') {
                kinds.insert(way, attrs.split_whitespace().collect());
            }
        }
    }
    kinds
});

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

/// The attributes that are well known, in no order.
pub(super) fn popular() -> impl Iterator<Item = &'static str> {
    RANKS.keys().copied()
}

/// How well known an attribute is: 1 the best known, 0.3 the least known of the list, 0 not in it.
pub(super) fn rank(attr: &str) -> f64 {
    RANKS.get(attr).copied().unwrap_or(0.0)
}

/// Attributes that people expect under a kind of program or a common name, best first.
pub(super) fn kind(words: &str) -> &'static [&'static str] {
    KINDS.get(words).map_or(&[], Vec::as_slice)
}
