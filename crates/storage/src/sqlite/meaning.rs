//! Vectors of elements, and relationships by their likeness.

use crate::meaning::{best, decode, encode};
use crate::{
    ComparableDocument, CrossDocumentRelationship, DocumentVectors, Findings, MeaningCounters, RelatingTerms,
    StorageError, StoredVector,
};
use gdg_model::{RunId, WorkerId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Inserts the vectors of a document, and the relationships within it.
pub(super) fn insert_vectors(
    transaction: &Connection,
    number: i64,
    vectors: &DocumentVectors,
) -> Result<(), StorageError> {
    let model = &vectors.model;
    let mut insert = transaction.prepare_cached("INSERT INTO embeddings VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for vector in &vectors.vectors {
        let dimensions = vector.vector.len() as i64;
        let encoded = encode(&vector.vector);
        insert.execute(params![number, vector.position, vector.part, model, dimensions, encoded])?;
    }
    let mut insert = transaction.prepare_cached(include_str!("sql/insert_semantic_relationship.sql"))?;
    for one in &vectors.relationships {
        insert.execute(params![number, one.position, one.target, f64::from(one.score), model])?;
    }
    Ok(())
}

/// Up to `limit` vectors of a model behind the one with this document's number, position and part, in that order.
pub fn load_vectors(
    connection: &Connection,
    model: &str,
    (document, position, part): (i64, u32, u32),
    limit: u32,
) -> Result<Vec<StoredVector>, StorageError> {
    let vectors = connection
        .prepare_cached(include_str!("sql/load_vectors.sql"))?
        .query_map(params![model, document, position, part, limit], |row| {
            let vector = decode(row.get_ref(3)?.as_blob()?);
            Ok(StoredVector { document: row.get(0)?, position: row.get(1)?, part: row.get(2)?, vector })
        })?
        .collect::<Result<_, _>>()?;
    Ok(vectors)
}

/// Up to `limit` stored documents behind the number `after`.
pub fn comparable_documents(
    connection: &Connection,
    terms: &RelatingTerms,
    after: i64,
    limit: u32,
) -> Result<Vec<ComparableDocument>, StorageError> {
    let documents = connection
        .prepare_cached(include_str!("sql/comparable_documents.sql"))?
        .query_map(params![terms.fingerprint, after, limit], |row| {
            Ok(ComparableDocument { number: row.get(0)?, content_hash: row.get(1)?, is_due: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(documents)
}

/// The documents with numbers from `first` to `last` whose relationships have to be found.
pub fn due_documents(
    connection: &Connection,
    terms: &RelatingTerms,
    (first, last): (i64, i64),
) -> Result<Vec<i64>, StorageError> {
    let numbers = connection
        .prepare_cached(include_str!("sql/due_documents.sql"))?
        .query_map(params![terms.fingerprint, first, last], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(numbers)
}

/// Ranges of documents' numbers, first and last, with `size` documents each whose relationships have to be found.
pub fn plan_relating(
    connection: &Connection,
    terms: &RelatingTerms,
    size: u32,
) -> Result<Vec<(i64, i64)>, StorageError> {
    let ranges = connection
        .prepare_cached(include_str!("sql/plan_relating.sql"))?
        .query_map(params![terms.fingerprint, size], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(ranges)
}

/// Notes that the relationships of those documents have to be found anew that lead to a document which `run` stored or
/// removed.
pub fn unrelate_from_changed(transaction: &Connection, run: &RunId) -> Result<(), StorageError> {
    transaction.prepare_cached(include_str!("sql/unrelate_from_changed.sql"))?.execute([run.as_str()])?;
    Ok(())
}

/// Stores what was found of documents, in place of what was found before.
pub fn store_findings(
    transaction: &Connection,
    terms: &RelatingTerms,
    findings: &Findings,
) -> Result<(), StorageError> {
    for number in &findings.documents {
        delete_findings(transaction, *number)?;
        transaction
            .prepare_cached("UPDATE documents SET related_as = ?2 WHERE document_number = ?1")?
            .execute(params![number, terms.fingerprint])?;
    }
    for relationship in &findings.relationships {
        insert_relationship(transaction, terms, relationship)?;
    }
    let mut insert = transaction.prepare_cached("INSERT INTO document_duplicates VALUES (?1, ?2, ?3, ?4)")?;
    for one in &findings.duplicates {
        insert.execute(params![one.document, one.of, one.is_exact, f64::from(one.share)])?;
    }
    let mut by_element: BTreeMap<(i64, u32), Vec<CrossDocumentRelationship>> = BTreeMap::new();
    for offer in &findings.offers {
        by_element.entry((offer.document, offer.position)).or_default().push(*offer);
    }
    for ((document, position), offers) in by_element {
        take_offers(transaction, terms, (document, position), offers)?;
    }
    Ok(())
}

/// Removes what was found of a document by comparing it with others.
pub(super) fn delete_findings(transaction: &Connection, number: i64) -> Result<(), StorageError> {
    for statement in [
        "DELETE FROM relationships WHERE document_number = ?1 AND relationship_type = 'cross_document'",
        "DELETE FROM document_duplicates WHERE document_number = ?1",
    ] {
        transaction.prepare_cached(statement)?.execute([number])?;
    }
    Ok(())
}

fn insert_relationship(
    transaction: &Connection,
    terms: &RelatingTerms,
    one: &CrossDocumentRelationship,
) -> Result<(), StorageError> {
    transaction.prepare_cached(include_str!("sql/insert_cross_document_relationship.sql"))?.execute(
        params![
            one.document,
            one.position,
            one.target_document,
            one.target_position,
            f64::from(one.score),
            terms.model
        ],
    )?;
    Ok(())
}

/// Offers relationships to an element, which keeps the best of those it has and is offered.
fn take_offers(
    transaction: &Connection,
    terms: &RelatingTerms,
    (document, position): (i64, u32),
    offers: Vec<CrossDocumentRelationship>,
) -> Result<(), StorageError> {
    let had: Vec<CrossDocumentRelationship> = transaction
        .prepare_cached(include_str!("sql/cross_document_relationships.sql"))?
        .query_map(params![document, position], |row| {
            let (target_document, target_position, score) = (row.get(0)?, row.get(1)?, row.get::<_, f64>(2)?);
            Ok(CrossDocumentRelationship {
                document,
                position,
                target_document,
                target_position,
                score: score as f32,
            })
        })?
        .collect::<Result<_, _>>()?;
    let kept = best(had.into_iter().chain(offers).collect(), terms.max_per_element);
    transaction
        .prepare_cached(
            "DELETE FROM relationships
             WHERE document_number = ?1 AND position = ?2 AND relationship_type = 'cross_document'",
        )?
        .execute(params![document, position])?;
    kept.iter().try_for_each(|one| insert_relationship(transaction, terms, one))
}

/// Adds to what a worker embedded and related in a run.
pub fn add_meaning_counters(
    transaction: &Connection,
    run: &RunId,
    worker: &WorkerId,
    counters: &MeaningCounters,
) -> Result<(), StorageError> {
    if counters.is_empty() {
        return Ok(());
    }
    let [vectors, semantic, compared, across, duplicates] = counters.columns();
    transaction.prepare_cached(include_str!("sql/add_meaning_counters.sql"))?.execute(params![
        run.as_str(),
        worker.as_str(),
        vectors,
        semantic,
        compared,
        across,
        duplicates
    ])?;
    Ok(())
}

/// What was embedded and related in a run.
pub fn meaning_counters(connection: &Connection, run: &RunId) -> Result<MeaningCounters, StorageError> {
    let columns = connection
        .prepare_cached(include_str!("sql/meaning_counters.sql"))?
        .query_row([run.as_str()], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
        })
        .optional()?;
    Ok(columns.map_or_else(MeaningCounters::default, MeaningCounters::of_columns))
}
