//! Rows of Parquet files pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // also in what several tests share

mod table;

use async_trait::async_trait;
use futures::TryStreamExt;
use gdg_config::{ByteSize, ParquetSourceConfig, SourceConfig, SourceKind};
use gdg_model::{DocumentRef, ErrorClass, SourceName, Stamp};
use gdg_sources::conformance::{Fixture, goes_on_behind_every_cursor};
use gdg_sources::{Cursor, Fetch, Fetched, ListedBatch, Source, SourceContext, SourceError, open_source};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use table::{Column, named_rows, properties, put_file, texts, write};
use tempfile::TempDir;

fn open(folder: &Path, change: impl FnOnce(&mut ParquetSourceConfig)) -> Arc<dyn Source> {
    let mut config = ParquetSourceConfig {
        base_path: folder.into(),
        content_column: "body".into(),
        ..ParquetSourceConfig::default()
    };
    change(&mut config);
    let kind = SourceKind::Parquet(Box::new(config));
    open_source(&SourceConfig { name: SourceName::new("rows"), kind }, &SourceContext::default()).unwrap()
}

fn document(locator: &str) -> DocumentRef {
    let source_name = SourceName::new("rows");
    DocumentRef::listed(&source_name, locator, Stamp::default())
}

async fn batches(source: &dyn Source, after: Option<&Cursor>, size: usize) -> Vec<ListedBatch> {
    source.list(after.cloned(), size).try_collect().await.unwrap()
}

/// The locators that are listed, and the problems.
async fn list(source: &dyn Source) -> (Vec<String>, Vec<SourceError>) {
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for batch in batches(source, None, 1_000).await {
        documents.extend(batch.documents.into_iter().map(|document| document.locator));
        problems.extend(batch.problems.into_iter().map(|problem| problem.error));
    }
    (documents, problems)
}

async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    match source.fetch(&document(locator), None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("it was never seen"),
    }
}

async fn text_of(source: &dyn Source, locator: &str) -> String {
    let content = fetch(source, locator).await.unwrap().content;
    String::from_utf8(content.read(10 << 20).unwrap()).unwrap()
}

/// A file for each document, which is its only row.
struct FileForEach {
    folder: TempDir,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for FileForEach {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        format!("{name}.parquet#row=0")
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(format!("{name}.parquet"));
        write(&path, "optional binary body;", &[vec![texts([bytes])]], properties());
    }

    async fn remove(&mut self, name: &str) {
        fs::remove_file(self.folder.path().join(format!("{name}.parquet"))).unwrap();
    }
}

mod a_file_for_each {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        let folder = tempfile::tempdir().unwrap();
        let source = open(folder.path(), |_| {});
        FileForEach { folder, source }
    });
}

/// One file, with rows that are named by a column.
struct OneFile {
    folder: TempDir,
    rows: BTreeMap<String, (i64, Vec<u8>)>,
    source: Arc<dyn Source>,
}

impl OneFile {
    fn write(&self) {
        put_file(&self.folder.path().join("all.parquet"), &named_rows(&self.rows));
    }
}

#[async_trait]
impl Fixture for OneFile {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        format!("all.parquet#id={}", name.replace('/', "%2F"))
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

fn one_file(change: impl FnOnce(&mut ParquetSourceConfig)) -> OneFile {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), |config| {
        config.id_columns = vec!["id".into()];
        change(config);
    });
    OneFile { folder, rows: BTreeMap::new(), source }
}

mod one_file_with_versions {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        one_file(|config| config.updated_column = Some("version".into()))
    });
}

mod one_file_without_versions {
    use super::*;
    gdg_sources::source_conformance_tests!(async || one_file(|config| config.page_size = 2));
}

const TYPES: &str = "
    optional binary title (UTF8);
    required int64 changed (TIMESTAMP_MILLIS);
    required int32 day (DATE);
    required double score;
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    optional binary body (UTF8);
";

fn write_types(path: &Path) {
    let tags =
        Column::Nested(vec![b"a".to_vec(), b"b".to_vec(), b"c".to_vec()], vec![3, 3, 3, 0], vec![0, 1, 0, 0]);
    let group = vec![
        texts(["First", "Second", "Third/../"]),
        Column::Long(vec![1_704_164_645_000; 3]),
        Column::Date(vec![19_724; 3]),
        Column::Double(vec![1.5, f64::NAN, 3.0]),
        tags,
        Column::Text(vec![Some(b"<p>1</p>".to_vec()), None, Some(Vec::new())]),
    ];
    write(path, TYPES, &[group], properties());
}

