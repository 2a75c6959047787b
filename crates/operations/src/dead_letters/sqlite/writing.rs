//! What changes dead letters, inside a transaction.

use super::{FilterColumns, filtered};
use crate::dead_letters::letter::{Attempt, Letter};
use crate::dead_letters::retry::{Batch, OPERATOR, Revived, refusal};
use crate::dead_letters::{DeadLetterError, Refusal};
use gdg_model::{ErrorClass, RunId};
use gdg_storage::RunStatus;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

/// Puts a part of a run's letters back into its queue.
pub(super) fn revive(
    transaction: &Connection,
    filter: &FilterColumns,
    batch: &Batch,
) -> Result<Revived, DeadLetterError> {
    if let Some(refusal) = refusal_of(transaction, &batch.run_id)? {
        return Ok(Revived::Refused(refusal));
    }
    let run = batch.run_id.as_str();
    let letters: Vec<(i64, String, String)> = transaction
        .prepare(filtered!("batch", "batch_order"))?
        .query_map(filter.and(&[&run, &batch.after, &batch.up_to, &batch.limit]), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    let Some(last_id) = letters.last().map(|(id, ..)| *id) else {
        return Ok(Revived::Queued { documents: 0, last_id: None, reopened: false });
    };
    let mut documents = 0;
    for (dead_letter_id, source_name, format) in &letters {
        if enqueue(transaction, *dead_letter_id)? {
            let parameters = params![run, OPERATOR, source_name, format];
            transaction.prepare_cached(include_str!("sql/uncount.sql"))?.execute(parameters)?;
            documents += 1;
        }
    }
    let reopened = documents > 0 && transaction.execute(include_str!("sql/reopen.sql"), [run])? == 1;
    Ok(Revived::Queued { documents, last_id: Some(last_id), reopened })
}

fn refusal_of(transaction: &Connection, run: &RunId) -> Result<Option<Refusal>, DeadLetterError> {
    let known = transaction
        .query_row(include_str!("sql/run.sql"), [run.as_str()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    let (status, followed_by) = known.unzip();
    let status = status.as_deref().and_then(RunStatus::from_name);
    Ok(refusal(status, followed_by.flatten().map(RunId::new)))
}

/// Moves one letter into the queue; whether its document was not there already.
fn enqueue(transaction: &Connection, dead_letter_id: i64) -> Result<bool, DeadLetterError> {
    let position: i64 = transaction
        .prepare_cached("UPDATE document_queue_positions SET last = last + 1 RETURNING last")?
        .query_row([], |row| row.get(0))?;
    let queue_id: Option<i64> = transaction
        .prepare_cached(include_str!("sql/revive.sql"))?
        .query_row([dead_letter_id, position], |row| row.get(0))
        .optional()?;
    if let Some(queue_id) = queue_id {
        transaction
            .prepare_cached(include_str!("sql/give_history.sql"))?
            .execute([dead_letter_id, queue_id])?;
    }
    transaction
        .prepare_cached("DELETE FROM dead_letter_queue WHERE dead_letter_id = ?1")?
        .execute([dead_letter_id])?;
    Ok(queue_id.is_some())
}

/// Takes letters in; see [`LetterStore::insert`](crate::dead_letters::store::LetterStore::insert).
pub(super) fn insert(transaction: &Connection, letters: &[Letter]) -> Result<u64, DeadLetterError> {
    let mut statement = transaction.prepare_cached(include_str!("sql/insert.sql"))?;
    let mut inserted = 0;
    for letter in letters {
        inserted += statement.execute(params![
            letter.run_id.as_str(),
            letter.doc_id,
            letter.source_name,
            letter.locator,
            letter.link_depth,
            letter.priority,
            letter.etag,
            letter.modified_at,
            letter.size_bytes,
            letter.retry_count,
            letter.revived_count,
            letter.worker_id,
            letter.error_class.as_str(),
            letter.error_message,
            letter.format,
            letter.fingerprint,
            history(&letter.attempts),
            letter.died_at.0,
        ])? as u64;
    }
    Ok(inserted)
}

/// Attempts, as this database keeps them: times are milliseconds.
fn history(attempts: &[Attempt]) -> String {
    let attempts: Vec<_> = attempts
        .iter()
        .map(|attempt| {
            json!({
                "attempt": attempt.attempt,
                "worker_id": attempt.worker_id,
                "started_at": attempt.started_at.0,
                "ended_at": attempt.ended_at.0,
                "error_class": ErrorClass::as_str(attempt.error_class),
                "error_message": attempt.error_message,
            })
        })
        .collect();
    serde_json::Value::from(attempts).to_string()
}
