//! What is known of runs, as one document: what `--json`, `--export` and `/api/overview` give.
//!
//! Members are added in later versions; none changes its meaning or leaves without a new
//! [`FORMAT_VERSION`].

use super::health::DatabaseHealth;
use super::rates::Rates;
use super::timestamp::Timestamp;
use crate::alerts::Alert;
use schemars::JsonSchema;
use serde::Serialize;

/// The version of the document's form.
pub const FORMAT_VERSION: u32 = 1;

/// What is known at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Overview {
    /// The version of this document's form: 1.
    pub format_version: u32,
    /// When it was read, by the database's clock.
    pub taken_at: Timestamp,
    /// How the database is.
    pub database: DatabaseHealth,
    /// The run that was asked for; null when there is none.
    pub run: Option<RunOverview>,
    /// The latest runs, the newest first.
    pub runs: Vec<RunSummary>,
    /// What a person should look at, the most severe first.
    pub alerts: Vec<Alert>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Documents are listed and processed.
    Active,
    /// Every document has ended.
    ProcessingComplete,
    /// Relationships across documents are sought.
    PostProcessing,
    /// All is done.
    Completed,
    /// It could not go on.
    Failed,
    /// It was cancelled.
    Abandoned,
}

impl RunState {
    /// The state that is stored under `name`; an unknown one counts as failed.
    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "active" => Self::Active,
            "processing_complete" => Self::ProcessingComplete,
            "post_processing" => Self::PostProcessing,
            "completed" => Self::Completed,
            "abandoned" => Self::Abandoned,
            _ => Self::Failed,
        }
    }

    /// As people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ProcessingComplete => "processing complete",
            Self::PostProcessing => "post-processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether nothing happens to the run any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Abandoned)
    }
}

/// Whether documents of a run can be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// They can.
    Open,
    /// Not until the run is resumed.
    Paused,
    /// Never again.
    Closed,
}

impl QueueState {
    /// The state that is stored under `name`.
    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "paused" => Self::Paused,
            "closed" => Self::Closed,
            _ => Self::Open,
        }
    }
}

/// A run, in a line.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RunSummary {
    /// Its name.
    pub run_id: String,
    /// What its configuration defines, as 16 hexadecimal digits: runs of the same work have the same.
    pub fingerprint: String,
    /// Which run of that work it is, from 1.
    pub generation: u32,
    /// How far it is.
    pub state: RunState,
    /// Whether its documents can be claimed.
    pub queue_state: QueueState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; null while it goes on.
    pub ended_at: Option<Timestamp>,
    /// Seconds from its beginning to its end, or to now.
    pub duration_seconds: f64,
    /// Documents that have ended, by how.
    pub documents: DocumentCounts,
    /// Documents that are in the queue.
    pub queued: u64,
}

/// Documents by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentCounts {
    /// Their graphs were stored.
    pub stored: u64,
    /// They were as they had been.
    pub unchanged: u64,
    /// There is no parser for them, and the configuration passes over them.
    pub skipped: u64,
    /// They were given up.
    pub failed: u64,
}

impl DocumentCounts {
    /// All that have ended.
    pub const fn total(&self) -> u64 {
        self.stored + self.unchanged + self.skipped + self.failed
    }
}

impl RunSummary {
    /// Documents found so far.
    pub const fn found(&self) -> u64 {
        self.documents.total() + self.queued
    }

    /// Whether it goes on, and nobody paused it.
    pub fn is_working(&self) -> bool {
        self.state == RunState::Active && self.queue_state == QueueState::Open
    }
}

/// A run, with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RunOverview {
    /// The run.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// How fast it is, and how long it will take.
    pub progress: Progress,
    /// Who leads; null in single mode, and before the first election.
    pub leader: Option<Leader>,
    /// How far the listing of each source is.
    pub discovery: Vec<SourceListing>,
    /// What listings could not read: the first 50.
    pub discovery_problems: Vec<DiscoveryProblem>,
    /// The queue.
    pub queue: Queue,
    /// Documents that have ended, by source, the largest first.
    pub sources: Vec<Share>,
    /// Documents that have ended, by format, the largest first.
    pub formats: Vec<Share>,
    /// How many workers are at work.
    pub live_workers: u64,
    /// Workers of the run, as many as were asked for.
    pub workers: Vec<Worker>,
    /// Documents that have been in hand longest: at most 20.
    pub in_flight: Vec<InFlight>,
    /// Documents that were given up.
    pub dead_letters: DeadLetters,
    /// What workers noted for a person.
    pub notes: Vec<Note>,
    /// How the run was in its last two hours, minute by minute, the oldest first.
    pub samples: Vec<RunSample>,
}

/// How fast a run is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Progress {
    /// Documents that have ended.
    pub ended: u64,
    /// Documents found so far.
    pub found: u64,
    /// The part of them that has ended, from 0 to 1; null while nothing was found.
    pub fraction: Option<f64>,
    /// Whether every source is listed to its end, so that `found` grows by links only.
    pub listing_finished: bool,
    /// Documents a second that left the queue.
    pub rate: Rates,
    /// Documents a second that failed.
    pub failure_rate: Rates,
    /// Seconds until the queue is empty at the rate of the last five minutes; null when that cannot be told.
    pub eta_seconds: Option<f64>,
}

