//! Documents on their way: claimed, then ended one way or another.

use gdg_model::{DocId, DocumentRef, Format};
use gdg_queue::{Disposition, Failure, Fence};
use gdg_storage::{
    DocumentHeader, Findings, GraphDocument, KnownDocument, MeaningCounters, RelatingTerms, RunCounters,
};
use std::sync::Arc;

/// A claimed document, and what is remembered of it. Whoever holds one ends
/// its claim through [`Ended`], or gives its fence back.
#[derive(Debug)]
pub struct ClaimedDocument {
    /// What ends the claim.
    pub fence: Fence,
    /// The document.
    pub document: DocumentRef,
    /// How it was when it was last handled.
    pub known: Option<KnownDocument>,
}

/// How the processing of a document ended.
#[derive(Debug)]
pub enum Ended {
    /// Its graph is to be stored.
    Stored {
        /// Its claim.
        fence: Fence,
        /// Its graph, with the documents that it links to and that are to be processed too.
        graph: Box<GraphDocument>,
    },
    /// It is as it was.
    Unchanged {
        /// Its claim.
        fence: Fence,
        /// Its name, with the stamp that it has now.
        document: DocumentRef,
        /// Its format, where it is known.
        format: Option<Format>,
        /// Its size in bytes.
        size: u64,
    },
    /// It was stored before, and is not in its source any more. Whether what is stored of it goes is decided at the end
    /// of the run.
    Vanished {
        /// Its claim.
        fence: Fence,
        /// Its name.
        document: DocumentRef,
    },
    /// It has no parser, and the configuration says to pass over such documents.
    Skipped {
        /// Its claim.
        fence: Fence,
        /// What is remembered of it.
        header: Box<DocumentHeader>,
    },
    /// It is a shard of documents that were compared with all others.
    Related {
        /// Its claim.
        fence: Fence,
        /// Which documents, as a document of the queue.
        shard: DocumentRef,
        /// How they were compared.
        terms: Arc<RelatingTerms>,
        /// What was found of them.
        findings: Box<Findings>,
    },
    /// It failed.
    Failed {
        /// Why, and its claim.
        failure: Failure,
        /// Its name.
        document: DocumentRef,
        /// Its format, where it was found out.
        format: Option<Format>,
        /// Its size in bytes; 0 where it could not be read.
        size: u64,
    },
}

impl Ended {
    /// The claim that this ends.
    pub fn fence(&self) -> Fence {
        match self {
            Self::Stored { fence, .. }
            | Self::Unchanged { fence, .. }
            | Self::Related { fence, .. }
            | Self::Vanished { fence, .. }
            | Self::Skipped { fence, .. } => *fence,
            Self::Failed { failure, .. } => failure.fence,
        }
    }

    /// Bytes of memory that it holds, roughly.
    pub fn memory(&self) -> usize {
        match self {
            Self::Stored { graph, .. } => graph.memory(),
            Self::Related { findings, .. } => {
                512 + 64 * (findings.relationships.len() + findings.offers.len())
            }
            _ => 512,
        }
    }
}

/// What a batch of a listing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discovered {
    /// Documents in the batch.
    pub listed: u64,
    /// Of those, documents that are new or changed, now in the queue.
    pub enqueued: u64,
    /// Of those, documents that are as they were.
    pub unchanged: u64,
}

/// What a transaction that ends claims came to.
#[derive(Debug, Default)]
pub struct CommitReport {
    /// Documents that left the queue, counted.
    pub counters: RunCounters,
    /// What was embedded and related.
    pub meaning: MeaningCounters,
    /// Shards that left the queue.
    pub shards: u64,
    /// Documents that left the queue because they have vanished.
    pub vanished: u64,
    /// Documents that were enqueued because a stored or unchanged one links to them.
    pub followed: u64,
    /// Documents that failed and will be tried again.
    pub retried: u64,
    /// Claims that were no longer this worker's: nothing was stored for them.
    pub refused: u64,
    /// Each failure, and what became of its document.
    pub failures: Vec<(DocId, Failure, Disposition)>,
}

impl CommitReport {
    /// Adds what another transaction came to.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (key, tally) in other.counters.iter() {
            self.counters.add(key.clone(), tally);
        }
        self.meaning.add(&other.meaning);
        self.shards += other.shards;
        self.vanished += other.vanished;
        self.followed += other.followed;
        self.retried += other.retried;
        self.refused += other.refused;
        self.failures.extend(other.failures);
    }
}
