//! The rows of documents' graphs: elements and relationships.

use super::int4;
use crate::{ElementRow, GraphDocument, StorageError};
use gdg_postgres::{Transaction, Type, clean_text};
use std::borrow::Cow;

/// Rows that one statement inserts at most: more cost the server more memory and are no faster.
const CHUNK_ROWS: usize = 4_000;

/// Bytes of text that one statement inserts, unless a single row has more.
const CHUNK_BYTES: usize = 8 << 20;

/// Removes the graphs of documents, whose own rows stay.
pub(super) async fn delete_graphs(transaction: &Transaction, numbers: &[i64]) -> Result<(), StorageError> {
    if !numbers.is_empty() {
        transaction.execute(include_str!("sql/delete_graphs.sql"), &[(&numbers, Type::INT8_ARRAY)]).await?;
    }
    Ok(())
}

/// Inserts the elements of documents, whose numbers come with them.
pub(super) async fn insert_elements(
    transaction: &Transaction,
    graphs: &[(i64, &GraphDocument)],
) -> Result<(), StorageError> {
    let mut chunk = Elements::default();
    for (document_number, graph) in graphs {
        for (position, row) in graph.elements.iter().enumerate() {
            chunk.push(*document_number, position, row);
            if chunk.is_full() {
                chunk.insert(transaction).await?;
                chunk.clear();
            }
        }
    }
    chunk.insert(transaction).await
}

/// Inserts the links of documents, numbered within each.
pub(super) async fn insert_relationships(
    transaction: &Transaction,
    graphs: &[(i64, &GraphDocument)],
) -> Result<(), StorageError> {
    let mut chunk = Relationships::default();
    for (document_number, graph) in graphs {
        for (number, link) in graph.relationships.iter().enumerate() {
            chunk.document_numbers.push(*document_number);
            chunk.relationship_numbers.push(int4(number));
            chunk.positions.push(int4(link.position));
            chunk.targets.push(clean_text(link.target.as_str()));
            chunk.fragments.push(&link.fragment);
            chunk.bytes += link.target.as_str().len() + link.fragment.len();
            if chunk.is_full() {
                chunk.insert(transaction).await?;
                chunk = Relationships::default();
            }
        }
    }
    chunk.insert(transaction).await
}

/// Inserts the documents that are to be processed because these link to them.
pub(super) async fn insert_dependencies(
    transaction: &Transaction,
    graphs: &[(i64, &GraphDocument)],
) -> Result<(), StorageError> {
    let all = graphs.iter().flat_map(|(number, graph)| {
        graph.dependencies.iter().map(move |(key, target)| (*number, key, target))
    });
    let all: Vec<_> = all.collect();
    for chunk in all.chunks(CHUNK_ROWS) {
        let numbers: Vec<i64> = chunk.iter().map(|(number, ..)| *number).collect();
        let keys: Vec<&[u8]> = chunk.iter().map(|(_, key, _)| key.0.as_slice()).collect();
        let sources: Vec<&str> = chunk.iter().map(|(.., target)| target.source_name.as_str()).collect();
        let locators: Vec<_> = chunk.iter().map(|(.., target)| clean_text(&target.locator)).collect();
        transaction
            .execute(
                include_str!("sql/insert_dependencies.sql"),
                &[
                    (&numbers, Type::INT8_ARRAY),
                    (&keys, Type::BYTEA_ARRAY),
                    (&sources, Type::TEXT_ARRAY),
                    (&locators, Type::TEXT_ARRAY),
                ],
            )
            .await?;
    }
    Ok(())
}

/// Elements, column by column.
#[derive(Default)]
struct Elements<'a> {
    document_numbers: Vec<i64>,
    positions: Vec<i32>,
    parents: Vec<Option<i32>>,
    ordinals: Vec<i32>,
    depths: Vec<i32>,
    types: Vec<&'a str>,
    texts: Vec<&'a str>,
    locations: Vec<&'a str>,
    attributes: Vec<Option<&'a str>>,
    digests: Vec<i64>,
    bytes: usize,
}

impl<'a> Elements<'a> {
    fn push(&mut self, document_number: i64, position: usize, row: &'a ElementRow) {
        let attributes = row.attributes.as_deref();
        self.document_numbers.push(document_number);
        self.positions.push(int4(position));
        self.parents.push(row.parent.map(int4));
        self.ordinals.push(int4(row.ordinal));
        self.depths.push(int4(row.depth));
        self.types.push(&row.element_type);
        self.texts.push(&row.text);
        self.locations.push(&row.content_location);
        self.attributes.push(attributes);
        self.digests.push(i64::from(row.content_digest));
        self.bytes += row.text.len() + row.content_location.len() + attributes.map_or(0, str::len);
    }

    fn is_full(&self) -> bool {
        self.positions.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }

    /// Forgets the rows and keeps their room for the next ones.
    fn clear(&mut self) {
        self.document_numbers.clear();
        self.positions.clear();
        self.parents.clear();
        self.ordinals.clear();
        self.depths.clear();
        self.types.clear();
        self.texts.clear();
        self.locations.clear();
        self.attributes.clear();
        self.digests.clear();
        self.bytes = 0;
    }

    async fn insert(&self, transaction: &Transaction) -> Result<(), StorageError> {
        if self.positions.is_empty() {
            return Ok(());
        }
        transaction
            .execute(
                include_str!("sql/insert_elements.sql"),
                &[
                    (&self.document_numbers, Type::INT8_ARRAY),
                    (&self.positions, Type::INT4_ARRAY),
                    (&self.parents, Type::INT4_ARRAY),
                    (&self.ordinals, Type::INT4_ARRAY),
                    (&self.depths, Type::INT4_ARRAY),
                    (&self.types, Type::TEXT_ARRAY),
                    (&self.texts, Type::TEXT_ARRAY),
                    (&self.locations, Type::TEXT_ARRAY),
                    (&self.attributes, Type::TEXT_ARRAY),
                    (&self.digests, Type::INT8_ARRAY),
                ],
            )
            .await?;
        Ok(())
    }
}

/// Links, column by column.
#[derive(Default)]
struct Relationships<'a> {
    document_numbers: Vec<i64>,
    relationship_numbers: Vec<i32>,
    positions: Vec<i32>,
    targets: Vec<Cow<'a, str>>,
    fragments: Vec<&'a str>,
    bytes: usize,
}

impl Relationships<'_> {
    fn is_full(&self) -> bool {
        self.positions.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }

    async fn insert(&self, transaction: &Transaction) -> Result<(), StorageError> {
        if self.positions.is_empty() {
            return Ok(());
        }
        transaction
            .execute(
                include_str!("sql/insert_explicit_relationships.sql"),
                &[
                    (&self.document_numbers, Type::INT8_ARRAY),
                    (&self.relationship_numbers, Type::INT4_ARRAY),
                    (&self.positions, Type::INT4_ARRAY),
                    (&self.targets, Type::TEXT_ARRAY),
                    (&self.fragments, Type::TEXT_ARRAY),
                ],
            )
            .await?;
        Ok(())
    }
}
