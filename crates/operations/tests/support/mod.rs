//! Databases with a run in them, on either backend.

#![allow(dead_code, unreachable_pub)] // each test program uses some of it

use gdg_config::{Config, Environment, StorageBackend, StorageConfig};
use gdg_operations::{Database, SCHEMA_VERSION};
use gdg_test_database::TestDatabase;
use std::path::Path;

/// A database that a test fills.
pub enum Fixture {
    Postgres { database: TestDatabase, client: tokio_postgres::Client },
    Sqlite { folder: tempfile::TempDir, connection: rusqlite::Connection },
}

impl Fixture {
    pub async fn postgres() -> Self {
        let database = TestDatabase::create().await;
        let client = database.client().await;
        let fixture = Self::Postgres { database, client };
        fixture.execute(&history(SCHEMA_VERSION)).await;
        fixture
    }

    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = rusqlite::Connection::open(folder.path().join("documents.db")).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").unwrap();
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
        let mut files: Vec<_> =
            std::fs::read_dir(migrations).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            connection.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
        }
        let fixture = Self::Sqlite { folder, connection };
        fixture.execute(&history(SCHEMA_VERSION)).await;
        fixture
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// The configuration that leads here.
    pub fn config(&self) -> Config {
        let storage = match self {
            Self::Postgres { database, .. } => database.storage(),
            Self::Sqlite { folder, .. } => StorageConfig {
                backend: StorageBackend::Sqlite,
                path: folder.path().join("documents.db"),
                ..StorageConfig::default()
            },
        };
        Config { storage, ..Config::default() }
    }

    /// The database as a monitor opens it.
    pub fn open(&self) -> Database {
        Database::read_only(&self.config(), &Environment::default(), "test").unwrap()
    }

    /// Runs statements in which `{ago:SECONDS}` is a time so long ago, and `{minute:N}` the minute N minutes ago.
    pub async fn execute(&self, statements: &str) {
        let text = self.translate(statements);
        match self {
            Self::Postgres { client, .. } => {
                client.batch_execute(&text).await.unwrap_or_else(|error| panic!("{error}: {text}"));
            }
            Self::Sqlite { connection, .. } => {
                connection.execute_batch(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            }
        }
    }

    fn translate(&self, statements: &str) -> String {
        let mut text = String::new();
        let mut rest = statements;
        while let Some((before, after)) = rest.split_once('{') {
            let (placeholder, after) = after.split_once('}').unwrap();
            text.push_str(before);
            let time = match (placeholder.split_once(':').unwrap(), self.is_postgres()) {
                (("ago", seconds), true) => format!("now() - interval '{seconds} seconds'"),
                (("ago", seconds), false) => {
                    format!("CAST(unixepoch('subsec') * 1000 AS INTEGER) - 1000 * {seconds}")
                }
                (("minute", minutes), true) => {
                    format!("floor(extract(epoch FROM now()) / 60)::bigint - {minutes}")
                }
                (("minute", minutes), false) => format!("unixepoch() / 60 - {minutes}"),
                (other, _) => panic!("{other:?}"),
            };
            text.push_str(&time);
            rest = after;
        }
        text + rest
    }

    /// A run that began so many seconds ago.
    pub async fn add_run(&self, run_id: &str, fingerprint: &str, generation: u32, status: &str, age: u32) {
        self.execute(&format!(
            "INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot, created_at)
             VALUES ('{run_id}', '{fingerprint}', {generation}, '{status}', '', {{ago:{age}}})"
        ))
        .await;
    }

    /// Documents in the queue: the first `held` of them in the hands of worker `w-1` for 30, 29 … seconds.
    pub async fn add_queue(&self, run_id: &str, count: u32, held: u32) {
        let statement = match self {
            Self::Postgres { .. } => format!(
                "INSERT INTO document_queue (run_id, doc_id, doc_key, source_name, locator, status, worker_id, attempt,
                                             claimed_at, last_heartbeat, created_at, size_bytes)
                 SELECT '{run_id}', 'docs:' || n, decode(lpad(to_hex(n), 24, '0'), 'hex'), 'docs', n::text,
                        CASE WHEN n <= {held} THEN 'processing' ELSE 'pending' END,
                        CASE WHEN n <= {held} THEN 'w-1' END, CASE WHEN n <= {held} THEN 1 ELSE 0 END,
                        CASE WHEN n <= {held} THEN now() - (31 - n) * interval '1 second' END,
                        CASE WHEN n <= {held} THEN now() END, now() - interval '90 seconds', 1000
                 FROM generate_series(1, {count}) AS n"
            ),
            Self::Sqlite { .. } => format!(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
                 INSERT INTO document_queue (run_id, doc_id, source_name, locator, link_depth, status, priority, position,
                                             worker_id, attempt, claimed_at, last_heartbeat, created_at, size_bytes)
                 SELECT '{run_id}', 'docs:' || n, 'docs', n, 0, CASE WHEN n <= {held} THEN 'processing' ELSE 'pending' END,
                        1, n, CASE WHEN n <= {held} THEN 'w-1' END, CASE WHEN n <= {held} THEN 1 ELSE 0 END,
                        CASE WHEN n <= {held} THEN {{ago:(31 - n)}} END, CASE WHEN n <= {held} THEN {{ago:0}} END,
                        {{ago:90}}, 1000
                 FROM numbers"
            ),
        };
        self.execute(&statement).await;
    }

    /// A dead letter of the document `name`.
    pub async fn add_dead_letter(&self, run_id: &str, name: &str, age: u32) {
        let key = if self.is_postgres() {
            format!("decode(lpad('{:x}', 24, '0'), 'hex')", 1000 + age)
        } else {
            "NULL".into()
        };
        let (column, value) =
            if self.is_postgres() { (", doc_key", format!(", {key}")) } else { ("", String::new()) };
        self.execute(&format!(
            "INSERT INTO dead_letter_queue (run_id, doc_id{column}, source_name, locator, link_depth, priority, retry_count,
                                            error_class, error_message, attempts, died_at)
             VALUES ('{run_id}', 'docs:{name}'{value}, 'docs', '{name}', 0, 1, 2, 'permanent', 'it is encrypted', '[]',
                     {{ago:{age}}})"
        ))
        .await;
    }
}

fn history(version: u32) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS refinery_schema_history (version integer, name text, applied_on text, checksum text);
         DELETE FROM refinery_schema_history;
         INSERT INTO refinery_schema_history (version) VALUES ({version})"
    )
}

/// Says that the schema has another version.
pub async fn set_version(fixture: &Fixture, version: u32) {
    fixture.execute(&history(version)).await;
}