/// Who leads the work.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Leader {
    /// The worker.
    pub worker_id: String,
    /// The epoch of its lease: one more with each change of hands.
    pub epoch: u64,
    /// Seconds since it was elected.
    pub elected_seconds_ago: f64,
    /// Seconds since it said last that it leads.
    pub renewed_seconds_ago: f64,
    /// Seconds until its lease ends; negative when it has: nobody leads then.
    pub expires_in_seconds: f64,
}

/// How far the listing of a source is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SourceListing {
    /// The source.
    pub source: String,
    /// Documents that it has listed.
    pub listed: u64,
    /// When it was done; null while it goes on.
    pub finished_at: Option<Timestamp>,
}

/// What a listing could not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiscoveryProblem {
    /// The source.
    pub source: String,
    /// Where it was.
    pub locator: String,
    /// What went wrong.
    pub message: String,
}

/// The queue of a run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Queue {
    /// Documents that wait to be claimed.
    pub pending: u64,
    /// Documents that workers have in hand; in distributed mode as their last heartbeats said.
    pub processing: u64,
    /// Documents that wait for another try.
    pub retry: BoundedCount,
    /// Documents that left it for good; what a listing found unchanged was never in it.
    pub ended: u64,
    /// Seconds since the document was enqueued that waits longest, of those next in line; null when none waits.
    pub oldest_pending_seconds: Option<f64>,
}

/// A count that is given up at some number, so that it costs little.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoundedCount {
    /// How many there are, or where counting stopped.
    pub count: u64,
    /// Whether counting stopped: there are at least as many.
    pub at_least: bool,
}

impl BoundedCount {
    /// Of a count that went one beyond `limit`, at most.
    pub(crate) fn new(count: u64, limit: u64) -> Self {
        Self { count: count.min(limit), at_least: count > limit }
    }
}

/// What a source or a format has of the documents that have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Share {
    /// The source or format; `unknown` where it was not found out.
    pub name: String,
    /// Its documents.
    pub documents: DocumentCounts,
    /// Their bytes.
    pub bytes: u64,
    /// Elements that were stored.
    pub elements: u64,
}

/// How a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// It works, or waits for work.
    Active,
    /// It ended on its own account.
    Stopped,
    /// It was silent for too long.
    Dead,
}

impl WorkerState {
    /// The state that is stored under `name`.
    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "active" => Self::Active,
            "stopped" => Self::Stopped,
            _ => Self::Dead,
        }
    }

    /// As people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Stopped => "stopped",
            Self::Dead => "dead",
        }
    }
}

/// A worker of a run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Worker {
    /// Its name.
    pub worker_id: String,
    /// Its host; null in single mode.
    pub host: Option<String>,
    /// Its version.
    pub version: String,
    /// How it is.
    pub state: WorkerState,
    /// Whether it leads.
    pub is_leader: bool,
    /// Seconds since it was heard of.
    pub heartbeat_seconds_ago: f64,
    /// Seconds since it started; null in single mode.
    pub uptime_seconds: Option<f64>,
    /// Documents that it has in hand.
    pub in_hand: u64,
    /// Documents of the run that it has ended.
    pub ended: u64,
    /// Documents a second over the last five minutes; null when that is not known.
    pub rate: Option<f64>,
    /// Bytes of memory of its process; null when that is not known.
    pub memory_bytes: Option<u64>,
}

/// A document that a worker has in hand.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InFlight {
    /// The document.
    pub doc_id: String,
    /// Its source.
    pub source: String,
    /// Who has it.
    pub worker_id: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Seconds since it was claimed.
    pub claimed_seconds_ago: f64,
    /// Its size, as the source gave it.
    pub size_bytes: Option<u64>,
}

/// Documents that were given up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DeadLetters {
    /// How many there are, counted up to 10,000.
    pub total: BoundedCount,
    /// The latest 20, the newest first.
    pub recent: Vec<DeadLetter>,
}

/// A document that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DeadLetter {
    /// Its number: what `deadletter --show` takes.
    pub dead_letter_id: i64,
    /// The document.
    pub doc_id: String,
    /// Its source.
    pub source: String,
    /// What trying again is worth: `transient`, `permanent` or `poison`.
    pub class: String,
    /// What went wrong last.
    pub message: String,
    /// How often it was tried again.
    pub retries: u32,
    /// When it was given up.
    pub died_at: Timestamp,
}

/// What a worker noted for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// Of what kind it is: `deletion_guard`.
    pub kind: String,
    /// The source.
    pub source: String,
    /// What is the matter.
    pub message: String,
}

/// How a run was at some minute.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RunSample {
    /// When.
    pub at: Timestamp,
    /// Documents that were in the queue.
    pub queued: u64,
    /// Documents that had left it for good.
    pub ended: u64,
    /// Of those, documents that had failed.
    pub failed: u64,
    /// Documents that the listings had found.
    pub listed: u64,
    /// The epoch of who led; null in single mode.
    pub leader_epoch: Option<u64>,
}
