//! What is read of `PostgreSQL`.

use super::document::{
    BoundedCount, DeadLetter, DiscoveryProblem, DocumentCounts, InFlight, Leader, Note, QueueState,
    RunSample, RunState, RunSummary, SourceListing, WorkerState,
};
use super::facts::{
    Asked, COUNT_LIMIT, CounterRow, QueueFacts, Reading, RunFacts, SHOWN_DEAD_LETTERS, SHOWN_IN_FLIGHT,
    SHOWN_PROBLEMS, WorkerFacts, WorkerSample, count,
};
use super::{Backend, Connections, DatabaseHealth, LongTransaction, TableHealth, Timestamp};
use crate::DatabaseError;
use gdg_postgres::{Parameter, Postgres, PostgresError, Row, Transaction, Type};

/// Reads all that was asked for, in one transaction.
pub(super) async fn read(postgres: &Postgres, asked: &Asked) -> Result<Reading, DatabaseError> {
    let transaction = postgres.begin().await?;
    let outcome = read_in(&transaction, asked).await;
    Ok(transaction.end(outcome).await?)
}

async fn read_in(transaction: &Transaction, asked: &Asked) -> Result<Reading, PostgresError> {
    let now = transaction.query_opt(include_str!("sql/postgres/now.sql"), &[]).await?;
    let runs = runs_in(transaction, None, asked.run_limit).await?;
    let facts = match &asked.run {
        Some(run) => run_facts(transaction, run, asked.worker_limit).await?,
        None => None,
    };
    let health = health(transaction).await?;
    Ok(Reading { taken_at: Timestamp(now.map_or(0, |row| row.get(0))), runs, facts, health })
}

/// The latest `limit` runs, or the run `run`.
pub(super) async fn runs(
    postgres: &Postgres,
    run: Option<&str>,
    limit: u32,
) -> Result<Vec<RunSummary>, DatabaseError> {
    let transaction = postgres.begin().await?;
    let outcome = runs_in(&transaction, run, limit).await;
    Ok(transaction.end(outcome).await?)
}

