//! What is remembered of documents between runs.

use super::graph::delete_graphs;
use super::read_doc_key;
use crate::{KnownDocument, KnownOutcome, StorageError};
use gdg_model::{ContentHash, DocId, DocKey, RunId, Stamp};
use gdg_postgres::{Row, Transaction, Type, clean_text};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is remembered of documents; those that were never handled are left out.
pub async fn find_known(
    transaction: &Transaction,
    doc_ids: &[DocId],
) -> Result<HashMap<DocId, KnownDocument>, StorageError> {
    let by_key = by_key(doc_ids);
    let mut known = HashMap::with_capacity(by_key.len());
    if by_key.is_empty() {
        return Ok(known);
    }
    let statement = include_str!("sql/find_known.sql");
    for row in transaction.query(statement, &[(&keys(&by_key), Type::BYTEA_ARRAY)]).await? {
        if let Some(doc_id) = by_key.get(&read_doc_key(&row)?) {
            known.insert((*doc_id).clone(), read_known(&row)?);
        }
    }
    Ok(known)
}

fn read_known(row: &Row) -> Result<KnownDocument, StorageError> {
    let size = row.get::<_, i64>("size_bytes").cast_unsigned();
    Ok(KnownDocument {
        outcome: match row.get("outcome") {
            "skipped" => KnownOutcome::Skipped,
            _ => KnownOutcome::Stored,
        },
        format: row.get::<_, Option<&str>>("format").and_then(|name| name.parse().ok()),
        stamp: Stamp { etag: row.get("etag"), modified_at: row.get("modified_at"), size: Some(size) },
        content_hash: row.get::<_, Option<&[u8]>>("content_hash").map(read_content_hash).transpose()?,
        parse_fingerprint: row.get("parse_fingerprint"),
        seen_by_run: row.get("seen_by_run"),
        size,
    })
}

fn read_content_hash(bytes: &[u8]) -> Result<ContentHash, StorageError> {
    let hash = bytes.try_into().map_err(|_| StorageError::Damaged {
        table: "documents",
        detail: format!("content_hash of {} bytes", bytes.len()),
    })?;
    Ok(ContentHash(hash))
}

/// Notes that a run found documents as they were, with the stamps they have now.
pub async fn mark_seen(
    transaction: &Transaction,
    run: &RunId,
    documents: &[(DocId, Stamp)],
) -> Result<(), StorageError> {
    if documents.is_empty() {
        return Ok(());
    }
    // Each once: a row takes one value of several, any of them. In the order in which rows are to be locked.
    let stamps: BTreeMap<DocKey, &Stamp> =
        documents.iter().map(|(doc_id, stamp)| (doc_id.key(), stamp)).collect();
    let keys: Vec<&[u8]> = stamps.keys().map(|key| key.0.as_slice()).collect();
    let etags: Vec<_> = stamps.values().map(|stamp| stamp.etag.as_deref().map(clean_text)).collect();
    let modified_at: Vec<Option<i64>> = stamps.values().map(|stamp| stamp.modified_at).collect();
    let sizes: Vec<Option<i64>> = stamps.values().map(|stamp| stamp.size.map(u64::cast_signed)).collect();
    transaction
        .execute(
            include_str!("sql/mark_seen.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&keys, Type::BYTEA_ARRAY),
                (&etags, Type::TEXT_ARRAY),
                (&modified_at, Type::INT8_ARRAY),
                (&sizes, Type::INT8_ARRAY),
            ],
        )
        .await?;
    Ok(())
}

/// Those of `doc_ids` that a run has handled already.
pub async fn seen_among(
    transaction: &Transaction,
    run: &RunId,
    doc_ids: &[DocId],
) -> Result<HashSet<DocId>, StorageError> {
    let by_key = by_key(doc_ids);
    let mut seen = HashSet::new();
    if by_key.is_empty() {
        return Ok(seen);
    }
    let parameters = &[(&run.as_str() as _, Type::TEXT), (&keys(&by_key) as _, Type::BYTEA_ARRAY)];
    for row in transaction.query(include_str!("sql/seen_among.sql"), parameters).await? {
        if let Some(doc_id) = by_key.get(&read_doc_key(&row)?) {
            seen.insert((*doc_id).clone());
        }
    }
    Ok(seen)
}

/// Removes documents and everything stored of them. Links that lead to them stay, and lead nowhere.
pub async fn forget_documents(transaction: &Transaction, doc_ids: &[DocId]) -> Result<(), StorageError> {
    let by_key = by_key(doc_ids);
    if by_key.is_empty() {
        return Ok(());
    }
    let statement = include_str!("sql/forget_documents.sql");
    let rows = transaction.query(statement, &[(&keys(&by_key), Type::BYTEA_ARRAY)]).await?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    delete_graphs(transaction, &numbers).await
}

fn by_key(doc_ids: &[DocId]) -> BTreeMap<DocKey, &DocId> {
    doc_ids.iter().map(|doc_id| (doc_id.key(), doc_id)).collect()
}

fn keys<'a>(by_key: &'a BTreeMap<DocKey, &DocId>) -> Vec<&'a [u8]> {
    by_key.keys().map(|key| key.0.as_slice()).collect()
}
