//! Buckets of S3 pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use async_compression::tokio::write::GzipEncoder;
mod lake;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use gdg_config::{ByteSize, Environment, S3SourceConfig, Seconds, Secret, SourceConfig, SourceKind};
use gdg_model::{DocumentRef, ErrorClass, SourceName, Stamp};
use gdg_sources::conformance::{Fixture, goes_on_behind_every_cursor};
use gdg_sources::{
    Cursor, Fetch, Fetched, OpenSourceError, Source, SourceContext, SourceError, Spool, open_source,
};
use gdg_test_servers::faults::Fault;
use gdg_test_servers::s3::{ACCESS_KEY_ID, BUCKET, S3Server, SECRET_ACCESS_KEY};
use lake::{batches, document, listed};
use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::io::AsyncWriteExt;

struct BucketFixture {
    server: S3Server,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for BucketFixture {
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

async fn make() -> BucketFixture {
    let server = S3Server::start().await;
    let source = open(&server, |_| {});
    BucketFixture { server, source }
}

gdg_sources::source_conformance_tests!(make);

fn config(endpoint: &str) -> S3SourceConfig {
    S3SourceConfig {
        bucket: BUCKET.into(),
        endpoint: Some(endpoint.into()),
        allow_http: true,
        access_key_id: Some(Secret::new(ACCESS_KEY_ID)),
        secret_access_key: Some(Secret::new(SECRET_ACCESS_KEY)),
        ..S3SourceConfig::default()
    }
}

fn try_open(config: S3SourceConfig, context: &SourceContext) -> Result<Arc<dyn Source>, OpenSourceError> {
    let kind = SourceKind::S3(Box::new(config));
    open_source(&SourceConfig { name: SourceName::new("lake"), kind }, context)
}

fn open(server: &S3Server, change: impl FnOnce(&mut S3SourceConfig)) -> Arc<dyn Source> {
    let mut config = config(&server.endpoint());
    change(&mut config);
    try_open(config, &SourceContext::default()).unwrap()
}

async fn fetch_document(source: &dyn Source, document: &DocumentRef) -> Result<Fetched, SourceError> {
    match source.fetch(document, None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("nothing is known"),
    }
}

async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    fetch_document(source, &document(locator)).await
}

fn bytes_of(fetched: Fetched) -> Vec<u8> {
    fetched.content.read(u64::MAX).unwrap()
}

async fn first(source: &dyn Source) -> DocumentRef {
    batches(source).await.unwrap().remove(0).documents.remove(0)
}

/// Bytes of which no part is like another.
fn large(size: usize) -> Vec<u8> {
    (0..size as u64 / 8).flat_map(u64::to_le_bytes).collect()
}

#[tokio::test]
async fn the_shortest_configuration_of_the_guide_opens() {
    let config = S3SourceConfig { bucket: "document-bucket".into(), ..S3SourceConfig::default() };
    try_open(config, &SourceContext::default()).unwrap();
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_when_the_source_is_opened() {
    let refused = |key: &str, change: &dyn Fn(&mut S3SourceConfig)| {
        let mut config = config("https://minio.example.com");
        config.allow_http = false;
        change(&mut config);
        let message = try_open(config, &SourceContext::default()).unwrap_err().to_string();
        assert!(message.starts_with(&format!("source `lake`: {key} ")), "{message}");
        assert!(!message.contains(SECRET_ACCESS_KEY), "{message}");
    };
    refused("bucket", &|config| config.bucket = String::new());
    refused("bucket", &|config| config.bucket = "../other".into());
    refused("bucket", &|config| config.bucket = "b?x=y".into());
    refused("bucket", &|config| config.bucket = "fast--use1-az5--x-s3".into());
    refused("region", &|config| config.region = Some("evil.com/".into()));
    refused("endpoint", &|config| config.endpoint = Some("http://minio.example.com".into()));
    refused("endpoint", &|config| config.endpoint = Some("minio".into()));
    refused("endpoint", &|config| config.endpoint = Some("file:///etc".into()));
    refused("endpoint", &|config| config.endpoint = Some("https://user:pw@minio.example.com".into()));
    refused("endpoint", &|config| config.endpoint = Some("https://minio.example.com/?a=b".into()));
    refused("prefix", &|config| config.prefix = "/docs".into());
    refused("prefix", &|config| config.prefix = "docs//a".into());
    refused("prefix", &|config| config.prefix = "docs/../a".into());
    refused("include", &|config| config.include = vec!["[a".into()]);
    refused("modified_after", &|config| config.modified_after = Some("2025-01-31".into()));
    refused("timeout", &|config| config.timeout = Seconds::whole(0));
    refused("access_key_id", &|config| config.access_key_id = None);
    refused("secret_access_key", &|config| config.secret_access_key = None);
    refused("secret_access_key", &|config| config.secret_access_key_env = Some("SECRET".into()));
    refused("session_token_env", &|config| config.session_token_env = Some("NOT_SET".into()));
    refused("session_token_file", &|config| config.session_token_file = Some("/nowhere".into()));
    refused("anonymous", &|config| config.anonymous = true);
}

#[tokio::test]
async fn keys_of_every_shape_are_listed_and_those_that_cannot_be_asked_for_are_problems() {
    let server = S3Server::start().await;
    let keys = [
        " a ",
        "100%.md",
        "a#b?c&d=e+f.md",
        "a&<b>.md",
        "b\\c.md",
        "caf\u{e9}.md",
        "d\"'.md",
        "\u{1f600}.md",
    ];
    let unusable = ["/a.md", "a//b.md", "b/../c.md", "b/./c.md"];
    for key in keys.into_iter().chain(unusable) {
        server.put(key, key.to_owned());
    }
    let source = open(&server, |_| {});
    let batches = batches(&*source).await.unwrap();
    let documents: Vec<_> = batches.iter().flat_map(|batch| &batch.documents).cloned().collect();
    let mut expected = keys;
    expected.sort_unstable();
    assert_eq!(documents.iter().map(|document| document.locator.as_str()).collect::<Vec<_>>(), expected);
    let problems: Vec<_> = batches.iter().flat_map(|batch| &batch.problems).collect();
    assert_eq!(problems.iter().map(|problem| problem.locator.as_str()).collect::<Vec<_>>(), unusable);
    assert!(problems[1].error.to_string().contains("a key with an empty part"), "{}", problems[1].error);
    for document in documents {
        let fetched = fetch_document(&*source, &document).await.unwrap();
        assert_eq!(fetched.stamp, document.stamp);
        assert_eq!(bytes_of(fetched), document.locator.as_bytes());
    }
    for key in unusable {
        assert!(matches!(fetch(&*source, key).await.unwrap_err(), SourceError::Refused { .. }), "{key}");
    }
}

#[tokio::test]
async fn entries_that_stand_for_folders_are_passed_over_and_disturb_no_order() {
    let server = S3Server::start().await;
    for key in ["docs", "docs-old.md", "docs/", "docs/a.md", "docs/b/", "empty/"] {
        server.put(key, "");
    }
    for page_size in [1, 2, 1_000] {
        let source = open(&server, |config| config.page_size = NonZeroU32::new(page_size).unwrap());
        assert_eq!(listed(&*source).await, ["docs", "docs-old.md", "docs/a.md"]);
        goes_on_behind_every_cursor(&*source, 2).await;
    }
}

#[tokio::test]
async fn only_what_lies_in_the_prefix_is_listed_and_fetched() {
    let server = S3Server::start().await;
    for key in ["docs-old/a.md", "docs/a.md", "docs/b/c.txt", "docs/drafts/d.md", "e.md"] {
        server.put(key, key);
    }
    for prefix in ["docs", "docs/"] {
        let source = open(&server, |config| {
            config.prefix = prefix.into();
            config.exclude = vec!["drafts/".into()];
        });
        assert_eq!(listed(&*source).await, ["docs/a.md", "docs/b/c.txt"]);
        assert_eq!(bytes_of(fetch(&*source, "docs/a.md").await.unwrap()), b"docs/a.md");
        for elsewhere in ["e.md", "docs-old/a.md", "docs/", "docs/../e.md", "docs"] {
            let error = fetch(&*source, elsewhere).await.unwrap_err();
            assert!(matches!(error, SourceError::Refused { .. }), "{error}");
        }
        let behind = source.list(Some(Cursor::new("e.md")), 10).try_next().await.unwrap_err();
        assert!(matches!(behind, SourceError::InvalidCursor { .. }), "{behind}");
    }
    let source = open(&server, |config| config.include = vec!["docs/*.md".into(), "*.md".into()]);
    assert_eq!(listed(&*source).await, ["docs/a.md", "e.md"]);
}

#[tokio::test]
async fn size_and_time_leave_objects_out() {
    let server = S3Server::start().await;
    let at = |day: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400);
    for (key, size, day) in [("a", 10, 1), ("b", 0, 2), ("c", 10, 3), ("d", 10, 4)] {
        server.put_object(key, vec![b'x'; size], |object| object.modified = at(day));
    }
    let source = open(&server, |config| config.min_size = Some(ByteSize(1)));
    assert_eq!(listed(&*source).await, ["a", "c", "d"]);
    let source = open(&server, |config| {
        config.modified_after = Some("1970-01-03T00:00:00Z".into());
        config.modified_before = Some("1970-01-05T02:00:00+02:00".into());
    });
    assert_eq!(listed(&*source).await, ["b", "c"]);
}

#[tokio::test]
async fn an_object_over_a_limit_fails_before_its_bytes_are_read() {
    let server = S3Server::start().await;
    server.put("a.md", vec![b'x'; 2_000]);
    let source = open(&server, |config| config.max_size = Some(ByteSize(1_999)));
    assert_eq!(listed(&*source).await, ["a.md"]);
    let error = fetch(&*source, "a.md").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "source `lake`: `a.md` has 2000 bytes, more than content_sources[].max_size allows (1999B)"
    );
    let spool = Spool { max_document_size: ByteSize(1_000), ..Spool::default() };
    let context = SourceContext { spool, ..SourceContext::default() };
    let source = try_open(config(&server.endpoint()), &context).unwrap();
    let error = fetch(&*source, "a.md").await.unwrap_err();
    assert!(error.to_string().contains("parsing.limits.max_document_size allows (1000B)"), "{error}");
}

