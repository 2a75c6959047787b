//! Claims: a document in one worker's hands.

use crate::Priority;
use gdg_model::DocumentRef;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names one claim of one document. Both numbers are given by the database,
/// and no pair of them is ever given twice: whoever ends a claim names its
/// fence, and a fence that is not the current one changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fence {
    /// The document's row in the queue.
    pub queue_id: i64,
    /// How many times the document was claimed, this claim included.
    pub attempt: u32,
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.queue_id, self.attempt)
    }
}

/// A document in a worker's hands.
///
/// A claim must be completed, failed or released. Each of these begins with
/// [`settle`](Self::settle), which gives up the claim for its fence; a claim
/// that is dropped without it is logged as a bug (the document comes back
/// once its heartbeats have stopped for long enough).
#[derive(Debug)]
pub struct Claim {
    fence: Fence,
    document: DocumentRef,
    priority: Priority,
    retry_count: u32,
    settled: bool,
}

impl Claim {
    pub(crate) fn new(fence: Fence, document: DocumentRef, priority: Priority, retry_count: u32) -> Self {
        Self { fence, document, priority, retry_count, settled: false }
    }

    /// What names this claim.
    pub fn fence(&self) -> Fence {
        self.fence
    }

    /// The document.
    pub fn document(&self) -> &DocumentRef {
        &self.document
    }

    /// Its priority in the queue.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// How many attempts have failed before this one.
    pub fn retry_count(&self) -> u32 {
        self.retry_count
    }

    /// Gives up the claim for its fence, with which the caller now ends it.
    pub fn settle(mut self) -> Fence {
        self.settled = true;
        self.fence
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.settled && !std::thread::panicking() {
            tracing::error!(
                fence = %self.fence,
                doc_id = %self.document.doc_id,
                "bug: a claim was dropped without being completed, failed or released"
            );
        }
    }
}
