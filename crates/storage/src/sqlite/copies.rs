//! Graphs that are taken over for documents with the same content.

use crate::{DocumentHeader, ElementRow, StorageError, StoredCopy};
use gdg_model::Format;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The graph of another document of the same source that has the same bytes,
/// is parsed as `format` in the same way, and tells all its links.
pub fn find_copy(
    connection: &Connection,
    header: &DocumentHeader,
    format: Format,
) -> Result<Option<StoredCopy>, StorageError> {
    let document = &header.document;
    let found = connection
        .prepare_cached(include_str!("sql/find_copy.sql"))?
        .query_row(
            params![
                header.content_hash.0,
                document.source_name.as_str(),
                header.parse_fingerprint,
                document.doc_id.as_str(),
                format.as_str(),
            ],
            |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((number, title, metadata)) = found else { return Ok(None) };
    let elements = connection
        .prepare_cached(include_str!("sql/copied_elements.sql"))?
        .query_map([number], read_element)?
        .collect::<Result<_, _>>()?;
    Ok(Some(StoredCopy { format, title, metadata, elements }))
}

fn read_element(row: &Row<'_>) -> rusqlite::Result<ElementRow> {
    Ok(ElementRow {
        parent: row.get("parent_position")?,
        ordinal: row.get("ordinal")?,
        depth: row.get("depth")?,
        element_type: row.get::<_, String>("element_type")?.into(),
        text: row.get("text")?,
        content_location: row.get("content_location")?,
        attributes: row.get("attributes")?,
        content_digest: row.get("content_digest")?,
    })
}
