//! What is read of a run, before anything is made of it.

use super::document::{
    BoundedCount, DeadLetter, DiscoveryProblem, InFlight, Leader, Note, RunSample, RunSummary, SourceListing,
    WorkerState,
};
use super::{DatabaseHealth, Timestamp};

/// Documents in hand that are named.
pub(super) const SHOWN_IN_FLIGHT: u32 = 20;
/// Dead letters that are named.
pub(super) const SHOWN_DEAD_LETTERS: u32 = 20;
/// Problems of listings that are named.
pub(super) const SHOWN_PROBLEMS: u32 = 50;
/// Where counting stops.
pub(super) const COUNT_LIMIT: u64 = 10_000;

/// What is to be read.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) run: Option<String>,
    pub(super) worker_limit: u32,
    pub(super) run_limit: u32,
}

/// What was read.
pub(super) struct Reading {
    pub(super) taken_at: Timestamp,
    pub(super) runs: Vec<RunSummary>,
    pub(super) facts: Option<RunFacts>,
    pub(super) health: DatabaseHealth,
}

/// What was read of a run.
pub(super) struct RunFacts {
    pub(super) run: RunSummary,
    pub(super) leader: Option<Leader>,
    pub(super) discovery: Vec<SourceListing>,
    pub(super) problems: Vec<DiscoveryProblem>,
    pub(super) counters: Vec<CounterRow>,
    pub(super) queue: QueueFacts,
    pub(super) workers: Vec<WorkerFacts>,
    /// The latest first.
    pub(super) worker_samples: Vec<WorkerSample>,
    /// The oldest first.
    pub(super) samples: Vec<RunSample>,
    pub(super) in_flight: Vec<InFlight>,
    pub(super) dead_letters: Vec<DeadLetter>,
    pub(super) dead_letter_count: BoundedCount,
    pub(super) notes: Vec<Note>,
}

/// A sum of counters.
pub(super) struct CounterRow {
    pub(super) source: String,
    pub(super) format: String,
    pub(super) outcome: String,
    pub(super) documents: u64,
    pub(super) bytes: u64,
    pub(super) elements: u64,
}

/// What is known of a queue.
pub(super) struct QueueFacts {
    /// Documents that left it for good.
    pub(super) ended: u64,
    pub(super) queued: u64,
    pub(super) in_hand: u64,
    pub(super) retry: BoundedCount,
    pub(super) oldest_pending_seconds: Option<f64>,
    pub(super) live_workers: u64,
}

/// A worker, as it is registered.
pub(super) struct WorkerFacts {
    pub(super) worker_id: String,
    pub(super) host: Option<String>,
    pub(super) version: String,
    pub(super) state: WorkerState,
    pub(super) heartbeat_seconds_ago: f64,
    pub(super) uptime_seconds: Option<f64>,
    pub(super) in_hand: u64,
    pub(super) ended: u64,
}

/// What a worker left behind at some minute.
pub(super) struct WorkerSample {
    pub(super) worker_id: String,
    pub(super) seconds_ago: f64,
    pub(super) ended: u64,
    pub(super) memory_bytes: Option<u64>,
}

/// A number that is never negative, of a database that knows none but signed ones.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl QueueFacts {
    /// Of a queue that never held anything.
    pub(super) fn nothing() -> Self {
        Self {
            ended: 0,
            queued: 0,
            in_hand: 0,
            retry: BoundedCount::default(),
            oldest_pending_seconds: None,
            live_workers: 0,
        }
    }
}
