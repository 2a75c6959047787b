//! A document queue whose claims carry fences.
//!
//! # How a document travels
//!
//! ```text
//!            enqueue          claim              complete
//! discovered ───────▶ pending ─────▶ processing ─────────▶ (gone)
//!                        ▲  ▲            │   │
//!                        │  └─ release ──┤   └─ fail ─▶ dead letter
//!                        │     reclaim   │
//!                        └───── due ◀── retry
//! ```
//!
//! - A **claim** hands a document to one worker. It carries a [`Fence`]: the
//!   document's queue id, and an attempt number that the database raises with
//!   every claim. Whatever ends the claim names the fence, so that a worker
//!   which was thought dead and comes back late changes nothing.
//! - The table holds **live documents only**: a completed one leaves it, so
//!   that claiming never walks over what is done.
//! - **Positions** order the claims. A document that becomes claimable again
//!   gets a new position at the end.
//! - **Failures** have a [class](gdg_model::ErrorClass) that says whether
//!   trying again makes sense; a [`RetryPolicy`] says when. What is given up
//!   goes to the dead letter queue with the history of its attempts.
//! - The **database's clock** is the only clock.
//!
//! Completing a claim together with other writes (the whole point of the
//! fence) is done in the caller's own transaction: see [`sqlite::end_claim`] and
//! [`postgres::end_claims`].
//!
//! This crate knows nothing of files, parsers, elements or configuration, and
//! is useful without the rest: it needs the tables `document_queue*`,
//! `document_attempts` and `dead_letter_queue` of the project's migrations.
//!
//! ```
//! use gdg_model::{DocId, DocumentRef, RunId, SourceName, Stamp, WorkerId};
//! use gdg_queue::{NewDocument, Priority, Queue, RetryPolicy, sqlite::SqliteQueue};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let connection = tokio_rusqlite::Connection::open_in_memory().await?;
//! connection.call(|sqlite| sqlite.execute_batch(gdg_queue::sqlite::TEST_SCHEMA)).await?;
//! let queue = SqliteQueue::new(connection, RetryPolicy::default());
//!
//! let (run, worker) = (RunId::new("run-1"), WorkerId::new("worker-01"));
//! let source = SourceName::new("notes");
//! let document = DocumentRef::listed(&source, "a.md", Stamp::default());
//! queue.enqueue(&run, vec![NewDocument { document, priority: Priority::Normal }]).await?;
//!
//! let claims = queue.claim(&run, &worker, 10).await?;
//! let fences = claims.into_iter().map(|claim| claim.settle()).collect();
//! let refused = queue.complete(fences).await?;
//! assert!(refused.is_empty());
//! assert!(queue.depth(&run).await?.is_drained());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

/// What is kept as the format of a document whose format was not found out.
const UNKNOWN_FORMAT: &str = "unknown";

mod claim;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
pub mod postgres;
mod queue;
mod retry;
pub mod sqlite;

pub use claim::{Claim, Fence};
pub use error::QueueError;
pub use queue::{
    DeadLetter, Disposition, Failure, MAX_ABANDONED_ATTEMPTS, NewDocument, Priority, Queue, QueueDepth,
    Reclaimed,
};
pub use retry::RetryPolicy;
