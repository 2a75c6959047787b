//! Lists of files on web servers pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use async_trait::async_trait;
use futures::TryStreamExt;
use gdg_config::{ByteSize, Environment, HttpSourceConfig, Seconds, Secret, SourceConfig, SourceKind};
use gdg_model::{DocumentRef, ErrorClass, SourceName, Stamp};
use gdg_sources::conformance::Fixture;
use gdg_sources::{
    Fetch, Fetched, ListedBatch, OpenSourceError, Source, SourceContext, SourceError, open_source,
};
use gdg_test_servers::faults::Fault;
use gdg_test_servers::files::FileServer;
use std::sync::Arc;
use std::time::Duration;

struct IndexFixture {
    server: FileServer,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for IndexFixture {
    const LISTS_STAMPS: bool = false;
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        self.server.url(&format!("/files/{name}"))
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        self.server.put(name, bytes.to_vec());
    }

    async fn remove(&mut self, name: &str) {
        self.server.remove(name);
    }
}

async fn make() -> IndexFixture {
    let server = FileServer::start().await;
    let source = open(&server, |_| {});
    IndexFixture { server, source }
}

gdg_sources::source_conformance_tests!(make);

fn try_open(config: HttpSourceConfig, context: &SourceContext) -> Result<Arc<dyn Source>, OpenSourceError> {
    let kind = SourceKind::Http(Box::new(config));
    open_source(&SourceConfig { name: SourceName::new("files"), kind }, context)
}

fn open(server: &FileServer, change: impl FnOnce(&mut HttpSourceConfig)) -> Arc<dyn Source> {
    let mut config = HttpSourceConfig {
        index_url: Some(server.url("/index.txt")),
        allow_private_networks: true,
        ..HttpSourceConfig::default()
    };
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
    let source_name = SourceName::new("files");
    DocumentRef::listed(&source_name, locator, Stamp::default())
}

