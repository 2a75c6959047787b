//! How far a run is, for whoever shows it.

use crate::ended::{CommitReport, Discovered};
use gdg_queue::QueueDepth;
use gdg_storage::{Outcome, RunCounters};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Counts of a run that goes on; read at any time with [`snapshot`](Self::snapshot).
#[derive(Debug, Default)]
pub struct Progress {
    stored: AtomicU64,
    unchanged: AtomicU64,
    skipped: AtomicU64,
    failed: AtomicU64,
    /// Documents that are in the queue.
    live: AtomicU64,
    /// Documents stored, skipped or failed by this process.
    processed_here: AtomicU64,
    bytes_here: AtomicU64,
    listing_done: AtomicBool,
}

/// How far a run is, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressSnapshot {
    /// Documents whose graph was stored.
    pub stored: u64,
    /// Documents that are as they were.
    pub unchanged: u64,
    /// Documents without a parser that were passed over.
    pub skipped: u64,
    /// Documents that were given up.
    pub failed: u64,
    /// Documents found so far, those that have ended included.
    pub found: u64,
    /// Documents that were processed by this process: what a rate is made of.
    pub processed_here: u64,
    /// Bytes of those documents.
    pub bytes_here: u64,
    /// Whether every source is listed to its end, so that `found` grows by links only.
    pub listing_done: bool,
}

impl ProgressSnapshot {
    /// Documents that have ended, one way or another.
    pub fn ended(&self) -> u64 {
        self.stored + self.unchanged + self.skipped + self.failed
    }
}

impl Progress {
    /// Begins with what earlier processes did in the run.
    pub(crate) fn resume(&self, counters: &RunCounters, depth: &QueueDepth) {
        self.add(counters);
        self.live.store(depth.pending + depth.processing + depth.retry, Relaxed);
    }

    pub(crate) fn discovered(&self, discovered: Discovered) {
        self.unchanged.fetch_add(discovered.unchanged, Relaxed);
        self.live.fetch_add(discovered.enqueued, Relaxed);
    }

    pub(crate) fn followed(&self, added: u64) {
        self.live.fetch_add(added, Relaxed);
    }

    pub(crate) fn committed(&self, report: &CommitReport) {
        self.add(&report.counters);
        let total = report.counters.total();
        self.processed_here.fetch_add(total.documents, Relaxed);
        self.bytes_here.fetch_add(total.bytes, Relaxed);
        self.live.fetch_add(report.followed, Relaxed);
        self.live.fetch_sub(total.documents + report.shards, Relaxed);
    }

    /// Shards of documents to be compared were planned.
    pub(crate) fn planned(&self, shards: u64) {
        self.live.fetch_add(shards, Relaxed);
    }

    /// Documents were claimed from a queue that others share: they count as found here.
    pub(crate) fn claimed(&self, documents: u64) {
        self.live.fetch_add(documents, Relaxed);
    }

    /// Claimed documents were given back.
    pub(crate) fn given_back(&self, documents: u64) {
        self.live.fetch_sub(documents, Relaxed);
    }

    pub(crate) fn listing_done(&self) {
        self.listing_done.store(true, Relaxed);
    }

    fn add(&self, counters: &RunCounters) {
        let counts = [
            (Outcome::Stored, &self.stored),
            (Outcome::Unchanged, &self.unchanged),
            (Outcome::Skipped, &self.skipped),
            (Outcome::Failed, &self.failed),
        ];
        for (outcome, count) in counts {
            count.fetch_add(counters.of_outcome(outcome).documents, Relaxed);
        }
    }

    /// The counts now. They are read one after the other, and may be a document apart.
    pub fn snapshot(&self) -> ProgressSnapshot {
        let mut snapshot = ProgressSnapshot {
            stored: self.stored.load(Relaxed),
            unchanged: self.unchanged.load(Relaxed),
            skipped: self.skipped.load(Relaxed),
            failed: self.failed.load(Relaxed),
            found: 0,
            processed_here: self.processed_here.load(Relaxed),
            bytes_here: self.bytes_here.load(Relaxed),
            listing_done: self.listing_done.load(Relaxed),
        };
        snapshot.found = snapshot.ended() + self.live.load(Relaxed);
        snapshot
    }
}
