//! A database with runs, documents and workers that fail.

use gdg_model::{DocId, DocumentRef, ErrorClass, Format, RunId, SourceName, Stamp, WorkerId};
use gdg_operations::Database;
use gdg_operations::dead_letters::DeadLetters;
use gdg_queue::postgres::PostgresQueue;
use gdg_queue::sqlite::SqliteQueue;
use gdg_queue::{Failure, NewDocument, Priority, Queue, RetryPolicy};
use gdg_test_database::TestDatabase;

pub(crate) const RUN: &str = "0123456789abcdef-1";

pub(crate) struct Place {
    pub(crate) queue: Box<dyn Queue>,
    database: Database,
    test_database: Option<TestDatabase>,
}

impl Place {
    pub(crate) async fn postgres() -> Self {
        let test_database = TestDatabase::create().await;
        let postgres = test_database.postgres();
        let queue = Box::new(PostgresQueue::new(postgres.clone(), RetryPolicy::default()));
        let place =
            Self { queue, database: Database::Postgres(postgres), test_database: Some(test_database) };
        place.begin_run(RUN, 1, "active").await;
        place
    }

    pub(crate) async fn sqlite() -> Self {
        let connection = tokio_rusqlite::Connection::open_in_memory().await.unwrap();
        connection
            .call(|connection| connection.execute_batch(gdg_storage::sqlite::TEST_SCHEMA))
            .await
            .unwrap();
        let queue = Box::new(SqliteQueue::new(connection.clone(), RetryPolicy::default()));
        let place = Self { queue, database: Database::Sqlite(connection), test_database: None };
        place.begin_run(RUN, 1, "active").await;
        place
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.test_database.is_some()
    }

    pub(crate) fn letters(&self) -> DeadLetters {
        DeadLetters::new(self.database.clone())
    }

    pub(crate) async fn begin_run(&self, run: &str, generation: u32, status: &str) {
        let (column, time) = if self.is_postgres() { ("created_at", "now()") } else { ("created_at", "1") };
        self.execute(&format!(
            "INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot, {column})
             VALUES ('{run}', '{}', {generation}, '{status}', '', {time})",
            run.split('-').next().unwrap()
        ))
        .await;
    }

    pub(crate) async fn execute(&self, statement: &str) {
        match &self.database {
            Database::Postgres(_) => {
                let client = self.test_database.as_ref().unwrap().client().await;
                client.batch_execute(statement).await.unwrap();
            }
            Database::Sqlite(connection) => {
                let statement = statement.to_owned();
                connection.call(move |connection| connection.execute_batch(&statement)).await.unwrap();
            }
        }
    }

    /// A single number from the database.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        match &self.database {
            Database::Postgres(_) => {
                let client = self.test_database.as_ref().unwrap().client().await;
                let query = format!("SELECT ({query})::bigint");
                client.query_one(&query, &[]).await.unwrap().get(0)
            }
            Database::Sqlite(connection) => {
                let query = format!("SELECT ({query})");
                connection
                    .call(move |connection| connection.query_row(&query, [], |row| row.get(0)))
                    .await
                    .unwrap()
            }
        }
    }

    /// Enqueues documents of the source `docs` in a run.
    pub(crate) async fn enqueue(&self, run: &str, names: &[&str]) {
        let source_name = SourceName::new("docs");
        let documents = names.iter().map(|name| NewDocument {
            document: DocumentRef {
                doc_id: DocId::in_source(&source_name, name),
                source_name: source_name.clone(),
                locator: (*name).into(),
                link_depth: 0,
                stamp: Stamp { etag: Some("v1".into()), modified_at: Some(5), size: Some(2_048) },
            },
            priority: Priority::Normal,
        });
        self.queue.enqueue(&RunId::new(run), documents.collect()).await.unwrap();
    }

    /// Claims all that can be claimed of a run, and lets it fail for good.
    pub(crate) async fn fail_all(&self, run: &str, message: &str) {
        let worker = WorkerId::new("worker-1");
        let claims = self.queue.claim(&RunId::new(run), &worker, 10_000).await.unwrap();
        let failures = claims.into_iter().map(|claim| Failure {
            fence: claim.settle(),
            class: ErrorClass::Permanent,
            message: message.into(),
            format: Some(Format::Json),
            jitter: 0.0,
        });
        let failures: Vec<_> = failures.collect();
        let count = failures.len();
        self.queue.fail(failures).await.unwrap();
        // As the pipeline counts it.
        self.execute(&format!(
            "INSERT INTO run_counters (run_id, worker_id, source_name, outcome, format, documents)
             VALUES ('{run}', 'worker-1', 'docs', 'failed', 'json', {count})
             ON CONFLICT (run_id, worker_id, source_name, outcome, format)
             DO UPDATE SET documents = run_counters.documents + excluded.documents"
        ))
        .await;
    }

    /// Documents that fail in a run with that message.
    pub(crate) async fn bury(&self, run: &str, names: &[&str], message: &str) {
        self.enqueue(run, names).await;
        self.fail_all(run, message).await;
    }

    /// Ends whatever can be claimed of a run well. Returns how many documents.
    pub(crate) async fn complete_all(&self, run: &str) -> usize {
        let worker = WorkerId::new("worker-2");
        let claims = self.queue.claim(&RunId::new(run), &worker, 10_000).await.unwrap();
        let fences: Vec<_> = claims.into_iter().map(gdg_queue::Claim::settle).collect();
        let count = fences.len();
        assert!(self.queue.complete(fences).await.unwrap().is_empty());
        count
    }

    /// Sets the status of a run.
    pub(crate) async fn set_status(&self, run: &str, status: &str) {
        self.execute(&format!("UPDATE processing_runs SET status = '{status}' WHERE run_id = '{run}'")).await;
    }
}
