//! What the pipeline needs of a database, whichever it is.
//!
//! Single mode's `SQLite` file and distributed mode's `PostgreSQL` implement
//! these; `store::conformance` is the suite that both pass.

#[cfg(test)]
pub(crate) mod conformance;

use crate::PipelineError;
use crate::ended::{CommitReport, Discovered, Ended};
use async_trait::async_trait;
use gdg_model::{DocumentRef, Format, RunId, SourceName};
use gdg_storage::{
    Alert, ComparableDocument, DependencyPage, DocumentHeader, ListingGap, ListingProgress, RelatingTerms,
    StoredCopy, StoredVector, SweepProgress, VanishedPage,
};
use std::sync::Arc;

/// A batch of a source's listing.
#[derive(Debug, Clone)]
pub struct DiscoveryBatch {
    /// Which source.
    pub source: SourceName,
    /// What it lists.
    pub documents: Vec<DocumentRef>,
    /// What it could not read.
    pub problems: Vec<ListingGap>,
    /// Where the listing goes on.
    pub cursor: String,
    /// The fingerprint of the configuration that documents are parsed with.
    pub parse_fingerprint: Arc<str>,
}

/// What discovery needs. Each method is one transaction.
#[async_trait]
pub(crate) trait DiscoveryStore: Send + Sync {
    /// How far the listing of a source is.
    async fn listing_progress(
        &self,
        run: &RunId,
        source: &SourceName,
    ) -> Result<ListingProgress, PipelineError>;

    /// Takes in a batch of a listing: documents that are as they were are
    /// counted, the others enqueued, and the cursor moves on with them.
    async fn discover(&self, run: &RunId, batch: DiscoveryBatch) -> Result<Discovered, PipelineError>;

    /// From now on links to documents of `source` are enqueued as the documents that hold them are stored.
    async fn begin_following(&self, run: &RunId, source: &SourceName) -> Result<(), PipelineError>;

    /// A page of what documents that the run has handled link to in `source`: of at most `limit` linking documents
    /// behind the number `after`.
    async fn open_dependencies(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
    ) -> Result<DependencyPage, PipelineError>;

    /// Enqueues documents that links lead to, except those that the run has handled. Returns how many were added.
    async fn enqueue_linked(&self, run: &RunId, documents: Vec<DocumentRef>) -> Result<u64, PipelineError>;

    /// Marks the listing of a source as done.
    async fn finish_listing(&self, run: &RunId, source: &SourceName) -> Result<(), PipelineError>;
}

/// What removing vanished documents needs. Each method is one transaction.
#[async_trait]
pub(crate) trait SweepStore: Send + Sync {
    /// How far the removal of a source's vanished documents is.
    async fn sweep_progress(&self, run: &RunId, source: &SourceName) -> Result<SweepProgress, PipelineError>;

    /// Whether the run gave up a document that links to others of `source`.
    async fn has_lost_links(&self, run: &RunId, source: &SourceName) -> Result<bool, PipelineError>;

    /// Looks at up to `limit` documents behind the number `after` for vanished ones of `source`.
    async fn vanished_documents(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
        lost_links: bool,
    ) -> Result<VanishedPage, PipelineError>;

    /// Removes documents by their numbers, and notes that the removal has come to the number `to`. Returns how many
    /// it removed.
    async fn bury(
        &self,
        run: &RunId,
        source: &SourceName,
        numbers: Vec<i64>,
        to: i64,
    ) -> Result<u64, PipelineError>;

    /// Notes that the removal is done, with what a person should look at.
    async fn finish_sweep(
        &self,
        run: &RunId,
        source: &SourceName,
        alert: Option<Alert>,
    ) -> Result<(), PipelineError>;
}

/// What comparing documents needs. Each method is one transaction.
#[async_trait]
pub(crate) trait RelatingStore: Send + Sync {
    /// Up to `limit` vectors of a model behind the one with this document's number, position and part.
    async fn load_vectors(
        &self,
        model: &str,
        after: (i64, u32, u32),
        limit: u32,
    ) -> Result<Vec<StoredVector>, PipelineError>;

    /// Up to `limit` stored documents behind the number `after`.
    async fn comparable_documents(
        &self,
        terms: &RelatingTerms,
        after: i64,
        limit: u32,
    ) -> Result<Vec<ComparableDocument>, PipelineError>;

    /// The documents with numbers in a range whose relationships have to be found.
    async fn due_documents(
        &self,
        terms: &RelatingTerms,
        range: (i64, i64),
    ) -> Result<Vec<i64>, PipelineError>;
}

/// What planning the comparison of documents needs.
#[async_trait]
pub(crate) trait PlanningStore: Send + Sync {
    /// Notes that the relationships of those documents have to be found anew that lead to one which the run stored or
    /// removed. In many transactions; a second time it changes nothing.
    async fn unrelate_from_changed(&self, run: &RunId) -> Result<(), PipelineError>;

    /// Enqueues the documents whose relationships have to be found, in shards. Returns how many shards were added.
    async fn plan_shards(&self, run: &RunId, terms: &RelatingTerms) -> Result<u64, PipelineError>;
}

/// What taking over graphs needs.
#[async_trait]
pub(crate) trait CopyStore: Send + Sync {
    /// The graph of another document of the same source that has the same bytes and is parsed as `format` in the
    /// same way.
    async fn find_copy(
        &self,
        header: &DocumentHeader,
        format: Format,
    ) -> Result<Option<StoredCopy>, PipelineError>;
}

/// What ending documents needs.
#[async_trait]
pub(crate) trait CommitStore: Send + Sync {
    /// Ends claims: for each document its graph, the documents it links to,
    /// its counts and the end of its claim, all of it in one transaction with
    /// the others. What a stale fence would end is left out.
    ///
    /// After an error that leaves open whether the transaction took effect,
    /// calling it again is safe: what was ended is refused.
    async fn commit(&self, run: &RunId, ended: Arc<Vec<Ended>>) -> Result<CommitReport, PipelineError>;
}
