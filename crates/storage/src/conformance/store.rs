//! What the suite needs of a place for the graph.

use crate::{
    Alert, ComparableDocument, DependencyPage, DocumentHeader, Findings, GraphDocument, KnownDocument,
    ListingGap, ListingProgress, MeaningCounters, RelatingTerms, Run, RunCounters, StoredCopy, StoredVector,
    SweepProgress, VanishedPage,
};
use gdg_model::{DocId, DocumentRef, Format, RunId, SourceName, Stamp, WorkerId};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A place for the graph, as the suite uses it: each method is a transaction
/// of its own that commits, and panics where it fails.
#[allow(async_fn_in_trait)] // tests await these where they are
pub trait GraphStore {
    /// Stores documents with their graphs.
    async fn store(&self, run: &RunId, graphs: &[&GraphDocument]);
    /// Remembers documents without a parser.
    async fn skip(&self, run: &RunId, headers: &[&DocumentHeader]);
    /// What is remembered of documents.
    async fn known(&self, doc_ids: &[DocId]) -> HashMap<DocId, KnownDocument>;
    /// Notes that documents are as they were.
    async fn mark_seen(&self, run: &RunId, documents: &[(DocId, Stamp)]);
    /// Which of the documents a run has handled.
    async fn seen_among(&self, run: &RunId, doc_ids: &[DocId]) -> HashSet<DocId>;
    /// Removes documents.
    async fn forget(&self, doc_ids: &[DocId]);
    /// What documents that a run has handled link to and the run has not handled.
    async fn open_dependencies(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
    ) -> DependencyPage;
    /// What documents link to.
    async fn dependencies_of(&self, doc_ids: &[DocId]) -> Vec<DocumentRef>;
    /// The graph of another document with the same content.
    async fn find_copy(&self, header: &DocumentHeader, format: Format) -> Option<StoredCopy>;
    /// Gives a document up, as the queue does.
    async fn give_up(&self, run: &RunId, document: &DocumentRef);
    /// Whether a run gave up a document that links to others of a source.
    async fn has_lost_links(&self, run: &RunId, source: &SourceName) -> bool;
    /// Looks for documents that have vanished.
    async fn vanished_documents(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
        lost_links: bool,
    ) -> VanishedPage;
    /// Removes documents by their numbers, and notes how far that has come.
    async fn bury(&self, run: &RunId, source: &SourceName, numbers: &[i64], to: i64);
    /// Notes that the removal is done.
    async fn finish_sweep(&self, run: &RunId, source: &SourceName);
    /// How far the removal is.
    async fn sweep_progress(&self, run: &RunId, source: &SourceName) -> SweepProgress;
    /// How many documents a run removed.
    async fn vanished_count(&self, run: &RunId) -> u64;
    /// Raises an alert.
    async fn raise_alert(&self, run: &RunId, alert: &Alert);
    /// The alerts of a run.
    async fn alerts(&self, run: &RunId) -> Vec<Alert>;

    /// Vectors of a model behind a place.
    async fn load_vectors(&self, model: &str, after: (i64, u32, u32), limit: u32) -> Vec<StoredVector>;
    /// All stored documents.
    async fn comparable_documents(&self, terms: &RelatingTerms) -> Vec<ComparableDocument>;
    /// The documents with numbers in a range whose relationships have to be found.
    async fn due_documents(&self, terms: &RelatingTerms, range: (i64, i64)) -> Vec<i64>;
    /// Ranges of documents whose relationships have to be found.
    async fn plan_relating(&self, terms: &RelatingTerms, size: u32) -> Vec<(i64, i64)>;
    /// Notes that the relationships to what a run changed or removed have to be found anew.
    async fn unrelate_from_changed(&self, run: &RunId);
    /// Stores what was found of documents.
    async fn store_findings(&self, terms: &RelatingTerms, findings: &Findings);
    /// Adds to what was embedded and related.
    async fn add_meaning_counters(&self, run: &RunId, worker: &WorkerId, counters: &MeaningCounters);
    /// What was embedded and related.
    async fn meaning_counters(&self, run: &RunId) -> MeaningCounters;
    /// The relationships of a document that are not explicit.
    async fn related(&self, doc_id: &str) -> Vec<StoredLikeness>;
    /// The duplicates, by number: each with the first document that says the same, and whether it is exact.
    async fn duplicates(&self) -> Vec<(i64, i64, bool)>;

