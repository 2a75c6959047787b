//! Vectors of elements, and relationships by their likeness.

use super::int4;
use crate::meaning::{best, decode, encode};
use crate::{
    ComparableDocument, CrossDocumentRelationship, Duplicate, Findings, GraphDocument, MeaningCounters,
    RelatingTerms, StorageError, StoredVector,
};
use gdg_model::{RunId, WorkerId};
use gdg_postgres::{Parameter, Row, Transaction, Type};
use std::collections::BTreeMap;

/// Rows that one statement inserts at most.
const CHUNK_ROWS: usize = 4_000;

/// Inserts the vectors of documents, and the relationships within each.
pub(super) async fn insert_vectors(
    transaction: &Transaction,
    graphs: &[(i64, &GraphDocument)],
) -> Result<(), StorageError> {
    let all = graphs.iter().flat_map(|(number, graph)| {
        let vectors = graph.vectors();
        vectors.vectors.iter().map(move |vector| (*number, vectors.model.as_str(), vector))
    });
    let all: Vec<_> = all.collect();
    for chunk in all.chunks(CHUNK_ROWS) {
        let numbers: Vec<i64> = chunk.iter().map(|(number, ..)| *number).collect();
        let positions: Vec<i32> = chunk.iter().map(|(.., vector)| int4(vector.position)).collect();
        let parts: Vec<i32> = chunk.iter().map(|(.., vector)| int4(vector.part)).collect();
        let models: Vec<&str> = chunk.iter().map(|(_, model, _)| *model).collect();
        let vectors: Vec<Vec<u8>> = chunk.iter().map(|(.., vector)| encode(&vector.vector)).collect();
        transaction
            .execute(
                include_str!("sql/insert_vectors.sql"),
                &[
                    (&numbers, Type::INT8_ARRAY),
                    (&positions, Type::INT4_ARRAY),
                    (&parts, Type::INT4_ARRAY),
                    (&models, Type::TEXT_ARRAY),
                    (&vectors, Type::BYTEA_ARRAY),
                ],
            )
            .await?;
    }
    insert_semantic_relationships(transaction, graphs).await
}

async fn insert_semantic_relationships(
    transaction: &Transaction,
    graphs: &[(i64, &GraphDocument)],
) -> Result<(), StorageError> {
    let all = graphs.iter().flat_map(|(number, graph)| {
        let vectors = graph.vectors();
        let numbered = vectors.relationships.iter().enumerate();
        numbered.map(move |(place, one)| (*number, place, vectors.model.as_str(), one))
    });
    let all: Vec<_> = all.collect();
    for chunk in all.chunks(CHUNK_ROWS) {
        let numbers: Vec<i64> = chunk.iter().map(|(number, ..)| *number).collect();
        let places: Vec<i32> = chunk.iter().map(|(_, place, ..)| int4(*place)).collect();
        let positions: Vec<i32> = chunk.iter().map(|(.., one)| int4(one.position)).collect();
        let targets: Vec<i32> = chunk.iter().map(|(.., one)| int4(one.target)).collect();
        let scores: Vec<f32> = chunk.iter().map(|(.., one)| one.score).collect();
        let models: Vec<&str> = chunk.iter().map(|(_, _, model, _)| *model).collect();
        transaction
            .execute(
                include_str!("sql/insert_semantic_relationships.sql"),
                &[
                    (&numbers, Type::INT8_ARRAY),
                    (&places, Type::INT4_ARRAY),
                    (&positions, Type::INT4_ARRAY),
                    (&targets, Type::INT4_ARRAY),
                    (&scores, Type::FLOAT4_ARRAY),
                    (&models, Type::TEXT_ARRAY),
                ],
            )
            .await?;
    }
    Ok(())
}