#[tokio::test]
async fn columns_become_content_name_version_and_metadata() {
    let folder = tempfile::tempdir().unwrap();
    write_types(&folder.path().join("year=2024/place=New%20York/part.parquet"));
    let source = open(folder.path(), |config| {
        config.content_type = Some("text/html".into());
        config.title_column = Some("title".into());
        config.updated_column = Some("changed".into());
        config.metadata_columns = ["day", "score", "tags"].map(str::to_owned).to_vec();
    });
    let (documents, problems) = list(&*source).await;
    assert!(problems.is_empty(), "{problems:?}");
    let path = "year=2024/place=New%2520York/part.parquet";
    assert_eq!(documents, [0, 1, 2].map(|row| format!("{path}#row={row}")));

    let fetched = fetch(&*source, &documents[0]).await.unwrap();
    assert_eq!((fetched.content_type.as_deref(), fetched.name.as_str()), (Some("text/html"), "First.html"));
    assert_eq!(fetched.stamp.modified_at, Some(1_704_164_645_000_000_000));
    assert_eq!(
        fetched.metadata.to_json().unwrap(),
        r#"{"year":"2024","place":"New York","title":"First","day":"2024-01-02","score":1.5,"tags":["a","b"]}"#
    );
    assert_eq!(fetched.content.read(100).unwrap(), b"<p>1</p>");

    let null = fetch(&*source, &documents[1]).await.unwrap_err();
    assert!(null.to_string().contains("column `body` is NULL"), "{null}");
    assert_eq!(null.class(), ErrorClass::Permanent);

    let empty = fetch(&*source, &documents[2]).await.unwrap();
    assert_eq!(empty.name, "Third-..-.html");
    assert_eq!(empty.content.read(100).unwrap(), b"");
}

#[tokio::test]
async fn content_that_is_no_text_is_json_or_its_text() {
    let folder = tempfile::tempdir().unwrap();
    write_types(&folder.path().join("a.parquet"));
    for (column, row, expected, content_type) in [
        ("tags", 0, r#"["a","b"]"#, "application/json"),
        ("day", 0, "2024-01-02", "text/plain"),
        ("changed", 0, "2024-01-02T03:04:05Z", "text/plain"),
        ("score", 1, "NaN", "text/plain"),
    ] {
        let source = open(folder.path(), |config| config.content_column = column.into());
        let fetched = fetch(&*source, &format!("a.parquet#row={row}")).await.unwrap();
        assert_eq!(fetched.content_type.as_deref(), Some(content_type));
        assert_eq!(fetched.content.read(100).unwrap(), expected.as_bytes());
    }
}

#[tokio::test]
async fn every_compression_and_both_versions_of_pages_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(parquet::basic::GzipLevel::default()),
        Compression::BROTLI(parquet::basic::BrotliLevel::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ];
    let mut files = 0;
    for codec in codecs {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let properties = WriterProperties::builder()
                .set_compression(codec)
                .set_writer_version(version)
                .set_data_page_row_count_limit(10)
                .set_write_batch_size(10)
                .build();
            let body = || texts((0..100).map(|row| format!("text {row}")));
            let path = folder.path().join(format!("{files}.parquet"));
            write(&path, "optional binary body (UTF8);", &[vec![body()], vec![body()]], properties);
            files += 1;
        }
    }
    let source = open(folder.path(), |config| config.page_size = 7);
    // From the end to the beginning, so that each block is looked for anew.
    for file in 0..files {
        for row in (0..200).rev().step_by(3) {
            let text = text_of(&*source, &format!("{file}.parquet#row={row}")).await;
            assert_eq!(text, format!("text {}", row % 100));
        }
    }
}

