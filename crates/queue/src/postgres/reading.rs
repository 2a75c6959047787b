//! What is in the queue.

use crate::{DeadLetter, QueueDepth, QueueError};
use gdg_model::{DocId, ErrorClass, RunId, SourceName};
use gdg_postgres::{Parameter, Row, Transaction, Type};
use std::time::Duration;

/// Counts a run's documents; see [`Queue::depth`](crate::Queue::depth). It
/// looks at each of them: for reports, not for a loop.
pub async fn depth(transaction: &Transaction, run: &RunId) -> Result<QueueDepth, QueueError> {
    let row = transaction.query_opt(include_str!("sql/depth.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    Ok(row.map_or_else(QueueDepth::default, |row| QueueDepth {
        pending: row.get::<_, i64>(0).cast_unsigned(),
        processing: row.get::<_, i64>(1).cast_unsigned(),
        retry: row.get::<_, i64>(2).cast_unsigned(),
        next_due: row.get::<_, Option<f64>>(3).map(Duration::from_secs_f64),
    }))
}

/// How long until the first of the waiting documents of `run` is due.
pub async fn next_due(transaction: &Transaction, run: &RunId) -> Result<Option<Duration>, QueueError> {
    let row = transaction.query_opt(include_str!("sql/next_due.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    Ok(row.map(|row| Duration::from_secs_f64(row.get::<_, f64>(0).max(0.0))))
}

/// The documents of a run that were given up, the latest first, at most `limit` of them.
pub async fn dead_letters(
    transaction: &Transaction,
    run: &RunId,
    limit: u32,
) -> Result<Vec<DeadLetter>, QueueError> {
    let parameters: [Parameter<'_>; 2] = [(&run.as_str(), Type::TEXT), (&i64::from(limit), Type::INT8)];
    let rows = transaction.query(include_str!("sql/dead_letters.sql"), &parameters).await?;
    rows.iter().map(read_dead_letter).collect()
}

fn read_dead_letter(row: &Row) -> Result<DeadLetter, QueueError> {
    let class: &str = row.get("error_class");
    let queue_id = row.get("dead_letter_id");
    Ok(DeadLetter {
        doc_id: DocId::new(row.get::<_, String>("doc_id")),
        source_name: SourceName::new(row.get::<_, String>("source_name")),
        class: ErrorClass::from_name(class)
            .ok_or_else(|| QueueError::Damaged { queue_id, detail: format!("class {class}") })?,
        message: row.get("error_message"),
        retry_count: row.get::<_, i32>("retry_count").cast_unsigned(),
    })
}
