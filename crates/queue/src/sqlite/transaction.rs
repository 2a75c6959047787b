//! The queue's operations inside a transaction of the caller's.
//!
//! Each function takes a connection on which a write transaction is open
//! (`BEGIN IMMEDIATE`) and neither begins nor ends one: what happens around
//! them happens with them or not at all. They block.

use crate::{
    Claim, DeadLetter, Disposition, Failure, Fence, MAX_ABANDONED_ATTEMPTS, NewDocument, Priority,
    QueueDepth, QueueError, Reclaimed, RetryPolicy, UNKNOWN_FORMAT,
};
use gdg_model::{DocId, DocumentRef, ErrorClass, ErrorPattern, Format, RunId, SourceName, Stamp, WorkerId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::time::Duration;

/// How much of an error's message is kept, in characters.
const MAX_MESSAGE_CHARACTERS: usize = 2_000;

/// Adds documents; see [`Queue::enqueue`](crate::Queue::enqueue).
pub fn enqueue(transaction: &Connection, run: &RunId, documents: &[NewDocument]) -> Result<u64, QueueError> {
    if documents.is_empty() {
        return Ok(0);
    }
    let first_position = reserve_positions(transaction, documents.len())?;
    let mut forget = transaction.prepare_cached(include_str!("sql/forget_earlier_dead_letters.sql"))?;
    let mut insert = transaction.prepare_cached(include_str!("sql/enqueue.sql"))?;
    let mut added = 0;
    for (NewDocument { document, priority }, position) in documents.iter().zip(first_position..) {
        forget.execute(params![run.as_str(), document.doc_id.as_str()])?;
        added += insert.execute(params![
            run.as_str(),
            document.doc_id.as_str(),
            document.source_name.as_str(),
            document.locator,
            document.link_depth,
            document.stamp.etag,
            document.stamp.modified_at,
            document.stamp.size.map(u64::cast_signed),
            priority.number(),
            position,
        ])? as u64;
    }
    Ok(added)
}

/// Claims documents; see [`Queue::claim`](crate::Queue::claim).
pub fn claim(
    transaction: &Connection,
    run: &RunId,
    worker: &WorkerId,
    limit: u32,
) -> Result<Vec<Claim>, QueueError> {
    promote_due(transaction, run, limit)?;
    let mut statement = transaction.prepare_cached(include_str!("sql/claim.sql"))?;
    let mut rows = statement.query(params![run.as_str(), worker.as_str(), limit])?;
    let mut claimed = Vec::with_capacity(limit as usize);
    while let Some(row) = rows.next()? {
        claimed.push((row.get::<_, i64>("position")?, read_claim(row)?));
    }
    // RETURNING gives rows in no particular order.
    claimed.sort_unstable_by_key(|(position, claim)| (std::cmp::Reverse(claim.priority()), *position));
    Ok(claimed.into_iter().map(|(_, claim)| claim).collect())
}

fn read_claim(row: &Row<'_>) -> Result<Claim, QueueError> {
    let queue_id = row.get("queue_id")?;
    let priority = row.get("priority")?;
    let priority = Priority::from_number(priority)
        .ok_or_else(|| QueueError::Damaged { queue_id, detail: format!("priority {priority}") })?;
    let document = DocumentRef {
        doc_id: DocId::new(row.get::<_, String>("doc_id")?),
        source_name: SourceName::new(row.get::<_, String>("source_name")?),
        locator: row.get("locator")?,
        link_depth: row.get("link_depth")?,
        stamp: Stamp {
            etag: row.get("etag")?,
            modified_at: row.get("modified_at")?,
            size: row.get::<_, Option<i64>>("size_bytes")?.map(i64::cast_unsigned),
        },
    };
    let fence = Fence { queue_id, attempt: row.get("attempt")? };
    Ok(Claim::new(fence, document, priority, row.get("retry_count")?))
}

/// Makes retries claimable whose time has come.
fn promote_due(transaction: &Connection, run: &RunId, limit: u32) -> Result<(), QueueError> {
    let due: Vec<i64> = transaction
        .prepare_cached(include_str!("sql/due.sql"))?
        .query_map(params![run.as_str(), limit], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    make_claimable(transaction, &due)
}

/// Marks a claim's holder alive. Returns whether the fence is current.
pub fn heartbeat(transaction: &Connection, fence: Fence) -> Result<bool, QueueError> {
    execute_fenced(transaction, include_str!("sql/heartbeat.sql"), fence)
}

/// Ends a claim whose document is done. Returns whether the fence was
/// current; where it was not, the caller must undo what it wrote for the
/// document, or not have written it yet.
pub fn end_claim(transaction: &Connection, fence: Fence) -> Result<bool, QueueError> {
    let is_current = execute_fenced(transaction, include_str!("sql/end_claim.sql"), fence)?;
    if is_current && fence.attempt > 1 {
        // What is remembered of attempts before this one goes with the document.
        transaction
            .prepare_cached("DELETE FROM document_attempts WHERE queue_id = ?1")?
            .execute([fence.queue_id])?;
    }
    Ok(is_current)
}

fn execute_fenced(transaction: &Connection, statement: &str, fence: Fence) -> Result<bool, QueueError> {
    let changed = transaction.prepare_cached(statement)?.execute(params![fence.queue_id, fence.attempt])?;
    Ok(changed == 1)
}

/// Ends a claim whose document failed; see [`Queue::fail`](crate::Queue::fail).
pub fn fail(
    transaction: &Connection,
    failure: &Failure,
    policy: &RetryPolicy,
) -> Result<Disposition, QueueError> {
    let Failure { fence, class, message, format, jitter } = failure;
    let Some(retry_count) = retries_of_held(transaction, *fence)? else {
        return Ok(Disposition::Refused);
    };
    let message: String = message.chars().take(MAX_MESSAGE_CHARACTERS).collect();
    record_attempt(transaction, fence.queue_id, *class, &message)?;
    if !policy.allows_retry(*class, retry_count) {
        bury(transaction, fence.queue_id, *class, &message, *format)?;
        return Ok(Disposition::Dead);
    }
    let delay = policy.delay(retry_count, *jitter);
    transaction
        .prepare_cached(include_str!("sql/schedule_retry.sql"))?
        .execute(params![fence.queue_id, delay.as_millis() as i64])?;
    Ok(Disposition::Retried(delay))
}

/// Gives a claim back; see [`Queue::release`](crate::Queue::release). Returns whether the fence was current.
pub fn release(transaction: &Connection, fence: Fence) -> Result<bool, QueueError> {
    if retries_of_held(transaction, fence)?.is_none() {
        return Ok(false);
    }
    make_claimable(transaction, &[fence.queue_id])?;
    Ok(true)
}

/// Takes back what silent workers hold; see [`Queue::reclaim`](crate::Queue::reclaim).
pub fn reclaim(transaction: &Connection, run: &RunId, silent_for: Duration) -> Result<Reclaimed, QueueError> {
    let silent: Vec<Silent> = transaction
        .prepare_cached(include_str!("sql/silent.sql"))?
        .query_map(params![run.as_str(), silent_for.as_millis() as i64], read_silent)?
        .collect::<Result<_, _>>()?;
    let mut reclaimed = Reclaimed::default();
    for Silent { queue_id, worker_id, abandoned_count, mut letter } in silent {
        let message = format!("worker {worker_id} died or fell silent while it held the document");
        record_attempt(transaction, queue_id, letter.class, &message)?;
        if abandoned_count >= MAX_ABANDONED_ATTEMPTS {
            letter.message = format!(
                "{abandoned_count} workers died while they held the document; the last was {worker_id}"
            );
            bury(transaction, queue_id, letter.class, &letter.message, None)?;
            reclaimed.dead.push(letter);
        } else {
            transaction
                .prepare_cached("UPDATE document_queue SET abandoned_count = ?2 WHERE queue_id = ?1")?
                .execute(params![queue_id, abandoned_count])?;
            make_claimable(transaction, &[queue_id])?;
            reclaimed.returned += 1;
        }
    }
    Ok(reclaimed)
}

/// A document whose worker fell silent.
struct Silent {
    queue_id: i64,
    worker_id: String,
    /// This time included.
    abandoned_count: u32,
    /// What is said of it if it is given up.
    letter: DeadLetter,
}

fn read_silent(row: &Row<'_>) -> rusqlite::Result<Silent> {
    Ok(Silent {
        queue_id: row.get("queue_id")?,
        worker_id: row.get("worker_id")?,
        abandoned_count: row.get::<_, u32>("abandoned_count")? + 1,
        letter: DeadLetter {
            doc_id: DocId::new(row.get::<_, String>("doc_id")?),
            source_name: SourceName::new(row.get::<_, String>("source_name")?),
            class: ErrorClass::Poison,
            message: String::new(),
            retry_count: row.get("retry_count")?,
        },
    })
}

/// Counts a run's documents; see [`Queue::depth`](crate::Queue::depth).
pub fn depth(connection: &Connection, run: &RunId) -> Result<QueueDepth, QueueError> {
    let count = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let depth =
        connection.prepare_cached(include_str!("sql/depth.sql"))?.query_row([run.as_str()], |row| {
            Ok(QueueDepth {
                pending: count(row, 0)?,
                processing: count(row, 1)?,
                retry: count(row, 2)?,
                next_due: row
                    .get::<_, Option<i64>>(3)?
                    .map(|millis| Duration::from_millis(millis.cast_unsigned())),
            })
        })?;
    Ok(depth)
}

/// How many retries the document has had, if `fence` is current.
fn retries_of_held(transaction: &Connection, fence: Fence) -> Result<Option<u32>, QueueError> {
    let retry_count = transaction
        .prepare_cached(include_str!("sql/held.sql"))?
        .query_row(params![fence.queue_id, fence.attempt], |row| row.get(0))
        .optional()?;
    Ok(retry_count)
}

fn record_attempt(
    transaction: &Connection,
    queue_id: i64,
    class: ErrorClass,
    message: &str,
) -> Result<(), QueueError> {
    transaction.prepare_cached(include_str!("sql/record_attempt.sql"))?.execute(params![
        queue_id,
        class.as_str(),
        message
    ])?;
    Ok(())
}

/// Moves a document to the dead letter queue.
fn bury(
    transaction: &Connection,
    queue_id: i64,
    class: ErrorClass,
    message: &str,
    format: Option<Format>,
) -> Result<(), QueueError> {
    transaction.prepare_cached(include_str!("sql/bury.sql"))?.execute(params![
        queue_id,
        class.as_str(),
        message,
        format.map_or(UNKNOWN_FORMAT, Format::as_str),
        ErrorPattern::of(message).fingerprint(),
    ])?;
    transaction.prepare_cached("DELETE FROM document_attempts WHERE queue_id = ?1")?.execute([queue_id])?;
    transaction.prepare_cached("DELETE FROM document_queue WHERE queue_id = ?1")?.execute([queue_id])?;
    Ok(())
}

fn make_claimable(transaction: &Connection, queue_ids: &[i64]) -> Result<(), QueueError> {
    if queue_ids.is_empty() {
        return Ok(());
    }
    let first_position = reserve_positions(transaction, queue_ids.len())?;
    let mut update = transaction.prepare_cached(include_str!("sql/make_claimable.sql"))?;
    for (queue_id, position) in queue_ids.iter().zip(first_position..) {
        update.execute(params![queue_id, position])?;
    }
    Ok(())
}

/// Reserves `count` positions, and returns the first.
fn reserve_positions(transaction: &Connection, count: usize) -> Result<i64, QueueError> {
    let count = count as i64;
    let last: i64 = transaction
        .prepare_cached(include_str!("sql/reserve_positions.sql"))?
        .query_row([count], |row| row.get(0))?;
    Ok(last - count + 1)
}

/// The documents of a run that were given up, the latest first, at most `limit` of them.
pub fn dead_letters(connection: &Connection, run: &RunId, limit: u32) -> Result<Vec<DeadLetter>, QueueError> {
    let mut statement = connection.prepare_cached(include_str!("sql/dead_letters.sql"))?;
    let mut rows = statement.query(params![run.as_str(), limit])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let queue_id = row.get("dead_letter_id")?;
        let class: String = row.get("error_class")?;
        letters.push(DeadLetter {
            doc_id: DocId::new(row.get::<_, String>("doc_id")?),
            source_name: SourceName::new(row.get::<_, String>("source_name")?),
            class: ErrorClass::from_name(&class)
                .ok_or_else(|| QueueError::Damaged { queue_id, detail: format!("class {class}") })?,
            message: row.get("error_message")?,
            retry_count: row.get("retry_count")?,
        });
    }
    Ok(letters)
}

/// Takes a document out of the dead letter queue of every run: it is well after all.
pub fn forget_dead_letters(transaction: &Connection, doc_id: &DocId) -> Result<(), QueueError> {
    transaction
        .prepare_cached("DELETE FROM dead_letter_queue WHERE doc_id = ?1")?
        .execute([doc_id.as_str()])?;
    Ok(())
}
