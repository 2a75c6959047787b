//! Documents that are no longer in their sources.

use super::documents::delete_graph;
use crate::{Alert, StorageError, SweepProgress, VanishedPage};
use gdg_model::{RunId, SourceName};
use rusqlite::{Connection, OptionalExtension, params};

/// Whether `run` gave up a document that links to others of `source`: then what only links lead to may be there.
pub fn has_lost_links(
    connection: &Connection,
    run: &RunId,
    source: &SourceName,
) -> Result<bool, StorageError> {
    let lost = connection
        .prepare_cached(include_str!("sql/has_lost_links.sql"))?
        .query_row([run.as_str(), source.as_str()], |row| row.get(0))?;
    Ok(lost)
}

/// Looks at up to `limit` documents behind the number `after` for those of `source` that `run`, which has drained, did
/// not find.
pub fn vanished_documents(
    connection: &Connection,
    run: &RunId,
    source: &SourceName,
    after: i64,
    limit: u32,
    lost_links: bool,
) -> Result<VanishedPage, StorageError> {
    let mut statement = connection.prepare_cached(include_str!("sql/vanished_documents.sql"))?;
    let mut rows = statement.query(params![run.as_str(), source.as_str(), after, limit, lost_links])?;
    let mut page = VanishedPage::default();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        page.last = Some(number);
        match row.get::<_, Option<bool>>(1)? {
            Some(true) => page.vanished.push(number),
            Some(false) => page.found += 1,
            None => {}
        }
    }
    Ok(page)
}

/// Removes a document by its number, with all that is stored of it. A tombstone stays.
pub fn bury_document(transaction: &Connection, run: &RunId, number: i64) -> Result<(), StorageError> {
    transaction
        .prepare_cached(include_str!("sql/bury_document.sql"))?
        .execute(params![run.as_str(), number])?;
    delete_graph(transaction, number)?;
    transaction.prepare_cached("DELETE FROM documents WHERE document_number = ?1")?.execute([number])?;
    Ok(())
}

/// How far the removal of a source's vanished documents is.
pub fn sweep_progress(
    connection: &Connection,
    run: &RunId,
    source: &SourceName,
) -> Result<SweepProgress, StorageError> {
    let progress = connection
        .prepare_cached(
            "SELECT coalesce(swept_to, 0), swept_at IS NOT NULL FROM discovery_cursors WHERE run_id = ?1 AND source_name = ?2",
        )?
        .query_row([run.as_str(), source.as_str()], |row| {
            Ok(SweepProgress { after: row.get(0)?, finished: row.get(1)? })
        })
        .optional()?;
    Ok(progress.unwrap_or_default())
}

/// Notes that the removal has come to the number `to`, or to its end when `None`.
pub fn advance_sweep(
    transaction: &Connection,
    run: &RunId,
    source: &SourceName,
    to: Option<i64>,
) -> Result<(), StorageError> {
    transaction
        .prepare_cached(
            "UPDATE discovery_cursors
             SET swept_to = coalesce(?3, swept_to),
                 swept_at = CASE WHEN ?3 IS NULL THEN CAST(unixepoch('subsec') * 1000 AS INTEGER) END
             WHERE run_id = ?1 AND source_name = ?2",
        )?
        .execute(params![run.as_str(), source.as_str(), to])?;
    Ok(())
}

/// Notes something that a person should look at. Of two alerts of one kind about a source the later one stays.
pub fn raise_alert(transaction: &Connection, run: &RunId, alert: &Alert) -> Result<(), StorageError> {
    transaction
        .prepare_cached(
            "INSERT INTO run_alerts VALUES (?1, ?2, ?3, ?4, CAST(unixepoch('subsec') * 1000 AS INTEGER))
             ON CONFLICT (run_id, kind, source_name) DO UPDATE SET message = excluded.message",
        )?
        .execute(params![run.as_str(), alert.kind, alert.source_name.as_str(), alert.message])?;
    Ok(())
}

/// What a person should look at, in the order in which it came up.
pub fn alerts(connection: &Connection, run: &RunId) -> Result<Vec<Alert>, StorageError> {
    let alerts = connection
        .prepare_cached(
            "SELECT kind, source_name, message FROM run_alerts WHERE run_id = ?1 ORDER BY raised_at, kind, source_name",
        )?
        .query_map([run.as_str()], |row| {
            let source_name = SourceName::new(row.get::<_, String>(1)?);
            Ok(Alert { kind: row.get(0)?, source_name, message: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(alerts)
}

/// How many documents a run removed because they had vanished.
pub fn vanished_count(connection: &Connection, run: &RunId) -> Result<u64, StorageError> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM document_tombstones WHERE deleted_by_run = ?1")?
        .query_row([run.as_str()], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}
