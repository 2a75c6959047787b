//! What a run did, counted by each worker for itself.

use crate::{Outcome, OutcomeKey, Progress, RunCounters, StorageError, Tally};
use gdg_model::{RunId, SourceName, WorkerId};
use gdg_postgres::{Row, Transaction, Type};

/// Adds a worker's counts to those of a run.
pub async fn add_counters(
    transaction: &Transaction,
    run: &RunId,
    worker: &WorkerId,
    counters: &RunCounters,
) -> Result<(), StorageError> {
    if counters.is_empty() {
        return Ok(());
    }
    let keys = || counters.iter().map(|(key, _)| key);
    let counts = |of: fn(&Tally) -> u64| -> Vec<i64> {
        counters.iter().map(|(_, tally)| of(tally).cast_signed()).collect()
    };
    let source_names: Vec<&str> = keys().map(|key| key.source_name.as_str()).collect();
    let outcomes: Vec<&str> = keys().map(|key| key.outcome.as_str()).collect();
    let formats: Vec<&str> = keys().map(|key| key.format.as_str()).collect();
    transaction
        .execute(
            include_str!("sql/add_counters.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&worker.as_str(), Type::TEXT),
                (&source_names, Type::TEXT_ARRAY),
                (&outcomes, Type::TEXT_ARRAY),
                (&formats, Type::TEXT_ARRAY),
                (&counts(|tally| tally.documents), Type::INT8_ARRAY),
                (&counts(|tally| tally.elements), Type::INT8_ARRAY),
                (&counts(|tally| tally.structural_relationships), Type::INT8_ARRAY),
                (&counts(|tally| tally.explicit_relationships), Type::INT8_ARRAY),
                (&counts(|tally| tally.bytes), Type::INT8_ARRAY),
            ],
        )
        .await?;
    Ok(())
}

/// The counts of a run, summed over its workers.
pub async fn counters(transaction: &Transaction, run: &RunId) -> Result<RunCounters, StorageError> {
    let rows = transaction.query(include_str!("sql/counters.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    let mut counters = RunCounters::default();
    for row in rows {
        let outcome: &str = row.get(1);
        let outcome = Outcome::from_name(outcome).ok_or_else(|| StorageError::Damaged {
            table: "run_counters",
            detail: format!("outcome {outcome}"),
        })?;
        let source_name = SourceName::new(row.get::<_, &str>(0));
        let tally = Tally {
            documents: count(&row, 3),
            elements: count(&row, 4),
            structural_relationships: count(&row, 5),
            explicit_relationships: count(&row, 6),
            bytes: count(&row, 7),
        };
        counters.add(OutcomeKey { source_name, outcome, format: row.get(2) }, &tally);
    }
    Ok(counters)
}

/// Notes that a worker put `enqueued` more documents into the queue of a run,
/// and that `ended` more left it for good. Whoever does either says so in the same transaction.
pub async fn record_progress(
    transaction: &Transaction,
    run: &RunId,
    worker: &WorkerId,
    enqueued: u64,
    ended: u64,
) -> Result<(), StorageError> {
    transaction
        .execute(
            include_str!("sql/record_progress.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&worker.as_str(), Type::TEXT),
                (&enqueued.cast_signed(), Type::INT8),
                (&ended.cast_signed(), Type::INT8),
            ],
        )
        .await?;
    Ok(())
}

/// What went into the queue of a run and what left it, summed over its workers.
pub async fn progress(transaction: &Transaction, run: &RunId) -> Result<Progress, StorageError> {
    let row = transaction.query_opt(include_str!("sql/progress.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    Ok(row.map_or_else(Progress::default, |row| Progress { enqueued: count(&row, 0), ended: count(&row, 1) }))
}

fn count(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).cast_unsigned()
}
