//! What a monitor asks goes by indexes, however many documents there are.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use support::Fixture;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Tables that grow with the number of documents.
const LARGE: [&str; 3] = ["document_queue", "documents", "dead_letter_queue"];

/// A queue, dead letters and documents as they are in the middle of a large run.
const FILL: &str = "
    INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot) VALUES ('run', 'work', 1, 'active', '');
    INSERT INTO document_queue_runs (run_id, normal_mark, normal_floor) VALUES ('run', 10, 5);
    INSERT INTO dead_letter_queue (run_id, doc_id, doc_key, source_name, locator, link_depth, priority, retry_count,
                                   error_class, error_message, attempts, died_at)
    SELECT 'run', 'dead:' || n, decode(lpad(to_hex(n), 24, '0'), 'hex'), 'docs', n::text, 0, 1, 3, 'transient', 'refused',
           '[]', now() - n * interval '1 second'
    FROM generate_series(1, 50000) AS n;
    INSERT INTO documents (doc_id, doc_key, source_name, locator, outcome, size_bytes, parse_fingerprint, link_depth,
                           element_count, stored_by_run, seen_by_run)
    SELECT 'docs:' || n, decode(lpad(to_hex(n), 24, '0'), 'hex'), 'docs', n::text, 'stored', 0, '', 0, 1, 'run', 'run'
    FROM generate_series(1, 50000) AS n;
    ANALYZE";

const STATEMENTS: [(&str, &str, &str); 13] = [
    ("runs", include_str!("../src/overview/sql/postgres/runs.sql"), "NULL, 20"),
    ("a run", include_str!("../src/overview/sql/postgres/runs.sql"), "'run', 1"),
    ("queue", include_str!("../src/overview/sql/postgres/queue.sql"), "'run', 10001"),
    ("in flight", include_str!("../src/overview/sql/postgres/in_flight.sql"), "'run', 20"),
    ("dead letters", include_str!("../src/overview/sql/postgres/dead_letters.sql"), "'run', 20"),
    (
        "count of dead letters",
        include_str!("../src/overview/sql/postgres/dead_letter_count.sql"),
        "'run', 10001",
    ),
    ("shares", include_str!("../src/overview/sql/postgres/shares.sql"), "'run'"),
    ("workers", include_str!("../src/overview/sql/postgres/workers.sql"), "'run', 50"),
    ("samples", include_str!("../src/overview/sql/postgres/run_samples.sql"), "'run'"),
    ("samples of workers", include_str!("../src/overview/sql/postgres/worker_samples.sql"), "'run'"),
    ("health", include_str!("../src/overview/sql/postgres/health.sql"), ""),
    ("transactions", include_str!("../src/overview/sql/postgres/longest_transaction.sql"), ""),
    ("tables", include_str!("../src/overview/sql/postgres/tables.sql"), ""),
];

async fn explain(client: &Client, statement: &str, parameters: &str) -> String {
    client.batch_execute(&format!("PREPARE asked AS {statement}")).await.unwrap();
    let parameters = if parameters.is_empty() { String::new() } else { format!("({parameters})") };
    let rows =
        client.simple_query(&format!("EXPLAIN (ANALYZE, TIMING OFF) EXECUTE asked {parameters}")).await;
    client.batch_execute("DEALLOCATE asked").await.unwrap();
    let lines = rows.unwrap().into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The rows that a line of a plan says were read.
fn rows_of(line: &str) -> Option<f64> {
    let (_, actual) = line.split_once("(actual rows=")?;
    let (rows, loops) = actual.split_once(" loops=")?;
    Some(rows.parse::<f64>().ok()? * loops.trim_end_matches(')').parse::<f64>().ok()?)
}

#[tokio::test]
async fn no_question_walks_over_a_large_table() {
    let fixture = Fixture::postgres().await;
    fixture.add_queue("run", 50_000, 2_000).await;
    fixture.execute(FILL).await;
    let Fixture::Postgres { client, .. } = &fixture else { panic!("not PostgreSQL") };
    // With the planner left alone, and as every transaction sets it; with a plan for these values and for any.
    for settings in [
        "SET plan_cache_mode = force_custom_plan",
        "SET plan_cache_mode = force_generic_plan",
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off",
    ] {
        client.batch_execute(settings).await.unwrap();
        for (name, statement, parameters) in STATEMENTS {
            let plan = explain(client, statement, parameters).await;
            for table in LARGE {
                assert!(!plan.contains(&format!("Seq Scan on {table} ")), "{name} with {settings}:\n{plan}");
            }
            let of_large =
                plan.lines().filter(|line| LARGE.iter().any(|table| line.contains(&format!(" on {table} "))));
            let read: f64 = of_large.filter_map(rows_of).sum();
            assert!(read <= 10_001.0 + 6_000.0, "{name} with {settings} reads {read} rows:\n{plan}");
        }
        client.batch_execute("RESET ALL").await.unwrap();
    }
}

#[tokio::test]
async fn a_queue_that_only_waits_is_not_searched_for_documents_in_hand() {
    let fixture = Fixture::postgres().await;
    fixture.add_queue("run", 50_000, 0).await;
    fixture.execute("INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot) VALUES ('run', 'work', 1, 'active', ''); ANALYZE").await;
    let overview = fixture.open().overview(Some("run"), 10).await.unwrap();
    assert!(overview.run.unwrap().in_flight.is_empty());
    let Fixture::Postgres { client, .. } = &fixture else { panic!("not PostgreSQL") };
    let plan = explain(client, include_str!("../src/overview/sql/postgres/in_flight.sql"), "'run', 20").await;
    let read: f64 =
        plan.lines().filter(|line| line.contains(" on document_queue ")).filter_map(rows_of).sum();
    assert!(read <= 2_000.0, "{plan}");
}
