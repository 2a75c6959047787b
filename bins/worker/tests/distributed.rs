//! Workers of distributed mode, from the outside.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use gdg_test_database::TestDatabase;
use serde_json::Value;
use std::process::Output;
use support::{Place, send_signal, stderr, stdout, wait_until};

/// A place whose workers use a database of `PostgreSQL`.
struct Fleet {
    place: Place,
    database: TestDatabase,
    runtime: tokio::runtime::Runtime,
}

impl Fleet {
    /// A database with the schema, as `worker migrate` makes it.
    fn new() -> Self {
        let fleet = Self::without_schema();
        let output = fleet.place.run(&["migrate"]);
        assert!(stdout(&output).contains("was made (version"), "{}", stderr(&output));
        fleet
    }

    fn without_schema() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let database = runtime.block_on(TestDatabase::create_empty());
        let fleet = Self { place: Place::new(), database, runtime };
        fleet.configure(&fleet.database.uri(), "");
        fleet
    }

    /// Writes the configuration, with a database of that URI and `more` sections.
    fn configure(&self, uri: &str, more: &str) {
        let config = format!(
            "processing: {{ mode: distributed, rescan_interval: 3600 }}\n\
             storage: {{ backend: postgresql, uri: \"{uri}\", pool_timeout: 1 }}\n\
             content_sources:\n  - {{ name: docs, type: file, base_path: documents }}\n{more}"
        );
        std::fs::write(self.place.path("config.yaml"), config).unwrap();
    }

    fn value(&self, query: &str) -> Option<i64> {
        self.runtime.block_on(async {
            let client = self.database.client().await;
            client.query_opt(query, &[]).await.unwrap().map(|row| row.get(0))
        })
    }

    fn execute(&self, statement: &str) {
        self.runtime.block_on(async {
            self.database.client().await.batch_execute(statement).await.unwrap();
        });
    }

    fn wait_for(&self, count: i64, query: &str) {
        wait_until(query, || self.value(query) == Some(count));
    }
}

fn summary(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {}", stderr(output)))
}

const JSON: [&str; 3] = ["--log-format", "json", "--quiet"];
const STORED: &str = "SELECT count(*) FROM documents WHERE outcome = 'stored'";
const RUNS: &str = "SELECT count(*) FROM processing_runs WHERE status = 'completed'";

