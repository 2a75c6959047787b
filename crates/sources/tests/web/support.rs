//! Sources on a site, and what tests ask of them.

use crate::site::Site;
use futures::TryStreamExt;
use gdg_config::{SourceConfig, SourceKind, WebSourceConfig};
use gdg_model::{DocId, DocumentRef, SourceName, Stamp};
use gdg_sources::{Fetch, Fetched, OpenSourceError, Source, SourceContext, SourceError, open_source};
use std::sync::Arc;

pub(crate) fn try_open(
    context: &SourceContext,
    change: impl FnOnce(&mut WebSourceConfig),
) -> Result<Arc<dyn Source>, OpenSourceError> {
    let mut web = WebSourceConfig { allow_private_networks: true, ..WebSourceConfig::default() };
    change(&mut web);
    let config = SourceConfig { name: SourceName::new("web"), kind: SourceKind::Web(Box::new(web)) };
    open_source(&config, context)
}

pub(crate) fn open(change: impl FnOnce(&mut WebSourceConfig)) -> Arc<dyn Source> {
    try_open(&SourceContext::default(), change).unwrap()
}

/// A source that begins with the first page of a site.
pub(crate) fn open_on(site: &Site, change: impl FnOnce(&mut WebSourceConfig)) -> Arc<dyn Source> {
    open(|config| {
        config.url_list = vec![site.url("/")];
        change(config);
    })
}

pub(crate) fn document(locator: &str, link_depth: u32) -> DocumentRef {
    let source_name = SourceName::new("web");
    DocumentRef {
        doc_id: DocId::in_source(&source_name, locator),
        source_name,
        locator: locator.into(),
        link_depth,
        stamp: Stamp::default(),
    }
}

/// The locators that are listed, and what was a problem.
pub(crate) async fn list(source: &dyn Source) -> (Vec<String>, Vec<String>) {
    let batches: Vec<_> = source.list(None, 1_000).try_collect().await.unwrap();
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for batch in batches {
        documents.extend(batch.documents.into_iter().map(|document| document.locator));
        problems.extend(batch.problems.into_iter().map(|problem| problem.error.to_string()));
    }
    (documents, problems)
}

pub(crate) async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    match source.fetch(&document(locator, 0), None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("{locator} was never seen"),
    }
}

pub(crate) async fn text_of(source: &dyn Source, locator: &str) -> Result<String, SourceError> {
    let fetched = fetch(source, locator).await?;
    let bytes = tokio::task::spawn_blocking(|| fetched.content.read(1 << 20)).await.unwrap()?;
    Ok(String::from_utf8(bytes).unwrap())
}