async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    match source.fetch(&document(locator), None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("nothing is known"),
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_when_the_source_is_opened() {
    let refused = |key: &str, change: &dyn Fn(&mut HttpSourceConfig)| {
        let mut config = HttpSourceConfig {
            url_list: vec!["https://example.com/a".into()],
            ..HttpSourceConfig::default()
        };
        change(&mut config);
        let message = try_open(config, &SourceContext::default()).unwrap_err().to_string();
        assert!(message.starts_with(&format!("source `files`: {key} ")), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    };
    refused("url_list", &|config| config.url_list.clear());
    refused("url_list", &|config| config.url_list.push("/etc/passwd".into()));
    refused("url_list", &|config| config.url_list.push("ftp://example.com/a".into()));
    refused("url_list", &|config| config.url_list.push("https://ada:hunter2@example.com/a".into()));
    refused("index_url", &|config| config.index_url = Some("index.txt".into()));
    refused("include", &|config| config.include = vec!["[a".into()]);
    refused("timeout", &|config| config.timeout = Seconds::whole(0));
    refused("user_agent", &|config| config.user_agent = "a\nb".into());
    refused("password", &|config| config.username = Some("ada".into()));
    refused("username", &|config| config.password = Some(Secret::new("hunter2")));
    refused("username", &|config| config.username = Some("a:b".into()));
    refused("bearer_token", &|config| config.bearer_token = Some(Secret::new("hunter2\nx")));
    refused("bearer_token_env", &|config| config.bearer_token_env = Some("NOT_SET".into()));
    refused("bearer_token", &|config| {
        config.username = Some("ada".into());
        config.password = Some(Secret::new("hunter2"));
        config.bearer_token = Some(Secret::new("hunter2"));
    });
}

#[tokio::test]
async fn the_list_and_the_index_are_one_list_in_one_order() {
    let server = FileServer::start().await;
    for name in ["b.md", "a.md", "c.txt"] {
        server.put(name, name);
    }
    let (a, b) = (server.url("/files/a.md"), server.url("/files/b.md"));
    let source = open(&server, |config| {
        config.url_list = vec![server.url("/files/z.md"), b.clone(), format!("{b}#part")];
        config.include = vec!["files/*.md".into()];
    });
    assert_eq!(listed(&*source).await, [a.clone(), b.clone(), server.url("/files/z.md")]);
    let source = open(&server, |config| {
        (config.index_url, config.url_list) = (None, vec![b.clone()]);
    });
    assert_eq!(listed(&*source).await, std::slice::from_ref(&b));
    let fetched = fetch(&*source, &b).await.unwrap();
    assert_eq!(
        (fetched.name.as_str(), fetched.content_type.as_deref()),
        ("b.md", Some("application/octet-stream"))
    );
}

#[tokio::test]
async fn an_index_that_is_none_fails_the_listing_and_a_line_that_is_none_is_a_problem() {
    let server = FileServer::start().await;
    let source = open(&server, |_| {});
    for (fault, class, reason) in [
        (
            Fault::answer(200, "<!DOCTYPE html><title>Sign in</title>"),
            ErrorClass::Permanent,
            "a page of HTML",
        ),
        (Fault::answer(200, "[1]"), ErrorClass::Permanent, "no JSON array of texts"),
        (Fault::answer(200, vec![0xff; 9]), ErrorClass::Permanent, "not UTF-8"),
        (Fault::answer(200, vec![b'a'; 40 << 20]), ErrorClass::Permanent, "more than 33554432 bytes"),
        (Fault::answer(304, ""), ErrorClass::Permanent, "which nobody asked"),
        (Fault::answer(404, ""), ErrorClass::Permanent, "404"),
        (Fault::answer(403, ""), ErrorClass::Permanent, "403"),
        (Fault::answer(503, ""), ErrorClass::Transient, "503"),
        (Fault::Close, ErrorClass::Transient, ""),
        (Fault::answer(302, "").with_header("location", "/index.txt"), ErrorClass::Permanent, "redirects"),
    ] {
        // Each has a host of its own, so that none waits for the pause that another asked for.
        let server = FileServer::start().await;
        let source = open(&server, |_| {});
        server.faults().inject(move |_| fault.clone());
        let error = batches(&*source).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        let text = error.to_string();
        assert!(text.contains(reason) && text.contains("/index.txt"), "{text}");
    }
    server.faults().inject(|_| Fault::answer(200, "/files/a.md\nmailto:a@example.com\n"));
    let batches = batches(&*source).await.unwrap();
    assert_eq!(batches[0].documents.len(), 1);
    assert_eq!(batches[0].problems[0].locator, "mailto:a@example.com");
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let server = FileServer::start().await;
    server.put("a.md", "a");
    let source = open(&server, |_| {});
    let url = server.url("/files/a.md");
    let stamp = fetch(&*source, &url).await.unwrap().stamp;
    for known in [stamp.clone(), Stamp { etag: None, ..stamp }] {
        let Fetch::Unchanged { stamp: now } = source.fetch(&document(&url), Some(&known)).await.unwrap()
        else {
            panic!("it is the same");
        };
        assert!(now.proves_unchanged_since(&known));
    }
    server.faults().inject(|_| Fault::answer(304, ""));
    let error = fetch(&*source, &url).await.unwrap_err();
    assert!(error.to_string().contains("which nobody asked"), "{error}");
}

#[tokio::test]
async fn credentials_go_to_the_configured_hosts_only() {
    let (own, other) = (FileServer::start().await, FileServer::start().await);
    own.put("a.md", "a");
    other.put("a.md", "a");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2\n").unwrap();
    let source = open(&own, |config| {
        config.username = Some("ada".into());
        config.password_file = Some(file.path().into());
    });
    own.faults().inject({
        let elsewhere = other.url("/files/a.md");
        move |parts| match parts.uri.path() {
            "/moved" => Fault::answer(302, "").with_header("location", &elsewhere),
            _ => Fault::None,
        }
    });
    listed(&*source).await;
    for url in [own.url("/files/a.md"), own.url("/moved"), other.url("/files/a.md")] {
        fetch(&*source, &url).await.unwrap();
    }
    for seen in own.faults().take_seen() {
        assert_eq!(seen.header("authorization"), Some("Basic YWRhOmh1bnRlcjI="));
    }
    let seen = other.faults().take_seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|seen| seen.header("authorization").is_none()));
    assert!(!format!("{source:?}").contains("YWRhOmh1bnRlcjI="));
    let environment: Environment = [("TOKEN", "t-1")].into_iter().collect();
    let config = HttpSourceConfig {
        url_list: vec![own.url("/files/a.md")],
        bearer_token_env: Some("TOKEN".into()),
        allow_private_networks: true,
        ..HttpSourceConfig::default()
    };
    let source = try_open(config, &SourceContext { environment, ..SourceContext::default() }).unwrap();
    fetch(&*source, &own.url("/files/a.md")).await.unwrap();
    assert_eq!(own.faults().take_seen()[0].header("authorization"), Some("Bearer t-1"));
    // Without an index, nobody can name another host.
    let error = fetch(&*source, &other.url("/files/a.md")).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn private_networks_are_not_asked_unless_that_is_allowed() {
    let server = FileServer::start().await;
    server.put("a.md", "a");
    let source = open(&server, |config| config.allow_private_networks = false);
    for error in
        [batches(&*source).await.unwrap_err(), fetch(&*source, &server.url("/files/a.md")).await.unwrap_err()]
    {
        assert!(matches!(error, SourceError::Refused { .. }), "{error}");
    }
    assert_eq!(server.faults().seen(), 0);
}

#[tokio::test]
async fn files_that_are_too_large_cut_or_too_slow_fail() {
    let server = FileServer::start().await;
    server.put("a.bin", vec![b'x'; 2 << 20]);
    let url = server.url("/files/a.bin");
    let source = open(&server, |config| config.max_size = Some(ByteSize(1_000)));
    let error = fetch(&*source, &url).await.unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { key: "content_sources[].max_size", .. }), "{error}");
    let source = open(&server, |config| config.timeout = Seconds::milliseconds(100));
    for fault in
        [Fault::CutBodyAfter(100_000), Fault::StallBodyAfter(100_000), Fault::Delay(Duration::from_secs(600))]
    {
        server.faults().inject(move |_| fault.clone());
        let error = fetch(&*source, &url).await.unwrap_err();
        assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
    }
}