#[test]
fn several_workers_work_a_run_off_together_and_the_next_finds_it_unchanged() {
    let fleet = Fleet::new();
    fleet.place.write_many(60, 2);
    fleet.place.write("broken.json", "{");
    let output = fleet.place.run(&[&JSON[..], &["--once", "--workers", "3", "--worker-id", "w"]].concat());
    let summary = summary(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!((&summary["documents"]["stored"], &summary["documents"]["failed"]), (&60.into(), &1.into()));
    assert_eq!(summary["status"], "completed");
    assert_eq!(fleet.value("SELECT count(*) FROM workers WHERE worker_id IN ('w-1', 'w-2', 'w-3')"), Some(3));
    let output = fleet.place.run(&[&JSON[..], &["--once", "--strict"]].concat());
    let summary = self::summary(&output);
    assert_eq!(summary["documents"]["unchanged"], 60);
    assert_eq!(output.status.code(), Some(3), "the broken one was tried again, and failed again");
}

#[test]
fn a_worker_says_that_the_schema_is_missing_and_what_to_run() {
    let fleet = Fleet::without_schema();
    let output = fleet.place.run(&["--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("run `worker migrate`"), "{}", stderr(&output));
}

#[test]
fn what_is_wrong_with_the_database_is_said_in_words() {
    let fleet = Fleet::without_schema();
    let mut missing = fleet.database.url();
    missing.set_path("no_such_database");
    let mut elsewhere = fleet.database.url();
    elsewhere.set_host(Some("no-such-host.invalid")).unwrap();
    let mut closed = fleet.database.url();
    closed.set_port(Some(1)).unwrap();
    for (url, told) in [
        (missing, "create the database (CREATE DATABASE), then run `worker migrate`"),
        (elsewhere, "no-such-host.invalid"),
        (closed, "127.0.0.1:1"),
    ] {
        fleet.configure(url.as_str(), "");
        let output = fleet.place.run(&["--once"]);
        assert_eq!(output.status.code(), Some(1), "{url}");
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    }
}

#[test]
fn a_role_that_lacks_privileges_stops_its_worker_and_loses_nothing() {
    let fleet = Fleet::new();
    fleet.place.write_many(5, 1);
    let role = format!("reader_of_{}", fleet.database.url().path().trim_start_matches('/'));
    fleet.execute(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret';
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let mut url = fleet.database.url();
    url.set_username(&role).unwrap();
    url.set_password(Some("secret")).unwrap();
    fleet.configure(url.as_str(), "");
    let output = fleet.place.run(&["--once"]);
    fleet.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the role lacks a privilege"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("secret"));
}

#[test]
fn a_name_that_is_taken_gets_a_suffix_or_is_refused() {
    let fleet = Fleet::new();
    let mut first = fleet.place.start(&["--worker-id", "twin"]);
    fleet.wait_for(1, "SELECT count(*) FROM workers WHERE worker_id = 'twin'");
    let output = fleet.place.run(&["--once", "--worker-id", "twin", "--strict-id"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("the name twin is taken by process"), "{}", stderr(&output));
    let output = fleet.place.run(&["--once", "--worker-id", "twin"]);
    assert!(stderr(&output).contains("worker_id=twin-2"), "{}", stderr(&output));
    // A process that is gone leaves its name to the next, at once.
    send_signal(&first, "KILL");
    first.wait().unwrap();
    let output = fleet.place.run(&["--once", "--worker-id", "twin", "--strict-id", "--max-documents", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_paused_run_waits_and_a_cancelled_one_ends() {
    let fleet = Fleet::new();
    fleet.place.write_many(4, 1);
    let mut worker = fleet.place.start(&["--once", "--max-documents", "1"]);
    assert!(worker.wait().unwrap().success());
    let output = fleet.place.run(&["pause"]);
    assert!(stdout(&output).contains("is paused"), "{}", stderr(&output));
    let mut worker = fleet.place.start(&["--once", "--worker-id", "patient"]);
    fleet.wait_for(4, "SELECT sum(enqueued)::bigint FROM run_progress");
    fleet.wait_for(1, "SELECT count(*) FROM workers WHERE worker_id = 'patient' AND run_id IS NOT NULL");
    assert_eq!(fleet.value(STORED), Some(1));
    assert!(stdout(&fleet.place.run(&["resume"])).contains("is resumed"));
    assert!(worker.wait().unwrap().success());
    assert_eq!(fleet.value(STORED), Some(4));

    fleet.place.write("new/a.md", "# A\n");
    fleet.place.write("new/b.md", "# B\n");
    let mut worker = fleet.place.start(&["--once", "--max-documents", "1"]);
    assert!(worker.wait().unwrap().success());
    let output = fleet.place.run(&["cancel"]);
    assert!(stdout(&output).contains("is cancelled; 1 documents were taken out"), "{}", stdout(&output));
    assert_eq!(fleet.value("SELECT count(*) FROM processing_runs WHERE status = 'abandoned'"), Some(1));
    assert_eq!(fleet.place.run(&["cancel"]).status.code(), Some(1), "there is nothing left to cancel");
}

#[test]
fn a_worker_that_is_asked_to_stop_gives_back_what_it_holds_and_resigns() {
    let fleet = Fleet::new();
    fleet.place.write_many(3_000, 5);
    let mut worker = fleet.place.start(&["--worker-id", "leaver"]);
    wait_until("documents are stored", || fleet.value(STORED) > Some(0));
    send_signal(&worker, "TERM");
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert_eq!(fleet.value("SELECT count(*) FROM document_queue WHERE status = 'processing'"), Some(0));
    assert_eq!(fleet.value("SELECT count(*) FROM leases WHERE expires_at > now()"), Some(0));
    assert_eq!(fleet.value("SELECT count(*) FROM workers WHERE status = 'stopped'"), Some(1));
    let output = fleet.place.run(&[&JSON[..], &["--once"]].concat());
    assert_eq!(summary(&output)["documents"]["stored"], 3_000);
    assert_eq!(fleet.value(RUNS), Some(1), "it went on with the run");
}

#[test]
fn a_killed_worker_leaves_nothing_behind_that_another_does_not_finish() {
    let fleet = Fleet::new();
    let times = "work_queue: { claim_timeout: 2, heartbeat_interval: 0.5, stale_threshold: 3 }\n\
                 election: { ttl: 2, renew_interval: 0.5, margin: 0.5 }\n";
    fleet.configure(&fleet.database.uri(), times);
    fleet.place.write_many(2_000, 5);
    let mut worker = fleet.place.start(&["--worker-id", "victim"]);
    wait_until("documents are stored", || fleet.value(STORED) > Some(0));
    send_signal(&worker, "KILL");
    worker.wait().unwrap();
    let output = fleet.place.run(&[&JSON[..], &["--once", "--worker-id", "heir"]].concat());
    let summary = summary(&output);
    assert_eq!(summary["documents"]["stored"], 2_000, "{}", stderr(&output));
    assert_eq!(fleet.value("SELECT count(*) FROM documents"), Some(2_000));
    assert_eq!(fleet.value("SELECT (sum(enqueued) - sum(ended))::bigint FROM run_progress"), Some(0));
}

#[test]
fn a_database_that_goes_away_is_waited_for() {
    let fleet = Fleet::new();
    fleet.place.write_many(1_500, 5);
    let worker = fleet.place.start(&["--once", "--log-format", "json"]);
    wait_until("documents are stored", || fleet.value(STORED) > Some(0));
    let name = fleet.database.url().path().trim_start_matches('/').to_owned();
    for _ in 0..5 {
        fleet.execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        ));
    }
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(summary(&output)["documents"]["stored"], 1_500);
}

#[test]
fn a_source_that_cannot_be_listed_fails_the_run_and_says_so() {
    let fleet = Fleet::new();
    std::fs::remove_dir(fleet.place.path("documents")).unwrap();
    let output = fleet.place.run(&["--once"]);
    assert_ne!(output.status.code(), Some(0));
    let told = stderr(&output) + &stdout(&output);
    assert!(told.contains("docs") && told.contains("documents"), "{told}");
}
