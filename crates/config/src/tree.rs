//! A configuration as it was written: texts, lists and mappings, each with its place.
//!
//! Nothing is typed yet: whether `5432` is a number or a text is decided by
//! the key it stands at. Trees are at most [`MAX_DEPTH`] deep, whatever they
//! are read from, so that functions over them may recurse.

use crate::error::Place;
use crate::key_path::{KeyPath, Step};

/// The depth of a tree, at most.
pub(crate) const MAX_DEPTH: usize = 64;

/// A value and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key, where it was written, and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

/// A text, and what is known of how it was written.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) style: Style,
    /// The variables that were put into the text.
    pub(crate) substituted: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: it may be a number.
    Plain,
    /// In quotes, or a block: it is a text.
    Quoted,
    /// From an environment variable: it is whatever is wanted where it stands.
    Variable,
}

/// What a scalar without quotes is, by YAML's core schema.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    Text,
}

impl Scalar {
    pub(crate) fn resolve(&self) -> Resolved {
        if self.style == Style::Quoted { Resolved::Text } else { resolve_plain(&self.text) }
    }
}

/// What `text` is when it stands in YAML without quotes.
pub(crate) fn resolve_plain(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Bool(true),
        "false" | "False" | "FALSE" => return Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    resolve_integer(text).or_else(|| resolve_float(text)).unwrap_or(Resolved::Text)
}

fn resolve_integer(text: &str) -> Option<Resolved> {
    let radix_digits = [("0x", 16), ("0o", 8)].into_iter().find_map(|(prefix, radix)| {
        text.strip_prefix(prefix).filter(|digits| !digits.starts_with('+')).map(|digits| (digits, radix))
    });
    if let Some((digits, radix)) = radix_digits {
        return u64::from_str_radix(digits, radix).ok().map(Resolved::Unsigned);
    }
    if let Ok(number) = text.parse::<u64>() {
        return Some(Resolved::Unsigned(number));
    }
    text.parse::<i64>().ok().map(Resolved::Negative)
}

fn resolve_float(text: &str) -> Option<Resolved> {
    let is_numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let starts_like_one = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'));
    let is_float = has_digit && starts_like_one && text.chars().all(is_numeric);
    is_float.then(|| text.parse().ok().map(Resolved::Float)).flatten()
}

impl Node {
    /// The place of what `path` names; `None` if it was not written.
    pub(crate) fn place_of(&self, path: &KeyPath) -> Option<&Place> {
        let mut node = self;
        let mut place = &self.place;
        for step in path.steps() {
            (node, place) = match (step, &node.content) {
                (Step::Key(key), Content::Mapping(entries)) => entries
                    .iter()
                    .find(|entry| entry.key == *key)
                    .map(|entry| (&entry.node, &entry.node.place))?,
                (Step::Index(index), Content::Sequence(items)) => {
                    items.get(*index).map(|item| (item, &item.place))?
                }
                _ => return None,
            };
        }
        Some(place)
    }

    /// Nodes in this one, itself among them.
    pub(crate) fn size(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(_) => 0,
            Content::Sequence(items) => items.iter().map(Self::size).sum(),
            Content::Mapping(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
        }
    }

    /// Levels of this one, its own among them.
    pub(crate) fn depth(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(_) => 0,
            Content::Sequence(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            Content::Mapping(entries) => entries.iter().map(|entry| entry.node.depth()).max().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_are_what_the_core_schema_says() {
        for (text, meaning) in [
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("True", Resolved::Bool(true)),
            ("yes", Resolved::Text),
            ("42", Resolved::Unsigned(42)),
            ("-7", Resolved::Negative(-7)),
            ("0x1F", Resolved::Unsigned(31)),
            ("0o17", Resolved::Unsigned(15)),
            ("1.5e3", Resolved::Float(1500.0)),
            (".5", Resolved::Float(0.5)),
            ("1.2.3", Resolved::Text),
            ("e5", Resolved::Text),
            ("inf", Resolved::Text),
            ("12:30:00", Resolved::Text),
        ] {
            assert_eq!(resolve_plain(text), meaning, "{text}");
        }
    }
}
