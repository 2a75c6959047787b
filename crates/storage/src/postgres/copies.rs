//! Graphs that are taken over for documents with the same content.

use crate::{DocumentHeader, ElementRow, StorageError, StoredCopy};
use gdg_model::Format;
use gdg_postgres::{Row, Transaction, Type};

/// The graph of another document of the same source that has the same bytes,
/// is parsed as `format` in the same way, and tells all its links.
pub async fn find_copy(
    transaction: &Transaction,
    header: &DocumentHeader,
    format: Format,
) -> Result<Option<StoredCopy>, StorageError> {
    let document = &header.document;
    let rows = transaction
        .query(
            include_str!("sql/find_copy.sql"),
            &[
                (&header.content_hash.0.as_slice(), Type::BYTEA),
                (&document.source_name.as_str(), Type::TEXT),
                (&header.parse_fingerprint, Type::TEXT),
                (&document.doc_id.key().0.as_slice(), Type::BYTEA),
                (&format.as_str(), Type::TEXT),
            ],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let number: i64 = row.get("document_number");
    let elements =
        transaction.query(include_str!("sql/copied_elements.sql"), &[(&number, Type::INT8)]).await?;
    Ok(Some(StoredCopy {
        format,
        title: row.get("title"),
        metadata: row.get("metadata"),
        elements: elements.iter().map(read_element).collect(),
    }))
}

fn read_element(row: &Row) -> ElementRow {
    ElementRow {
        parent: row.get::<_, Option<i32>>("parent_position").map(i32::cast_unsigned),
        ordinal: row.get::<_, i32>("ordinal").cast_unsigned(),
        depth: row.get::<_, i32>("depth").cast_unsigned(),
        element_type: row.get::<_, String>("element_type").into(),
        text: row.get("text"),
        content_location: row.get("content_location"),
        attributes: row.get("attributes"),
        content_digest: row.get::<_, i64>("content_digest") as u32,
    }
}
