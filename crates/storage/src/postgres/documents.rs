//! Documents as wholes.

use super::graph::{delete_graphs, insert_dependencies, insert_elements, insert_relationships};
use super::meaning::insert_vectors;
use super::{int4, read_doc_key};
use crate::{DocumentHeader, GraphDocument, StorageError};
use gdg_model::{DocKey, Format, RunId};
use gdg_postgres::{Transaction, Type, clean_text};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Stores documents with their whole graphs, in place of what was stored of
/// them before. Of two with the same name the later one counts.
pub async fn store_documents(
    transaction: &Transaction,
    run: &RunId,
    graphs: &[&GraphDocument],
) -> Result<(), StorageError> {
    let documents = each_once(graphs.iter().map(|graph| NewDocument::stored(graph)));
    let rows = upsert(transaction, run, &documents).await?;
    delete_graphs(transaction, &numbers_of_replaced(&rows)).await?;
    let graphs: Vec<(i64, &GraphDocument)> = documents
        .iter()
        .filter_map(|(key, document)| Some((rows.get(key)?.number, document.graph?)))
        .collect();
    insert_elements(transaction, &graphs).await?;
    insert_relationships(transaction, &graphs).await?;
    insert_vectors(transaction, &graphs).await?;
    insert_dependencies(transaction, &graphs).await
}

/// Remembers documents that have no parser, and removes what was stored of them before.
pub async fn store_skipped(
    transaction: &Transaction,
    run: &RunId,
    headers: &[&DocumentHeader],
) -> Result<(), StorageError> {
    let documents = each_once(headers.iter().map(|header| NewDocument::skipped(header)));
    let rows = upsert(transaction, run, &documents).await?;
    delete_graphs(transaction, &numbers_of_replaced(&rows)).await
}

/// A document about to be stored.
struct NewDocument<'a> {
    header: &'a DocumentHeader,
    /// Links that lead to it.
    link_depth: u32,
    /// `None` for one that has no parser.
    graph: Option<&'a GraphDocument>,
}

impl<'a> NewDocument<'a> {
    fn stored(graph: &'a GraphDocument) -> Self {
        Self { graph: Some(graph), ..Self::skipped(&graph.header) }
    }

    fn skipped(header: &'a DocumentHeader) -> Self {
        Self { header, link_depth: header.document.link_depth, graph: None }
    }
}

/// `documents` by key, each once: one statement does not write a row twice.
fn each_once<'a>(documents: impl Iterator<Item = NewDocument<'a>>) -> BTreeMap<DocKey, NewDocument<'a>> {
    let mut by_key: BTreeMap<DocKey, NewDocument<'a>> = BTreeMap::new();
    for mut document in documents {
        let key = document.header.document.doc_id.key();
        if let Some(earlier) = by_key.get(&key) {
            document.link_depth = document.link_depth.min(earlier.link_depth);
        }
        by_key.insert(key, document);
    }
    by_key
}

/// A row of `documents` that was written.
struct Written {
    number: i64,
    /// Whether there was one before.
    was_there: bool,
}

fn numbers_of_replaced(rows: &HashMap<DocKey, Written>) -> Vec<i64> {
    rows.values().filter(|row| row.was_there).map(|row| row.number).collect()
}

async fn upsert(
    transaction: &Transaction,
    run: &RunId,
    documents: &BTreeMap<DocKey, NewDocument<'_>>,
) -> Result<HashMap<DocKey, Written>, StorageError> {
    if documents.is_empty() {
        return Ok(HashMap::new());
    }
    let columns = Columns::of(documents);
    let rows = transaction
        .query(
            include_str!("sql/upsert_documents.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&columns.doc_ids, Type::TEXT_ARRAY),
                (&columns.doc_keys, Type::BYTEA_ARRAY),
                (&columns.source_names, Type::TEXT_ARRAY),
                (&columns.locators, Type::TEXT_ARRAY),
                (&columns.outcomes, Type::TEXT_ARRAY),
                (&columns.formats, Type::TEXT_ARRAY),
                (&columns.titles, Type::TEXT_ARRAY),
                (&columns.metadata, Type::TEXT_ARRAY),
                (&columns.sizes, Type::INT8_ARRAY),
                (&columns.etags, Type::TEXT_ARRAY),
                (&columns.modified_at, Type::INT8_ARRAY),
                (&columns.content_hashes, Type::BYTEA_ARRAY),
                (&columns.parse_fingerprints, Type::TEXT_ARRAY),
                (&columns.link_depths, Type::INT4_ARRAY),
                (&columns.element_counts, Type::INT4_ARRAY),
                (&columns.links_in_elements, Type::BOOL_ARRAY),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((read_doc_key(row)?, Written { number: row.get(1), was_there: row.get(2) })))
        .collect()
}

/// Documents, column by column: the form in which one statement takes many.
#[derive(Default)]
struct Columns<'a> {
    doc_ids: Vec<Cow<'a, str>>,
    doc_keys: Vec<&'a [u8]>,
    source_names: Vec<&'a str>,
    locators: Vec<Cow<'a, str>>,
    outcomes: Vec<&'static str>,
    formats: Vec<Option<&'static str>>,
    titles: Vec<Option<&'a str>>,
    metadata: Vec<Option<&'a str>>,
    sizes: Vec<i64>,
    etags: Vec<Option<Cow<'a, str>>>,
    modified_at: Vec<Option<i64>>,
    content_hashes: Vec<&'a [u8]>,
    parse_fingerprints: Vec<&'a str>,
    link_depths: Vec<i32>,
    element_counts: Vec<i32>,
    links_in_elements: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn of(documents: &'a BTreeMap<DocKey, NewDocument<'a>>) -> Self {
        let mut columns = Self::default();
        for (key, document) in documents {
            columns.push(key, document);
        }
        columns
    }

    fn push(&mut self, key: &'a DocKey, new: &NewDocument<'a>) {
        let (header, graph) = (new.header, new.graph);
        let document = &header.document;
        self.doc_ids.push(clean_text(document.doc_id.as_str()));
        self.doc_keys.push(&key.0);
        self.source_names.push(document.source_name.as_str());
        self.locators.push(clean_text(&document.locator));
        self.outcomes.push(if graph.is_some() { "stored" } else { "skipped" });
        self.formats.push(graph.map(|graph| Format::as_str(graph.format)));
        self.titles.push(graph.and_then(|graph| graph.title.as_deref()));
        self.metadata.push(graph.and_then(|graph| graph.metadata.as_deref()));
        self.sizes.push(header.size.cast_signed());
        self.etags.push(document.stamp.etag.as_deref().map(clean_text));
        self.modified_at.push(document.stamp.modified_at);
        self.content_hashes.push(&header.content_hash.0);
        self.parse_fingerprints.push(&header.parse_fingerprint);
        self.link_depths.push(int4(new.link_depth));
        self.element_counts.push(int4(graph.map_or(0, |graph| graph.elements.len())));
        self.links_in_elements.push(graph.is_some_and(|graph| graph.links_in_elements));
    }
}
