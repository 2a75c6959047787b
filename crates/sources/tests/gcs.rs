//! Buckets of Google Cloud Storage pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod lake;

use async_trait::async_trait;

use gdg_config::{Environment, GcsSourceConfig, Secret, SourceConfig, SourceKind};
use gdg_model::{ErrorClass, SourceName};
use gdg_sources::conformance::Fixture;
use gdg_sources::{OpenSourceError, Source, SourceContext, open_source};
use gdg_test_servers::bucket::Bucket;
use gdg_test_servers::faults::Fault;
use gdg_test_servers::faults::Faults;
use gdg_test_servers::gcs::{BUCKET, GcsServer};
use lake::{Lake, batches, fetch, listed};
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

impl Lake for GcsServer {
    fn bucket(&self) -> &Bucket {
        self
    }

    fn faults(&self) -> &Faults {
        GcsServer::faults(self)
    }

    fn open(&self, page_size: u32) -> Arc<dyn Source> {
        open(self, |config| config.page_size = NonZeroU32::new(page_size).unwrap())
    }
}

#[tokio::test]
async fn keys_of_every_shape_are_listed_page_by_page_and_fetched() {
    lake::keys_of_every_shape_are_listed_page_by_page_and_fetched(&GcsServer::start().await).await;
}

#[tokio::test]
async fn an_unchanged_object_is_not_sent_again() {
    lake::an_unchanged_object_is_not_sent_again(&GcsServer::start().await).await;
}

#[tokio::test]
async fn a_large_object_that_changes_between_its_parts_is_not_mixed() {
    lake::a_large_object_that_changes_between_its_parts_is_not_mixed(&GcsServer::start().await).await;
}

fn try_open(config: GcsSourceConfig, context: &SourceContext) -> Result<Arc<dyn Source>, OpenSourceError> {
    let kind = SourceKind::Gcs(Box::new(config));
    open_source(&SourceConfig { name: SourceName::new(lake::NAME), kind }, context)
}

fn open(server: &GcsServer, change: impl FnOnce(&mut GcsSourceConfig)) -> Arc<dyn Source> {
    let mut config = config(&server.endpoint());
    change(&mut config);
    try_open(config, &SourceContext::default()).unwrap()
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
