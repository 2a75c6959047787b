//! Distributed mode's database passes the suite, and what is particular to it.

use super::database::Database;
use super::leader_store::LeaderStore;
use super::samples::Samples;
use crate::PipelineError;
use crate::ended::ClaimedDocument;
use crate::store::conformance::{TestStore, store_conformance_tests};
use crate::store::{CommitStore, DiscoveryStore, SweepStore};
use async_trait::async_trait;
use gdg_election::{Elector, LeaseName, LeaseTerms};
use gdg_model::{RunId, SourceName, WorkerId};
use gdg_postgres::Postgres;
use gdg_queue::{Fence, RetryPolicy};
use gdg_storage::postgres as storage;
use gdg_storage::{Alert, RunCounters, RunStatus};
use gdg_test_database::TestDatabase;
use std::sync::Arc;

const FINGERPRINT: &str = "0123456789abcdef";

struct PostgresStore {
    database: Database,
    leader: LeaderStore,
    run: RunId,
    _elector: Elector,
    test_database: TestDatabase,
}

async fn make() -> PostgresStore {
    let test_database = TestDatabase::create().await;
    let (postgres, worker) = (test_database.postgres(), WorkerId::new("worker-1"));
    let (leader, elector) = lead(&postgres, &worker).await;
    let run = start(&leader, 1).await;
    let database = Database::new(postgres, RetryPolicy::default(), worker);
    PostgresStore { database, leader, run, _elector: elector, test_database }
}

/// Wins the election.
async fn lead(postgres: &Postgres, worker: &WorkerId) -> (LeaderStore, Elector) {
    let lease = LeaseName::new(FINGERPRINT).unwrap();
    let elector = Elector::start(postgres.clone(), lease, worker.to_string(), LeaseTerms::default());
    let leadership = elector.wait_to_lead().await;
    let store = LeaderStore { postgres: postgres.clone(), leadership, worker: worker.clone() };
    (store, elector)
}

async fn start(leader: &LeaderStore, generation: u32) -> RunId {
    let transaction = leader.begin().await.unwrap();
    let run = storage::start_run(&transaction, FINGERPRINT, generation, "").await.unwrap().unwrap();
    transaction.commit().await.unwrap();
    run.run_id
}

#[async_trait]
impl TestStore for PostgresStore {
    fn discovery(&self) -> &dyn DiscoveryStore {
        &self.leader
    }

    fn commits(&self) -> &dyn CommitStore {
        &self.database
    }

    fn sweeps(&self) -> Arc<dyn SweepStore> {
        Arc::new(self.leader.clone())
    }

    async fn alerts(&self) -> Vec<Alert> {
        self.database.report(&self.run, 10).await.unwrap().alerts
    }

    fn run(&self) -> &RunId {
        &self.run
    }

    async fn claim(&self, limit: u32) -> Vec<ClaimedDocument> {
        let claims = self.database.claim(&self.run, limit).await.unwrap();
        let claims: Vec<_> = claims
            .into_iter()
            .map(|claim| {
                let document = claim.document().clone();
                (claim.settle(), document)
            })
            .collect();
        let doc_ids: Vec<_> = claims.iter().map(|(_, document)| document.doc_id.clone()).collect();
        let known = self.database.find_known(&doc_ids).await.unwrap();
        super::database::with_known(claims, known)
    }

    async fn release(&self, fences: Vec<Fence>) {
        self.database.release(&self.run, &fences).await.unwrap();
    }

    async fn counters(&self) -> RunCounters {
        self.database.report(&self.run, 10).await.unwrap().counters
    }