#[tokio::test]
async fn an_unchanged_object_is_not_sent_again() {
    let server = S3Server::start().await;
    server.put("a.md", "a");
    let source = open(&server, |_| {});
    let document = first(&*source).await;
    let stamp = fetch(&*source, "a.md").await.unwrap().stamp;
    let Fetch::Unchanged { stamp: now } = source.fetch(&document, Some(&stamp)).await.unwrap() else {
        panic!("it is the same");
    };
    assert!(now.proves_unchanged_since(&stamp));
    // What a database gives back is no header.
    let odd = Stamp { etag: Some("a\r\nx: y".into()), ..Stamp::default() };
    assert!(matches!(source.fetch(&document, Some(&odd)).await.unwrap(), Fetch::Document(_)));
}

#[tokio::test]
async fn a_large_object_comes_in_parts_of_one_version() {
    let server = S3Server::start().await;
    let bytes = large(40 << 20);
    server.put("large.bin", bytes.clone());
    let source = open(&server, |_| {});
    let document = first(&*source).await;
    server.faults().take_seen();
    let fetched = fetch_document(&*source, &document).await.unwrap();
    assert_eq!(fetched.stamp, document.stamp);
    assert!(bytes_of(fetched) == bytes);
    let seen = server.faults().take_seen();
    let ranges: Vec<_> = seen.iter().map(|seen| seen.header("range").unwrap()).collect();
    assert_eq!(ranges, ["bytes=0-16777215", "bytes=16777216-33554431", "bytes=33554432-41943039"]);
    let etag = document.stamp.etag.unwrap();
    assert_eq!(seen[0].header("if-match"), None);
    assert!(seen[1..].iter().all(|seen| seen.header("if-match") == Some(&etag)));
}

