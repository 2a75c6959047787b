//! The queue on `SQLite`: for one process, with the same promises.
//!
//! Every operation exists twice: as a function on an open transaction (for
//! callers who write more in the same one), and as a method of
//! [`SqliteQueue`], which opens the transaction itself.

mod transaction;

pub use transaction::{
    claim, dead_letters, depth, end_claim, enqueue, fail, forget_dead_letters, heartbeat, reclaim, release,
};

use crate::{
    Claim, Disposition, Failure, Fence, NewDocument, Queue, QueueDepth, QueueError, Reclaimed, RetryPolicy,
};
use async_trait::async_trait;
use gdg_model::{RunId, WorkerId};
use rusqlite::TransactionBehavior;
use std::time::Duration;

/// The schema that the queue needs, for tests and examples; programs apply the project's migrations.
#[doc(hidden)]
pub const TEST_SCHEMA: &str = concat!(
    include_str!("../../migrations/sqlite/V1__initial.sql"),
    include_str!("../../migrations/sqlite/V4__dead_letters.sql"),
);

/// The queue on `SQLite`.
#[derive(Debug, Clone)]
pub struct SqliteQueue {
    connection: tokio_rusqlite::Connection,
    policy: RetryPolicy,
}

impl SqliteQueue {
    /// A queue in the database that `connection` is open on, with the project's migrations applied.
    pub fn new(connection: tokio_rusqlite::Connection, policy: RetryPolicy) -> Self {
        Self { connection, policy }
    }

    /// Runs `operation` in a write transaction on the connection's thread.
    async fn transact<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&rusqlite::Connection) -> Result<T, QueueError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let outcome = self
            .connection
            .call(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let outcome = operation(&transaction)?;
                transaction.commit()?;
                Ok(outcome)
            })
            .await?;
        Ok(outcome)
    }

    /// Runs `operation` for each fence in one transaction, and returns those that were refused.
    async fn for_each(
        &self,
        fences: Vec<Fence>,
        operation: fn(&rusqlite::Connection, Fence) -> Result<bool, QueueError>,
    ) -> Result<Vec<Fence>, QueueError> {
        self.transact(move |transaction| {
            let mut refused = Vec::new();
            for fence in fences {
                if !operation(transaction, fence)? {
                    refused.push(fence);
                }
            }
            Ok(refused)
        })
        .await
    }
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn enqueue(&self, run: &RunId, documents: Vec<NewDocument>) -> Result<u64, QueueError> {
        let run = run.clone();
        self.transact(move |transaction| enqueue(transaction, &run, &documents)).await
    }

    async fn claim(&self, run: &RunId, worker: &WorkerId, limit: u32) -> Result<Vec<Claim>, QueueError> {
        let (run, worker) = (run.clone(), worker.clone());
        self.transact(move |transaction| claim(transaction, &run, &worker, limit)).await
    }

    async fn heartbeat(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        self.for_each(fences, heartbeat).await
    }

    async fn complete(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        self.for_each(fences, end_claim).await
    }

    async fn fail(&self, failures: Vec<Failure>) -> Result<Vec<Disposition>, QueueError> {
        let policy = self.policy.clone();
        self.transact(move |transaction| {
            failures.iter().map(|failure| fail(transaction, failure, &policy)).collect()
        })
        .await
    }

    async fn release(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        self.for_each(fences, release).await
    }

    async fn reclaim(&self, run: &RunId, silent_for: Duration) -> Result<Reclaimed, QueueError> {
        let run = run.clone();
        self.transact(move |transaction| reclaim(transaction, &run, silent_for)).await
    }

    async fn depth(&self, run: &RunId) -> Result<QueueDepth, QueueError> {
        let run = run.clone();
        self.transact(move |transaction| depth(transaction, &run)).await
    }
}
