//! Links that are followed to documents which no listing names.

use crate::{DependencyPage, StorageError};
use gdg_model::{DocId, DocumentRef, RunId, SourceName, Stamp};
use rusqlite::{Connection, Row, params};

/// A page of what stored documents link to in `source`; see [`DependencyPage`].
/// It is of at most `limit` linking documents behind the number `after`.
pub fn open_dependencies(
    connection: &Connection,
    run: &RunId,
    source: &SourceName,
    after: i64,
    limit: u32,
) -> Result<DependencyPage, StorageError> {
    let mut statement = connection.prepare_cached(include_str!("sql/open_dependencies.sql"))?;
    let mut rows = statement.query(params![run.as_str(), source.as_str(), after, limit])?;
    let mut page = DependencyPage::default();
    while let Some(row) = rows.next()? {
        page.last = Some(row.get("document_number")?);
        page.targets.extend(read_target(row)?);
    }
    Ok(page)
}

/// What a document, as it was stored last, links to.
pub fn dependencies_of(connection: &Connection, doc_id: &DocId) -> Result<Vec<DocumentRef>, StorageError> {
    let mut statement = connection.prepare_cached(include_str!("sql/dependencies_of.sql"))?;
    let mut rows = statement.query([doc_id.as_str()])?;
    let mut targets = Vec::new();
    while let Some(row) = rows.next()? {
        targets.extend(read_target(row)?);
    }
    Ok(targets)
}

/// The target in a row; `None` in one of a document without any.
fn read_target(row: &Row<'_>) -> Result<Option<DocumentRef>, StorageError> {
    let Some(source_name) = row.get::<_, Option<String>>("target_source")? else { return Ok(None) };
    let source_name = SourceName::new(source_name);
    let locator: String = row.get("target_locator")?;
    Ok(Some(DocumentRef {
        doc_id: DocId::in_source(&source_name, &locator),
        source_name,
        locator,
        link_depth: row.get::<_, u32>("link_depth")?.saturating_add(1),
        stamp: Stamp::default(),
    }))
}
