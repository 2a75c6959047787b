//! The record of what happened, and what the database was left with.

use crate::history::{Counters, DocumentState, Event, FinalState, Kind, RunState};
use anyhow::Context;
use tokio_postgres::Client;

const SCHEMA: &str = include_str!("audit.sql");

/// From now on everything that happens is recorded.
pub(super) async fn install(client: &Client) -> anyhow::Result<()> {
    Ok(client.batch_execute(SCHEMA).await?)
}

/// What happened.
pub(super) async fn read_events(client: &Client) -> anyhow::Result<Vec<Event>> {
    let statement =
        "SELECT event_id, xid, kind, run_id, doc_id, queue_id, attempt, worker_id, retry_count, epoch, detail
                     FROM audit_events ORDER BY event_id";
    let rows = client.query(statement, &[]).await?;
    rows.iter()
        .map(|row| {
            let kind: &str = row.get(2);
            Ok(Event {
                event_id: row.get(0),
                xid: row.get(1),
                kind: Kind::from_name(kind).with_context(|| format!("no event is called {kind}"))?,
                run_id: row.get(3),
                doc_id: row.get(4),
                queue_id: row.get(5),
                attempt: row.get::<_, Option<i32>>(6).map(i32::cast_unsigned),
                worker_id: row.get(7),
                retry_count: row.get::<_, Option<i32>>(8).map(i32::cast_unsigned),
                epoch: row.get(9),
                detail: row.get(10),
            })
        })
        .collect()
}

/// What the database was left with.
pub(super) async fn read_state(client: &Client) -> anyhow::Result<FinalState> {
    let mut state = FinalState::default();
    for row in client.query("SELECT run_id, status FROM processing_runs", &[]).await? {
        let run: String = row.get(0);
        let run_state = read_run(client, &run, row.get(1)).await?;
        state.runs.insert(run, run_state);
    }
    let statement = "SELECT d.doc_id, d.stored_by_run, d.seen_by_run, d.element_count,
                            (SELECT count(*) FROM elements e WHERE e.document_number = d.document_number)
                     FROM documents d";
    for row in client.query(statement, &[]).await? {
        let document = DocumentState {
            stored_by_run: row.get(1),
            seen_by_run: row.get(2),
            element_count: u64::from(row.get::<_, i32>(3).cast_unsigned()),
            element_rows: row.get::<_, i64>(4).cast_unsigned(),
        };
        state.documents.insert(row.get(0), document);
    }
    Ok(state)
}

async fn read_run(client: &Client, run: &str, status: String) -> anyhow::Result<RunState> {
    let count = async |statement: &str| {
        client.query_one(statement, &[&run]).await.map(|row| row.get::<_, i64>(0).cast_unsigned())
    };
    let dead = client.query("SELECT doc_id FROM dead_letter_queue WHERE run_id = $1", &[&run]).await?;
    let mut counters = Counters::default();
    let statement =
        "SELECT outcome, sum(documents)::bigint FROM run_counters WHERE run_id = $1 GROUP BY outcome";
    for row in client.query(statement, &[&run]).await? {
        let documents = row.get::<_, i64>(1).cast_unsigned();
        match row.get(0) {
            "stored" => counters.stored = documents,
            "unchanged" => counters.unchanged = documents,
            "skipped" => counters.skipped = documents,
            _ => counters.failed = documents,
        }
    }
    let discovered = "SELECT count(DISTINCT doc_id) FROM audit_events
                      WHERE run_id = $1 AND kind IN ('enqueued', 'seen', 'stored')";
    Ok(RunState {
        status,
        queued: count("SELECT count(*) FROM document_queue WHERE run_id = $1").await?,
        dead_letters: dead.iter().map(|row| row.get(0)).collect(),
        counters,
        discovered: count(discovered).await?,
    })
}