#[tokio::test]
async fn tls_to_a_port_that_does_not_speak_it_is_tried_again_later() {
    let server = FileServer::start().await;
    let url = server.url("/files/a.md").replace("http://", "https://");
    let source = open(&server, |config| config.url_list = vec![url.clone()]);
    let error = fetch(&*source, &url).await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("corrupt message"), "{error}");
}

#[tokio::test]
async fn links_lead_to_files_of_the_same_hosts() {
    let server = FileServer::start().await;
    let source = open(&server, |_| {});
    let from = document(&server.url("/files/a/b.md"));
    let led = |from: &DocumentRef, link: &str| {
        let resolved = source.resolve_link(from, link)?;
        assert!(!resolved.follow && !source.may_follow(&resolved.document));
        Some((resolved.document.locator, resolved.fragment))
    };
    let to = |path: &str, fragment: &str| Some((server.url(path), fragment.to_owned()));
    assert_eq!(led(&from, "../c.md#caf%C3%A9"), to("/files/c.md", "café"));
    assert_eq!(led(&from, "/files/c.md?v=1"), to("/files/c.md?v=1", ""));
    assert_eq!(led(&from, "#part"), to("/files/a/b.md", "part"));
    assert_eq!(led(&from, "https://other.example/a.md"), None);
    let stranger = DocumentRef { source_name: SourceName::new("wiki"), ..from };
    assert_eq!(led(&stranger, "c.md"), None);
    assert_eq!(led(&stranger, &server.url("/files/c.md")), to("/files/c.md", ""));
}