#[tokio::test]
async fn a_large_object_that_changes_between_its_parts_is_not_mixed() {
    for size in [40 << 20, 20 << 20, 100, 0] {
        let server = Arc::new(S3Server::start().await);
        server.put("large.bin", large(40 << 20));
        let source = open(&server, |_| {});
        let document = first(&*source).await;
        let bucket = (**server).clone();
        let mut gets = 0;
        server.faults().inject(move |_| {
            gets += 1;
            if gets == 2 {
                bucket.put("large.bin", large(size));
            }
            Fault::None
        });
        let error = fetch_document(&*source, &document).await.unwrap_err();
        assert!(matches!(error, SourceError::ChangedMeanwhile { .. }), "{error}");
        assert_eq!(error.class(), ErrorClass::Transient);
    }
}

#[tokio::test]
async fn a_large_object_that_became_empty_since_it_was_listed_is_fetched() {
    let server = S3Server::start().await;
    server.put("large.bin", large(20 << 20));
    let source = open(&server, |_| {});
    let document = first(&*source).await;
    server.put("large.bin", "");
    assert!(bytes_of(fetch_document(&*source, &document).await.unwrap()).is_empty());
}

#[tokio::test]
async fn a_broken_connection_is_gone_on_with_where_it_broke() {
    let server = S3Server::start().await;
    let bytes = large(4 << 20);
    server.put("a.bin", bytes.clone());
    let source = open(&server, |_| {});
    let mut breaks = 4;
    server.faults().inject(move |_| {
        breaks -= 1;
        if breaks > 0 { Fault::CutBodyAfter(700_000) } else { Fault::None }
    });
    assert!(bytes_of(fetch(&*source, "a.bin").await.unwrap()) == bytes);
    let seen = server.faults().take_seen();
    assert_eq!(seen.len(), 4);
    assert!(seen[3].header("range").unwrap().starts_with("bytes=2"), "{seen:?}");
}

#[tokio::test]
async fn a_body_that_always_breaks_off_ends_after_a_bounded_number_of_requests() {
    let server = S3Server::start().await;
    server.put("a.bin", large(4 << 20));
    let source = open(&server, |_| {});
    for bytes in [0, 1, 70_000] {
        server.faults().inject(move |_| Fault::CutBodyAfter(bytes));
        let error = fetch(&*source, "a.bin").await.unwrap_err();
        assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
        assert!((6..30).contains(&server.faults().take_seen().len()));
    }
}

