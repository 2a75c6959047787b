//! What is read of `SQLite`.

use super::document::{
    BoundedCount, DeadLetter, DiscoveryProblem, DocumentCounts, InFlight, Note, QueueState, RunSample,
    RunState, RunSummary, SourceListing, WorkerState,
};
use super::facts::{
    Asked, COUNT_LIMIT, CounterRow, QueueFacts, Reading, RunFacts, SHOWN_DEAD_LETTERS, SHOWN_IN_FLIGHT,
    SHOWN_PROBLEMS, WorkerFacts, WorkerSample, count,
};
use super::{Backend, DatabaseHealth, Timestamp};
use crate::DatabaseError;
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, params};
use std::collections::HashSet;

/// Where counting a state of the queue stops: a million entries of an index are counted in some ten milliseconds.
const QUEUE_LIMIT: i64 = 1_000_000;

/// Seconds after which a worker that left no sample is not at work any more: they come every minute, with heartbeats.
const SILENCE: f64 = 180.0;

/// Reads all that was asked for, in one transaction.
pub(super) async fn read(
    database: &tokio_rusqlite::Connection,
    asked: Asked,
) -> Result<Reading, DatabaseError> {
    let reading = database.call(move |connection| {
        let transaction = connection.transaction()?;
        read_in(&transaction, &asked)
    });
    Ok(reading.await?)
}

fn read_in(connection: &Connection, asked: &Asked) -> Result<Reading, DatabaseError> {
    let now = connection.query_row(include_str!("sql/sqlite/now.sql"), [], |row| row.get(0))?;
    let runs = runs_in(connection, None, asked.run_limit)?;
    let facts = match &asked.run {
        Some(run) => run_facts(connection, run, asked.worker_limit as usize)?,
        None => None,
    };
    let size: i64 = connection.query_row(include_str!("sql/sqlite/size.sql"), [], |row| row.get(0))?;
    let health = DatabaseHealth {
        backend: Backend::Sqlite,
        schema_version: None,
        schema_expected: 0,
        size_bytes: Some(count(size)),
        connections: None,
        longest_transaction: None,
        tables: Vec::new(),
    };
    Ok(Reading { taken_at: Timestamp(now), runs, facts, health })
}

/// The latest `limit` runs, or the run `run`.
pub(super) async fn runs(
    database: &tokio_rusqlite::Connection,
    run: Option<&str>,
    limit: u32,
) -> Result<Vec<RunSummary>, DatabaseError> {
    let run = run.map(str::to_owned);
    Ok(database.call(move |connection| runs_in(connection, run.as_deref(), limit)).await?)
}

/// The latest runs of works whose runs' names begin with `prefix`.
pub(super) async fn find_runs(
    database: &tokio_rusqlite::Connection,
    prefix: &str,
) -> Result<Vec<String>, DatabaseError> {
    let prefix = prefix.to_owned();
    let finding = database.call(move |connection| {
        rows(connection, include_str!("sql/sqlite/find_runs.sql"), params![prefix], |row| row.get(0))
    });
    Ok(finding.await?)
}

fn runs_in(connection: &Connection, run: Option<&str>, limit: u32) -> Result<Vec<RunSummary>, DatabaseError> {
    rows(connection, include_str!("sql/sqlite/runs.sql"), params![run, limit, QUEUE_LIMIT], run_summary)
}

fn run_summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let number = |index: usize| row.get(index).map(count);
    Ok(RunSummary {
        run_id: row.get(0)?,
        fingerprint: row.get(1)?,
        generation: row.get(2)?,
        state: RunState::of_name(&row.get::<_, String>(3)?),
        queue_state: QueueState::of_name(&row.get::<_, String>(4)?),
        started_at: Timestamp(row.get(5)?),
        ended_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        duration_seconds: row.get(7)?,
        documents: DocumentCounts {
            stored: number(8)?,
            unchanged: number(9)?,
            skipped: number(10)?,
            failed: number(11)?,
        },
        queued: number(12)?,
    })
}