#[tokio::test]
async fn groups_within_rows_are_skipped_over_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let rows = 300_i16;
    let values = (0..rows).flat_map(|row| [format!("{row} a").into_bytes(), format!("{row} b").into_bytes()]);
    let tags = Column::Nested(
        values.collect(),
        vec![3; 2 * rows as usize],
        (0..2 * rows).map(|value| value % 2).collect(),
    );
    let schema = "optional group body (LIST) { repeated group list { optional binary element (UTF8); } }";
    write(&folder.path().join("a.parquet"), schema, &[vec![tags]], properties());
    let source = open(folder.path(), |config| config.page_size = 10);
    for row in [299, 0, 150, 151, 7] {
        let text = text_of(&*source, &format!("a.parquet#row={row}")).await;
        assert_eq!(text, format!(r#"["{row} a","{row} b"]"#));
    }
}

#[tokio::test]
async fn several_columns_name_a_row_and_a_row_without_a_name_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let group = vec![
        Column::Text(vec![Some(b"a".to_vec()), None, Some(b"b,c".to_vec())]),
        Column::Long(vec![1, 2, 3]),
        texts(["x", "y", "z"]),
    ];
    let schema = "optional binary a (UTF8); required int64 b; optional binary body (UTF8);";
    write(&folder.path().join("t.parquet"), schema, &[group], properties());
    let source = open(folder.path(), |config| config.id_columns = vec!["a".into(), "b".into()]);
    let (documents, problems) = list(&*source).await;
    assert_eq!(documents, ["t.parquet#id=a,1", "t.parquet#id=b%2Cc,3"]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("`t.parquet#row=1`"), "{}", problems[0]);
    assert_eq!(text_of(&*source, "t.parquet#id=b%2Cc,3").await, "z");
    for locator in ["t.parquet#id=a,2", "t.parquet#id=a", "t.parquet#row=0"] {
        fetch(&*source, locator).await.unwrap_err();
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem_and_the_rest_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let good = || vec![vec![texts(["x"])]];
    write(&path("good.parquet"), "optional binary body;", &good(), properties());
    let bytes = fs::read(path("good.parquet")).unwrap();
    let footer = bytes.len() - 8;
    let with = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    fs::write(path("0-empty.parquet"), b"").unwrap();
    fs::write(path("1-short.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(path("2-magic.parquet"), with(footer + 4, b"NOPE")).unwrap();
    fs::write(path("3-long-footer.parquet"), with(footer, &u32::MAX.to_le_bytes())).unwrap();
    fs::write(path("4-footer.parquet"), with(footer, &7_u32.to_le_bytes())).unwrap();
    fs::write(path("5-encrypted.parquet"), with(footer + 4, b"PARE")).unwrap();
    fs::write(path("6-text.parquet"), "id,body\n1,x\n".repeat(100)).unwrap();
    write(&path("7-other-columns.parquet"), "optional binary text;", &good(), properties());
    write(&path("8-no-rows.parquet"), "optional binary body;", &[], properties());
    write(&path("9-empty-group.parquet"), "optional binary body;", &[vec![texts([""; 0])]], properties());
    let source = open(folder.path(), |_| {});
    let (documents, problems) = list(&*source).await;
    assert_eq!(documents, ["good.parquet#row=0"]);
    assert_eq!(problems.len(), 8, "{problems:?}");
    for problem in &problems {
        assert!(matches!(problem, SourceError::Malformed { .. }), "{problem}");
    }
    assert!(problems[7].to_string().contains("it has no column `body`"), "{}", problems[7]);
    for file in ["1-short", "2-magic", "3-long-footer", "7-other-columns", "8-no-rows"] {
        let error = fetch(&*source, &format!("{file}.parquet#row=0")).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
        assert!(error.to_string().contains(&format!("{file}.parquet#row=0")), "{error}");
    }
}

#[tokio::test]
async fn no_damage_to_a_file_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.parquet");
    let body = texts((0..200).map(|row| format!("text {row}")));
    let ids = texts((0..200).map(|row| format!("{}", row % 7)));
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    write(&whole, "optional binary id (UTF8); optional binary body (UTF8);", &[vec![ids, body]], properties);
    let bytes = fs::read(&whole).unwrap();
    let damaged = folder.path().join("damaged.parquet");
    let source = open(folder.path(), |config| {
        config.include = vec!["damaged.parquet".into()];
        config.updated_column = Some("id".into());
    });
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= if at % 2 == 0 { 0xff } else { 0x01 };
        fs::write(&damaged, bytes).unwrap();
        // A count that is too large may be listed, but never without an end.
        let listed: Vec<_> = futures::StreamExt::take(source.list(None, 50), 20).try_collect().await.unwrap();
        assert!(listed.iter().map(|batch| batch.documents.len()).sum::<usize>() <= 1_000);
        for row in [0, 150] {
            match source.fetch(&document(&format!("damaged.parquet#row={row}")), None).await {
                Ok(_) => {}
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[tokio::test]
async fn only_files_that_are_listed_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.parquet", "b.parquet", "c.data"] {
        write(&folder.path().join(name), "optional binary body;", &[vec![texts(["x"])]], properties());
    }
    let source = open(folder.path(), |config| config.exclude = vec!["b.*".into()]);
    assert_eq!(list(&*source).await.0, ["a.parquet#row=0"]);
    for locator in
        ["b.parquet#row=0", "c.data#row=0", "../a.parquet#row=0", "/etc/passwd#row=0", "a.parquet#row=1"]
    {
        let error = fetch(&*source, locator).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
    }
}

#[tokio::test]
async fn a_listing_goes_on_within_and_between_files() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["a", "b/c", "d"] {
        let body = || texts((0..7).map(|row| format!("{row}")));
        let path = folder.path().join(format!("{file}.parquet"));
        write(&path, "optional binary body;", &[vec![body()], vec![body()]], properties());
    }
    let source = open(folder.path(), |_| {});
    for size in [1, 4, 14, 100] {
        assert_eq!(goes_on_behind_every_cursor(&*source, size).await.len(), 42);
    }
    for cursor in ["", "nonsense", "a.parquet#row=1"] {
        let error = source.list(Some(Cursor::new(cursor)), 1).try_next().await.unwrap_err();
        assert!(matches!(error, SourceError::InvalidCursor { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_larger_document_than_is_allowed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("a.parquet"),
        "optional binary body;",
        &[vec![texts(["0123456789a"])]],
        properties(),
    );
    let source = open(folder.path(), |config| config.max_size = Some(ByteSize(10)));
    let error = fetch(&*source, "a.parquet#row=0").await.unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { size: 11, .. }), "{error}");
}

#[test]
fn what_cannot_be_used_is_named_with_its_key() {
    let config = |config: ParquetSourceConfig| {
        let kind = SourceKind::Parquet(Box::new(config));
        let config = SourceConfig { name: SourceName::new("rows"), kind };
        open_source(&config, &SourceContext::default()).unwrap_err().to_string()
    };
    let message = config(ParquetSourceConfig::default());
    assert_eq!(message, "source `rows`: content_column is missing");
    let content_column = "body".to_owned();
    let message = config(ParquetSourceConfig {
        base_path: "/nowhere/at/all".into(),
        content_column: content_column.clone(),
        ..ParquetSourceConfig::default()
    });
    assert!(message.contains("base_path `/nowhere/at/all` is no folder"), "{message}");
    let id_columns = vec![String::new()];
    let message =
        config(ParquetSourceConfig { content_column, id_columns, ..ParquetSourceConfig::default() });
    assert_eq!(message, "source `rows`: id_columns holds an empty name");
}

/// How long a run over all rows takes, and whether it grows with the square of their number. By hand:
/// `cargo test --release -p gdg-sources --test parquet -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "it takes a while, and measures"]
async fn a_run_over_a_million_rows_is_measured() {
    for (rows, ids) in [(100_000_i64, false), (1_000_000, false), (1_000_000, true)] {
        let folder = tempfile::tempdir().unwrap();
        let body = texts((0..rows).map(|row| format!("This is the text of row {row}. ").repeat(8)));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_dictionary_enabled(false)
            .build();
        let schema = "required int64 id; optional binary body (UTF8);";
        let path = folder.path().join("a.parquet");
        write(&path, schema, &[vec![Column::Long((0..rows).collect()), body]], properties);
        let source = open(folder.path(), |config| {
            if ids {
                config.id_columns = vec!["id".into()];
            }
        });
        let started = Instant::now();
        let documents: Vec<_> =
            batches(&*source, None, 1_000).await.into_iter().flat_map(|batch| batch.documents).collect();
        assert_eq!(documents.len() as i64, rows);
        let listed = started.elapsed();
        let started = Instant::now();
        for document in &documents {
            source.fetch(document, None).await.unwrap();
        }
        let in_order = started.elapsed();
        let started = Instant::now();
        for document in documents.iter().step_by(1_009 * 7) {
            source.fetch(document, None).await.unwrap();
        }
        let count = documents.len() / (1_009 * 7) + 1;
        println!(
            "{rows} rows, ids: {ids}; listed in {listed:?}, fetched in order in {in_order:?}, {count} far apart in {:?}",
            started.elapsed()
        );
    }
}
