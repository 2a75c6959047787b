//! The queue on `PostgreSQL` passes the suite, and what is particular to it.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use async_trait::async_trait;
use gdg_model::{DocumentRef, RunId, SourceName, Stamp, WorkerId};
use gdg_postgres::Postgres;
use gdg_queue::conformance::{Step, any_steps, eager_policy, follows_the_model};
use gdg_queue::postgres::{LowWaterMarks, PostgresQueue};
use gdg_queue::{
    Claim, Disposition, Failure, Fence, NewDocument, Priority, Queue, QueueDepth, QueueError, Reclaimed,
    RetryPolicy,
};
use gdg_test_database::TestDatabase;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::time::Duration;

/// A queue with the database it is in.
#[derive(Debug)]
struct InDatabase {
    queue: PostgresQueue,
    database: TestDatabase,
}

#[async_trait]
impl Queue for InDatabase {
    async fn enqueue(&self, run: &RunId, documents: Vec<NewDocument>) -> Result<u64, QueueError> {
        self.queue.enqueue(run, documents).await
    }
    async fn claim(&self, run: &RunId, worker: &WorkerId, limit: u32) -> Result<Vec<Claim>, QueueError> {
        self.queue.claim(run, worker, limit).await
    }
    async fn heartbeat(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        self.queue.heartbeat(fences).await
    }
    async fn complete(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        self.queue.complete(fences).await
    }
    async fn fail(&self, failures: Vec<Failure>) -> Result<Vec<Disposition>, QueueError> {
        self.queue.fail(failures).await
    }
    async fn release(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, QueueError> {
        self.queue.release(fences).await
    }
    async fn reclaim(&self, run: &RunId, silent_for: Duration) -> Result<Reclaimed, QueueError> {
        self.queue.reclaim(run, silent_for).await
    }
    async fn depth(&self, run: &RunId) -> Result<QueueDepth, QueueError> {
        self.queue.depth(run).await
    }
}

async fn make(policy: RetryPolicy) -> InDatabase {
    let database = TestDatabase::create().await;
    InDatabase { queue: PostgresQueue::new(database.postgres(), policy), database }
}

gdg_queue::queue_conformance_tests!(make);

fn run() -> RunId {
    RunId::new("run-1")
}

fn worker() -> WorkerId {
    WorkerId::new("worker-1")
}

fn documents(numbers: std::ops::Range<u32>) -> Vec<NewDocument> {
    let source_name = SourceName::new("source");
    numbers
        .map(|number| {
            let locator = format!("{number}.md");
            let document = DocumentRef::listed(&source_name, locator, Stamp::default());
            NewDocument { document, priority: Priority::Normal }
        })
        .collect()
}

async fn claim(queue: &impl Queue, limit: u32) -> Vec<(Fence, String)> {
    let claims = queue.claim(&run(), &worker(), limit).await.unwrap();
    claims
        .into_iter()
        .map(|claim| (claim.fence(), (claim.document().locator.clone(), claim.settle()).0))
        .collect()
}

#[tokio::test]
async fn any_history_loses_nothing_and_accepts_no_stale_fence() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..12 {
        let steps: Vec<Step> = any_steps().new_tree(&mut runner).unwrap().current();
        follows_the_model(&make(eager_policy()).await, steps).await;
    }
}

#[tokio::test]
async fn statements_that_are_not_prepared_do_the_same() {
    let database = TestDatabase::create().await;
    let mut storage = database.storage();
    storage.prepared_statements = false;
    let queue = PostgresQueue::new(database.postgres_with(&storage), eager_policy());
    queue.enqueue(&run(), documents(0..3)).await.unwrap();
    let fences: Vec<Fence> = claim(&queue, 2).await.into_iter().map(|(fence, _)| fence).collect();
    assert_eq!(queue.complete(fences).await.unwrap(), []);
    assert_eq!(queue.depth(&run()).await.unwrap().pending, 1);
}

#[tokio::test]
async fn a_document_that_is_committed_late_is_claimed_although_the_cursor_has_passed_it() {
    let InDatabase { queue, database } = make(eager_policy()).await;
    let late = database.postgres().begin().await.unwrap();
    gdg_queue::postgres::enqueue(&late, &run(), &documents(0..1)).await.unwrap();
    queue.enqueue(&run(), documents(1..11)).await.unwrap();
    assert_eq!(claim(&queue, 5).await.len(), 5, "the cursor moves behind the position that was drawn first");
    late.commit().await.unwrap();
    assert_eq!(claim(&queue, 5).await.len(), 5);
    assert_eq!(claim(&queue, 5).await[0].1, "0.md");
}

