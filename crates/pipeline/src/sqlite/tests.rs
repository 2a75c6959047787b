//! Single mode's database passes the suite.

use super::SqliteBackend;
use crate::ended::ClaimedDocument;
use crate::store::conformance::{TestStore, store_conformance_tests};
use crate::store::{CommitStore, DiscoveryStore, SweepStore};
use async_trait::async_trait;
use gdg_model::{DocumentRef, RunId, SourceName, Stamp, WorkerId};
use gdg_queue::{Fence, RetryPolicy};
use gdg_storage::{Alert, RunCounters, RunStatus};
use rusqlite::Connection;
use std::sync::Arc;

const FINGERPRINT: &str = "0123456789abcdef";

struct SqliteStore {
    backend: SqliteBackend,
    run: RunId,
    folder: tempfile::TempDir,
}

async fn make() -> SqliteStore {
    let folder = tempfile::tempdir().unwrap();
    let (connection, _lock) = super::open(&folder.path().join("documents.db"), "worker-1").unwrap();
    let backend = SqliteBackend::new(connection, RetryPolicy::default(), WorkerId::new("worker-1"));
    let run = backend.resume_or_start_run(FINGERPRINT.into(), String::new()).await.unwrap().run_id;
    SqliteStore { backend, run, folder }
}

#[async_trait]
impl TestStore for SqliteStore {
    fn discovery(&self) -> &dyn DiscoveryStore {
        &self.backend
    }

    fn commits(&self) -> &dyn CommitStore {
        &self.backend
    }

    fn sweeps(&self) -> Arc<dyn SweepStore> {
        Arc::new(self.backend.clone())
    }

    async fn alerts(&self) -> Vec<Alert> {
        self.backend.aftermath(&self.run).await.unwrap().1
    }

    fn run(&self) -> &RunId {
        &self.run
    }

    async fn claim(&self, limit: u32) -> Vec<ClaimedDocument> {
        self.backend.claim(&self.run, limit).await.unwrap()
    }

    async fn release(&self, fences: Vec<Fence>) {
        self.backend.release(fences).await.unwrap();
    }

    async fn counters(&self) -> RunCounters {
        self.backend.counters(&self.run).await.unwrap()
    }

    async fn stored(&self) -> Vec<String> {
        let database = Connection::open(self.folder.path().join("documents.db")).unwrap();
        let mut statement = database
            .prepare("SELECT doc_id FROM documents WHERE outcome = 'stored' ORDER BY doc_id")
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    async fn next_generation(&mut self) {
        self.backend.set_run_status(&self.run, RunStatus::Completed).await.unwrap();
        let run = self.backend.resume_or_start_run(FINGERPRINT.into(), String::new()).await.unwrap();
        self.run = run.run_id;
    }
}

store_conformance_tests!(make);

#[tokio::test]
async fn a_run_with_documents_in_its_queue_is_not_completed() {
    let store = make().await;
    let source_name = SourceName::new("notes");
    let document = DocumentRef::listed(&source_name, "a.md", Stamp::default());
    store.backend.enqueue_linked(&store.run, vec![document]).await.unwrap();
    assert!(!store.backend.set_run_status(&store.run, RunStatus::Completed).await.unwrap());
    let goes_on = store.backend.resume_or_start_run(FINGERPRINT.into(), String::new()).await.unwrap();
    assert_eq!((goes_on.run_id, goes_on.status), (store.run.clone(), RunStatus::Active));
}

#[tokio::test]
async fn a_worker_leaves_one_sample_a_minute_and_removes_old_ones() {
    let store = make().await;
    let database = Connection::open(store.folder.path().join("documents.db")).unwrap();
    let fill = format!(
        "INSERT INTO run_counters (run_id, worker_id, source_name, outcome, format, documents, bytes) VALUES
         ('{run}', 'worker-1', 'docs', 'stored', 'html', 8, 800), ('{run}', 'worker-1', 'docs', 'failed', 'pdf', 2, 200),
         ('{run}', 'worker-1', 'docs', 'unchanged', 'html', 70, 7000);
         INSERT INTO worker_samples VALUES (0, 'worker-9', '{run}', 0, '', 0, 0, 0, 0, NULL);
         INSERT INTO run_samples VALUES ('{run}', 0, 0, 0, 0, 0, 0, NULL)",
        run = store.run
    );
    database.execute_batch(&fill).unwrap();
    for _ in 0..2 {
        store.backend.sample(&store.run, 3).await.unwrap();
    }
    let value = |query: &str| database.query_row(query, [], |row| row.get::<_, String>(0)).unwrap();
    let worker = "SELECT DISTINCT worker_id || ' ' || in_hand || ' ' || ended || ' ' || failed || ' ' || bytes || ' ' ||
                         (memory_bytes > 0) FROM worker_samples";
    assert_eq!(value(worker), "worker-1 3 10 2 1000 1");
    let run = "SELECT DISTINCT queued || ' ' || ended || ' ' || failed || ' ' || listed FROM run_samples";
    assert_eq!(value(run), "0 10 2 0");
}
