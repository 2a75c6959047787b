//! Documents: before they are fetched, and after they are parsed.

use crate::{Attributes, DocId, Element, Format, SourceName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A document as its source's listing names it: enough to fetch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRef {
    /// Its name, the same in every run.
    pub doc_id: DocId,
    /// The source that lists and fetches it.
    pub source_name: SourceName,
    /// Path, URL or key within the source.
    pub locator: String,
    /// How many links lead to it from a listed document; 0 for a listed one.
    pub link_depth: u32,
    /// What the listing told of its version.
    pub stamp: Stamp,
}

impl DocumentRef {
    /// The document that the listing of `source_name` names by `locator`.
    pub fn listed(source_name: &SourceName, locator: impl Into<String>, stamp: Stamp) -> Self {
        let locator = locator.into();
        let doc_id = DocId::in_source(source_name, &locator);
        Self { doc_id, source_name: source_name.clone(), locator, link_depth: 0, stamp }
    }
}

/// What a listing tells of a document's version. Equal stamps that tell
/// anything mean an unchanged document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Entity tag or version of an object store or web server.
    pub etag: Option<String>,
    /// Time of last modification, nanoseconds since 1970-01-01 UTC.
    pub modified_at: Option<i64>,
    /// Size in bytes.
    pub size: Option<u64>,
}

impl Stamp {
    /// Whether a document with this stamp is certainly the one that was seen
    /// with `earlier`: the entity tags are equal, or time and size are.
    pub fn proves_unchanged_since(&self, earlier: &Self) -> bool {
        match (&self.etag, &earlier.etag) {
            (Some(now), Some(then)) => now == then,
            _ => {
                self.modified_at.is_some()
                    && self.modified_at == earlier.modified_at
                    && self.size == earlier.size
            }
        }
    }
}

/// The first 128 bits of the BLAKE3 hash of a document's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContentHash(pub [u8; 16]);

impl ContentHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = blake3::hash(bytes);
        let mut first = [0; 16];
        first.copy_from_slice(&hash.as_bytes()[..16]);
        Self(first)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A parsed document: its elements in document order, the root first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParsedDocument {
    /// The format it was parsed as.
    pub format: Format,
    /// Its title, where it has one.
    pub title: Option<String>,
    /// What the document tells of itself: author, creation date, language.
    pub metadata: Attributes,
    /// The tree, flat: every parent stands before its children.
    pub elements: Vec<Element>,
    /// References to other documents, in document order.
    pub links: Vec<Link>,
}

impl ParsedDocument {
    /// How many structural relationships the tree implies: every element but
    /// the root is contained in its parent, and every one but the first among
    /// its siblings comes next after one.
    pub fn structural_relationships(&self) -> u64 {
        let contained = self.elements.len().saturating_sub(1) as u64;
        let next = self.elements.iter().filter(|element| element.ordinal > 0).count() as u64;
        contained + next
    }
}

/// A reference from an element to another document, as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Position of the element that makes it.
    pub element: u32,
    /// The target as written: a URL, or a path relative to the document.
    pub target: String,
}
