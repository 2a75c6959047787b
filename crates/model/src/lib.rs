//! The data of Go-Doc-Go: what a document, an element and a relationship are,
//! and how they are named.
//!
//! This crate is pure data. It performs no I/O, knows no database, no file
//! format and no configuration; every other crate may depend on it and it
//! depends on none of them.
//!
//! A parsed document is a tree of [`Element`]s in document order, held flat:
//!
//! ```
//! use gdg_model::{Element, ElementType, Location};
//!
//! let root = Element::new(ElementType::Document, "", Location::Whole);
//! let heading = Element {
//!     parent: Some(0),
//!     ..Element::new(ElementType::Heading, "Results", Location::Bytes { start: 0, end: 9 })
//! };
//! let tree = [root, heading];
//! assert_eq!(tree[1].parent, Some(0));
//! assert_eq!(tree[1].location.to_string(), "bytes=0-9");
//! ```

mod attributes;
mod document;
mod element;
mod error_class;
mod error_pattern;
mod format;
mod identifiers;
mod location;
mod outline;
mod relationship;

pub use attributes::Attributes;
pub use document::{ContentHash, DocumentRef, Link, ParsedDocument, Stamp};
pub use element::{Element, ElementType};
pub use error_class::ErrorClass;
pub use error_pattern::ErrorPattern;
pub use format::{Format, UnknownFormat};
pub use identifiers::{DocId, DocKey, ElementId, InvalidElementId, RunId, SourceName, WorkerId};
pub use location::Location;
pub use outline::Outline;
pub use relationship::{ExplicitRelationship, RelationshipKind};