/// Up to `limit` vectors of a model behind the one with this document's number, position and part, in that order.
pub async fn load_vectors(
    transaction: &Transaction,
    model: &str,
    (document, position, part): (i64, u32, u32),
    limit: u32,
) -> Result<Vec<StoredVector>, StorageError> {
    let rows = transaction
        .query(
            include_str!("sql/load_vectors.sql"),
            &[
                (&model, Type::TEXT),
                (&document, Type::INT8),
                (&int4(position), Type::INT4),
                (&int4(part), Type::INT4),
                (&i64::from(limit), Type::INT8),
            ],
        )
        .await?;
    let vectors = rows.iter().map(|row| StoredVector {
        document: row.get(0),
        position: row.get::<_, i32>(1).cast_unsigned(),
        part: row.get::<_, i32>(2).cast_unsigned(),
        vector: decode(row.get(3)),
    });
    Ok(vectors.collect())
}

/// Up to `limit` stored documents behind the number `after`.
pub async fn comparable_documents(
    transaction: &Transaction,
    terms: &RelatingTerms,
    after: i64,
    limit: u32,
) -> Result<Vec<ComparableDocument>, StorageError> {
    let rows = transaction
        .query(
            include_str!("sql/comparable_documents.sql"),
            &[(&terms.fingerprint, Type::TEXT), (&after, Type::INT8), (&i64::from(limit), Type::INT8)],
        )
        .await?;
    let documents = rows.iter().map(|row| ComparableDocument {
        number: row.get(0),
        content_hash: row.get::<_, Option<&[u8]>>(1).and_then(|hash| hash.try_into().ok()),
        is_due: row.get(2),
    });
    Ok(documents.collect())
}

