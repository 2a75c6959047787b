//! Servers on this machine, and what is asked of them.

use axum::Router;
use futures::{StreamExt, TryStreamExt};
use gdg_config::{RestSourceConfig, SourceConfig, SourceKind};
use gdg_model::{DocumentRef, SourceName, Stamp};
use gdg_sources::{Cursor, Fetch, Fetched, ListedBatch, OpenSourceError, Source, SourceContext, SourceError};
use std::sync::Arc;

/// Serves `router` at the address that is returned, until the test's runtime ends.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A configuration for a server of [`serve`].
pub(crate) fn config(base_url: &str) -> RestSourceConfig {
    RestSourceConfig {
        base_url: base_url.to_owned(),
        allow_private_networks: true,
        requests_per_second: 0,
        ..RestSourceConfig::default()
    }
}

pub(crate) fn try_open(config: &RestSourceConfig) -> Result<Arc<dyn Source>, OpenSourceError> {
    let kind = SourceKind::Rest(Box::new(config.clone()));
    gdg_sources::open_source(&SourceConfig { name: SourceName::new("wiki"), kind }, &SourceContext::default())
}

pub(crate) fn open(config: &RestSourceConfig) -> Arc<dyn Source> {
    try_open(config).unwrap()
}

pub(crate) fn document(locator: &str) -> DocumentRef {
    let source_name = SourceName::new("wiki");
    DocumentRef::listed(&source_name, locator, Stamp::default())
}

/// All batches, up to the first error.
pub(crate) async fn batches(
    source: &dyn Source,
    after: Option<&Cursor>,
    size: usize,
) -> Result<Vec<ListedBatch>, SourceError> {
    source.list(after.cloned(), size).try_collect().await
}

pub(crate) async fn listed(source: &dyn Source) -> Vec<DocumentRef> {
    let batches = batches(source, None, 1_000).await.unwrap();
    assert!(batches.iter().all(|batch| batch.problems.is_empty()), "{batches:?}");
    batches.into_iter().flat_map(|batch| batch.documents).collect()
}

pub(crate) fn locators<'a>(batches: impl IntoIterator<Item = &'a ListedBatch>) -> Vec<String> {
    let documents = batches.into_iter().flat_map(|batch| &batch.documents);
    documents.map(|document| document.locator.clone()).collect()
}

/// The error that a listing ends with.
pub(crate) async fn listing_error(source: &dyn Source) -> SourceError {
    let mut batches = source.list(None, 1_000);
    while let Some(batch) = batches.next().await {
        if let Err(error) = batch {
            return error;
        }
    }
    panic!("the listing ends well")
}

pub(crate) async fn fetch(source: &dyn Source, document: &DocumentRef) -> Result<Fetched, SourceError> {
    match source.fetch(document, None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("it was never seen"),
    }
}

pub(crate) async fn text_of(source: &dyn Source, locator: &str) -> String {
    let fetched = fetch(source, &document(locator)).await.unwrap();
    String::from_utf8(fetched.content.read(10 << 20).unwrap()).unwrap()
}
