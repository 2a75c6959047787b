//! Buckets of Google Cloud Storage pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use async_trait::async_trait;
use futures::TryStreamExt;
use gdg_config::{Environment, GcsSourceConfig, Secret, SourceConfig, SourceKind};
use gdg_model::{DocId, DocumentRef, ErrorClass, SourceName, Stamp};
use gdg_sources::conformance::{Fixture, goes_on_behind_every_cursor};
use gdg_sources::{
    Fetch, Fetched, ListedBatch, OpenSourceError, Source, SourceContext, SourceError, open_source,
};
use gdg_test_servers::faults::Fault;
use gdg_test_servers::gcs::{BUCKET, GcsServer};
use std::num::NonZeroU32;
use std::sync::Arc;

struct GcsFixture {
    server: GcsServer,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for GcsFixture {
    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    async fn put(&mut self, key: &str, bytes: &[u8]) {
        self.server.put(key, bytes.to_vec());
    }

    async fn remove(&mut self, key: &str) {
        self.server.remove(key);
    }
}

async fn make() -> GcsFixture {
    let server = GcsServer::start().await;
    let source = open(&server, |_| {});
    GcsFixture { server, source }
}

gdg_sources::source_conformance_tests!(make);

fn try_open(config: GcsSourceConfig, context: &SourceContext) -> Result<Arc<dyn Source>, OpenSourceError> {
    let kind = SourceKind::Gcs(Box::new(config));
    open_source(&SourceConfig { name: SourceName::new("lake"), kind }, context)
}

fn open(server: &GcsServer, change: impl FnOnce(&mut GcsSourceConfig)) -> Arc<dyn Source> {
    let mut config = config(&server.endpoint());
    change(&mut config);
    try_open(config, &SourceContext::default()).unwrap()
}

async fn batches(source: &dyn Source) -> Result<Vec<ListedBatch>, SourceError> {
    source.list(None, 1_000).try_collect().await
}

async fn listed(source: &dyn Source) -> Vec<String> {
    let batches = batches(source).await.unwrap();
    assert!(batches.iter().all(|batch| batch.problems.is_empty()));
    batches.into_iter().flat_map(|batch| batch.documents).map(|document| document.locator).collect()
}

fn document(locator: &str) -> DocumentRef {
    let source_name = SourceName::new("lake");
    DocumentRef {
        doc_id: DocId::in_source(&source_name, locator),
        source_name,
        locator: locator.into(),
        link_depth: 0,
        stamp: Stamp::default(),
    }
}

async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    match source.fetch(&document(locator), None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("nothing is known"),
    }
}

#[tokio::test]
async fn keys_of_every_shape_are_listed_page_by_page_and_fetched() {
    let server = GcsServer::start().await;
    let mut keys =
        [" a ", "100%.md", "a#b?c&d=e+f.md", "a&<b>.md", "caf\u{e9}.md", "docs-old.md", "\u{1f600}.md"];
    for key in keys.into_iter().chain(["docs/"]) {
        server.put(key, key.to_owned());
    }
    keys.sort_unstable();
    for page_size in [1, 3, 1_000] {
        let source = open(&server, |config| config.page_size = NonZeroU32::new(page_size).unwrap());
        assert_eq!(listed(&*source).await, keys);
        goes_on_behind_every_cursor(&*source, 2).await;
        for key in keys {
            assert_eq!(fetch(&*source, key).await.unwrap().content.read(100).unwrap(), key.as_bytes());
        }
    }
}

#[tokio::test]
async fn an_unchanged_object_is_not_sent_again() {
    let server = GcsServer::start().await;
    server.put("a.md", "a");
    let source = open(&server, |_| {});
    let stamp = fetch(&*source, "a.md").await.unwrap().stamp;
    let again = source.fetch(&document("a.md"), Some(&stamp)).await.unwrap();
    assert!(matches!(again, Fetch::Unchanged { .. }));
}