/// The latest runs of works whose runs' names begin with `prefix`.
pub(super) async fn find_runs(postgres: &Postgres, prefix: &str) -> Result<Vec<String>, DatabaseError> {
    let rows = postgres.query(include_str!("sql/postgres/find_runs.sql"), &[(&prefix, Type::TEXT)]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn runs_in(
    transaction: &Transaction,
    run: Option<&str>,
    limit: u32,
) -> Result<Vec<RunSummary>, PostgresError> {
    let parameters: [Parameter<'_>; 2] = [(&run, Type::TEXT), (&i64::from(limit), Type::INT8)];
    let rows = transaction.query(include_str!("sql/postgres/runs.sql"), &parameters).await?;
    Ok(rows.iter().map(run_summary).collect())
}

fn run_summary(row: &Row) -> RunSummary {
    let number = |index: usize| count(row.get(index));
    RunSummary {
        run_id: row.get(0),
        fingerprint: row.get(1),
        generation: row.get::<_, i32>(2).cast_unsigned(),
        state: RunState::of_name(row.get(3)),
        queue_state: QueueState::of_name(row.get(4)),
        started_at: Timestamp(row.get(5)),
        ended_at: row.get::<_, Option<i64>>(6).map(Timestamp),
        duration_seconds: row.get(7),
        documents: DocumentCounts {
            stored: number(8),
            unchanged: number(9),
            skipped: number(10),
            failed: number(11),
        },
        queued: number(12),
    }
}

async fn run_facts(
    transaction: &Transaction,
    run: &str,
    worker_limit: u32,
) -> Result<Option<RunFacts>, PostgresError> {
    let Some(summary) = runs_in(transaction, Some(run), 1).await?.pop() else { return Ok(None) };
    let query = Queries { transaction, run };
    let (in_flight, dead_letters) = (SHOWN_IN_FLIGHT.into(), SHOWN_DEAD_LETTERS.into());
    Ok(Some(RunFacts {
        leader: leader(transaction, &summary.fingerprint).await?,
        discovery: query.rows(include_str!("sql/postgres/discovery.sql"), listing).await?,
        problems: query
            .limited(include_str!("sql/postgres/discovery_problems.sql"), SHOWN_PROBLEMS.into(), problem)
            .await?,
        counters: query.rows(include_str!("sql/postgres/shares.sql"), counter).await?,
        queue: query.queue().await?,
        workers: query.limited(include_str!("sql/postgres/workers.sql"), worker_limit.into(), worker).await?,
        worker_samples: query.rows(include_str!("sql/postgres/worker_samples.sql"), worker_sample).await?,
        samples: {
            let mut samples = query.rows(include_str!("sql/postgres/run_samples.sql"), run_sample).await?;
            samples.reverse();
            samples
        },
        in_flight: query
            .limited(include_str!("sql/postgres/in_flight.sql"), in_flight, in_flight_row)
            .await?,
        dead_letters: query
            .limited(include_str!("sql/postgres/dead_letters.sql"), dead_letters, dead_letter)
            .await?,
        dead_letter_count: query.dead_letter_count().await?,
        notes: query.rows(include_str!("sql/postgres/notes.sql"), note).await?,
        run: summary,
    }))
}

/// Questions about one run.
struct Queries<'a> {
    transaction: &'a Transaction,
    run: &'a str,
}

impl Queries<'_> {
    async fn rows<T>(&self, statement: &str, of: impl Fn(&Row) -> T) -> Result<Vec<T>, PostgresError> {
        let rows = self.transaction.query(statement, &[(&self.run, Type::TEXT)]).await?;
        Ok(rows.iter().map(of).collect())
    }

    async fn limited<T>(
        &self,
        statement: &str,
        limit: i64,
        of: impl Fn(&Row) -> T,
    ) -> Result<Vec<T>, PostgresError> {
        let parameters: [Parameter<'_>; 2] = [(&self.run, Type::TEXT), (&limit, Type::INT8)];
        let rows = self.transaction.query(statement, &parameters).await?;
        Ok(rows.iter().map(of).collect())
    }

    async fn queue(&self) -> Result<QueueFacts, PostgresError> {
        let statement = include_str!("sql/postgres/queue.sql");
        let rows = self.limited(statement, COUNT_LIMIT.cast_signed() + 1, queue_facts).await?;
        Ok(rows.into_iter().next().unwrap_or_else(QueueFacts::nothing))
    }

    async fn dead_letter_count(&self) -> Result<BoundedCount, PostgresError> {
        let statement = include_str!("sql/postgres/dead_letter_count.sql");
        let counts = self.limited(statement, COUNT_LIMIT.cast_signed() + 1, |row| count(row.get(0))).await?;
        Ok(BoundedCount::new(counts.first().copied().unwrap_or(0), COUNT_LIMIT))
    }
}

async fn leader(transaction: &Transaction, fingerprint: &str) -> Result<Option<Leader>, PostgresError> {
    let statement = include_str!("sql/postgres/leader.sql");
    let row = transaction.query_opt(statement, &[(&fingerprint, Type::TEXT)]).await?;
    Ok(row.map(|row| Leader {
        worker_id: row.get(0),
        epoch: count(row.get(1)),
        elected_seconds_ago: row.get(2),
        renewed_seconds_ago: row.get(3),
        expires_in_seconds: row.get(4),
    }))
}

fn listing(row: &Row) -> SourceListing {
    SourceListing {
        source: row.get(0),
        listed: count(row.get(1)),
        finished_at: row.get::<_, Option<i64>>(2).map(Timestamp),
    }
}

fn problem(row: &Row) -> DiscoveryProblem {
    DiscoveryProblem { source: row.get(0), locator: row.get(1), message: row.get(2) }
}

fn counter(row: &Row) -> CounterRow {
    CounterRow {
        source: row.get(0),
        format: row.get(1),
        outcome: row.get(2),
        documents: count(row.get(3)),
        bytes: count(row.get(4)),
        elements: count(row.get(5)),
    }
}

fn queue_facts(row: &Row) -> QueueFacts {
    QueueFacts {
        ended: count(row.get(0)),
        queued: count(row.get(1)),
        in_hand: count(row.get(2)),
        live_workers: count(row.get(3)),
        retry: BoundedCount::new(count(row.get(4)), COUNT_LIMIT),
        oldest_pending_seconds: row.get(5),
    }
}

fn worker(row: &Row) -> WorkerFacts {
    WorkerFacts {
        worker_id: row.get(0),
        host: Some(row.get(1)),
        version: row.get(2),
        state: WorkerState::of_name(row.get(3)),
        heartbeat_seconds_ago: row.get::<_, f64>(4).max(0.0),
        uptime_seconds: Some(row.get(5)),
        in_hand: count(i64::from(row.get::<_, i32>(6))),
        ended: count(row.get(7)),
    }
}

fn worker_sample(row: &Row) -> WorkerSample {
    WorkerSample {
        worker_id: row.get(0),
        seconds_ago: row.get(1),
        ended: count(row.get(2)),
        memory_bytes: row.get::<_, Option<i64>>(3).map(count),
    }
}

fn run_sample(row: &Row) -> RunSample {
    RunSample {
        at: Timestamp(row.get(0)),
        queued: count(row.get(1)),
        ended: count(row.get(2)),
        failed: count(row.get(3)),
        listed: count(row.get(4)),
        leader_epoch: row.get::<_, Option<i64>>(5).map(count),
    }
}

fn in_flight_row(row: &Row) -> InFlight {
    InFlight {
        doc_id: row.get(0),
        source: row.get(1),
        worker_id: row.get(2),
        attempt: row.get::<_, i32>(3).cast_unsigned(),
        claimed_seconds_ago: row.get::<_, f64>(4).max(0.0),
        size_bytes: row.get::<_, Option<i64>>(5).map(count),
    }
}

fn dead_letter(row: &Row) -> DeadLetter {
    DeadLetter {
        dead_letter_id: row.get(0),
        doc_id: row.get(1),
        source: row.get(2),
        class: row.get(3),
        message: row.get(4),
        retries: row.get::<_, i32>(5).cast_unsigned(),
        died_at: Timestamp(row.get(6)),
    }
}

fn note(row: &Row) -> Note {
    Note { kind: row.get(0), source: row.get(1), message: row.get(2) }
}

async fn health(transaction: &Transaction) -> Result<DatabaseHealth, PostgresError> {
    let general = transaction.query_opt(include_str!("sql/postgres/health.sql"), &[]).await?;
    let longest = transaction.query_opt(include_str!("sql/postgres/longest_transaction.sql"), &[]).await?;
    let tables = transaction.query(include_str!("sql/postgres/tables.sql"), &[]).await?;
    let connections = |row: &Row| Connections { used: count(row.get(1)), max: count(row.get(2)) };
    Ok(DatabaseHealth {
        backend: Backend::Postgresql,
        schema_version: None,
        schema_expected: 0,
        size_bytes: general.as_ref().and_then(|row| row.get::<_, Option<i64>>(0)).map(count),
        connections: general.as_ref().map(connections),
        longest_transaction: longest.map(|row| LongTransaction {
            seconds: row.get(0),
            backend_pid: row.get(1),
            application_name: row.get(2),
            state: row.get(3),
        }),
        tables: tables.iter().map(table).collect(),
    })
}

fn table(row: &Row) -> TableHealth {
    TableHealth {
        table: row.get(0),
        live_rows: count(row.get(1)),
        dead_rows: count(row.get(2)),
        size_bytes: count(row.get(3)),
        vacuumed_seconds_ago: row.get(4),
    }
}
