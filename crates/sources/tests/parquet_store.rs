//! Rows of Parquet files on an object store pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // also in what several tests share

mod table;

use async_trait::async_trait;
use futures::TryStreamExt;
use gdg_config::{ParquetSourceConfig, ParquetStoreConfig, S3SourceConfig, Secret, SourceConfig, SourceKind};
use gdg_model::{DocumentRef, ErrorClass, SourceName};
use gdg_sources::conformance::Fixture;
use gdg_sources::{Fetch, Fetched, OpenSourceError, Source, SourceContext, SourceError, open_source};
use gdg_test_servers::faults::Fault;
use gdg_test_servers::s3::{ACCESS_KEY_ID, BUCKET, S3Server, SECRET_ACCESS_KEY};
use rand::RngExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use table::{file_of, named_rows, properties, texts};

const BODY: &str = "optional binary body;";

fn store_of(server: &S3Server) -> S3SourceConfig {
    S3SourceConfig {
        bucket: BUCKET.into(),
        prefix: "lake".into(),
        endpoint: Some(server.endpoint()),
        allow_http: true,
        access_key_id: Some(Secret::new(ACCESS_KEY_ID)),
        secret_access_key: Some(Secret::new(SECRET_ACCESS_KEY)),
        ..S3SourceConfig::default()
    }
}

fn try_open(config: ParquetSourceConfig) -> Result<Arc<dyn Source>, OpenSourceError> {
    let kind = SourceKind::Parquet(Box::new(config));
    open_source(&SourceConfig { name: SourceName::new("rows"), kind }, &SourceContext::default())
}

fn open(server: &S3Server, change: impl FnOnce(&mut ParquetSourceConfig)) -> Arc<dyn Source> {
    let mut config = ParquetSourceConfig {
        store: Some(ParquetStoreConfig::S3(Box::new(store_of(server)))),
        content_column: "body".into(),
        ..ParquetSourceConfig::default()
    };
    change(&mut config);
    try_open(config).unwrap()
}

async fn listed(source: &dyn Source) -> Vec<DocumentRef> {
    let batches: Vec<_> = source.list(None, 1_000).try_collect().await.unwrap();
    assert!(batches.iter().all(|batch| batch.problems.is_empty()), "{batches:?}");
    batches.into_iter().flat_map(|batch| batch.documents).collect()
}

async fn fetch(source: &dyn Source, document: &DocumentRef) -> Result<Fetched, SourceError> {
    match source.fetch(document, None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("nothing is known"),
    }
}

/// A file for each document, which is its only row.
struct FileForEach {
    server: S3Server,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for FileForEach {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        format!("lake/{name}.parquet#row=0")
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        let file = file_of(BODY, &[vec![texts([bytes])]], properties());
        self.server.put(&format!("lake/{name}.parquet"), file);
    }

    async fn remove(&mut self, name: &str) {
        self.server.remove(&format!("lake/{name}.parquet"));
    }
}

mod a_file_for_each {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        let server = S3Server::start().await;
        let source = open(&server, |_| {});
        FileForEach { server, source }
    });
}

/// One file, with rows that are named by a column.
struct OneFile {
    server: S3Server,
    rows: BTreeMap<String, (i64, Vec<u8>)>,
    source: Arc<dyn Source>,
}

impl OneFile {
    fn write(&self) {
        self.server.put("lake/all.parquet", named_rows(&self.rows));
    }
}

#[async_trait]
impl Fixture for OneFile {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        format!("lake/all.parquet#id={}", name.replace('/', "%2F"))
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        let version = self.rows.get(name).map_or(1, |(version, _)| version + 1);
        self.rows.insert(name.to_owned(), (version, bytes.to_vec()));
        self.write();
    }

    async fn remove(&mut self, name: &str) {
        self.rows.remove(name);
        self.write();
    }
}

mod one_file {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        let server = S3Server::start().await;
        let source = open(&server, |config| {
            config.id_columns = vec!["id".into()];
            config.updated_column = Some("version".into());
        });
        OneFile { server, rows: BTreeMap::new(), source }
    });
}

/// A file of `groups` groups with 16 rows of 64 KiB that no codec makes smaller.
fn large_file(groups: usize) -> Vec<u8> {
    let mut random = rand::rng();
    let groups: Vec<_> = (0..groups)
        .map(|_| {
            let rows = (0..16).map(|_| (0..64 << 10).map(|_| random.random()).collect::<Vec<u8>>());
            vec![texts(rows)]
        })
        .collect();
    file_of(BODY, &groups, properties())
}