#[tokio::test]
async fn a_large_object_that_changes_between_its_parts_is_not_mixed() {
    let server = GcsServer::start().await;
    let bytes: Vec<u8> = (0..4_u64 << 20).flat_map(u64::to_le_bytes).collect();
    server.put("large.bin", bytes.clone());
    let source = open(&server, |_| {});
    let document = batches(&*source).await.unwrap().remove(0).documents.remove(0);
    let Fetch::Document(fetched) = source.fetch(&document, None).await.unwrap() else {
        panic!("nothing is known")
    };
    assert_eq!(fetched.stamp, document.stamp);
    assert!(fetched.content.read(u64::MAX).unwrap() == bytes);
    let bucket = (*server).clone();
    let mut gets = 0;
    server.faults().inject(move |_| {
        gets += 1;
        if gets == 2 {
            bucket.put("large.bin", bytes.clone());
        }
        Fault::None
    });
    let error = source.fetch(&document, None).await.unwrap_err();
    assert!(matches!(error, SourceError::ChangedMeanwhile { .. }), "{error}");
}

fn config(endpoint: &str) -> GcsSourceConfig {
    GcsSourceConfig {
        bucket: BUCKET.into(),
        endpoint: Some(endpoint.into()),
        allow_http: true,
        anonymous: true,
        ..GcsSourceConfig::default()
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_when_the_source_is_opened() {
    let refused = |key: &str, change: &dyn Fn(&mut GcsSourceConfig)| {
        let mut config = config("https://storage.example.com");
        config.anonymous = false;
        change(&mut config);
        let message = try_open(config, &SourceContext::default()).unwrap_err().to_string();
        assert!(message.starts_with(&format!("source `lake`: {key} ")), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    };
    refused("bucket", &|config| config.bucket = "a/b".into());
    refused("service_account_key", &|config| config.service_account_key = Some(Secret::new("hunter2")));
    refused("service_account_key", &|config| {
        config.service_account_key = Some(Secret::new(
            r#"{"private_key": "hunter2", "private_key_id": "1", "client_email": "a@example.com"}"#,
        ));
    });
    refused("service_account_key_file", &|config| config.service_account_key_file = Some("/nowhere".into()));
    refused("anonymous", &|config| {
        config.service_account_key = Some(Secret::new("{}"));
        config.anonymous = true;
    });
}

#[tokio::test]
async fn an_anonymous_source_sends_no_credentials_and_looks_for_none() {
    let server = GcsServer::start().await;
    server.put("a.md", "a");
    let environment: Environment =
        [("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")].into_iter().collect();
    let context = SourceContext { environment, ..SourceContext::default() };
    let source = try_open(config(&server.endpoint()), &context).unwrap();
    assert_eq!(listed(&*source).await, ["a.md"]);
    assert!(server.faults().take_seen().iter().all(|seen| seen.header("authorization").is_none()));
    // The worker's own identity is another matter.
    let own = GcsSourceConfig { anonymous: false, ..config(&server.endpoint()) };
    let error = try_open(own, &context).unwrap_err();
    assert!(error.to_string().contains("/nowhere.json"), "{error}");
}

#[tokio::test]
async fn what_the_server_refuses_is_told_with_its_reason() {
    let server = GcsServer::start().await;
    let source = open(&server, |config| config.bucket = "another-bucket".into());
    let error = batches(&*source).await.unwrap_err();
    assert!(
        error.to_string().contains("`gs://another-bucket` is not usable: there is no such bucket"),
        "{error}"
    );
    let source = open(&server, |_| {});
    for (status, code, class) in [
        (401, "AuthenticationRequired", ErrorClass::Permanent),
        (403, "AccessDenied", ErrorClass::Permanent),
        (403, "UserProjectAccountProblem", ErrorClass::Permanent),
        (429, "SlowDown", ErrorClass::Transient),
        (503, "ServiceUnavailable", ErrorClass::Transient),
    ] {
        server.faults().inject(move |_| Fault::error(status, code, "as it is"));
        for error in [batches(&*source).await.unwrap_err(), fetch(&*source, "a.md").await.unwrap_err()] {
            assert_eq!(error.class(), class, "{error}");
            assert!(error.to_string().contains(&format!("{code}: as it is")), "{error}");
        }
    }
}
