//! Statements on `PostgreSQL` go by an index when there are many letters.

use gdg_test_database::TestDatabase;
use tokio_postgres::{Client, SimpleQueryMessage};

const FILL: &str = "
    INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot)
    SELECT 'run-' || n, 'work-' || n, 1, 'completed', '' FROM generate_series(0, 99) AS n;
    INSERT INTO dead_letter_queue
        (run_id, doc_id, doc_key, source_name, locator, link_depth, priority, retry_count, error_class, error_message,
         attempts, format, worker_id, fingerprint, died_at)
    SELECT 'run-' || n % 100, 'docs:' || n, decode(lpad(to_hex(n), 24, '0'), 'hex'), 'source-' || n % 50, n::text, 0, 1,
           3, CASE n % 200 WHEN 0 THEN 'poison' WHEN 1 THEN 'transient' ELSE 'permanent' END, 'it broke', '[]',
           'format-' || n % 40, 'worker-1', 'fingerprint-' || n % 500, now() - n * interval '1 minute'
    FROM generate_series(1, 50000) AS n;
    ANALYZE";

const FILTER: &str = include_str!("../../src/dead_letters/postgres/sql/filter.sql");

/// The filter's parameters with one of them given: none, run, source, class, format, fingerprint, time, id.
const FILTERS: [&str; 8] = [
    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL",
    "'run-7', NULL, NULL, NULL, NULL, NULL, NULL, false, NULL",
    "NULL, 'source-7', NULL, NULL, NULL, NULL, NULL, false, NULL",
    "NULL, NULL, 'poison', NULL, NULL, NULL, NULL, false, NULL",
    "NULL, NULL, NULL, 'format-7', NULL, NULL, NULL, false, NULL",
    "NULL, NULL, NULL, NULL, 'fingerprint-7', NULL, NULL, false, NULL",
    "NULL, NULL, NULL, NULL, NULL, extract(epoch FROM now() - interval '1 hour') * 1000, NULL, false, NULL",
    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, '{7, 8}'",
];

const TYPES: &str = "text, text, text, text, text, double precision, double precision, boolean, bigint[]";

/// The plan for these parameters, as it is made where each is planned for.
async fn plan(client: &Client, statement: &str, types: &str, parameters: &str) -> String {
    client.batch_execute(&format!("PREPARE asked ({types}) AS {statement}")).await.unwrap();
    let rows = client.simple_query(&format!("EXPLAIN EXECUTE asked ({parameters})")).await.unwrap();
    client.batch_execute("DEALLOCATE asked").await.unwrap();
    let lines = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn assert_by_index(plan: &str, parameters: &str) {
    assert!(!plan.contains("Seq Scan on dead_letter_queue"), "{parameters}:\n{plan}");
    assert!(!plan.contains("Seq Scan on document_queue"), "{parameters}:\n{plan}");
}

#[tokio::test]
async fn lists_and_retries_go_by_an_index_at_fifty_thousand_letters() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client.batch_execute(FILL).await.unwrap();
    client.batch_execute("SET plan_cache_mode = force_custom_plan").await.unwrap();
    let letters = include_str!("../../src/dead_letters/postgres/sql/letters.sql");
    let latest = include_str!("../../src/dead_letters/postgres/sql/latest_first.sql");
    let oldest = include_str!("../../src/dead_letters/postgres/sql/oldest_first.sql");
    let batch = include_str!("../../src/dead_letters/postgres/sql/batch.sql");
    let batch_order = include_str!("../../src/dead_letters/postgres/sql/batch_order.sql");
    for filter in FILTERS {
        for (statement, own_types, own) in [
            (format!("{letters}{FILTER}{latest}"), "bigint, bigint", "NULL, 50"),
            (format!("{letters}{FILTER}{latest}"), "bigint, bigint", "25000, 50"),
            (format!("{letters}{FILTER}{oldest}"), "bigint, bigint", "25000, 1000"),
            (
                format!("{batch}{FILTER}{batch_order}"),
                "text, bigint, bigint, bigint",
                "'run-7', 0, 50000, 1000",
            ),
        ] {
            let parameters = format!("{filter}, {own}");
            let plan = plan(&client, &statement, &format!("{TYPES}, {own_types}"), &parameters).await;
            assert_by_index(&plan, &parameters);
        }
    }
    let revive = include_str!("../../src/dead_letters/postgres/sql/revive.sql");
    let plan = plan(&client, revive, "bigint[]", "'{7, 107, 207}'").await;
    assert_by_index(&plan, "a batch that is put back");
    assert!(plan.contains("dead_letter_queue_pkey"), "{plan}");
}
