//! Documents, their elements and their links.

use super::meaning::insert_vectors;
use crate::{DocumentHeader, GraphDocument, KnownDocument, KnownOutcome, StorageError};
use gdg_model::{ContentHash, DocId, Format, RunId, Stamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Stores a document with its whole graph, in place of what was stored of it before.
pub fn store_document(
    transaction: &Connection,
    run: &RunId,
    graph: &GraphDocument,
) -> Result<(), StorageError> {
    let description = Description {
        outcome: "stored",
        format: Some(graph.format),
        title: graph.title.as_deref(),
        metadata: graph.metadata.as_deref(),
        content_hash: Some(graph.header.content_hash),
        element_count: graph.elements.len(),
        links_in_elements: graph.links_in_elements,
    };
    let number = upsert_document(transaction, run, &graph.header, &description)?;
    delete_graph(transaction, number)?;
    insert_elements(transaction, number, graph)?;
    insert_relationships(transaction, number, graph)?;
    insert_vectors(transaction, number, &graph.vectors)?;
    insert_dependencies(transaction, number, graph)
}

/// Remembers a document that has no parser, and removes what was stored of it before.
pub fn store_skipped(
    transaction: &Connection,
    run: &RunId,
    header: &DocumentHeader,
) -> Result<(), StorageError> {
    let description = Description {
        outcome: "skipped",
        format: None,
        title: None,
        metadata: None,
        content_hash: Some(header.content_hash),
        element_count: 0,
        links_in_elements: false,
    };
    let number = upsert_document(transaction, run, header, &description)?;
    delete_graph(transaction, number)
}

/// What the row of a document says beyond its header.
struct Description<'a> {
    outcome: &'static str,
    format: Option<Format>,
    title: Option<&'a str>,
    metadata: Option<&'a str>,
    content_hash: Option<ContentHash>,
    element_count: usize,
    links_in_elements: bool,
}

fn upsert_document(
    transaction: &Connection,
    run: &RunId,
    header: &DocumentHeader,
    description: &Description<'_>,
) -> Result<i64, StorageError> {
    let document = &header.document;
    let number = transaction.prepare_cached(include_str!("sql/upsert_document.sql"))?.query_row(
        params![
            document.doc_id.as_str(),
            document.doc_id.key().0,
            document.source_name.as_str(),
            document.locator,
            description.outcome,
            description.format.map(Format::as_str),
            description.title,
            description.metadata,
            header.size.cast_signed(),
            document.stamp.etag,
            document.stamp.modified_at,
            description.content_hash.map(|hash| hash.0),
            header.parse_fingerprint,
            document.link_depth,
            description.element_count as i64,
            run.as_str(),
            description.links_in_elements,
        ],
        |row| row.get(0),
    )?;
    Ok(number)
}

pub(super) fn delete_graph(transaction: &Connection, number: i64) -> Result<(), StorageError> {
    for statement in [
        "DELETE FROM embeddings WHERE document_number = ?1",
        "DELETE FROM relationships WHERE document_number = ?1",
        "DELETE FROM document_duplicates WHERE document_number = ?1",
        "DELETE FROM document_dependencies WHERE document_number = ?1",
        "DELETE FROM elements WHERE document_number = ?1",
    ] {
        transaction.prepare_cached(statement)?.execute([number])?;
    }
    Ok(())
}

fn insert_elements(transaction: &Connection, number: i64, graph: &GraphDocument) -> Result<(), StorageError> {
    let mut insert = transaction.prepare_cached(include_str!("sql/insert_element.sql"))?;
    for (position, row) in graph.elements.iter().enumerate() {
        insert.execute(params![
            number,
            position as i64,
            row.parent,
            row.ordinal,
            row.depth,
            row.element_type.as_ref(),
            row.text,
            row.content_location,
            row.attributes,
            row.content_digest,
        ])?;
    }
    Ok(())
}

fn insert_relationships(
    transaction: &Connection,
    number: i64,
    graph: &GraphDocument,
) -> Result<(), StorageError> {
    let mut insert = transaction.prepare_cached(include_str!("sql/insert_explicit_relationship.sql"))?;
    for link in &graph.relationships {
        insert.execute(params![number, link.position, link.target.as_str(), link.fragment])?;
    }
    Ok(())
}

fn insert_dependencies(
    transaction: &Connection,
    number: i64,
    graph: &GraphDocument,
) -> Result<(), StorageError> {
    let mut insert =
        transaction.prepare_cached("INSERT INTO document_dependencies VALUES (?1, ?2, ?3, ?4)")?;
    for (key, target) in &graph.dependencies {
        insert.execute(params![number, key.0, target.source_name.as_str(), target.locator])?;
    }
    Ok(())
}

/// What is remembered of a document.
pub fn find_known(connection: &Connection, doc_id: &DocId) -> Result<Option<KnownDocument>, StorageError> {
    let known = connection
        .prepare_cached(include_str!("sql/find_known.sql"))?
        .query_row([doc_id.as_str()], read_known)
        .optional()?;
    Ok(known)
}

fn read_known(row: &Row<'_>) -> rusqlite::Result<KnownDocument> {
    let size = row.get::<_, i64>("size_bytes")?.cast_unsigned();
    Ok(KnownDocument {
        outcome: match row.get_ref("outcome")?.as_str()? {
            "skipped" => KnownOutcome::Skipped,
            _ => KnownOutcome::Stored,
        },
        format: row.get_ref("format")?.as_str_or_null()?.and_then(|name| name.parse().ok()),
        stamp: Stamp { etag: row.get("etag")?, modified_at: row.get("modified_at")?, size: Some(size) },
        content_hash: row.get::<_, Option<[u8; 16]>>("content_hash")?.map(ContentHash),
        parse_fingerprint: row.get("parse_fingerprint")?,
        seen_by_run: row.get("seen_by_run")?,
        size,
    })
}

/// Notes that a run found a document as it was, with the stamp it has now.
pub fn mark_seen(
    transaction: &Connection,
    run: &RunId,
    doc_id: &DocId,
    stamp: &Stamp,
) -> Result<(), StorageError> {
    transaction.prepare_cached(include_str!("sql/mark_seen.sql"))?.execute(params![
        doc_id.as_str(),
        run.as_str(),
        stamp.etag,
        stamp.modified_at,
        stamp.size.map(u64::cast_signed),
    ])?;
    Ok(())
}

/// Whether a run has handled a document already.
pub fn is_seen(connection: &Connection, run: &RunId, doc_id: &DocId) -> Result<bool, StorageError> {
    let seen = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM documents WHERE doc_id = ?1 AND seen_by_run = ?2)")?
        .query_row([doc_id.as_str(), run.as_str()], |row| row.get(0))?;
    Ok(seen)
}

/// Removes a document and everything stored of it. Links that lead to it stay, and lead nowhere.
pub fn forget_document(transaction: &Connection, doc_id: &DocId) -> Result<(), StorageError> {
    let number = transaction
        .prepare_cached("SELECT document_number FROM documents WHERE doc_id = ?1")?
        .query_row([doc_id.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(number) = number {
        delete_graph(transaction, number)?;
        transaction.prepare_cached("DELETE FROM documents WHERE document_number = ?1")?.execute([number])?;
    }
    Ok(())
}
