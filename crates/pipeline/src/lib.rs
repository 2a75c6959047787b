//! What a worker does, as a library: everything below, composed.
//!
//! ```text
//!  Discovery ──▶ queue ──▶ claims ──▶ Processor ──▶ Committer
//!  (lists the             (in hand,   (fetches on    (one writer: graph, links,
//!   sources)               heartbeat)  tokio, parses   counts and the end of the
//!                                      on threads)     claim in one transaction)
//! ```
//!
//! [`single::run`] is single mode: one process, one `SQLite` file.
//! [`distributed::run`] is one worker of many, in one `PostgreSQL`. In their
//! databases, and only there, the queue and the graph meet: a document's graph
//! is stored, the documents it links to are enqueued and its claim is ended in
//! one transaction that first checks the claim's fence.
//!
//! This crate prints nothing and reads no arguments: progress and summary are
//! values ([`Progress`], [`RunSummary`]) that programs show as they like.

mod commit_channel;
mod committer;
mod discovery;
pub mod distributed;
mod embedding;
mod ended;
mod error;
mod in_hand;
mod memory;
mod processing;
mod progress;
mod pump;
mod relating;
mod setup;
mod shutdown;
pub mod single;
pub mod sqlite;
mod store;
mod summary;
mod sweep;
mod tally;
mod tasks;

pub use gdg_postgres::PostgresError;
pub use gdg_storage::{Outcome, RunStatus};

pub use ended::{ClaimedDocument, CommitReport, Discovered, Ended};
pub use error::PipelineError;
pub use progress::{Progress, ProgressSnapshot};
pub use shutdown::Shutdown;
pub use store::DiscoveryBatch;
pub use summary::RunSummary;
