//! Relationships between documents: planned as shards, which are worked off through the queue like documents.
//!
//! A shard is a range of documents' numbers. Whoever claims one compares those of its documents that are due with all
//! others, and stores what it finds in the transaction that ends the claim. What is found of a document depends on
//! the vectors alone, so that shards may be cut in any way, worked off in any order and repeated.

use crate::PipelineError;
use crate::store::RelatingStore;
use gdg_model::{DocumentRef, SourceName, Stamp};
use gdg_postproc::{
    Additions, IndexOptions, Item, RelateOptions, Relation, SearchIndex, VectorError, VectorSet, relate,
    relate_added,
};
use gdg_storage::{
    ComparableDocument, CrossDocumentRelationship, Duplicate, Findings, RelatingTerms, StoredVector,
};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
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
    /// The places of each document's vectors.
    places: HashMap<i64, Range<usize>>,
    /// Documents whose relationships were to be found when this was read.
    due: HashSet<i64>,
    /// Whether all were.
    all_due: bool,
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
            let after = documents.last().map_or(0, |last: &ComparableDocument| last.number);
            let page = self.store.comparable_documents(&self.terms, after, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            documents.extend(page);
            if is_last {
                break;
            }
        }
        let mut reading = Reading::default();
        let mut after = (0, 0, 0);
        loop {
            let page = self.store.load_vectors(&self.terms.model, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.document, last.position, last.part);
            page.iter().for_each(|vector| reading.take(vector));
        }
        let indexing = tokio::task::spawn_blocking(move || Arc::new(reading.into_corpus(&documents)));
        let corpus = indexing.await;
        let corpus =
            corpus.map_err(|error| PipelineError::Bug(format!("indexing vectors panicked: {error}")))?;
        tracing::debug!(
            vectors = corpus.set.len(),
            due = corpus.due.len(),
            "vectors were read to be compared"
        );
        Ok(corpus)
    }
}

/// A set of vectors in the making. They come in the order of documents' numbers.
#[derive(Default)]
struct Reading {
    set: Option<VectorSet>,
    places: HashMap<i64, Range<usize>>,
}

impl Reading {
    fn take(&mut self, vector: &StoredVector) {
        let set = self.set.get_or_insert_with(|| VectorSet::new(vector.vector.len()));
        let place = set.len();
        let number = vector.document.cast_unsigned();
        match set.push(number, vector.position, vector.part, &vector.vector) {
            Ok(()) => self.places.entry(vector.document).or_insert(place..place).end = set.len(),
            Err(VectorError::Zero) => {}
            Err(error) => {
                tracing::warn!(document = vector.document, position = vector.position, %error, "a stored vector cannot be compared");
            }
        }
    }

    fn into_corpus(self, documents: &[ComparableDocument]) -> Corpus {
        let mut set = self.set.unwrap_or_else(|| VectorSet::new(1));
        for document in documents {
            if let Some(hash) = document.content_hash {
                set.document_content(document.number.cast_unsigned(), u128::from_le_bytes(hash));
            }
        }
        let index = SearchIndex::build(&set, &IndexOptions::default());
        let due: HashSet<i64> =
            documents.iter().filter(|document| document.is_due).map(|document| document.number).collect();
        Corpus { set, index, places: self.places, all_due: due.len() == documents.len(), due }
    }
}

impl Corpus {
    fn relate(&self, documents: Vec<i64>, options: &RelateOptions) -> Findings {
        let places = documents.iter().filter_map(|number| self.places.get(number)).flat_map(Clone::clone);
        let places: Vec<usize> = places.collect();
        let found = if self.all_due {
            let findings = relate(&self.set, &self.index, &places, options);
            Additions { findings, arrivals: Vec::new() }
        } else {
            relate_added(&self.set, &self.index, &places, options)
        };
        let duplicates = found.findings.duplicates.iter().map(|one| Duplicate {
            document: one.document.cast_signed(),
            of: one.of.cast_signed(),
            is_exact: one.exact,
            share: one.share,
        });
        // A document that is due itself finds what there is by itself.
        let offers = found.arrivals.iter().map(row).filter(|one| !self.due.contains(&one.document));
        Findings {
            relationships: found.findings.relations.iter().map(row).collect(),
            duplicates: duplicates.collect(),
            offers: offers.collect(),
            documents,
        }
    }
}

fn row(relation: &Relation) -> CrossDocumentRelationship {
    let Relation { from: Item { document, position, .. }, to, score } = *relation;
    CrossDocumentRelationship {
        document: document.cast_signed(),
        position,
        target_document: to.document.cast_signed(),
        target_position: to.position,
        score,
    }
}
