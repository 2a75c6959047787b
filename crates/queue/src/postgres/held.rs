//! Claims that are held: kept alive, given back, taken back.

use super::ending::Ended;
use super::{FenceColumns, announce, read_fence};
use crate::{DeadLetter, Fence, MAX_ABANDONED_ATTEMPTS, QueueError, Reclaimed};
use gdg_model::{DocId, ErrorClass, RunId, SourceName, WorkerId};
use gdg_postgres::{Parameter, Transaction, Type};
use std::collections::HashSet;
use std::time::Duration;

/// Says that the holder of these claims is alive. Returns the fences that are no longer current.
pub async fn heartbeat(transaction: &Transaction, fences: &[Fence]) -> Result<Vec<Fence>, QueueError> {
    if fences.is_empty() {
        return Ok(Vec::new());
    }
    let columns = FenceColumns::of(fences);
    let rows = transaction.query(include_str!("sql/heartbeat.sql"), &columns.parameters()).await?;
    Ok(rows.iter().map(read_fence).collect())
}

/// Gives claims of `run` back untouched. Returns the fences that were refused.
pub async fn release(
    transaction: &Transaction,
    run: &RunId,
    fences: &[Fence],
) -> Result<Vec<Fence>, QueueError> {
    let released = release_held(transaction, fences).await?;
    if !released.is_empty() {
        announce(transaction, run).await?;
    }
    Ok(fences.iter().filter(|fence| !released.contains(fence)).copied().collect())
}

/// The fences that were current.
pub(super) async fn release_held(
    transaction: &Transaction,
    fences: &[Fence],
) -> Result<HashSet<Fence>, QueueError> {
    if fences.is_empty() {
        return Ok(HashSet::new());
    }
    let columns = FenceColumns::of(fences);
    let rows = transaction.query(include_str!("sql/release.sql"), &columns.parameters()).await?;
    Ok(rows.iter().map(read_fence).collect())
}

/// Takes back what workers hold that have been silent for `silent_for`; see
/// [`Queue::reclaim`](crate::Queue::reclaim).
pub async fn reclaim(
    transaction: &Transaction,
    run: &RunId,
    silent_for: Duration,
) -> Result<Reclaimed, QueueError> {
    take_back(transaction, run, Some(silent_for), None).await
}

/// Takes back all that `worker` holds: it is known to be dead.
pub async fn reclaim_from(
    transaction: &Transaction,
    run: &RunId,
    worker: &WorkerId,
) -> Result<Reclaimed, QueueError> {
    take_back(transaction, run, None, Some(worker)).await
}

async fn take_back(
    transaction: &Transaction,
    run: &RunId,
    silent_for: Option<Duration>,
    worker: Option<&WorkerId>,
) -> Result<Reclaimed, QueueError> {
    let milliseconds = silent_for.map(|silence| silence.as_millis() as f64);
    let parameters: [Parameter<'_>; 3] = [
        (&run.as_str(), Type::TEXT),
        (&milliseconds, Type::FLOAT8),
        (&worker.map(WorkerId::as_str), Type::TEXT),
    ];
    let rows = transaction.query(include_str!("sql/abandoned.sql"), &parameters).await?;
    let mut reclaimed = Reclaimed::default();
    let (mut ended, mut dead, mut returned) = (Ended::default(), Ended::default(), Vec::new());
    for row in &rows {
        let (queue_id, worker): (i64, &str) = (row.get("queue_id"), row.get("worker_id"));
        let abandoned = row.get::<_, i32>("abandoned_count").cast_unsigned() + 1;
        let message = format!("worker {worker} died or fell silent while it held the document");
        ended.push(queue_id, ErrorClass::Poison, message, None);
        if abandoned < MAX_ABANDONED_ATTEMPTS {
            returned.push(queue_id);
            continue;
        }
        let message = format!("{abandoned} workers died while they held the document; the last was {worker}");
        dead.push(queue_id, ErrorClass::Poison, message.clone(), None);
        reclaimed.dead.push(DeadLetter {
            doc_id: DocId::new(row.get::<_, String>("doc_id")),
            source_name: SourceName::new(row.get::<_, String>("source_name")),
            class: ErrorClass::Poison,
            message,
            retry_count: row.get::<_, i32>("retry_count").cast_unsigned(),
        });
    }
    ended.record(transaction).await?;
    dead.bury(transaction).await?;
    if !returned.is_empty() {
        let statement = include_str!("sql/return_abandoned.sql");
        transaction.execute(statement, &[(&returned, Type::INT8_ARRAY)]).await?;
        announce(transaction, run).await?;
    }
    reclaimed.returned = returned.len() as u64;
    Ok(reclaimed)
}

/// Makes retries whose time has come claimable in their turn, at most `limit`
/// of them, and says so to whoever waits. Returns how many.
///
/// A claim takes them as well, once it finds too little else.
pub async fn promote_due(transaction: &Transaction, run: &RunId, limit: u32) -> Result<u64, QueueError> {
    let parameters: [Parameter<'_>; 2] = [(&run.as_str(), Type::TEXT), (&i64::from(limit), Type::INT8)];
    let promoted = transaction.execute(include_str!("sql/promote_due.sql"), &parameters).await?;
    if promoted > 0 {
        announce(transaction, run).await?;
    }
    Ok(promoted)
}
