//! Containers of Azure Blob Storage pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod lake;

use async_trait::async_trait;

use gdg_config::{AzureSourceConfig, Environment, Secret, SourceConfig, SourceKind};
use gdg_model::{ErrorClass, SourceName};
use gdg_sources::conformance::Fixture;
use gdg_sources::{OpenSourceError, Source, SourceContext, open_source};
use gdg_test_servers::azure::{ACCOUNT, AzureServer, CONTAINER};
use gdg_test_servers::bucket::Bucket;
use gdg_test_servers::faults::Fault;
use gdg_test_servers::faults::Faults;
use lake::{Lake, batches, fetch, listed};
use std::num::NonZeroU32;
use std::sync::Arc;

struct AzureFixture {
    server: AzureServer,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for AzureFixture {
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

async fn make() -> AzureFixture {
    let server = AzureServer::start().await;
    let source = open(&server, |_| {});
    AzureFixture { server, source }
}

gdg_sources::source_conformance_tests!(make);

impl Lake for AzureServer {
    fn bucket(&self) -> &Bucket {
        self
    }

    fn faults(&self) -> &Faults {
        AzureServer::faults(self)
    }

    fn open(&self, page_size: u32) -> Arc<dyn Source> {
        open(self, |config| config.page_size = NonZeroU32::new(page_size).unwrap())
    }
}

#[tokio::test]
async fn keys_of_every_shape_are_listed_page_by_page_and_fetched() {
    lake::keys_of_every_shape_are_listed_page_by_page_and_fetched(&AzureServer::start().await).await;
}

#[tokio::test]
async fn an_unchanged_object_is_not_sent_again() {
    lake::an_unchanged_object_is_not_sent_again(&AzureServer::start().await).await;
}

#[tokio::test]
async fn a_large_object_that_changes_between_its_parts_is_not_mixed() {
    lake::a_large_object_that_changes_between_its_parts_is_not_mixed(&AzureServer::start().await).await;
}

fn try_open(config: AzureSourceConfig, context: &SourceContext) -> Result<Arc<dyn Source>, OpenSourceError> {
    let kind = SourceKind::Azure(Box::new(config));
    open_source(&SourceConfig { name: SourceName::new(lake::NAME), kind }, context)
}

fn open(server: &AzureServer, change: impl FnOnce(&mut AzureSourceConfig)) -> Arc<dyn Source> {
    let mut config = config(&server.endpoint());
    change(&mut config);
    try_open(config, &SourceContext::default()).unwrap()
}

/// The key of the emulator, which everybody knows.
const ACCESS_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

fn config(endpoint: &str) -> AzureSourceConfig {
    AzureSourceConfig {
        account: ACCOUNT.into(),
        container: CONTAINER.into(),
        endpoint: Some(endpoint.into()),
        allow_http: true,
        access_key: Some(Secret::new(ACCESS_KEY)),
        ..AzureSourceConfig::default()
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_when_the_source_is_opened() {
    let refused = |key: &str, change: &dyn Fn(&mut AzureSourceConfig)| {
        let mut config = config("https://archive.example.com");
        config.access_key = None;
        change(&mut config);
        let message = try_open(config, &SourceContext::default()).unwrap_err().to_string();
        assert!(message.starts_with(&format!("source `lake`: {key} ")), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    };
    refused("account", &|config| config.account = String::new());
    refused("container", &|config| config.container = "a?b".into());
    refused("access_key", &|config| config.access_key = Some(Secret::new("hunter2, which is no base64")));
    refused("sas_token", &|config| config.sas_token = Some(Secret::new("hunter2")));
    refused("client_id", &|config| config.client_secret = Some(Secret::new("hunter2")));
    refused("tenant_id", &|config| {
        config.client_secret = Some(Secret::new("hunter2"));
        config.client_id = Some("a".into());
    });
    refused("sas_token", &|config| {
        config.access_key = Some(Secret::new(ACCESS_KEY));
        config.sas_token = Some(Secret::new("sig=hunter2"));
    });
    refused("anonymous", &|config| {
        config.access_key = Some(Secret::new(ACCESS_KEY));
        config.anonymous = true;
    });
}

#[tokio::test]
async fn each_way_to_sign_in_is_sent_as_azure_wants_it_and_shown_nowhere() {
    let server = AzureServer::start().await;
    server.put("a.md", "a");
    let none = || AzureSourceConfig { access_key: None, ..config(&server.endpoint()) };
    let signed = try_open(config(&server.endpoint()), &SourceContext::default()).unwrap();
    assert_eq!(listed(&*signed).await, ["a.md"]);
    let seen = server.faults().take_seen();
    assert!(seen[0].header("authorization").unwrap().starts_with("SharedKey archive:"), "{seen:?}");
    let anonymous = AzureSourceConfig { anonymous: true, ..none() };
    let anonymous = try_open(anonymous, &SourceContext::default()).unwrap();
    assert_eq!(listed(&*anonymous).await, ["a.md"]);
    let seen = server.faults().take_seen();
    assert!(
        seen[0].header("authorization").is_none() && !seen[0].uri.to_string().contains("sig="),
        "{seen:?}"
    );
    let signature =
        AzureSourceConfig { sas_token: Some(Secret::new("?sv=2024-01-01&sig=hunter2%3D")), ..none() };
    let source = try_open(signature, &SourceContext::default()).unwrap();
    assert_eq!(listed(&*source).await, ["a.md"]);
    let seen = server.faults().take_seen();
    assert!(seen[0].uri.to_string().contains("sig=hunter2%3D"), "{seen:?}");
    for fault in [Fault::error(403, "AuthenticationFailed", "no"), Fault::answer(200, "<a>"), Fault::Close] {
        server.faults().inject(move |_| fault.clone());
        for error in [batches(&*source).await.unwrap_err(), fetch(&*source, "a.md").await.unwrap_err()] {
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
    drop(server);
    let error = fetch(&*source, "a.md").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert_eq!(error.class(), ErrorClass::Transient);
}

#[tokio::test]
async fn a_workload_identity_is_used_where_nothing_else_is_given() {
    let server = AzureServer::start().await;
    server.put("a.md", "a");
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "federated").unwrap();
    let authority = server.endpoint();
    let environment: Environment = [
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_FEDERATED_TOKEN_FILE", token.path().to_str().unwrap()),
        ("AZURE_AUTHORITY_HOST", authority.as_str()),
    ]
    .into_iter()
    .collect();
    let context = SourceContext { environment, ..SourceContext::default() };
    let none = AzureSourceConfig { access_key: None, ..config(&server.endpoint()) };
    let source = try_open(none, &context).unwrap();
    server.faults().inject(|parts| match parts.uri.path() {
        "/tenant/oauth2/v2.0/token" => Fault::answer(200, r#"{"access_token": "t-1", "expires_in": 3599}"#),
        _ => Fault::None,
    });
    assert_eq!(listed(&*source).await, ["a.md"]);
    let seen = server.faults().take_seen();
    assert_eq!(seen.last().unwrap().header("authorization"), Some("Bearer t-1"));
}

#[tokio::test]
async fn what_the_server_refuses_is_told_with_its_reason() {
    let server = AzureServer::start().await;
    let source = open(&server, |config| config.container = "another".into());
    let error = batches(&*source).await.unwrap_err();
    assert!(
        error.to_string().contains("`az://archive/another` is not usable: there is no such container"),
        "{error}"
    );
    let source = open(&server, |_| {});
    for (status, code, class) in [
        (403, "AuthenticationFailed", ErrorClass::Permanent),
        (403, "AuthorizationPermissionMismatch", ErrorClass::Permanent),
        (400, "InvalidAuthenticationInfo", ErrorClass::Permanent),
        (409, "BlobArchived", ErrorClass::Permanent),
        (503, "ServerBusy", ErrorClass::Transient),
        (500, "OperationTimedOut", ErrorClass::Transient),
    ] {
        server.faults().inject(move |_| Fault::error(status, code, "as it is"));
        for error in [batches(&*source).await.unwrap_err(), fetch(&*source, "a.md").await.unwrap_err()] {
            assert_eq!(error.class(), class, "{error}");
            assert!(error.to_string().contains(&format!("{code}: as it is")), "{error}");
        }
    }
}