#[tokio::test]
async fn the_mark_waits_for_positions_that_were_drawn_and_not_committed() {
    let InDatabase { queue, database } = make(eager_policy()).await;
    let postgres = database.postgres();
    let late = postgres.begin().await.unwrap();
    gdg_queue::postgres::enqueue(&late, &run(), &documents(0..1)).await.unwrap();
    queue.enqueue(&run(), documents(1..11)).await.unwrap();
    claim(&queue, 10).await;
    let mut marks = LowWaterMarks::default();
    for _ in 0..3 {
        marks.advance(&postgres, &run()).await.unwrap();
    }
    assert_eq!(normal_mark(&postgres).await, 0);
    late.commit().await.unwrap();
    for _ in 0..3 {
        assert!(marks.advance(&postgres, &run()).await.unwrap());
    }
    assert_eq!(normal_mark(&postgres).await, 0, "the late document can still be claimed");
    assert_eq!(claim(&queue, 10).await.len(), 1);
    for _ in 0..3 {
        marks.advance(&postgres, &run()).await.unwrap();
    }
    assert_eq!(normal_mark(&postgres).await, 11);
}

async fn normal_mark(postgres: &Postgres) -> i64 {
    let rows = postgres.query("SELECT normal_mark FROM document_queue_runs", &[]).await.unwrap();
    rows.first().map_or(0, |row| row.get(0))
}

#[tokio::test]
async fn many_claimers_share_a_queue_without_sharing_a_document() {
    let database = TestDatabase::create().await;
    let filler = PostgresQueue::new(database.postgres(), eager_policy());
    filler.enqueue(&run(), documents(0..500)).await.unwrap();
    let mut claimers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let queue = PostgresQueue::new(database.postgres(), eager_policy());
        claimers.spawn(async move {
            let mut claimed = Vec::new();
            loop {
                let claims = claim(&queue, 7).await;
                if claims.is_empty() {
                    return claimed;
                }
                claimed.extend(claims);
            }
        });
    }
    let claimed: Vec<_> = claimers.join_all().await.into_iter().flatten().collect();
    let distinct: std::collections::HashSet<_> = claimed.iter().map(|(_, name)| name.clone()).collect();
    assert_eq!((claimed.len(), distinct.len()), (500, 500));
}

#[tokio::test]
async fn a_paused_run_gives_out_nothing_until_it_is_resumed_and_a_closed_one_never() {
    let InDatabase { queue, database } = make(eager_policy()).await;
    let postgres = database.postgres();
    queue.enqueue(&run(), documents(0..3)).await.unwrap();
    for (state, claimable) in [("paused", 0), ("open", 1), ("closed", 0)] {
        let transaction = postgres.begin().await.unwrap();
        match state {
            "paused" => gdg_queue::postgres::pause(&transaction, &run()).await.unwrap(),
            "open" => gdg_queue::postgres::resume(&transaction, &run()).await.unwrap(),
            _ => gdg_queue::postgres::close(&transaction, &run()).await.unwrap(),
        }
        transaction.commit().await.unwrap();
        assert_eq!(claim(&queue, 1).await.len(), claimable, "{state}");
    }
    let transaction = postgres.begin().await.unwrap();
    assert_eq!(gdg_queue::postgres::discard(&transaction, &run(), 2).await.unwrap(), 2);
    assert_eq!(gdg_queue::postgres::discard(&transaction, &run(), 2).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    assert!(queue.depth(&run()).await.unwrap().is_drained());
}

#[tokio::test]
async fn claiming_walks_the_index_in_order() {
    let InDatabase { queue, database } = make(eager_policy()).await;
    queue.enqueue(&run(), documents(0..100)).await.unwrap();
    let client = database.client().await;
    client
        .batch_execute(
            "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off",
        )
        .await
        .unwrap();
    let explain = format!("EXPLAIN {}", include_str!("../src/postgres/sql/claim.sql"));
    let null: Option<i64> = None;
    let rows = client.query(&explain, &[&"run-1", &"worker-1", &10_i64, &null, &null, &null]).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert_eq!(plan.matches("Index Scan using document_queue_in_order").count(), 3, "{plan}");
    assert!(!plan.contains("Seq Scan on document_queue") && !plan.contains("Sort"), "{plan}");
}

#[tokio::test]
async fn the_two_indexes_of_the_guide_can_be_made() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    for statement in [
        "CREATE INDEX CONCURRENTLY idx_document_queue_run_status
         ON document_queue (run_id, status)
         WHERE status IN ('pending', 'processing')",
        "CREATE INDEX CONCURRENTLY idx_document_queue_worker_heartbeat
         ON document_queue (worker_id, last_heartbeat)
         WHERE status = 'processing'",
    ] {
        client.batch_execute(statement).await.unwrap();
    }
}
