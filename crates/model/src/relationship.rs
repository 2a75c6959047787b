//! Relationships: the edges of the graph that are stored as rows.

use crate::DocId;
use std::fmt;

/// What kind of edge a relationship is.
///
/// Structural relations (what contains what, what comes next) are not rows:
/// an element's parent and ordinal already say them, and a view shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationshipKind {
    /// A link that stands in a document.
    Explicit,
    /// Two elements of one document that say similar things.
    Semantic,
    /// Elements of two documents that say similar things.
    CrossDocument,
}

impl RelationshipKind {
    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Semantic => "semantic",
            Self::CrossDocument => "cross_document",
        }
    }
}

impl fmt::Display for RelationshipKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A link from an element to a document that a source recognised as its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplicitRelationship {
    /// Position of the element that holds the link.
    pub position: u32,
    /// The document that it leads to, which need not be stored (yet).
    pub target: DocId,
    /// The fragment of the link, without `#`; empty where it has none.
    pub fragment: String,
}
