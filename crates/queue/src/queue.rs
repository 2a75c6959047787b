//! The queue as its users see it.

use crate::{Claim, Fence, QueueError};
use async_trait::async_trait;
use gdg_model::{DocId, DocumentRef, ErrorClass, Format, RunId, SourceName, WorkerId};
use std::fmt::Debug;
use std::time::Duration;

/// How many attempts may end with their worker's death before the document is
/// given up as poison. More than any honest series of crashes and restarts
/// leaves on one document, few enough that a document which kills its worker
/// cannot do so for ever.
pub const MAX_ABANDONED_ATTEMPTS: u32 = 10;

/// Which documents are claimed first. A small fixed range, so that a claim can look at each in turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// After all others.
    Low = 0,
    /// What most documents have.
    #[default]
    Normal = 1,
    /// Before all others.
    High = 2,
}

impl Priority {
    /// The number that is stored.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// The priority with that number.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Low),
            1 => Some(Self::Normal),
            2 => Some(Self::High),
            _ => None,
        }
    }
}

/// A document to be put into the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// What to process.
    pub document: DocumentRef,
    /// How soon.
    pub priority: Priority,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The claim that it ends.
    pub fence: Fence,
    /// What is worth doing about it.
    pub class: ErrorClass,
    /// Why, for a person. Longer messages are cut at 2,000 characters.
    pub message: String,
    /// What the document was found to be, as far as that was found out; kept with its dead letter.
    pub format: Option<Format>,
    /// A random number in 0..1, which spreads the retries of documents that failed together.
    pub jitter: f64,
}

/// What became of a failed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// It is tried again after the delay.
    Retried(Duration),
    /// It is in the dead letter queue.
    Dead,
    /// The claim was no longer the caller's: nothing happened.
    Refused,
}

/// A document that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Which document.
    pub doc_id: DocId,
    /// The source it came from.
    pub source_name: SourceName,
    /// The class of the last failure.
    pub class: ErrorClass,
    /// Why the last attempt failed.
    pub message: String,
    /// How often it had been retried.
    pub retry_count: u32,
}

/// What became of documents whose worker fell silent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// How many documents can be claimed again.
    pub returned: u64,
    /// The documents that outlived [`MAX_ABANDONED_ATTEMPTS`] workers, now in the dead letter queue.
    pub dead: Vec<DeadLetter>,
}

/// How many documents of a run are in the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Claimable now.
    pub pending: u64,
    /// In a worker's hands.
    pub processing: u64,
    /// Waiting for their next attempt.
    pub retry: u64,
    /// How long until the first of the waiting is due; zero when one is.
    pub next_due: Option<Duration>,
}

impl QueueDepth {
    /// Whether nothing of the run is left to do.
    pub fn is_drained(&self) -> bool {
        self.pending + self.processing + self.retry == 0
    }
}

/// A queue of documents.
///
/// Every method is one transaction. Unless a method says otherwise, dropping
/// its future before it is ready leaves open whether the transaction happens,
/// never that half of it does: claims that a dropped [`claim`](Self::claim)
/// took come back through [`reclaim`](Self::reclaim).
///
/// Every implementation passes the suite in `gdg_queue::conformance`.
#[async_trait]
pub trait Queue: Send + Sync + Debug {
    /// Adds documents, except those that are in the queue or the dead letter
    /// queue of this run already; dead letters of earlier runs are forgotten for
    /// those that this one tries anew. Returns how many were added.
    async fn enqueue(&self, run: &RunId, documents: Vec<NewDocument>) -> Result<u64, QueueError>;

    /// Claims up to `limit` documents for `worker`: highest priority first,
    /// then by position. Documents whose retry is due take part.
    async fn claim(&self, run: &RunId, worker: &WorkerId, limit: u32) -> Result<Vec<Claim>, QueueError>;

    /// Says that the holder of these claims is alive. Returns the fences that are no longer current.
    async fn heartbeat(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError>;

    /// Ends claims whose documents are done; they leave the queue. Returns the fences that were refused.
    async fn complete(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError>;

    /// Ends claims whose documents failed; what becomes of each is in the order of `failures`.
    async fn fail(&self, failures: Vec<Failure>) -> Result<Vec<Disposition>, QueueError>;

    /// Gives claims back untouched; they can be claimed at once, and no
    /// attempt is held against them. Returns the fences that were refused.
    async fn release(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError>;

    /// Takes back what workers hold that have been silent for `silent_for`.
    async fn reclaim(&self, run: &RunId, silent_for: Duration) -> Result<Reclaimed, QueueError>;

    /// How many documents of a run are in the queue.
    async fn depth(&self, run: &RunId) -> Result<QueueDepth, QueueError>;
}