#[tokio::test]
async fn of_a_large_file_only_what_is_needed_is_read() {
    let server = S3Server::start().await;
    let file = large_file(20);
    let size = file.len() as u64;
    server.put("lake/large.parquet", file);
    let source = open(&server, |_| {});
    let documents = listed(&*source).await;
    assert_eq!(documents.len(), 320);
    let fetched = fetch(&*source, &documents[200]).await.unwrap();
    assert_eq!(fetched.content.length(), 64 << 10);
    let mut read = 0;
    for request in server.faults().take_seen() {
        if let Some(range) = request.header("range") {
            let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            read += last.parse::<u64>().unwrap() + 1 - first.parse::<u64>().unwrap();
        } else {
            assert!(request.method == "HEAD" || request.uri.to_string().contains("list-type"), "{request:?}");
        }
    }
    assert!(read > 0 && read < size / 3, "{read} of {size} bytes");
}

#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_read_fails_its_row_for_now() {
    let server = S3Server::start().await;
    server.put("lake/a.parquet", large_file(6));
    let source = open(&server, |_| {});
    let documents = listed(&*source).await;
    let (bucket, other) = ((*server).clone(), large_file(5));
    let asked = AtomicU32::new(0);
    server.faults().inject(move |request| {
        // The version is told; then it is another one.
        if request.method == "GET" && asked.fetch_add(1, Ordering::Relaxed) == 0 {
            bucket.put("lake/a.parquet", other.clone());
        }
        Fault::None
    });
    let error = fetch(&*source, &documents[0]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    assert!(error.to_string().contains("lake/a.parquet#row=0"), "{error}");
    fetch(&*source, &documents[0]).await.unwrap();
}

#[tokio::test]
async fn a_store_that_fails_fails_the_row_for_now_and_a_damaged_file_for_good() {
    let server = S3Server::start().await;
    server.put("lake/a.parquet", large_file(4));
    let source = open(&server, |_| {});
    let documents = listed(&*source).await;
    server.faults().inject(|request| {
        if request.method == "GET" {
            Fault::error(503, "SlowDown", "Please reduce your request rate.")
        } else {
            Fault::None
        }
    });
    let error = fetch(&*source, &documents[60]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    assert!(error.to_string().contains("lake/a.parquet#row=60"), "{error}");
    server.faults().heal();
    fetch(&*source, &documents[60]).await.unwrap();
    let whole = large_file(1);
    server.put("lake/a.parquet", whole[..whole.len() / 2].to_vec());
    let error = fetch(&*source, &documents[0]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
}

#[tokio::test]
async fn files_are_chosen_by_the_patterns_of_the_source_and_partitions_become_metadata() {
    let server = S3Server::start().await;
    let file = file_of(BODY, &[vec![texts(["one"])]], properties());
    for key in [
        "lake/year=2024/share=100%25/a.parquet",
        "lake/year=2023/b.parquet",
        "lake/readme.md",
        "other/c.parquet",
    ] {
        server.put(key, file.clone());
    }
    let source = open(&server, |config| config.exclude = vec!["year=2023/**".into()]);
    let documents = listed(&*source).await;
    let locators: Vec<_> = documents.iter().map(|document| document.locator.as_str()).collect();
    assert_eq!(locators, ["lake/year=2024/share=100%25/a.parquet#row=0"]);
    let fetched = fetch(&*source, &documents[0]).await.unwrap();
    assert_eq!(fetched.metadata.text("year"), Some("2024"));
    assert_eq!(fetched.metadata.text("share"), Some("100%"));
}

#[tokio::test]
async fn keys_that_contradict_one_another_are_named() {
    let server = S3Server::start().await;
    let store = |change: fn(&mut S3SourceConfig)| {
        let mut store = store_of(&server);
        change(&mut store);
        Some(ParquetStoreConfig::S3(Box::new(store)))
    };
    let both = ParquetSourceConfig { base_path: "/data".into(), store: store(|_| {}), ..body() };
    let patterns = ParquetSourceConfig { store: store(|s3| s3.include = vec!["*".into()]), ..body() };
    let bucket = ParquetSourceConfig { store: store(|s3| s3.bucket.clear()), ..body() };
    for (config, message) in [
        (both, "source `rows`: base_path is given beside `store`"),
        (patterns, "source `rows`: store has patterns"),
        (bucket, "source `rows`: bucket is missing"),
    ] {
        let error = try_open(config).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

fn body() -> ParquetSourceConfig {
    ParquetSourceConfig { content_column: "body".into(), ..ParquetSourceConfig::default() }
}
