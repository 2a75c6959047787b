//! Documents that are no longer in their sources.

use super::graph::delete_graphs;
use crate::{Alert, StorageError, SweepProgress, VanishedPage};
use gdg_model::{RunId, SourceName};
use gdg_postgres::{Transaction, Type, clean_text};

/// Whether `run` gave up a document that links to others of `source`: then what only links lead to may be there.
pub async fn has_lost_links(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
) -> Result<bool, StorageError> {
    let parameters: [gdg_postgres::Parameter<'_>; 2] =
        [(&run.as_str(), Type::TEXT), (&source.as_str(), Type::TEXT)];
    let row = transaction.query_opt(include_str!("sql/has_lost_links.sql"), &parameters).await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// Looks at up to `limit` documents behind the number `after` for those of `source` that `run`, which has drained, did
/// not find.
pub async fn vanished_documents(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    after: i64,
    limit: u32,
    lost_links: bool,
) -> Result<VanishedPage, StorageError> {
    let row = transaction
        .query_opt(
            include_str!("sql/vanished_documents.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&source.as_str(), Type::TEXT),
                (&after, Type::INT8),
                (&i64::from(limit), Type::INT8),
                (&lost_links, Type::BOOL),
            ],
        )
        .await?;
    Ok(row.map_or_else(VanishedPage::default, |row| VanishedPage {
        last: row.get(0),
        found: row.get::<_, i64>(1).cast_unsigned(),
        vanished: row.get(2),
    }))
}

/// Removes documents by their numbers, with all that is stored of them, except those that `run` has found after all.
/// Tombstones stay. Returns how many it removed.
pub async fn bury_documents(
    transaction: &Transaction,
    run: &RunId,
    numbers: &[i64],
) -> Result<u64, StorageError> {
    if numbers.is_empty() {
        return Ok(0);
    }
    let rows = transaction
        .query(
            include_str!("sql/bury_documents.sql"),
            &[(&run.as_str(), Type::TEXT), (&numbers, Type::INT8_ARRAY)],
        )
        .await?;
    let buried: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    delete_graphs(transaction, &buried).await?;
    Ok(buried.len() as u64)
}

/// How far the removal of a source's vanished documents is.
pub async fn sweep_progress(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
) -> Result<SweepProgress, StorageError> {
    let parameters: [gdg_postgres::Parameter<'_>; 2] =
        [(&run.as_str(), Type::TEXT), (&source.as_str(), Type::TEXT)];
    let row = transaction.query_opt(include_str!("sql/sweep_progress.sql"), &parameters).await?;
    Ok(row
        .map_or_else(SweepProgress::default, |row| SweepProgress { after: row.get(0), finished: row.get(1) }))
}

/// Notes that the removal has come to the number `to`, or to its end when `None`.
pub async fn advance_sweep(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    to: Option<i64>,
    leader_epoch: i64,
) -> Result<(), StorageError> {
    transaction
        .execute(
            include_str!("sql/advance_sweep.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&source.as_str(), Type::TEXT),
                (&to, Type::INT8),
                (&leader_epoch, Type::INT8),
            ],
        )
        .await?;
    Ok(())
}

/// Notes something that a person should look at. Of two alerts of one kind about a source the later one stays.
pub async fn raise_alert(transaction: &Transaction, run: &RunId, alert: &Alert) -> Result<(), StorageError> {
    transaction
        .execute(
            include_str!("sql/raise_alert.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&alert.kind, Type::TEXT),
                (&alert.source_name.as_str(), Type::TEXT),
                (&clean_text(&alert.message), Type::TEXT),
            ],
        )
        .await?;
    Ok(())
}

/// What a person should look at, in the order in which it came up.
pub async fn alerts(transaction: &Transaction, run: &RunId) -> Result<Vec<Alert>, StorageError> {
    let rows = transaction.query(include_str!("sql/alerts.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    let alerts = rows.iter().map(|row| Alert {
        kind: row.get(0),
        source_name: SourceName::new(row.get::<_, &str>(1)),
        message: row.get(2),
    });
    Ok(alerts.collect())
}

/// How many documents a run removed because they had vanished.
pub async fn vanished_count(transaction: &Transaction, run: &RunId) -> Result<u64, StorageError> {
    let statement = "SELECT count(*) FROM document_tombstones WHERE deleted_by_run = $1";
    let row = transaction.query_opt(statement, &[(&run.as_str(), Type::TEXT)]).await?;
    Ok(row.map_or(0, |row| row.get::<_, i64>(0).cast_unsigned()))
}
