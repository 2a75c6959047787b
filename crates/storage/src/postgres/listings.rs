//! How far the listings of a run are.
//!
//! Only a leader writes here. The caller has checked, in the same transaction,
//! that `leader_epoch` is the one that holds; it is kept for whoever looks later.

use crate::{ListingGap, ListingProgress, StorageError};
use gdg_model::{RunId, SourceName};
use gdg_postgres::{Transaction, Type, clean_text};
use std::collections::HashSet;

/// How far the listing of a source is.
pub async fn listing_progress(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
) -> Result<ListingProgress, StorageError> {
    let row = transaction
        .query_opt(
            include_str!("sql/listing_progress.sql"),
            &[(&run.as_str(), Type::TEXT), (&source.as_str(), Type::TEXT)],
        )
        .await?;
    let progress = row.map(|row| ListingProgress {
        cursor: row.get(0),
        listed: row.get::<_, i64>(1).cast_unsigned(),
        finished: row.get(2),
    });
    Ok(progress.unwrap_or_default())
}

/// Moves the listing of a source on to `cursor`, past `listed` more documents.
pub async fn advance_listing(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    cursor: &str,
    listed: u64,
    leader_epoch: i64,
) -> Result<(), StorageError> {
    transaction
        .execute(
            include_str!("sql/advance_listing.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&source.as_str(), Type::TEXT),
                (&clean_text(cursor), Type::TEXT),
                (&listed.cast_signed(), Type::INT8),
                (&leader_epoch, Type::INT8),
            ],
        )
        .await?;
    Ok(())
}

/// From the end of this transaction on, links to documents of `source` are to
/// be enqueued by whoever stores the documents that hold them.
pub async fn begin_following(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    leader_epoch: i64,
) -> Result<(), StorageError> {
    mark(transaction, include_str!("sql/begin_following.sql"), run, source, leader_epoch).await
}

/// The sources whose links are followed as their documents are stored.
pub async fn following_sources(
    transaction: &Transaction,
    run: &RunId,
) -> Result<HashSet<SourceName>, StorageError> {
    let rows =
        transaction.query(include_str!("sql/following_sources.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    Ok(rows.iter().map(|row| SourceName::new(row.get::<_, &str>(0))).collect())
}

/// Marks the listing of a source as done.
pub async fn finish_listing(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    leader_epoch: i64,
) -> Result<(), StorageError> {
    mark(transaction, include_str!("sql/finish_listing.sql"), run, source, leader_epoch).await
}

async fn mark(
    transaction: &Transaction,
    statement: &str,
    run: &RunId,
    source: &SourceName,
    leader_epoch: i64,
) -> Result<(), StorageError> {
    transaction
        .execute(
            statement,
            &[(&run.as_str(), Type::TEXT), (&source.as_str(), Type::TEXT), (&leader_epoch, Type::INT8)],
        )
        .await?;
    Ok(())
}

/// Whether the listings of all of `sources` are done.
pub async fn listings_finished(
    transaction: &Transaction,
    run: &RunId,
    sources: &[SourceName],
) -> Result<bool, StorageError> {
    let names: Vec<&str> = sources.iter().map(SourceName::as_str).collect();
    let row = transaction
        .query_opt(
            include_str!("sql/listings_finished.sql"),
            &[(&run.as_str(), Type::TEXT), (&names, Type::TEXT_ARRAY)],
        )
        .await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// Notes what a listing could not read.
pub async fn record_listing_problems(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    problems: &[ListingGap],
) -> Result<(), StorageError> {
    if problems.is_empty() {
        return Ok(());
    }
    let locators: Vec<_> = problems.iter().map(|problem| clean_text(&problem.locator)).collect();
    let messages: Vec<_> = problems.iter().map(|problem| clean_text(&problem.message)).collect();
    let hides_source: Vec<_> = problems.iter().map(|problem| problem.hides_source).collect();
    transaction
        .execute(
            include_str!("sql/record_listing_problems.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&source.as_str(), Type::TEXT),
                (&locators, Type::TEXT_ARRAY),
                (&messages, Type::TEXT_ARRAY),
                (&hides_source, Type::BOOL_ARRAY),
            ],
        )
        .await?;
    Ok(())
}

/// What the listings of a run could not read: at most `limit` locators, each with the reason.
pub async fn listing_problems(
    transaction: &Transaction,
    run: &RunId,
    limit: u32,
) -> Result<Vec<(String, String)>, StorageError> {
    let rows = transaction
        .query(
            include_str!("sql/listing_problems.sql"),
            &[(&run.as_str(), Type::TEXT), (&i64::from(limit), Type::INT8)],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