    async fn stored(&self) -> Vec<String> {
        let statement = "SELECT doc_id FROM documents WHERE outcome = 'stored' ORDER BY doc_id";
        let rows = self.test_database.client().await.query(statement, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn next_generation(&mut self) {
        let transaction = self.leader.begin().await.unwrap();
        let (from, to) = (RunStatus::Active, RunStatus::Completed);
        assert!(
            storage::set_run_status(&transaction, &self.run, from, to, self.leader.epoch()).await.unwrap()
        );
        transaction.commit().await.unwrap();
        self.run = start(&self.leader, 2).await;
    }
}

store_conformance_tests!(make);

#[tokio::test]
async fn a_leader_whose_lease_was_taken_over_writes_nothing() {
    let store = make().await;
    let client = store.test_database.client().await;
    client.batch_execute("UPDATE leases SET holder = 'worker-2', epoch = epoch + 1").await.unwrap();
    let source = SourceName::new("docs");
    let refused = store.leader.finish_listing(&store.run, &source).await;
    assert!(matches!(refused, Err(PipelineError::NotLeading)), "{refused:?}");
    let progress = store.leader.listing_progress(&store.run, &source).await.unwrap();
    assert!(!progress.finished);
}

#[tokio::test]
async fn migrations_at_the_same_time_make_one_schema() {
    let database = TestDatabase::create_empty().await;
    let mut migrating = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let postgres = database.postgres();
        migrating.spawn(async move { super::migrate(&postgres).await.unwrap() });
    }
    let migrated = migrating.join_all().await;
    assert_eq!(migrated.iter().filter(|migrated| migrated.from.is_none()).count(), 1, "{migrated:?}");
    super::migration::check_schema(&database.postgres()).await.unwrap();
}

#[tokio::test]
async fn a_schema_that_is_missing_old_or_new_is_told_apart() {
    let database = TestDatabase::create_empty().await;
    let postgres = database.postgres();
    let check = async || super::migration::check_schema(&postgres).await;
    assert!(matches!(check().await, Err(PipelineError::SchemaMissing)));
    let migrated = super::migrate(&postgres).await.unwrap();
    let client = database.client().await;
    client.batch_execute("UPDATE refinery_schema_history SET version = version + 1 WHERE version = (SELECT max(version) FROM refinery_schema_history)").await.unwrap();
    let error = check().await.unwrap_err().to_string();
    let (newer, known) = (migrated.to + 1, migrated.to);
    assert!(
        error.contains(&format!("version {newer}")) && error.contains(&format!("knows {known}")),
        "{error}"
    );
    assert!(matches!(super::migrate(&postgres).await, Err(PipelineError::SchemaTooNew { .. })));
    client.batch_execute("UPDATE refinery_schema_history SET version = -version; UPDATE refinery_schema_history SET version = 0 WHERE version = -1").await.unwrap();
    assert!(matches!(check().await, Err(PipelineError::SchemaTooOld { found: 0, .. })));
}

#[tokio::test]
async fn workers_leave_one_sample_a_minute_and_remove_old_ones() {
    let store = make().await;
    let (postgres, client) = (&store.database.postgres, store.test_database.client().await);
    let fill = format!(
        "INSERT INTO run_progress VALUES ('{run}', 'worker-1', 30, 10), ('{run}', 'worker-2', 0, 5);
         INSERT INTO run_counters (run_id, worker_id, source_name, outcome, format, documents, bytes) VALUES
         ('{run}', 'worker-1', 'docs', 'stored', 'html', 8, 800), ('{run}', 'worker-1', 'docs', 'failed', 'pdf', 2, 200);
         INSERT INTO discovery_cursors (run_id, source_name, listed) VALUES ('{run}', 'docs', 30);
         INSERT INTO worker_samples VALUES (0, 'worker-9', '{run}', now(), '', 0, 0, 0, 0, NULL);
         INSERT INTO run_samples VALUES ('{run}', 0, now(), 0, 0, 0, 0, NULL)",
        run = store.run
    );
    client.batch_execute(&fill).await.unwrap();
    for worker in ["worker-1", "worker-2"] {
        let mut samples = Samples::default();
        for _ in 0..2 {
            samples.take(postgres, &WorkerId::new(worker), FINGERPRINT, &store.run, 3).await.unwrap();
        }
    }
    let of_workers =
        "SELECT DISTINCT concat_ws(' ', worker_id, in_hand, ended, failed, bytes, memory_bytes > 0)
                      FROM worker_samples ORDER BY 1";
    let rows = client.query(of_workers, &[]).await.unwrap();
    let of_workers: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(of_workers, ["worker-1 3 10 2 1000 t", "worker-2 3 5 0 0 t"]);
    let of_run =
        "SELECT DISTINCT concat_ws(' ', queued, ended, failed, listed, leader_epoch) FROM run_samples";
    let rows = client.query(of_run, &[]).await.unwrap();
    let of_run: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(of_run, ["15 15 2 30 1"], "one for both");
}
