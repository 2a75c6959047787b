//! What the tests of the three databases have in common.

use futures::TryStreamExt;
use gdg_config::{DatabaseFieldMapping, DatabaseSourceConfig, SourceConfig, SourceKind};
use gdg_model::{DocumentRef, SourceName, Stamp};
use gdg_sources::{Fetch, Fetched, OpenSourceError, Source, SourceContext, SourceError, open_source};
use std::sync::Arc;

pub(crate) fn config_of(database: DatabaseSourceConfig) -> SourceConfig {
    SourceConfig { name: SourceName::new("rows"), kind: SourceKind::Database(Box::new(database)) }
}

pub(crate) fn open(database: DatabaseSourceConfig) -> Arc<dyn Source> {
    try_open(database).unwrap()
}

pub(crate) fn try_open(database: DatabaseSourceConfig) -> Result<Arc<dyn Source>, OpenSourceError> {
    open_source(&config_of(database), &SourceContext::default())
}

pub(crate) fn id_of(columns: &[&str]) -> DatabaseFieldMapping {
    DatabaseFieldMapping {
        id: columns.iter().map(|column| (*column).to_owned()).collect(),
        ..DatabaseFieldMapping::default()
    }
}

/// The locators that are listed, and the problems.
pub(crate) async fn list(source: &dyn Source) -> Result<(Vec<String>, Vec<String>), SourceError> {
    let batches: Vec<_> = source.list(None, 1_000).try_collect().await?;
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for batch in batches {
        documents.extend(batch.documents.into_iter().map(|document| document.locator));
        problems.extend(batch.problems.into_iter().map(|problem| problem.error.to_string()));
    }
    Ok((documents, problems))
}

pub(crate) async fn listed(source: &dyn Source) -> Vec<String> {
    let (documents, problems) = list(source).await.unwrap();
    assert_eq!(problems, [""; 0]);
    documents
}

pub(crate) async fn documents(source: &dyn Source) -> Vec<DocumentRef> {
    let batches: Vec<_> = source.list(None, 1_000).try_collect().await.unwrap();
    batches.into_iter().flat_map(|batch| batch.documents).collect()
}

pub(crate) fn document(locator: &str) -> DocumentRef {
    let source_name = SourceName::new("rows");
    DocumentRef::listed(&source_name, locator, Stamp::default())
}

pub(crate) async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    match source.fetch(&document(locator), None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("{locator} is no other than one that was never seen"),
    }
}

pub(crate) async fn bytes_of(source: &dyn Source, locator: &str) -> Vec<u8> {
    fetch(source, locator).await.unwrap().content.read(1 << 30).unwrap()
}

pub(crate) async fn text_of(source: &dyn Source, locator: &str) -> String {
    String::from_utf8(bytes_of(source, locator).await).unwrap()
}

/// Bytes that look the same nowhere, and pieces of which would not go unnoticed.
pub(crate) fn any_bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

/// Rows that a test inserts and deletes while they are listed: every one of those that stay has to be listed once.
pub(crate) fn assert_nothing_is_lost(listed: &[String], stayed: impl Iterator<Item = String>) {
    let mut seen = std::collections::HashSet::new();
    for locator in listed {
        assert!(seen.insert(locator.as_str()), "{locator} is listed twice");
    }
    for locator in stayed {
        assert!(seen.contains(locator.as_str()), "{locator} is not listed");
    }
}