#[tokio::test]
async fn an_object_that_changes_where_its_connection_breaks_is_not_mixed() {
    let server = S3Server::start().await;
    server.put("a.bin", large(4 << 20));
    let source = open(&server, |_| {});
    let bucket = (*server).clone();
    let mut gets = 0;
    server.faults().inject(move |_| {
        gets += 1;
        if gets == 2 {
            bucket.put("a.bin", large(4 << 20));
        }
        if gets == 1 { Fault::CutBodyAfter(1 << 20) } else { Fault::None }
    });
    let error = fetch(&*source, "a.bin").await.unwrap_err();
    assert!(matches!(error, SourceError::ChangedMeanwhile { .. }), "{error}");
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let server = S3Server::start().await;
    server.put("a.bin", large(1 << 20));
    let source = open(&server, |config| config.timeout = Seconds::milliseconds(100));
    server.faults().inject(|_| Fault::StallBodyAfter(1_000));
    let error = fetch(&*source, "a.bin").await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
    server.faults().inject(|_| Fault::Delay(Duration::from_secs(600)));
    let error = batches(&*source).await.unwrap_err();
    assert!(error.to_string().contains("timed out"), "{error}");
    assert_eq!(error.class(), ErrorClass::Transient);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_with_its_reason() {
    let server = S3Server::start().await;
    server.put("a.md", "a");
    let source = open(&server, |_| {});
    for (status, code, message, class) in [
        (403, "AccessDenied", "Access Denied", ErrorClass::Permanent),
        (
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist",
            ErrorClass::Permanent,
        ),
        (403, "SignatureDoesNotMatch", "Check your key and signing method.", ErrorClass::Permanent),
        (403, "ExpiredToken", "The provided token has expired.", ErrorClass::Permanent),
        (400, "ExpiredToken", "The provided token has expired.", ErrorClass::Permanent),
        (
            403,
            "InvalidObjectState",
            "The operation is not valid for the storage class",
            ErrorClass::Permanent,
        ),
        (401, "Unauthorized", "Sign in", ErrorClass::Permanent),
        (404, "NoSuchKey", "The specified key does not exist.", ErrorClass::Permanent),
        (404, "NoSuchBucket", "The specified bucket does not exist", ErrorClass::Permanent),
        (405, "MethodNotAllowed", "not against this resource", ErrorClass::Permanent),
        (501, "NotImplemented", "A header implies what is not there", ErrorClass::Permanent),
        (400, "RequestTimeout", "Your socket was not read from in time", ErrorClass::Transient),
        (429, "TooManyRequests", "Please reduce your request rate", ErrorClass::Transient),
        (503, "SlowDown", "Please reduce your request rate", ErrorClass::Transient),
        (500, "InternalError", "We encountered an internal error", ErrorClass::Transient),
    ] {
        server.faults().inject(move |_| Fault::error(status, code, message));
        for error in [fetch(&*source, "a.md").await.unwrap_err(), batches(&*source).await.unwrap_err()] {
            assert_eq!(error.class(), class, "{error}");
            let text = error.to_string();
            assert!(text.contains(&format!("{code}: {message}")) && text.contains("source `lake`"), "{text}");
            let denied = matches!(error, SourceError::Denied { .. });
            assert_eq!(denied, matches!(status, 401 | 403) || code == "ExpiredToken", "{text}");
        }
        // Storms are left to the queue: one request, and two retries.
        let requests = server.faults().take_seen().len();
        assert_eq!(requests, if class == ErrorClass::Transient { 6 } else { 2 }, "{code}");
    }
}

#[tokio::test]
async fn answers_without_sense_are_refused() {
    let server = S3Server::start().await;
    server.put("a.md", "a");
    let source = open(&server, |_| {});
    for (fault, reason) in [
        (Fault::answer(200, "<html>Welcome to the hotel network</html>"), "it is no listing"),
        (Fault::answer(200, "{}"), "it is no XML"),
        (Fault::answer(200, "<ListBucketResult><Contents><Key>a</Key>"), "its XML is cut off"),
        (Fault::answer(200, vec![0xff; 10]), "it is not UTF-8"),
        (Fault::answer(302, "").with_header("location", "/elsewhere?a"), ""),
    ] {
        server.faults().inject(move |parts| {
            if parts.uri.path() == "/elsewhere" { Fault::answer(404, "") } else { fault.clone() }
        });
        let error = batches(&*source).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let endless = "x".repeat(10 << 20);
    server.faults().inject(move |_| Fault::answer(403, endless.clone()));
    assert!(batches(&*source).await.unwrap_err().to_string().len() < 1_000);
}

#[tokio::test]
async fn an_object_of_which_the_server_tells_no_version_proves_nothing_and_is_not_pieced_together() {
    let server = S3Server::start().await;
    let source = open(&server, |_| {});
    server.faults().inject(|_| Fault::answer(200, "a"));
    let fetched = fetch(&*source, "a.md").await.unwrap();
    assert_eq!(fetched.stamp, Stamp { size: Some(1), ..Stamp::default() });
    let part =
        || Fault::answer(206, large(16 << 20)).with_header("content-range", "bytes 0-16777215/20000000");
    let listed =
        DocumentRef { stamp: Stamp { size: Some(20_000_000), ..Stamp::default() }, ..document("a.md") };
    server.faults().inject(move |_| part());
    let error = fetch_document(&*source, &listed).await.unwrap_err();
    assert!(error.to_string().contains("tells no version of it"), "{error}");
    // A time of modification is one, too.
    let part = part().with_header("last-modified", "Mon, 12 Oct 2009 17:50:30 GMT");
    let rest = Fault::answer(206, large(20_000_000 - (16 << 20)))
        .with_header("content-range", "bytes 16777216-19999999/20000000");
    let same = rest.clone().with_header("last-modified", "Mon, 12 Oct 2009 17:50:30 GMT");
    let other = rest.with_header("last-modified", "Mon, 12 Oct 2009 17:50:31 GMT");
    for (rest, is_whole) in [(same, true), (other, false)] {
        let mut answers = vec![rest, part.clone()];
        server.faults().inject(move |_| answers.pop().unwrap());
        let fetched = fetch_document(&*source, &listed).await;
        assert_eq!(fetched.is_ok(), is_whole);
        assert!(is_whole || matches!(fetched, Err(SourceError::ChangedMeanwhile { .. })));
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_to_be_missing() {
    let server = S3Server::start().await;
    let source = open(&server, |config| config.bucket = "another-bucket".into());
    let error = batches(&*source).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "source `lake`: `s3://another-bucket` is not usable: there is no such bucket: the server answers 404 Not \
         Found (NoSuchBucket: The specified bucket does not exist)"
    );
    assert_eq!(error.class(), ErrorClass::Permanent);
    let error = fetch(&*source, "a.md").await.unwrap_err();
    assert!(error.to_string().contains("nor is its bucket"), "{error}");
}

#[tokio::test]
async fn a_bucket_in_another_region_is_told_with_the_region() {
    let server = S3Server::start().await;
    let source = open(&server, |_| {});
    server.faults().inject(|_| {
        Fault::error(301, "PermanentRedirect", "use another endpoint")
            .with_header("x-amz-bucket-region", "eu-west-1")
    });
    let error = batches(&*source).await.unwrap_err();
    assert!(error.to_string().contains("the bucket is in the region `eu-west-1`"), "{error}");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_a_server_that_checks_signatures() {
    let server = S3Server::start().await;
    server.put("a.md", "a");
    let wrong = "not-the-secret-at-all";
    let source = open(&server, |config| config.secret_access_key = Some(Secret::new(wrong)));
    for error in [batches(&*source).await.unwrap_err(), fetch(&*source, "a.md").await.unwrap_err()] {
        assert!(matches!(error, SourceError::Denied { .. }), "{error}");
        assert!(
            error.to_string().contains("SignatureDoesNotMatch") && !error.to_string().contains(wrong),
            "{error}"
        );
    }
    assert!(!format!("{source:?}").contains(wrong));
}

#[tokio::test]
async fn credentials_are_found_where_they_are_given_and_the_environment_changes_nothing_then() {
    let server = S3Server::start().await;
    server.put("a.md", "a");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{SECRET_ACCESS_KEY}\n")).unwrap();
    let environment: Environment = [
        ("KEY_ID", ACCESS_KEY_ID),
        ("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE"),
        ("AWS_SECRET_ACCESS_KEY", "somebody-elses"),
        ("AWS_SESSION_TOKEN", "somebody-elses-token"),
        ("AWS_REGION", "mars-north-1"),
        ("AWS_ENDPOINT_URL", "http://192.0.2.1"),
        ("AWS_ENDPOINT", "http://192.0.2.1"),
    ]
    .into_iter()
    .collect();
    let context = SourceContext { environment, ..SourceContext::default() };
    let given = S3SourceConfig {
        access_key_id: None,
        access_key_id_env: Some("KEY_ID".into()),
        secret_access_key: None,
        secret_access_key_file: Some(file.path().into()),
        session_token: Some(Secret::new("a-token")),
        ..config(&server.endpoint())
    };
    let source = try_open(given, &context).unwrap();
    assert_eq!(listed(&*source).await, ["a.md"]);
    let seen = server.faults().take_seen();
    assert!(seen[0].header("authorization").unwrap().contains(&format!("{ACCESS_KEY_ID}/")), "{seen:?}");
    assert!(seen[0].header("authorization").unwrap().contains("/us-east-1/s3/"), "{seen:?}");
    assert_eq!(seen[0].header("x-amz-security-token"), Some("a-token"));
}

#[tokio::test]
async fn without_credentials_the_environment_gives_the_workers_own() {
    let server = S3Server::start().await;
    server.put("a.md", "a");
    let environment: Environment = [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", "http://192.0.2.1"),
    ]
    .into_iter()
    .collect();
    let context = SourceContext { environment, ..SourceContext::default() };
    let nothing =
        S3SourceConfig { access_key_id: None, secret_access_key: None, ..config(&server.endpoint()) };
    let source = try_open(nothing, &context).unwrap();
    assert_eq!(listed(&*source).await, ["a.md"]);
    let seen = server.faults().take_seen();
    assert!(seen[0].header("authorization").unwrap().contains("/eu-central-1/s3/"), "{seen:?}");
}

#[tokio::test]
async fn a_container_gives_credentials_that_are_renewed() {
    let server = S3Server::start().await;
    let full_uri = format!("{}/credentials", server.endpoint());
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "pod-token").unwrap();
    let environment: Environment = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full_uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.path().to_str().unwrap()),
    ]
    .into_iter()
    .collect();
    let context = SourceContext { environment, ..SourceContext::default() };
    let nothing =
        S3SourceConfig { access_key_id: None, secret_access_key: None, ..config(&server.endpoint()) };
    let source = try_open(nothing, &context).unwrap();
    server.put("a.md", "a");
    let credentials = format!(
        r#"{{"AccessKeyId": "{ACCESS_KEY_ID}", "SecretAccessKey": "{SECRET_ACCESS_KEY}", "Token": "t",
        "Expiration": "2999-01-01T00:00:00Z", "Code": "Success", "Type": "AWS-HMAC"}}"#
    );
    // Nobody there, then a refusal, then one that is taken for a while, then for no more.
    for (fault, class, reason) in [
        (Fault::answer(404, ""), ErrorClass::Permanent, "its credentials cannot be had from 127.0.0.1"),
        (Fault::answer(503, ""), ErrorClass::Transient, "its credentials cannot be had from 127.0.0.1"),
        (Fault::Close, ErrorClass::Transient, "its credentials cannot be had from 127.0.0.1"),
    ] {
        server.faults().inject(move |_| fault.clone());
        for error in [batches(&*source).await.unwrap_err(), fetch(&*source, "a.md").await.unwrap_err()] {
            assert_eq!(error.class(), class, "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
    server.faults().inject(move |parts| {
        if parts.uri.path() == "/credentials" { Fault::answer(200, credentials.clone()) } else { Fault::None }
    });
    assert_eq!(listed(&*source).await, ["a.md"]);
    server.faults().inject(|_| Fault::error(400, "ExpiredToken", "The provided token has expired."));
    let error = fetch(&*source, "a.md").await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn an_anonymous_source_sends_no_credentials_whatever_the_environment_has() {
    let server = S3Server::start_public().await;
    server.put("a.md", "a");
    let environment: Environment =
        [("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)]
            .into_iter()
            .collect();
    let context = SourceContext { environment, ..SourceContext::default() };
    let anonymous = S3SourceConfig {
        access_key_id: None,
        secret_access_key: None,
        anonymous: true,
        ..config(&server.endpoint())
    };
    let source = try_open(anonymous, &context).unwrap();
    assert_eq!(listed(&*source).await, ["a.md"]);
    assert_eq!(bytes_of(fetch(&*source, "a.md").await.unwrap()), b"a");
    for seen in server.faults().take_seen() {
        assert!(
            seen.headers.keys().all(|name| name != "authorization" && !name.as_str().starts_with("x-amz-"))
        );
    }
}

#[tokio::test]
async fn servers_that_cannot_be_reached_are_tried_again_later() {
    let server = S3Server::start().await;
    let plain = server.endpoint();
    let tls = plain.replace("http://", "https://");
    drop(server);
    let gone = try_open(config(&plain), &SourceContext::default()).unwrap();
    let error = batches(&*gone).await.unwrap_err();
    assert!(error.to_string().contains("Connection refused"), "{error}");
    assert_eq!(error.class(), ErrorClass::Transient);
    let unknown = try_open(config("https://store.invalid"), &SourceContext::default()).unwrap();
    let error = fetch(&*unknown, "a.md").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    drop(tls);
    // TLS to a port that does not speak it.
    let server = S3Server::start().await;
    let tls = server.endpoint().replace("http://", "https://");
    let source = try_open(config(&tls), &SourceContext::default()).unwrap();
    for error in [batches(&*source).await.unwrap_err(), fetch(&*source, "a.md").await.unwrap_err()] {
        assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
        assert!(error.to_string().contains("corrupt message"), "{error}");
    }
}

fn page(keys: &[&str], next: Option<&str>) -> Fault {
    let mut body = String::from("<ListBucketResult>");
    for key in keys {
        let object = "<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>\"x\"</ETag><Size>1</Size>";
        write!(body, "<Contents><Key>{key}</Key>{object}</Contents>").unwrap();
    }
    if let Some(next) = next {
        write!(body, "<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>")
            .unwrap();
    }
    Fault::answer(200, format!("{body}</ListBucketResult>"))
}

#[tokio::test]
async fn a_listing_that_repeats_or_goes_back_ends_with_an_error() {
    let server = S3Server::start().await;
    let source = open(&server, |_| {});
    for (pages, reason) in [
        (vec![page(&["a", "b"], Some("1")), page(&["a", "b"], Some("2"))], "it lists `a` behind `b`"),
        (vec![page(&["a", "c", "b"], None)], "it lists `b` behind `c`"),
        (vec![page(&["a", "a"], None)], "it lists `a` behind `a`"),
        (vec![page(&["a"], Some("1")), page(&["b"], Some("1"))], "the next one is the one it gave"),
        (vec![page(&[], Some("1")), page(&[], Some("1"))], "the next one is the one it gave"),
    ] {
        let mut pages = pages.into_iter().cycle();
        server.faults().inject(move |_| pages.next().unwrap());
        let error = batches(&*source).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(reason) && error.to_string().contains("s3://"), "{error}");
    }
    // Two tokens that take turns, and pages that never hold anything.
    let mut turn = 0;
    server.faults().inject(move |_| {
        turn += 1;
        page(&[], Some(["1", "2"][turn % 2]))
    });
    let error = batches(&*source).await.unwrap_err();
    assert!(error.to_string().contains("pages were empty"), "{error}");
}

#[tokio::test]
async fn a_store_that_begins_anew_behind_every_key_is_gone_on_with_all_the_same() {
    let server = S3Server::start().await;
    let source = open(&server, |_| {});
    server.faults().inject(|_| page(&["a", "b", "c"], None));
    let rest: Vec<_> = source.list(Some(Cursor::new("b")), 10).try_collect().await.unwrap();
    let locators: Vec<_> =
        rest.iter().flat_map(|batch| &batch.documents).map(|document| &*document.locator).collect();
    assert_eq!(locators, ["c"]);
}

#[tokio::test]
async fn a_listing_with_a_key_outside_the_prefix_ends_with_an_error() {
    let server = S3Server::start().await;
    let source = open(&server, |config| config.prefix = "docs".into());
    server.faults().inject(|_| page(&["docs/a", "etc/passwd"], None));
    let error = batches(&*source).await.unwrap_err();
    assert!(error.to_string().contains("`etc/passwd`, which does not begin with `docs/`"), "{error}");
}

#[tokio::test]
async fn a_listing_of_which_the_rules_take_nothing_tells_how_far_it_is() {
    let server = S3Server::start().await;
    for number in 0..10 {
        server.put(&format!("{number}.log"), "");
    }
    let source = open(&server, |config| {
        config.include_extensions = vec!["md".into()];
        config.page_size = NonZeroU32::new(4).unwrap();
    });
    let batches = batches(&*source).await.unwrap();
    let cursors: Vec<_> = batches.iter().map(|batch| batch.cursor.as_str()).collect();
    assert_eq!(cursors, ["3.log", "7.log", "9.log"]);
}

#[tokio::test]
async fn a_large_bucket_is_listed_page_by_page() {
    let server = S3Server::start().await;
    for number in 0..5_000 {
        server.put(&format!("{number:04}.md"), "");
    }
    let source = open(&server, |_| {});
    let mut stream = source.list(None, 700);
    let mut documents = 0;
    while let Some(batch) = stream.next().await {
        documents += batch.unwrap().documents.len();
        let pages = server.faults().take_seen().len();
        assert!(pages <= 1, "no page is asked for before it is needed");
    }
    assert_eq!(documents, 5_000);
}

#[tokio::test]
async fn no_more_objects_are_fetched_at_a_time_than_the_configuration_says() {
    let server = S3Server::start().await;
    server.put("a.md", "a");
    let source = open(&server, |config| config.concurrency = NonZeroU32::new(2).unwrap());
    server.faults().inject(|_| Fault::Delay(Duration::from_secs(600)));
    let fetches: Vec<_> = (0..6)
        .map(|_| {
            let source = Arc::clone(&source);
            tokio::spawn(async move { fetch(&*source, "a.md").await.map(|_| ()) })
        })
        .collect();
    while server.faults().seen() < 2 {
        tokio::task::yield_now().await;
    }
    // The others had every opportunity.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.faults().seen(), 2);
    for fetch in fetches {
        fetch.abort();
    }
}

async fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(bytes).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

#[tokio::test]
async fn an_object_that_is_stored_compressed_is_inflated() {
    let server = S3Server::start().await;
    let put = |key: &str, bytes: &[u8], encoding: &str| {
        let encoding = encoding.to_owned();
        server.put_object(key, bytes.to_vec(), |object| {
            object.content_encoding = Some(encoding);
            object.content_type = "text/plain; charset=utf-8".into();
        });
    };
    let hello = gzip(b"hello\n").await;
    put("gzip.txt", &hello, "gzip");
    put("twice.txt", &hello.repeat(2), "gzip");
    put("plain.txt", b"hello\n", "utf-8");
    put("cut.txt", &hello[..20], "gzip");
    put("none.txt", b"hello\n", "gzip");
    put("brotli.txt", b"...", "br");
    let source = open(&server, |_| {});
    for document in batches(&*source).await.unwrap().remove(0).documents {
        match (fetch_document(&*source, &document).await, document.locator.as_str()) {
            (Ok(fetched), "gzip.txt" | "plain.txt") => {
                assert_eq!(fetched.stamp, document.stamp);
                assert_eq!(fetched.content_type.as_deref(), Some("text/plain; charset=utf-8"));
                assert_eq!(bytes_of(fetched), b"hello\n");
            }
            (Ok(fetched), "twice.txt") => assert_eq!(bytes_of(fetched), b"hello\nhello\n"),
            (Err(error), "cut.txt" | "none.txt") => {
                assert!(
                    error.to_string().contains("`Content-Encoding: gzip`, and cannot be inflated"),
                    "{error}"
                );
                assert_eq!(error.class(), ErrorClass::Permanent);
            }
            (Err(error), "brotli.txt") => {
                assert!(error.to_string().contains("`Content-Encoding: br`, which is not undone"), "{error}");
            }
            (outcome, locator) => panic!("{locator}: {outcome:?}"),
        }
    }
    // What broke is the connection, and not the object.
    server.faults().inject(|_| Fault::CutBodyAfter(0));
    let error = fetch(&*source, "gzip.txt").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
}

#[tokio::test]
async fn a_small_object_that_inflates_to_a_large_one_is_not_taken_in() {
    let server = S3Server::start().await;
    let bytes = gzip(&vec![0; 64 << 20]).await;
    assert!(bytes.len() < 100_000);
    server.put_object("zeros.txt", bytes, |object| object.content_encoding = Some("gzip".into()));
    let source = open(&server, |config| config.max_size = Some(ByteSize(1 << 20)));
    let error = fetch(&*source, "zeros.txt").await.unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { size, .. } if size < 2 << 20), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_are_followed_to_what_exists_and_nothing_leaves_out() {
    let server = S3Server::start().await;
    for key in ["docs/a/start.md", "docs/a/data.csv", "docs/secret/x.csv", "other/b.csv"] {
        server.put(key, key);
    }
    let source = open(&server, |config| {
        config.prefix = "docs".into();
        config.include = vec!["**/*.md".into()];
        config.exclude = vec!["secret/**".into()];
    });
    let from = document("docs/a/start.md");
    let resolve = |link: &'static str, from: &DocumentRef| {
        let (source, from) = (Arc::clone(&source), from.clone());
        async move {
            let resolved =
                tokio::task::spawn_blocking(move || source.resolve_link(&from, link)).await.unwrap();
            resolved.map(|resolved| (resolved.document.locator, resolved.follow))
        }
    };
    let leads = |locator: &str, follow: bool| Some((locator.to_owned(), follow));
    assert_eq!(resolve("data.csv#row", &from).await, leads("docs/a/data.csv", true));
    assert_eq!(resolve("/a/data.csv", &from).await, leads("docs/a/data.csv", true));
    assert_eq!(resolve("s3://document-bucket/docs/a/data.csv", &from).await, leads("docs/a/data.csv", true));
    assert_eq!(resolve("gone.csv", &from).await, leads("docs/a/gone.csv", false));
    assert_eq!(resolve("other.md", &from).await, leads("docs/a/other.md", false));
    assert_eq!(resolve("../secret/x.csv", &from).await, leads("docs/secret/x.csv", false));
    for elsewhere in
        ["../../other/b.csv", "s3://document-bucket/other/b.csv", "s3://other/docs/a", "../a/", "a%00b"]
    {
        assert_eq!(resolve(elsewhere, &from).await, None, "{elsewhere}");
    }
    let deep = DocumentRef { link_depth: 1, ..from.clone() };
    assert_eq!(resolve("data.csv", &deep).await, leads("docs/a/data.csv", false));
    let stranger = DocumentRef { source_name: SourceName::new("wiki"), ..from };
    assert_eq!(
        resolve("s3://document-bucket/docs/a/data.csv", &stranger).await,
        leads("docs/a/data.csv", true)
    );
    assert_eq!(resolve("data.csv", &stranger).await, None);
    // A store that does not answer is no reason not to follow: the fetch will tell.
    server.faults().inject(|_| Fault::error(403, "AccessDenied", "no"));
    assert_eq!(resolve("data.csv", &document("docs/a/start.md")).await, leads("docs/a/data.csv", true));
}
