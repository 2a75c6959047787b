//! Links that are followed to documents which no listing names.

use crate::{DependencyPage, StorageError};
use gdg_model::{DocId, DocumentRef, RunId, SourceName, Stamp};
use gdg_postgres::{Row, Transaction, Type};

/// A page of what stored documents link to in `source`; see [`DependencyPage`].
/// It is of at most `limit` linking documents behind the number `after`.
pub async fn open_dependencies(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    after: i64,
    limit: u32,
) -> Result<DependencyPage, StorageError> {
    let rows = transaction
        .query(
            include_str!("sql/open_dependencies.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&source.as_str(), Type::TEXT),
                (&after, Type::INT8),
                (&i64::from(limit), Type::INT8),
            ],
        )
        .await?;
    Ok(DependencyPage {
        last: rows.last().map(|row| row.get("document_number")),
        targets: rows.iter().filter_map(read_target).collect(),
    })
}

/// What documents, as they were stored last, link to.
pub async fn dependencies_of(
    transaction: &Transaction,
    doc_ids: &[DocId],
) -> Result<Vec<DocumentRef>, StorageError> {
    if doc_ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = doc_ids.iter().map(DocId::key).collect();
    let keys: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
    let statement = include_str!("sql/dependencies_of.sql");
    let rows = transaction.query(statement, &[(&keys, Type::BYTEA_ARRAY)]).await?;
    Ok(rows.iter().filter_map(read_target).collect())
}

/// The target in a row; `None` in one of a document without any.
fn read_target(row: &Row) -> Option<DocumentRef> {
    let source_name = SourceName::new(row.get::<_, Option<&str>>("target_source")?);
    let locator: String = row.get("target_locator");
    Some(DocumentRef {
        doc_id: DocId::in_source(&source_name, &locator),
        source_name,
        locator,
        link_depth: row.get::<_, i32>("link_depth").unsigned_abs().saturating_add(1),
        stamp: Stamp::default(),
    })
}