/// All rows of a statement.
fn rows<T>(
    connection: &Connection,
    statement: &str,
    parameters: &[&dyn ToSql],
    of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, DatabaseError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map(parameters, of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn run_facts(
    connection: &Connection,
    run: &str,
    worker_limit: usize,
) -> Result<Option<RunFacts>, DatabaseError> {
    let Some(summary) = runs_in(connection, Some(run), 1)?.pop() else { return Ok(None) };
    let limit = COUNT_LIMIT.cast_signed() + 1;
    let dead_letters: i64 = connection.query_row(
        include_str!("sql/sqlite/dead_letter_count.sql"),
        params![run, limit],
        |row| row.get(0),
    )?;
    let samples =
        rows(connection, include_str!("sql/sqlite/worker_samples.sql"), params![run], worker_sample)?;
    let mut workers = workers(&samples, summary.state);
    workers.truncate(worker_limit);
    let mut queue =
        connection.query_row(include_str!("sql/sqlite/queue.sql"), params![run, QUEUE_LIMIT], queue_facts)?;
    queue.live_workers = workers.iter().filter(|worker| worker.state == WorkerState::Active).count() as u64;
    Ok(Some(RunFacts {
        run: summary,
        // One worker at a time works on the file, and does what a leader does.
        leader: None,
        discovery: rows(connection, include_str!("sql/sqlite/discovery.sql"), params![run], listing)?,
        problems: rows(
            connection,
            include_str!("sql/sqlite/discovery_problems.sql"),
            params![run, SHOWN_PROBLEMS],
            |row| Ok(DiscoveryProblem { source: row.get(0)?, locator: row.get(1)?, message: row.get(2)? }),
        )?,
        counters: rows(connection, include_str!("sql/sqlite/shares.sql"), params![run], counter)?,
        queue,
        workers,
        worker_samples: samples.into_iter().map(|(sample, ..)| sample).collect(),
        samples: {
            let mut samples =
                rows(connection, include_str!("sql/sqlite/run_samples.sql"), params![run], run_sample)?;
            samples.reverse();
            samples
        },
        in_flight: rows(
            connection,
            include_str!("sql/sqlite/in_flight.sql"),
            params![run, SHOWN_IN_FLIGHT],
            in_flight,
        )?,
        dead_letters: rows(
            connection,
            include_str!("sql/sqlite/dead_letters.sql"),
            params![run, SHOWN_DEAD_LETTERS],
            dead_letter,
        )?,
        dead_letter_count: BoundedCount::new(count(dead_letters), COUNT_LIMIT),
        notes: rows(connection, include_str!("sql/sqlite/notes.sql"), params![run], |row| {
            Ok(Note { kind: row.get(0)?, source: row.get(1)?, message: row.get(2)? })
        })?,
    }))
}

/// A sample, with the version of its worker and the documents that it had in hand.
type Sample = (WorkerSample, String, u64);

/// The workers that left samples, the latest sample of each: nothing else is known of them.
fn workers(samples: &[Sample], run: RunState) -> Vec<WorkerFacts> {
    let mut seen = HashSet::new();
    let latest = samples.iter().filter(|(sample, ..)| seen.insert(sample.worker_id.as_str()));
    latest
        .map(|(sample, version, in_hand)| {
            let is_silent = sample.seconds_ago > SILENCE;
            WorkerFacts {
                worker_id: sample.worker_id.clone(),
                host: None,
                version: version.clone(),
                state: if is_silent || run.is_final() { WorkerState::Stopped } else { WorkerState::Active },
                heartbeat_seconds_ago: sample.seconds_ago.max(0.0),
                uptime_seconds: None,
                in_hand: if is_silent { 0 } else { *in_hand },
                ended: sample.ended,
            }
        })
        .collect()
}

fn worker_sample(row: &Row<'_>) -> rusqlite::Result<Sample> {
    let sample = WorkerSample {
        worker_id: row.get(0)?,
        seconds_ago: row.get(1)?,
        ended: count(row.get(2)?),
        memory_bytes: row.get::<_, Option<i64>>(3)?.map(count),
    };
    Ok((sample, row.get(4)?, count(row.get(5)?)))
}

fn listing(row: &Row<'_>) -> rusqlite::Result<SourceListing> {
    Ok(SourceListing {
        source: row.get(0)?,
        listed: count(row.get(1)?),
        finished_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
    })
}

fn counter(row: &Row<'_>) -> rusqlite::Result<CounterRow> {
    Ok(CounterRow {
        source: row.get(0)?,
        format: row.get(1)?,
        outcome: row.get(2)?,
        documents: count(row.get(3)?),
        bytes: count(row.get(4)?),
        elements: count(row.get(5)?),
    })
}

fn queue_facts(row: &Row<'_>) -> rusqlite::Result<QueueFacts> {
    let [pending, processing, retry] = [0, 1, 2].map(|index| row.get(index).map(count));
    let (pending, processing, retry) = (pending?, processing?, retry?);
    Ok(QueueFacts {
        ended: count(row.get(3)?),
        queued: pending + processing + retry,
        in_hand: processing,
        retry: BoundedCount::new(retry, count(QUEUE_LIMIT)),
        oldest_pending_seconds: row.get(4)?,
        live_workers: 0,
    })
}

fn run_sample(row: &Row<'_>) -> rusqlite::Result<RunSample> {
    Ok(RunSample {
        at: Timestamp(row.get(0)?),
        queued: count(row.get(1)?),
        ended: count(row.get(2)?),
        failed: count(row.get(3)?),
        listed: count(row.get(4)?),
        leader_epoch: row.get::<_, Option<i64>>(5)?.map(count),
    })
}

fn in_flight(row: &Row<'_>) -> rusqlite::Result<InFlight> {
    Ok(InFlight {
        doc_id: row.get(0)?,
        source: row.get(1)?,
        worker_id: row.get(2)?,
        attempt: row.get(3)?,
        claimed_seconds_ago: row.get::<_, f64>(4)?.max(0.0),
        size_bytes: row.get::<_, Option<i64>>(5)?.map(count),
    })
}

fn dead_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        dead_letter_id: row.get(0)?,
        doc_id: row.get(1)?,
        source: row.get(2)?,
        class: row.get(3)?,
        message: row.get(4)?,
        retries: row.get(5)?,
        died_at: Timestamp(row.get(6)?),
    })
}
