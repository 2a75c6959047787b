//! Relationships between documents: planned as shards, which are worked off through the queue like documents.
//!
//! A shard is a range of documents' numbers. Whoever claims one compares those of its documents that are due with all
//! others, and stores what it finds in the transaction that ends the claim. What is found of a document depends on
//! the vectors alone, so that shards may be cut in any way, worked off in any order and repeated.

use crate::PipelineError;
use crate::store::RelatingStore;
use gdg_model::{DocumentRef, SourceName, Stamp};
use gdg_postproc::{Element, RelateOptions, Relation, SearchIndex, VectorError, VectorSet, relate};
use gdg_storage::{CrossDocumentRelationship, Duplicate, Findings, RelatingTerms};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// What the source of shards is called. No configured source may be.
pub(crate) const SHARDS: &str = "(relationships)";
/// Documents of a shard.
pub(crate) const SHARD_SIZE: u32 = 500;
/// Rows that are read at a time.
const PAGE: u32 = 10_000;

/// The documents with numbers from the first to the last, as a document of the queue.
pub(crate) fn shard((first, last): (i64, i64)) -> DocumentRef {
    DocumentRef::listed(&SourceName::new(SHARDS), format!("{first}-{last}"), Stamp::default())
}

/// Whether a document of the queue is a shard.
pub(crate) fn is_shard(document: &DocumentRef) -> bool {
    document.source_name.as_str() == SHARDS
}

fn range_of(shard: &DocumentRef) -> Option<(i64, i64)> {
    let (first, last) = shard.locator.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// Relates documents in one run. The vectors are read when the first shard comes, which is after the last document.
pub(crate) struct Relating {
    store: Arc<dyn RelatingStore>,
    terms: Arc<RelatingTerms>,
    options: RelateOptions,
    corpus: OnceCell<Arc<Corpus>>,
}

/// All that is compared.
struct Corpus {
    set: VectorSet,
    index: SearchIndex,
    /// Documents whose relationships were to be found when this was read.
    due: HashSet<i64>,
}

impl Relating {
    pub(crate) fn new(
        store: Arc<dyn RelatingStore>,
        (options, terms): &(RelateOptions, Arc<RelatingTerms>),
    ) -> Self {
        Self { store, terms: Arc::clone(terms), options: *options, corpus: OnceCell::new() }
    }

    pub(crate) fn terms(&self) -> &Arc<RelatingTerms> {
        &self.terms
    }

    /// What there is to be found of a shard's documents.
    pub(crate) async fn relate(&self, shard: &DocumentRef) -> Result<Findings, PipelineError> {
        let Some(range) = range_of(shard) else { return Ok(Findings::default()) };
        let corpus = Arc::clone(self.corpus.get_or_try_init(|| self.read()).await?);
        let documents = self.store.due_documents(&self.terms, range).await?;
        let options = self.options;
        let relating = tokio::task::spawn_blocking(move || corpus.relate(documents, &options));
        relating.await.map_err(|error| PipelineError::Bug(format!("relating documents panicked: {error}")))
    }

    async fn read(&self) -> Result<Arc<Corpus>, PipelineError> {
        let mut documents = Vec::new();
        loop {
            let after = documents.last().map_or(0, |last: &gdg_storage::ComparableDocument| last.number);
            let page = self.store.comparable_documents(&self.terms, after, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            documents.extend(page);
            if is_last {
                break;
            }
        }
        let mut reading = Reading { set: None, documents: documents.iter().peekable() };
        let mut after = (0, 0, 0);
        loop {
            let page = self.store.load_vectors(&self.terms.model, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.document, last.position, last.part);
            for vector in &page {
                reading.take(vector);
            }
        }
        let set = reading.finish();
        tracing::debug!(vectors = set.len(), documents = documents.len(), "vectors were read to be compared");
        let due =
            documents.iter().filter(|document| document.is_due).map(|document| document.number).collect();
        let indexing = tokio::task::spawn_blocking(move || {
            let index = SearchIndex::build(&set);
            Arc::new(Corpus { set, index, due })
        });
        indexing.await.map_err(|error| PipelineError::Bug(format!("indexing vectors panicked: {error}")))
    }
}

/// A set of vectors in the making: documents and vectors come in the order of documents' numbers.
struct Reading<'a> {
    set: Option<VectorSet>,
    documents: std::iter::Peekable<std::slice::Iter<'a, gdg_storage::ComparableDocument>>,
}

impl Reading<'_> {
    fn take(&mut self, vector: &gdg_storage::StoredVector) {
        let set = self.set.get_or_insert_with(|| VectorSet::new(vector.vector.len()));
        while let Some(document) = self.documents.next_if(|document| document.number <= vector.document) {
            set.begin_document(document.number, document.content_hash);
        }
        match set.push(vector.position, &vector.vector) {
            Ok(()) | Err(VectorError::Zero) => {}
            Err(error) => {
                tracing::warn!(document = vector.document, position = vector.position, %error, "a stored vector cannot be compared");
            }
        }
    }

    fn finish(self) -> VectorSet {
        let mut set = self.set.unwrap_or_else(|| VectorSet::new(1));
        for document in self.documents {
            set.begin_document(document.number, document.content_hash);
        }
        set
    }
}

impl Corpus {
    fn relate(&self, documents: Vec<i64>, options: &RelateOptions) -> Findings {
        let found = relate(&self.set, &self.index, &documents, options);
        let relationships: Vec<_> = found.relations.iter().map(row).collect();
        // A document that is due itself finds what there is by itself.
        let offers = relationships.iter().filter(|one| !self.due.contains(&one.target_document));
        // The relationship of a duplicate to the first of its kind is its own alone.
        let offers = offers.filter(|one| one.position > 0).map(turned).collect();
        let duplicates = found.duplicates.iter().map(|one| Duplicate {
            document: one.document,
            of: one.of,
            is_exact: one.is_exact,
            share: one.share,
        });
        Findings { documents, duplicates: duplicates.collect(), offers, relationships }
    }
}

fn row(relation: &Relation) -> CrossDocumentRelationship {
    let Relation { source: Element { document, position }, target, score } = *relation;
    CrossDocumentRelationship {
        document,
        position,
        target_document: target.document,
        target_position: target.position,
        score,
    }
}

/// The relationship from its other end.
fn turned(one: &CrossDocumentRelationship) -> CrossDocumentRelationship {
    CrossDocumentRelationship {
        document: one.target_document,
        position: one.target_position,
        target_document: one.document,
        target_position: one.position,
        score: one.score,
    }
}
