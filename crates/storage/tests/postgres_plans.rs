//! Statements on `PostgreSQL` go by an index, whether the server has looked at its tables lately or not.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_test_database::TestDatabase;
use tokio_postgres::Client;

/// Tables as they are when a run is under way: a document is small, and many link to few.
const FILL: &str = "
    INSERT INTO documents (doc_id, doc_key, source_name, locator, outcome, size_bytes, parse_fingerprint, link_depth,
                           element_count, stored_by_run, seen_by_run)
    SELECT 'notes:' || n, decode(lpad(to_hex(n), 24, '0'), 'hex'), 'notes', n::text, 'stored', 0, '', 0, 1, 'run', 'run'
    FROM generate_series(1, 20000) AS n;
    INSERT INTO elements (document_number, position, ordinal, depth, element_type, text, content_location, content_digest)
    SELECT document_number, 0, 0, 0, 'document', '', '', 0 FROM documents;
    INSERT INTO relationships (document_number, relationship_number, position, relationship_type, target_doc_id, target_position)
    SELECT d.document_number, n, 0, 'explicit', 'notes:' || (d.document_number % 100 + n), 0
    FROM documents d, generate_series(0, 2) AS n;
    INSERT INTO document_dependencies
    SELECT d.document_number, decode(lpad(to_hex(d.document_number % 100 + n), 24, '0'), 'hex'), 'notes', ''
    FROM documents d, generate_series(0, 2) AS n
    WHERE d.document_number % 10 = 0";

/// The plan that a prepared statement keeps.
async fn plan(client: &Client, statement: &str, parameters: &str) -> String {
    client.batch_execute(&format!("PREPARE asked AS {statement}")).await.unwrap();
    let rows = client.simple_query(&format!("EXPLAIN EXECUTE asked ({parameters})")).await.unwrap();
    client.batch_execute("DEALLOCATE asked").await.unwrap();
    let lines = rows.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_statement_goes_by_an_index() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let settings = "SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan";
    client.batch_execute(settings).await.unwrap();
    for state in ["empty", "filled", "analysed"] {
        match state {
            "filled" => client.batch_execute(FILL).await.unwrap(),
            "analysed" => client.batch_execute("ANALYZE").await.unwrap(),
            _ => {}
        }
        for (statement, parameters, indexes) in [
            (include_str!("../src/postgres/sql/find_known.sql"), "'{}'", &["documents_doc_key_key"][..]),
            (include_str!("../src/postgres/sql/seen_among.sql"), "'run', '{}'", &["documents_doc_key_key"]),
            (
                include_str!("../src/postgres/sql/mark_seen.sql"),
                "'run', '{}', '{}', '{}', '{}'",
                &["documents_doc_key_key"],
            ),
            (include_str!("../src/postgres/sql/forget_documents.sql"), "'{}'", &["documents_doc_key_key"]),
            (
                include_str!("../src/postgres/sql/delete_graphs.sql"),
                "'{}'",
                &["embeddings_pkey", "relationships_pkey", "document_dependencies_pkey", "elements_pkey"],
            ),
            (
                include_str!("../src/postgres/sql/open_dependencies.sql"),
                "'run', 'notes', 0, 100",
                &["document_dependencies_pkey", "documents_pkey", "documents_doc_key_key"],
            ),
            (
                include_str!("../src/postgres/sql/dependencies_of.sql"),
                "'{}'",
                &["documents_doc_key_key", "document_dependencies_pkey"],
            ),
            (
                include_str!("../src/postgres/sql/vanished_documents.sql"),
                "'run', 'notes', 0, 100, false",
                &["documents_pkey", "discovery_problems_by_run"],
            ),
            (include_str!("../src/postgres/sql/bury_documents.sql"), "'run', '{}'", &["documents_pkey"]),
            (
                include_str!("../src/postgres/sql/find_copy.sql"),
                "'', 'notes', '', '', 'markdown'",
                &["documents_by_content"],
            ),
            (include_str!("../src/postgres/sql/copied_elements.sql"), "1", &["elements_pkey"]),
        ] {
            let plan = plan(&client, statement, parameters).await;
            for index in indexes {
                assert!(plan.contains(&format!("{index} ")), "{state}: not by {index}:\n{plan}");
            }
            assert!(!plan.contains("Seq Scan"), "{state}:\n{plan}");
            assert!(!plan.contains("Sort Key: d."), "{state}: documents are sorted for each page:\n{plan}");
        }
    }
}