/// The documents with numbers from `first` to `last` whose relationships have to be found.
pub async fn due_documents(
    transaction: &Transaction,
    terms: &RelatingTerms,
    (first, last): (i64, i64),
) -> Result<Vec<i64>, StorageError> {
    let rows = transaction
        .query(
            include_str!("sql/due_documents.sql"),
            &[(&terms.fingerprint, Type::TEXT), (&first, Type::INT8), (&last, Type::INT8)],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Ranges of documents' numbers, first and last, with `size` documents each whose relationships have to be found.
pub async fn plan_relating(
    transaction: &Transaction,
    terms: &RelatingTerms,
    size: u32,
) -> Result<Vec<(i64, i64)>, StorageError> {
    let rows = transaction
        .query(
            include_str!("sql/plan_relating.sql"),
            &[(&terms.fingerprint, Type::TEXT), (&i64::from(size), Type::INT8)],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Notes, for a page of documents behind the number `after`, that the relationships of those have to be found anew that
/// lead to a document which `run` stored. Returns the last number of the page; `None` at the end.
pub async fn unrelate_from_changed(
    transaction: &Transaction,
    run: &RunId,
    after: i64,
    limit: u32,
) -> Result<Option<i64>, StorageError> {
    let row = transaction
        .query_opt(
            include_str!("sql/unrelate_from_changed.sql"),
            &[(&run.as_str(), Type::TEXT), (&after, Type::INT8), (&i64::from(limit), Type::INT8)],
        )
        .await?;
    Ok(row.and_then(|row| row.get(0)))
}

/// Notes, for a page of documents that `run` removed, that the relationships of those have to be found anew that lead to
/// one of them. `after` and the answer are keys of documents.
pub async fn unrelate_from_removed(
    transaction: &Transaction,
    run: &RunId,
    after: &[u8],
    limit: u32,
) -> Result<Option<Vec<u8>>, StorageError> {
    let row = transaction
        .query_opt(
            include_str!("sql/unrelate_from_removed.sql"),
            &[(&run.as_str(), Type::TEXT), (&after, Type::BYTEA), (&i64::from(limit), Type::INT8)],
        )
        .await?;
    if row.is_none() {
        transaction.execute(include_str!("sql/unrelate_orphans.sql"), &[]).await?;
    }
    Ok(row.map(|row| row.get(0)))
}

/// Stores what was found of documents, in place of what was found before.
pub async fn store_findings(
    transaction: &Transaction,
    terms: &RelatingTerms,
    findings: &Findings,
) -> Result<(), StorageError> {
    let offered = offers_by_document(findings);
    let mut locked: Vec<i64> = findings.documents.iter().chain(offered.keys()).copied().collect();
    locked.sort_unstable();
    transaction.query(include_str!("sql/lock_documents.sql"), &[(&locked, Type::INT8_ARRAY)]).await?;
    let documents: Parameter<'_> = (&findings.documents, Type::INT8_ARRAY);
    transaction.execute(include_str!("sql/unrelate.sql"), &[documents]).await?;
    let mut numbers: BTreeMap<i64, i32> = BTreeMap::new();
    insert_relationships(transaction, terms, &findings.relationships, &mut numbers).await?;
    insert_duplicates(transaction, &findings.duplicates).await?;
    take_offers(transaction, terms, offered).await?;
    let documents: Parameter<'_> = (&findings.documents, Type::INT8_ARRAY);
    transaction
        .execute(include_str!("sql/mark_related.sql"), &[documents, (&terms.fingerprint, Type::TEXT)])
        .await?;
    Ok(())
}

fn offers_by_document(findings: &Findings) -> BTreeMap<i64, Vec<CrossDocumentRelationship>> {
    let mut by_document: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for offer in &findings.offers {
        by_document.entry(offer.document).or_default().push(*offer);
    }
    by_document
}

/// Inserts relationships, which get the next numbers of their documents.
async fn insert_relationships(
    transaction: &Transaction,
    terms: &RelatingTerms,
    relationships: &[CrossDocumentRelationship],
    next_numbers: &mut BTreeMap<i64, i32>,
) -> Result<(), StorageError> {
    for chunk in relationships.chunks(CHUNK_ROWS) {
        let documents: Vec<i64> = chunk.iter().map(|one| one.document).collect();
        let numbers: Vec<i32> = chunk
            .iter()
            .map(|one| {
                let next = next_numbers.entry(one.document).or_default();
                *next += 1;
                *next - 1
            })
            .collect();
        let positions: Vec<i32> = chunk.iter().map(|one| int4(one.position)).collect();
        let targets: Vec<i64> = chunk.iter().map(|one| one.target_document).collect();
        let target_positions: Vec<i32> = chunk.iter().map(|one| int4(one.target_position)).collect();
        let scores: Vec<f32> = chunk.iter().map(|one| one.score).collect();
        transaction
            .execute(
                include_str!("sql/insert_cross_document_relationships.sql"),
                &[
                    (&documents, Type::INT8_ARRAY),
                    (&numbers, Type::INT4_ARRAY),
                    (&positions, Type::INT4_ARRAY),
                    (&targets, Type::INT8_ARRAY),
                    (&target_positions, Type::INT4_ARRAY),
                    (&terms.model, Type::TEXT),
                    (&scores, Type::FLOAT4_ARRAY),
                ],
            )
            .await?;
    }
    Ok(())
}

async fn insert_duplicates(transaction: &Transaction, duplicates: &[Duplicate]) -> Result<(), StorageError> {
    for chunk in duplicates.chunks(CHUNK_ROWS) {
        let documents: Vec<i64> = chunk.iter().map(|one| one.document).collect();
        let firsts: Vec<i64> = chunk.iter().map(|one| one.of).collect();
        let exact: Vec<bool> = chunk.iter().map(|one| one.is_exact).collect();
        let shares: Vec<f32> = chunk.iter().map(|one| one.share).collect();
        transaction
            .execute(
                include_str!("sql/insert_duplicates.sql"),
                &[
                    (&documents, Type::INT8_ARRAY),
                    (&firsts, Type::INT8_ARRAY),
                    (&exact, Type::BOOL_ARRAY),
                    (&shares, Type::FLOAT4_ARRAY),
                ],
            )
            .await?;
    }
    Ok(())
}

/// Offers relationships to documents, whose elements keep the best of those they have and are offered.
async fn take_offers(
    transaction: &Transaction,
    terms: &RelatingTerms,
    offered: BTreeMap<i64, Vec<CrossDocumentRelationship>>,
) -> Result<(), StorageError> {
    if offered.is_empty() {
        return Ok(());
    }
    let documents: Vec<i64> = offered.keys().copied().collect();
    let rows = transaction
        .query(include_str!("sql/cross_document_relationships.sql"), &[(&documents, Type::INT8_ARRAY)])
        .await?;
    let mut existing: BTreeMap<(i64, u32), Vec<(i32, CrossDocumentRelationship)>> = BTreeMap::new();
    let mut next_numbers: BTreeMap<i64, i32> = BTreeMap::new();
    for row in &rows {
        let (number, one) = read_relationship(row);
        let next = next_numbers.entry(one.document).or_default();
        *next = (*next).max(number + 1);
        existing.entry((one.document, one.position)).or_default().push((number, one));
    }
    let mut by_element: BTreeMap<(i64, u32), Vec<CrossDocumentRelationship>> = BTreeMap::new();
    for offer in offered.into_values().flatten() {
        by_element.entry((offer.document, offer.position)).or_default().push(offer);
    }
    let (mut dropped, mut added) = ((Vec::new(), Vec::new()), Vec::new());
    for (element, offers) in by_element {
        let had = existing.remove(&element).unwrap_or_default();
        let all = had.iter().map(|(_, one)| *one).chain(offers).collect();
        let kept = best(all, terms.max_per_element);
        for (number, one) in &had {
            if !kept.contains(one) {
                dropped.0.push(one.document);
                dropped.1.push(*number);
            }
        }
        added.extend(kept.into_iter().filter(|one| !had.iter().any(|(_, old)| old == one)));
    }
    if !dropped.0.is_empty() {
        transaction
            .execute(
                include_str!("sql/delete_cross_document_relationships.sql"),
                &[(&dropped.0, Type::INT8_ARRAY), (&dropped.1, Type::INT4_ARRAY)],
            )
            .await?;
    }
    insert_relationships(transaction, terms, &added, &mut next_numbers).await
}

/// A relationship with its number. One that leads nowhere any more is worth nothing.
fn read_relationship(row: &Row) -> (i32, CrossDocumentRelationship) {
    let target: Option<i64> = row.get("target_document");
    let one = CrossDocumentRelationship {
        document: row.get("document_number"),
        position: row.get::<_, i32>("position").cast_unsigned(),
        target_document: target.unwrap_or_default(),
        target_position: row.get::<_, i32>("target_position").cast_unsigned(),
        score: if target.is_some() { row.get("score") } else { f32::NEG_INFINITY },
    };
    (row.get("relationship_number"), one)
}

/// Adds to what a worker embedded and related in a run.
pub async fn add_meaning_counters(
    transaction: &Transaction,
    run: &RunId,
    worker: &WorkerId,
    counters: &MeaningCounters,
) -> Result<(), StorageError> {
    if counters.is_empty() {
        return Ok(());
    }
    let [vectors, semantic, compared, across, duplicates] = counters.columns();
    transaction
        .execute(
            include_str!("sql/add_meaning_counters.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&worker.as_str(), Type::TEXT),
                (&vectors, Type::INT8),
                (&semantic, Type::INT8),
                (&compared, Type::INT8),
                (&across, Type::INT8),
                (&duplicates, Type::INT8),
            ],
        )
        .await?;
    Ok(())
}

/// What was embedded and related in a run.
pub async fn meaning_counters(
    transaction: &Transaction,
    run: &RunId,
) -> Result<MeaningCounters, StorageError> {
    let row = transaction
        .query_opt(include_str!("sql/meaning_counters.sql"), &[(&run.as_str(), Type::TEXT)])
        .await?;
    Ok(row.map_or_else(MeaningCounters::default, |row| {
        MeaningCounters::of_columns([0, 1, 2, 3, 4].map(|column| row.get(column)))
    }))
}
