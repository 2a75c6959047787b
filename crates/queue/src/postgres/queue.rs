//! The queue's operations, each in a transaction of its own.

use super::{Cursors, claim, ending, enqueue, held, reading};
use crate::{
    Claim, Disposition, Failure, Fence, NewDocument, Queue, QueueDepth, QueueError, Reclaimed, RetryPolicy,
};
use async_trait::async_trait;
use gdg_model::{RunId, WorkerId};
use gdg_postgres::Postgres;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The queue on `PostgreSQL`. It follows cursors of its own in each run.
#[derive(Debug)]
pub struct PostgresQueue {
    postgres: Postgres,
    policy: RetryPolicy,
    cursors: Mutex<HashMap<RunId, Arc<claim::Cursors>>>,
}

impl PostgresQueue {
    /// A queue in the database that `postgres` leads to, with the project's migrations applied.
    pub fn new(postgres: Postgres, policy: RetryPolicy) -> Self {
        Self { postgres, policy, cursors: Mutex::default() }
    }

    fn cursors(&self, run: &RunId) -> Arc<Cursors> {
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cursors.entry(run.clone()).or_default())
    }
}

#[async_trait]
impl Queue for PostgresQueue {
    async fn enqueue(&self, run: &RunId, documents: Vec<NewDocument>) -> Result<u64, QueueError> {
        let transaction = self.postgres.begin().await?;
        let outcome = enqueue::enqueue(&transaction, run, &documents).await;
        Ok(transaction.end(outcome).await?.len() as u64)
    }

    async fn claim(&self, run: &RunId, worker: &WorkerId, limit: u32) -> Result<Vec<Claim>, QueueError> {
        self.cursors(run).claim(&self.postgres, run, worker, limit).await
    }

    async fn heartbeat(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        let transaction = self.postgres.begin().await?;
        let outcome = held::heartbeat(&transaction, &fences).await;
        transaction.end(outcome).await
    }

    async fn complete(&self, mut fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        let ended = ending::end_claims_alone(&self.postgres, &fences).await?;
        fences.retain(|fence| !ended.contains(fence));
        Ok(fences)
    }

    async fn fail(&self, failures: Vec<Failure>) -> Result<Vec<Disposition>, QueueError> {
        let transaction = self.postgres.begin().await?;
        let outcome = ending::fail(&transaction, &failures, &self.policy).await;
        transaction.end(outcome).await
    }

    async fn release(&self, mut fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        let transaction = self.postgres.begin().await?;
        let outcome = held::release_held(&transaction, &fences).await;
        let released = transaction.end(outcome).await?;
        fences.retain(|fence| !released.contains(fence));
        Ok(fences)
    }

    async fn reclaim(&self, run: &RunId, silent_for: Duration) -> Result<Reclaimed, QueueError> {
        let transaction = self.postgres.begin().await?;
        let outcome = held::reclaim(&transaction, run, silent_for).await;
        transaction.end(outcome).await
    }

    async fn depth(&self, run: &RunId) -> Result<QueueDepth, QueueError> {
        let transaction = self.postgres.begin().await?;
        let outcome = reading::depth(&transaction, run).await;
        transaction.end(outcome).await
    }
}
