//! The ends of claims.

use super::{FenceColumns, read_fence};
use crate::{Disposition, Failure, Fence, QueueError, RetryPolicy, UNKNOWN_FORMAT};
use gdg_model::{ErrorClass, ErrorPattern, Format};
use gdg_postgres::{Parameter, Postgres, Transaction, Type, clean_text};
use std::collections::{HashMap, HashSet};

/// How much of an error's message is kept, in characters.
const MAX_MESSAGE_CHARACTERS: usize = 2_000;

/// Ends claims whose documents are done. Returns the fences that were current;
/// of the others, nothing may be stored.
pub async fn end_claims(transaction: &Transaction, fences: &[Fence]) -> Result<HashSet<Fence>, QueueError> {
    if fences.is_empty() {
        return Ok(HashSet::new());
    }
    let columns = FenceColumns::of(fences);
    let rows = transaction.query(include_str!("sql/end_claims.sql"), &columns.parameters()).await?;
    Ok(rows.iter().map(read_fence).collect())
}

/// Ends claims whose documents are done, in a transaction of its own and one
/// round trip. Returns the fences that were current.
pub(super) async fn end_claims_alone(
    postgres: &Postgres,
    fences: &[Fence],
) -> Result<HashSet<Fence>, QueueError> {
    let columns = FenceColumns::of(fences);
    let rows = postgres.query(include_str!("sql/end_claims.sql"), &columns.parameters()).await?;
    Ok(rows.iter().map(read_fence).collect())
}

/// Ends claims whose documents failed; see [`Queue::fail`](crate::Queue::fail).
pub async fn fail(
    transaction: &Transaction,
    failures: &[Failure],
    policy: &RetryPolicy,
) -> Result<Vec<Disposition>, QueueError> {
    if failures.is_empty() {
        return Ok(Vec::new());
    }
    let retries = retries_of_held(transaction, failures).await?;
    let mut dispositions = Vec::with_capacity(failures.len());
    let mut held = Ended::default();
    let mut dead = Ended::default();
    let (mut retried, mut delays) = (Vec::new(), Vec::new());
    for failure in failures {
        let Some(retry_count) = retries.get(&failure.fence) else {
            dispositions.push(Disposition::Refused);
            continue;
        };
        let (queue_id, class) = (failure.fence.queue_id, failure.class);
        let message = shortened(&failure.message);
        held.push(queue_id, class, message.clone(), failure.format);
        if policy.allows_retry(class, *retry_count) {
            let delay = policy.delay(*retry_count, failure.jitter);
            retried.push(queue_id);
            delays.push(delay.as_millis() as i64);
            dispositions.push(Disposition::Retried(delay));
        } else {
            dead.push(queue_id, class, message, failure.format);
            dispositions.push(Disposition::Dead);
        }
    }
    held.record(transaction).await?;
    dead.bury(transaction).await?;
    if !retried.is_empty() {
        let parameters: [gdg_postgres::Parameter<'_>; 2] =
            [(&retried, Type::INT8_ARRAY), (&delays, Type::INT8_ARRAY)];
        transaction.execute(include_str!("sql/schedule_retries.sql"), &parameters).await?;
    }
    Ok(dispositions)
}

/// How often each document whose fence is current was retried before.
async fn retries_of_held(
    transaction: &Transaction,
    failures: &[Failure],
) -> Result<HashMap<Fence, u32>, QueueError> {
    let fences: Vec<Fence> = failures.iter().map(|failure| failure.fence).collect();
    let columns = FenceColumns::of(&fences);
    let rows = transaction.query(include_str!("sql/lock_held.sql"), &columns.parameters()).await?;
    Ok(rows.iter().map(|row| (read_fence(row), row.get::<_, i32>(2).cast_unsigned())).collect())
}

fn shortened(message: &str) -> String {
    clean_text(message).chars().take(MAX_MESSAGE_CHARACTERS).collect()
}

/// Attempts that did not end well, column by column.
#[derive(Default)]
pub(super) struct Ended {
    queue_ids: Vec<i64>,
    classes: Vec<&'static str>,
    messages: Vec<String>,
    formats: Vec<&'static str>,
}

impl Ended {
    pub(super) fn push(&mut self, queue_id: i64, class: ErrorClass, message: String, format: Option<Format>) {
        self.queue_ids.push(queue_id);
        self.classes.push(class.as_str());
        self.messages.push(message);
        self.formats.push(format.map_or(UNKNOWN_FORMAT, Format::as_str));
    }

    /// Writes them down, while the claims are still held.
    pub(super) async fn record(&self, transaction: &Transaction) -> Result<(), QueueError> {
        if self.queue_ids.is_empty() {
            return Ok(());
        }
        let [queue_ids, classes, messages] = self.parameters();
        let statement = include_str!("sql/record_attempts.sql");
        transaction.execute(statement, &[queue_ids, classes, messages]).await?;
        Ok(())
    }

    /// Moves their documents to the dead letter queue.
    pub(super) async fn bury(&self, transaction: &Transaction) -> Result<(), QueueError> {
        if self.queue_ids.is_empty() {
            return Ok(());
        }
        let fingerprints: Vec<String> =
            self.messages.iter().map(|message| ErrorPattern::of(message).fingerprint()).collect();
        let [queue_ids, classes, messages] = self.parameters();
        let formats: Parameter<'_> = (&self.formats, Type::TEXT_ARRAY);
        let fingerprints: Parameter<'_> = (&fingerprints, Type::TEXT_ARRAY);
        let statement = include_str!("sql/bury.sql");
        transaction.execute(statement, &[queue_ids, classes, messages, formats, fingerprints]).await?;
        Ok(())
    }

    fn parameters(&self) -> [Parameter<'_>; 3] {
        [
            (&self.queue_ids, Type::INT8_ARRAY),
            (&self.classes, Type::TEXT_ARRAY),
            (&self.messages, Type::TEXT_ARRAY),
        ]
    }
}

/// Takes documents out of the dead letter queue of every run: they are well after all.
pub async fn forget_dead_letters(
    transaction: &Transaction,
    doc_ids: &[gdg_model::DocId],
) -> Result<(), QueueError> {
    if !doc_ids.is_empty() {
        let keys: Vec<Vec<u8>> = doc_ids.iter().map(|doc_id| doc_id.key().0.to_vec()).collect();
        let statement = "DELETE FROM dead_letter_queue WHERE doc_key = ANY ($1)";
        transaction.execute(statement, &[(&keys, Type::BYTEA_ARRAY)]).await?;
    }
    Ok(())
}