    /// The unfinished run of some work, or its next generation.
    async fn resume_or_start_run(&self, fingerprint: &str) -> Run;
    /// Ends an active run as completed.
    async fn complete_run(&self, run: &RunId);
    /// How far a listing is.
    async fn listing_progress(&self, run: &RunId, source: &SourceName) -> ListingProgress;
    /// Moves a listing on.
    async fn advance_listing(&self, run: &RunId, source: &SourceName, cursor: &str, listed: u64);
    /// Ends a listing.
    async fn finish_listing(&self, run: &RunId, source: &SourceName);
    /// Notes what a listing could not read.
    async fn record_listing_problems(&self, run: &RunId, source: &SourceName, problems: &[ListingGap]);
    /// What listings could not read.
    async fn listing_problems(&self, run: &RunId, limit: u32) -> Vec<(String, String)>;
    /// Adds a worker's counts.
    async fn add_counters(&self, run: &RunId, worker: &WorkerId, counters: &RunCounters);
    /// The counts of a run.
    async fn counters(&self, run: &RunId) -> RunCounters;

    /// How many rows a table or view has.
    async fn count(&self, relation: Relation) -> u64;
    /// The rows of the view `element_details` for a document, by position.
    async fn elements(&self, doc_id: &str) -> Vec<StoredElement>;
    /// The explicit relationships of a document, in any order.
    async fn relationships(&self, doc_id: &str) -> Vec<StoredRelationship>;
    /// The title and the metadata of a document.
    async fn description(&self, doc_id: &str) -> (Option<String>, Option<Value>);
    /// The column `outline` of the view `document_outline` for a document, by position.
    async fn outline(&self, doc_id: &str) -> Vec<String>;
}

/// A table or view whose rows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are those of the schema
pub enum Relation {
    Documents,
    Elements,
    Relationships,
    StructuralRelationships,
    AllRelationships,
}

impl Relation {
    /// The statement that counts its rows.
    pub const fn count_statement(self) -> &'static str {
        match self {
            Self::Documents => "SELECT count(*) FROM documents",
            Self::Elements => "SELECT count(*) FROM elements",
            Self::Relationships => "SELECT count(*) FROM relationships",
            Self::StructuralRelationships => "SELECT count(*) FROM structural_relationships",
            Self::AllRelationships => "SELECT count(*) FROM all_relationships",
        }
    }
}

/// A row of the view `element_details`.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the names are those of the schema
pub struct StoredElement {
    pub element_id: String,
    pub parent_id: Option<String>,
    pub position: i64,
    pub parent_position: Option<i64>,
    pub ordinal: i64,
    pub depth: i64,
    pub element_type: String,
    pub text: String,
    pub content_location: String,
    pub attributes: Option<Value>,
}

impl PartialEq for StoredElement {
    fn eq(&self, other: &Self) -> bool {
        let places = |row: &Self| (row.position, row.parent_position, row.ordinal, row.depth);
        let attributes = match (&self.attributes, &other.attributes) {
            (Some(own), Some(others)) => same_value(own, others),
            (own, others) => own.is_none() && others.is_none(),
        };
        attributes
            && places(self) == places(other)
            && (&self.element_id, &self.parent_id) == (&other.element_id, &other.parent_id)
            && (&self.element_type, &self.text, &self.content_location)
                == (&other.element_type, &other.text, &other.content_location)
    }
}

/// Whether two JSON values say the same: 1e2 and 100 do, and so do the members of an object in any order.
pub fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| same_value(value, other)))
        }
        (one, other) => one == other,
    }
}

/// A relationship by likeness.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names are those of the schema
pub struct StoredLikeness {
    pub position: i64,
    pub relationship_type: String,
    pub target_doc_id: String,
    pub target_position: i64,
    pub score: f64,
    pub model: String,
}

impl StoredLikeness {
    /// Selects them for one document.
    pub const STATEMENT: &'static str =
        "SELECT r.position, r.relationship_type, r.target_doc_id, r.target_position, r.score, r.model
                                         FROM relationships r JOIN documents d USING (document_number)
                                         WHERE d.doc_id = $1 AND r.relationship_type <> 'explicit'";
}

/// An explicit relationship.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // the names are those of the schema
pub struct StoredRelationship {
    pub position: i64,
    pub target_doc_id: String,
    pub target_position: i64,
    pub fragment: String,
}
