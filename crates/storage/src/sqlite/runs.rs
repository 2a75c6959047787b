//! Runs, how far their listings are, and what they did.

use crate::{
    ListingGap, ListingProgress, Outcome, OutcomeKey, Run, RunCounters, RunStatus, StorageError, Tally,
};
use gdg_model::{RunId, SourceName, WorkerId};
use rusqlite::{Connection, OptionalExtension, params};

/// The unfinished run of the work that `fingerprint` (16 hexadecimal digits)
/// stands for, or its next generation. `config_snapshot` is kept with a new
/// run; the caller has taken the secrets out of it.
pub fn resume_or_start_run(
    transaction: &Connection,
    fingerprint: &str,
    config_snapshot: &str,
) -> Result<Run, StorageError> {
    let latest = latest_run(transaction, fingerprint)?;
    let generation = match latest {
        Some(run) if !run.status.is_final() => return Ok(run),
        Some(run) => run.generation + 1,
        None => 1,
    };
    let run_id = RunId::of_generation(fingerprint, generation);
    transaction.prepare_cached(include_str!("sql/start_run.sql"))?.execute(params![
        run_id.as_str(),
        fingerprint,
        generation,
        config_snapshot
    ])?;
    Ok(Run { run_id, generation, status: RunStatus::Active })
}

fn latest_run(connection: &Connection, fingerprint: &str) -> Result<Option<Run>, StorageError> {
    let row: Option<(String, u32, String)> = connection
        .prepare_cached(include_str!("sql/latest_run.sql"))?
        .query_row([fingerprint], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    row.map(|(run_id, generation, status)| {
        let status = RunStatus::from_name(&status).ok_or_else(|| StorageError::Damaged {
            table: "processing_runs",
            detail: format!("status {status}"),
        })?;
        Ok(Run { run_id: RunId::new(run_id), generation, status })
    })
    .transpose()
}

/// Moves a run on; whether it did. A run whose queue holds documents is not completed.
pub fn set_run_status(
    transaction: &Connection,
    run: &RunId,
    status: RunStatus,
) -> Result<bool, StorageError> {
    let moved = transaction.prepare_cached(include_str!("sql/set_run_status.sql"))?.execute(params![
        run.as_str(),
        status.as_str(),
        status.is_final()
    ])?;
    Ok(moved == 1)
}

/// How far the listing of a source is.
pub fn listing_progress(
    connection: &Connection,
    run: &RunId,
    source: &SourceName,
) -> Result<ListingProgress, StorageError> {
    let progress = connection
        .prepare_cached(
            "SELECT cursor, listed, finished_at IS NOT NULL FROM discovery_cursors WHERE run_id = ?1 AND source_name = ?2",
        )?
        .query_row(params![run.as_str(), source.as_str()], |row| {
            Ok(ListingProgress {
                cursor: row.get(0)?,
                listed: row.get::<_, i64>(1)?.cast_unsigned(),
                finished: row.get(2)?,
            })
        })
        .optional()?;
    Ok(progress.unwrap_or_default())
}

/// Moves the listing of a source on to `cursor`, past `listed` more documents.
pub fn advance_listing(
    transaction: &Connection,
    run: &RunId,
    source: &SourceName,
    cursor: &str,
    listed: u64,
) -> Result<(), StorageError> {
    transaction.prepare_cached(include_str!("sql/advance_listing.sql"))?.execute(params![
        run.as_str(),
        source.as_str(),
        cursor,
        listed.cast_signed()
    ])?;
    Ok(())
}

/// Marks the listing of a source as done.
pub fn finish_listing(
    transaction: &Connection,
    run: &RunId,
    source: &SourceName,
) -> Result<(), StorageError> {
    transaction
        .prepare_cached(include_str!("sql/finish_listing.sql"))?
        .execute(params![run.as_str(), source.as_str()])?;
    Ok(())
}

/// Notes what a listing could not read.
pub fn record_listing_problem(
    transaction: &Connection,
    run: &RunId,
    source: &SourceName,
    problem: &ListingGap,
) -> Result<(), StorageError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO discovery_problems VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            run.as_str(),
            source.as_str(),
            problem.locator,
            problem.message,
            problem.hides_source
        ])?;
    Ok(())
}

/// What the listings of a run could not read: at most `limit` locators, each with the reason.
pub fn listing_problems(
    connection: &Connection,
    run: &RunId,
    limit: u32,
) -> Result<Vec<(String, String)>, StorageError> {
    let problems = connection
        .prepare_cached("SELECT locator, message FROM discovery_problems WHERE run_id = ?1 LIMIT ?2")?
        .query_map(params![run.as_str(), limit], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(problems)
}

/// Adds a worker's counts to those of a run.
pub fn add_counters(
    transaction: &Connection,
    run: &RunId,
    worker: &WorkerId,
    counters: &RunCounters,
) -> Result<(), StorageError> {
    let mut upsert = transaction.prepare_cached(include_str!("sql/add_counters.sql"))?;
    for (key, tally) in counters.iter() {
        upsert.execute(params![
            run.as_str(),
            worker.as_str(),
            key.source_name.as_str(),
            key.outcome.as_str(),
            key.format,
            tally.documents.cast_signed(),
            tally.elements.cast_signed(),
            tally.structural_relationships.cast_signed(),
            tally.explicit_relationships.cast_signed(),
            tally.bytes.cast_signed(),
        ])?;
    }
    Ok(())
}

/// The counts of a run, summed over its workers.
pub fn counters(connection: &Connection, run: &RunId) -> Result<RunCounters, StorageError> {
    let mut statement = connection.prepare_cached(include_str!("sql/counters.sql"))?;
    let mut rows = statement.query([run.as_str()])?;
    let mut counters = RunCounters::default();
    while let Some(row) = rows.next()? {
        let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
        let outcome: String = row.get(1)?;
        let outcome = Outcome::from_name(&outcome).ok_or_else(|| StorageError::Damaged {
            table: "run_counters",
            detail: format!("outcome {outcome}"),
        })?;
        let key = OutcomeKey {
            source_name: SourceName::new(row.get::<_, String>(0)?),
            outcome,
            format: row.get(2)?,
        };
        let tally = Tally {
            documents: count(3)?,
            elements: count(4)?,
            structural_relationships: count(5)?,
            explicit_relationships: count(6)?,
            bytes: count(7)?,
        };
        counters.add(key, &tally);
    }
    Ok(counters)
}
