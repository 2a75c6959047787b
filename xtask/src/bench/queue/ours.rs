//! Our queue, drained.

use gdg_config::{ConnectionUri, Environment, StorageConfig};
use gdg_model::{DocumentRef, RunId, SourceName, Stamp, WorkerId};
use gdg_postgres::{Postgres, Settings};
use gdg_queue::postgres::{LowWaterMarks, PostgresQueue};
use gdg_queue::{Claim, NewDocument, Priority, Queue, RetryPolicy};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_postgres::{Client, IsolationLevel};

/// Documents that are claimed at a time.
const BATCH: u32 = 100;
/// Documents that are enqueued at a time.
const ENQUEUED_AT_ONCE: u64 = 1_000;

/// A pool as a worker has it.
pub(super) fn pool(uri: &str) -> anyhow::Result<Postgres> {
    let storage = StorageConfig { uri: Some(ConnectionUri::new(uri)), ..StorageConfig::default() };
    Ok(Postgres::new(Settings::from_config(&storage, &Environment::default(), "bench")?)?)
}

fn run_id() -> RunId {
    RunId::new("0123456789abcdef-1")
}

/// Enqueues documents as discovery does; documents a second.
pub(super) async fn enqueue(postgres: &Postgres, documents: u64) -> anyhow::Result<f64> {
    let queue = PostgresQueue::new(postgres.clone(), RetryPolicy::default());
    let source_name = SourceName::new("bench");
    let started = Instant::now();
    let mut number = 0;
    while number < documents {
        let batch = (number..documents.min(number + ENQUEUED_AT_ONCE)).map(|number| {
            // 300 bytes, as the rows of the pgbench script have.
            let locator = format!("{:0>120}/{number:012}.md", number % 997);
            let document = DocumentRef::listed(
                &source_name,
                locator,
                Stamp { etag: None, modified_at: Some(1), size: Some(1) },
            );
            NewDocument { document, priority: Priority::Normal }
        });
        let batch: Vec<NewDocument> = batch.collect();
        number += batch.len() as u64;
        queue.enqueue(&run_id(), batch).await?;
    }
    Ok(documents as f64 / started.elapsed().as_secs_f64())
}

/// Empties the queue's tables.
pub(super) async fn clear(client: &Client) -> anyhow::Result<()> {
    client.batch_execute("TRUNCATE document_queue, document_queue_runs, document_attempts").await?;
    Ok(())
}

/// A queue that is filled, then claimed and completed to its end.
pub(super) struct Drain<'a> {
    pub(super) uri: &'a str,
    pub(super) documents: u64,
    pub(super) claimers: u32,
    /// Whether a transaction that began before the drain stays open to its end.
    pub(super) old_snapshot: bool,
}

impl Drain<'_> {
    /// Documents claimed and completed a second.
    pub(super) async fn run(&self, client: &Client) -> anyhow::Result<f64> {
        let postgres = pool(self.uri)?;
        enqueue(&postgres, self.documents).await?;
        client.batch_execute("VACUUM ANALYZE document_queue").await?;
        client.batch_execute("CHECKPOINT").await?;
        let mut report = crate::scratch::connect(&self.uri.parse()?).await?;
        let snapshot = if self.old_snapshot {
            let isolated = report.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
            let transaction = isolated.start().await?;
            transaction.query_one("SELECT count(*) FROM document_queue", &[]).await?;
            Some(transaction)
        } else {
            None
        };
        let upkeep = tokio::spawn(keep_marks(postgres));
        let started = Instant::now();
        let mut claimers = JoinSet::new();
        for number in 0..self.claimers {
            let queue = PostgresQueue::new(pool(self.uri)?, RetryPolicy::default());
            claimers.spawn(claim_and_complete(queue, WorkerId::new(format!("worker-{number}"))));
        }
        let mut completed = 0;
        while let Some(joined) = claimers.join_next().await {
            completed += joined??;
        }
        let elapsed = started.elapsed();
        upkeep.abort();
        if let Some(snapshot) = snapshot {
            snapshot.commit().await?;
        }
        anyhow::ensure!(completed == self.documents, "{completed} of {} documents completed", self.documents);
        Ok(completed as f64 / elapsed.as_secs_f64())
    }
}

async fn claim_and_complete(queue: PostgresQueue, worker: WorkerId) -> anyhow::Result<u64> {
    let mut completed = 0;
    loop {
        let claims = queue.claim(&run_id(), &worker, BATCH).await?;
        if claims.is_empty() {
            return Ok(completed);
        }
        let fences: Vec<_> = claims.into_iter().map(Claim::settle).collect();
        completed += fences.len() as u64;
        let refused = queue.complete(fences).await?;
        anyhow::ensure!(refused.is_empty(), "claims were refused");
    }
}

/// What a leader does meanwhile.
async fn keep_marks(postgres: Postgres) {
    let mut marks = LowWaterMarks::default();
    loop {
        if let Err(error) = marks.advance(&postgres, &run_id()).await {
            eprintln!("the marks do not move: {error}");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
