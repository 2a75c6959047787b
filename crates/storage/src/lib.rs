//! The document graph at rest: documents, elements, relationships, and what
//! each run did.
//!
//! Every function of [`sqlite`] and [`postgres`] works on an open transaction
//! of the caller's, so that a document's graph and the end of its claim are
//! one transaction. Those of [`postgres`] take many documents at a time.
//! What takes time and needs no database (naming, locating and hashing
//! elements) is done beforehand, on the thread that parsed the document, by
//! [`GraphDocument::new`].
//!
//! This crate knows no queue, no source and no parser; what they share with it
//! is in `gdg-model`.
//!
//! ```
//! use gdg_model::*;
//! use gdg_storage::{DocumentHeader, GraphDocument, sqlite};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut database = rusqlite::Connection::open_in_memory()?;
//! database.execute_batch(sqlite::TEST_SCHEMA)?;
//!
//! let source_name = SourceName::new("notes");
//! let document = DocumentRef::listed(&source_name, "a.md", Stamp::default());
//! let parsed = ParsedDocument {
//!     format: Format::Markdown,
//!     title: None,
//!     metadata: Attributes::new(),
//!     elements: vec![Element::new(ElementType::Document, "", Location::Whole)],
//!     links: vec![],
//! };
//! let header = DocumentHeader {
//!     document,
//!     size: 5,
//!     content_hash: ContentHash::of(b"hello"),
//!     parse_fingerprint: "0123456789abcdef".into(),
//! };
//! let graph = GraphDocument::new(header, parsed, vec![]);
//!
//! let transaction = database.transaction()?;
//! sqlite::store_document(&transaction, &RunId::new("run-1"), &graph)?;
//! transaction.commit()?;
//! # Ok(())
//! # }
//! ```

mod clean;
#[cfg(feature = "conformance")]
pub mod conformance;
mod copies;
mod counters;
mod dependencies;
mod error;
mod graph_document;
mod known;
mod meaning;
pub mod postgres;
mod run;
pub mod sqlite;
mod vanished;

pub use copies::StoredCopy;
pub use counters::{Outcome, OutcomeKey, RunCounters, Tally};
pub use dependencies::DependencyPage;
pub use error::StorageError;
pub use graph_document::{DocumentHeader, ElementRow, GraphDocument};
pub use known::{KnownDocument, KnownOutcome};
pub use meaning::{
    ComparableDocument, CrossDocumentRelationship, DocumentVectors, Duplicate, ElementVector, Findings,
    MeaningCounters, RelatingTerms, SemanticRelationship, StoredVector,
};
pub use run::{LatestRun, ListingProgress, Progress, Run, RunStatus};
pub use vanished::{Alert, ListingGap, SweepProgress, VanishedPage};
