//! Rows of SQLite files.

use crate::support::{
    any_bytes, assert_nothing_is_lost, bytes_of, config_of, document, documents, fetch, id_of, list, listed,
    open, text_of, try_open,
};
use async_trait::async_trait;
use futures::StreamExt;
use gdg_config::{
    ByteSize, ConnectionUri, DatabaseBackend, DatabaseFieldMapping, DatabaseSourceConfig, Seconds,
};
use gdg_model::{DocumentRef, ErrorClass};
use gdg_sources::conformance::{Fixture, goes_on_behind_every_cursor};
use gdg_sources::{Cursor, Fetch, Source, SourceContext, SourceError, Spool, open_source};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use serde_json::json;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A file with tables.
struct File {
    folder: TempDir,
    connection: Connection,
}

impl File {
    fn new(statements: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("rows.db")).unwrap();
        connection.execute_batch(statements).unwrap();
        Self { folder, connection }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("rows.db")
    }

    fn config(&self) -> DatabaseSourceConfig {
        DatabaseSourceConfig {
            backend: Some(DatabaseBackend::Sqlite),
            path: Some(self.path()),
            table: Some("t".into()),
            ..DatabaseSourceConfig::default()
        }
    }

    fn source(&self) -> Arc<dyn Source> {
        open(self.config())
    }
}

struct SqliteFixture {
    file: File,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for SqliteFixture {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        name.replace('/', "%2F")
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        let statement = "INSERT INTO t VALUES (?1, ?2, 1)
                         ON CONFLICT DO UPDATE SET content = excluded.content, version = version + 1";
        self.file.connection.execute(statement, params![name, bytes]).unwrap();
    }

    async fn remove(&mut self, name: &str) {
        self.file.connection.execute("DELETE FROM t WHERE id = ?1", [name]).unwrap();
    }
}

async fn make() -> SqliteFixture {
    let file =
        File::new("CREATE TABLE t (id TEXT PRIMARY KEY, content BLOB NOT NULL, version INTEGER NOT NULL)");
    // Pages of two, so that the suite crosses them.
    let page_size = NonZeroU32::new(2).unwrap();
    let source =
        open(DatabaseSourceConfig { update_column: Some("version".into()), page_size, ..file.config() });
    SqliteFixture { file, source }
}

gdg_sources::source_conformance_tests!(make);

#[tokio::test]
async fn ids_of_every_kind_are_listed_and_fetched() {
    let file = File::new("CREATE TABLE t (id, content TEXT)");
    let ids: Vec<Value> = vec![
        Value::Integer(-5),
        Value::Integer(7),
        Value::Integer(i64::MAX),
        Value::Real(1.5),
        Value::Real(1e300),
        Value::Text("it's \"quoted\"; DROP TABLE t; --".into()),
        Value::Text("two\nlines\r\t".into()),
        Value::Text("a/b/../c".into()),
        Value::Text("100%".into()),
        Value::Text("nul\0within".into()),
        Value::Text("ünïcødé 日本 🦀".into()),
        Value::Text("x".repeat(2_048)),
        Value::Text("0xZZ".into()),
        Value::Text("[1]".into()),
        Value::Blob(vec![0, 255, 16]),
    ];
    for (number, id) in ids.iter().enumerate() {
        file.connection
            .execute("INSERT INTO t VALUES (?1, ?2)", params![id, format!("text {number}")])
            .unwrap();
    }
    let page_size = NonZeroU32::new(3).unwrap();
    let source = open(DatabaseSourceConfig { page_size, ..file.config() });
    let found = goes_on_behind_every_cursor(&*source, 2).await;
    assert_eq!(found.len(), ids.len());
    let mut texts = Vec::new();
    for locator in &found {
        assert!(!locator.chars().any(char::is_control), "{locator:?}");
        texts.push(text_of(&*source, locator).await);
    }
    texts.sort();
    let mut expected: Vec<_> = (0..ids.len()).map(|number| format!("text {number}")).collect();
    expected.sort();
    assert_eq!(texts, expected);
    for locator in ["-5", "1.5", "a%2Fb%2F..%2Fc", "100%25", "nul%00within", "0x00ff10"] {
        assert!(found.iter().any(|found| found == locator), "{locator}");
    }
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_an_id_and_content_like_another() {
    let file = File::new(
        "CREATE TABLE t (id, content); INSERT INTO t VALUES (CAST(x'61ff' AS TEXT), CAST(x'ff62' AS TEXT))",
    );
    let source = file.source();
    assert_eq!(goes_on_behind_every_cursor(&*source, 1).await, ["a%FF"]);
    assert_eq!(bytes_of(&*source, "a%FF").await, b"\xffb");
}

#[tokio::test]
async fn numbers_are_listed_in_their_own_order() {
    let file = File::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, content TEXT); INSERT INTO t VALUES (10, 'a'), (9, 'b'), (-1, 'c')",
    );
    let source = file.source();
    assert_eq!(listed(&*source).await, ["-1", "9", "10"]);
    for second_name in ["09", "+9", " 9", "9.0", "9 ", "%39"] {
        let error = fetch(&*source, second_name).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{second_name}: {error}");
    }
}

#[tokio::test]
async fn ids_that_a_collation_takes_for_the_same_are_several() {
    let file = File::new(
        "CREATE TABLE t (id TEXT COLLATE NOCASE, content TEXT);
         CREATE INDEX i ON t (id);
         INSERT INTO t VALUES ('b', '1'), ('A', '2'), ('a', '3'), ('B', '4'), ('B ', '5')",
    );
    let page_size = NonZeroU32::new(1).unwrap();
    let source = open(DatabaseSourceConfig { page_size, ..file.config() });
    assert_eq!(listed(&*source).await, ["A", "B", "B ", "a", "b"]);
    assert_eq!(text_of(&*source, "a").await, "3");
    assert_eq!(text_of(&*source, "B ").await, "5");
}

#[tokio::test]
async fn an_id_may_be_of_several_columns() {
    let file = File::new(
        "CREATE TABLE t (country TEXT, number INTEGER, content TEXT, PRIMARY KEY (country, number));
         INSERT INTO t VALUES ('de', 10, 'a'), ('de', 9, 'b'), ('a/b', 1, 'c'), ('', 1, 'd'), ('de', NULL, 'e')",
    );
    let page_size = NonZeroU32::new(2).unwrap();
    let config =
        DatabaseSourceConfig { field_mapping: id_of(&["country", "number"]), page_size, ..file.config() };
    let source = open(config);
    let (documents, problems) = list(&*source).await.unwrap();
    assert_eq!(documents, ["/1", "a%2Fb/1", "de/9", "de/10"]);
    assert_eq!(problems.len(), 1);
    assert_eq!(text_of(&*source, "de/9").await, "b");
    assert_eq!(text_of(&*source, "/1").await, "d");
    goes_on_behind_every_cursor(&*source, 1).await;
    for locator in ["de", "de/9/1", "de/x"] {
        fetch(&*source, locator).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_row_without_a_usable_id_is_a_problem_and_the_rest_is_listed() {
    let file = File::new(
        "CREATE TABLE t (id, content TEXT); INSERT INTO t VALUES (NULL, 'a'), (NULL, 'b'), ('', 'c'), ('x', 'd')",
    );
    file.connection.execute("INSERT INTO t VALUES (?1, 'e')", ["x".repeat(2_049)]).unwrap();
    file.connection.execute("INSERT INTO t VALUES (?1, 'f')", [vec![b'x'; 5 << 20]]).unwrap();
    let source = file.source();
    let (documents, problems) = list(&*source).await.unwrap();
    assert_eq!(documents, ["x"]);
    assert_eq!(
        problems,
        [
            "source `rows`: `id` is not usable: rows that have no usable id are not listed: it is NULL in 2, and in 3 it is empty or longer than 2048 bytes"
        ]
    );
    goes_on_behind_every_cursor(&*source, 1).await;
}

#[tokio::test]
async fn rows_with_the_same_id_are_listed_once_and_not_fetched() {
    let file = File::new(
        "CREATE TABLE t (id INTEGER, content TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (2, 'c'), (2, 'd'), (3, 'e')",
    );
    for page_size in [1, 2, 3, 10] {
        let page_size = NonZeroU32::new(page_size).unwrap();
        let source = open(DatabaseSourceConfig { page_size, ..file.config() });
        assert_eq!(listed(&*source).await, ["1", "2", "3"]);
        let error = fetch(&*source, "2").await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent);
        assert_eq!(error.to_string(), "source `rows`: `2` is not usable: more than one row has this id");
        assert_eq!(text_of(&*source, "3").await, "e");
    }
}

#[tokio::test]
async fn content_that_is_neither_text_nor_bytes_fails_for_good() {
    let file = File::new(
        "CREATE TABLE t (id, content); INSERT INTO t VALUES (1, NULL), (2, 5), (3, 5.5), (4, 'text'), (5, '')",
    );
    let source = file.source();
    for (locator, told) in [
        ("1", "source `rows`: `1` is not usable: its column `content` is NULL"),
        (
            "2",
            "source `rows`: `2` is not usable: its column `content` is of type integer, which is neither text nor bytes",
        ),
        (
            "3",
            "source `rows`: `3` is not usable: its column `content` is of type real, which is neither text nor bytes",
        ),
    ] {
        let error = fetch(&*source, locator).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent);
        assert_eq!(error.to_string(), told);
    }
    assert_eq!(text_of(&*source, "4").await, "text");
    assert_eq!(text_of(&*source, "5").await, "");
}

#[tokio::test]
async fn a_row_says_what_its_document_is() {
    let file = File::new(
        "CREATE TABLE t (key TEXT, body, type TEXT, file TEXT, heading TEXT, author TEXT, pages INTEGER, score REAL, raw BLOB, none TEXT);
         INSERT INTO t VALUES ('a', '<p>', 'text/html', NULL, 'A title', 'Ada', 3, 1.5, x'00ff', NULL),
                              ('b', 'text', NULL, 'folder/notes.md', NULL, NULL, NULL, NULL, NULL, NULL),
                              ('c', x'255044462d', 'application/pdf', NULL, '', NULL, NULL, NULL, NULL, NULL),
                              ('d', x'00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    let metadata = ["author", "pages", "score", "raw", "none"].map(str::to_owned).to_vec();
    let field_mapping = DatabaseFieldMapping {
        id: vec!["key".into()],
        content: Some("body".into()),
        title: Some("heading".into()),
        content_type: Some("type".into()),
        name: Some("file".into()),
        metadata,
        updated: None,
    };
    let source = open(DatabaseSourceConfig { field_mapping, ..file.config() });
    let mut told = Vec::new();
    for locator in ["a", "b", "c", "d"] {
        let fetched = fetch(&*source, locator).await.unwrap();
        let metadata = serde_json::to_value(&fetched.metadata).unwrap();
        told.push(json!([fetched.name, fetched.content_type, metadata]));
    }
    let metadata = json!({ "title": "A title", "author": "Ada", "pages": 3, "score": 1.5, "raw": "0x00ff" });
    assert_eq!(
        told,
        [
            json!(["a.html", "text/html", metadata]),
            json!(["notes.md", "text/plain", {}]),
            json!(["c.pdf", "application/pdf", {}]),
            json!(["d", null, {}]),
        ]
    );
}

#[tokio::test]
async fn one_media_type_may_hold_for_all_rows() {
    let file = File::new("CREATE TABLE t (id, content); INSERT INTO t VALUES (1, x'7b7d')");
    let source =
        open(DatabaseSourceConfig { content_type: Some("application/json".into()), ..file.config() });
    let fetched = fetch(&*source, "1").await.unwrap();
    assert_eq!(
        (fetched.name.as_str(), fetched.content_type.as_deref()),
        ("1.json", Some("application/json"))
    );
}

#[tokio::test]
async fn metadata_that_is_a_document_itself_is_refused() {
    let file =
        File::new("CREATE TABLE t (id, content, notes); INSERT INTO t VALUES (1, 'a', zeroblob(70000))");
    let source = open(DatabaseSourceConfig { metadata_columns: vec!["notes".into()], ..file.config() });
    let error = fetch(&*source, "1").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent);
    assert!(error.to_string().contains("`notes`"), "{error}");
}

#[tokio::test]
async fn a_version_is_a_stamp_and_what_is_known_is_not_read_again() {
    let file = File::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, content TEXT, changed);
         INSERT INTO t VALUES (1, 'a', '2024-05-06 07:08:09.250'), (2, 'b', 17), (3, 'c', NULL), (4, 'd', 'v1')",
    );
    let source = open(DatabaseSourceConfig { update_column: Some("changed".into()), ..file.config() });
    let stamps: Vec<_> = documents(&*source).await.into_iter().map(|document| document.stamp).collect();
    assert_eq!(stamps[0].modified_at, Some(1_714_979_289_250_000_000));
    assert!(stamps[1..].iter().all(|stamp| stamp.modified_at.is_none()));
    assert_eq!(
        stamps.iter().map(|stamp| stamp.etag.is_some()).collect::<Vec<_>>(),
        [true, true, false, true]
    );
    for (number, stamp) in stamps.iter().enumerate() {
        let outcome = source.fetch(&document(&(number + 1).to_string()), Some(stamp)).await.unwrap();
        match outcome {
            Fetch::Unchanged { stamp: now } => assert_eq!((&now, number == 2), (stamp, false)),
            Fetch::Document(_) => assert_eq!(number, 2, "without a version, nobody knows"),
        }
    }
    file.connection.execute("UPDATE t SET content = 'new', changed = 18 WHERE id = 2", []).unwrap();
    let Fetch::Document(fetched) = source.fetch(&document("2"), Some(&stamps[1])).await.unwrap() else {
        panic!("it has another version")
    };
    assert_eq!(fetched.content.read(10).unwrap(), b"new");
}

#[tokio::test]
async fn without_a_version_the_content_decides() {
    let file = File::new("CREATE TABLE t (id, content); INSERT INTO t VALUES (1, 'a')");
    let source = file.source();
    let DocumentRef { stamp, .. } = documents(&*source).await.remove(0);
    assert_eq!(stamp, gdg_model::Stamp::default());
    assert_eq!(fetch(&*source, "1").await.unwrap().stamp, stamp);
}

#[tokio::test]
async fn large_content_is_read_in_pieces() {
    let file = File::new("CREATE TABLE t (id, content, version)");
    for length in [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_001] {
        let bytes = any_bytes(length);
        file.connection
            .execute("INSERT INTO t VALUES (?1, ?2, 1)", params![i64::try_from(length).unwrap(), bytes])
            .unwrap();
        let source = open(DatabaseSourceConfig { update_column: Some("version".into()), ..file.config() });
        assert!(bytes_of(&*source, &length.to_string()).await == bytes, "{length}");
        let other = gdg_model::Stamp { etag: Some("other".into()), ..Default::default() };
        let Fetch::Document(fetched) =
            source.fetch(&document(&length.to_string()), Some(&other)).await.unwrap()
        else {
            panic!("it has another version")
        };
        assert!(fetched.content.read(1 << 30).unwrap() == bytes, "{length}");
    }
    let text = "äöü€🦀".repeat(200_000);
    file.connection.execute("INSERT INTO t VALUES ('text', ?1, 1)", [&text]).unwrap();
    assert!(text_of(&*file.source(), "text").await == text);
}

#[tokio::test]
async fn content_over_a_limit_is_not_read() {
    let file = File::new(
        "CREATE TABLE t (id, content); INSERT INTO t VALUES (1, zeroblob(64 << 20)), (2, zeroblob(1000))",
    );
    let spool = Spool { max_document_size: ByteSize(2_000_000), ..Spool::default() };
    let context = SourceContext { spool, ..SourceContext::default() };
    let limited = open(DatabaseSourceConfig { max_size: Some(ByteSize(1 << 20)), ..file.config() });
    for (source, key) in [
        (limited, "content_sources[].max_size"),
        (open_source(&config_of(file.config()), &context).unwrap(), "parsing.limits.max_document_size"),
    ] {
        let error = fetch(&*source, "1").await.unwrap_err();
        assert!(matches!(error, SourceError::TooLarge { size: 0x400_0000, .. }), "{error}");
        assert!(error.to_string().contains(key), "{error}");
        assert_eq!(bytes_of(&*source, "2").await.len(), 1_000, "the connection is of use after that");
    }
    assert_eq!(fetch(&*file.source(), "1").await.unwrap().content.length(), 64 << 20);
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_listed_without_loss_while_they_come_and_go() {
    let file = File::new(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, content TEXT);
         WITH RECURSIVE n (id) AS (SELECT 0 UNION ALL SELECT id + 2 FROM n WHERE id < 199998)
         INSERT INTO t SELECT id, 'a' FROM n",
    );
    let page_size = NonZeroU32::new(3_000).unwrap();
    let source = open(DatabaseSourceConfig { page_size, ..file.config() });
    let mut batches = source.list(None, 1_000);
    let mut found = Vec::new();
    let mut round = 0_i64;
    while let Some(batch) = batches.next().await {
        found.extend(batch.unwrap().documents.into_iter().map(|document| document.locator));
        // Before and behind where the listing is: every row whose number is divisible by 20 goes, odd ones come.
        let start = round * 2_000;
        let change = format!(
            "DELETE FROM t WHERE id % 20 = 0 AND id BETWEEN {start} AND {start} + 3000;
             INSERT OR IGNORE INTO t VALUES ({start} + 1, 'new'), (199999 - {round} * 2, 'new'), (-{round}, 'new')"
        );
        file.connection.execute_batch(&change).unwrap();
        round += 1;
    }
    assert!(found.len() > 90_000);
    let stayed = (0..200_000).step_by(2).filter(|id| id % 20 != 0).map(|id: i64| id.to_string());
    assert_nothing_is_lost(&found, stayed);
}

#[tokio::test]
async fn a_query_is_a_table_like_another() {
    let file = File::new(
        "CREATE TABLE t (id INTEGER, content TEXT, hidden INTEGER); INSERT INTO t VALUES (1, 'a', 0), (2, 'b', 1), (3, 'c', 0)",
    );
    for query in [
        "SELECT id, content FROM t WHERE hidden = 0;",
        "SELECT id, content FROM t WHERE hidden = 0 ORDER BY id DESC -- the visible ones",
        "WITH v AS (SELECT * FROM t WHERE hidden = 0) SELECT id, content FROM v /* ; */ ;\n",
    ] {
        let source = open(DatabaseSourceConfig { table: None, query: Some(query.into()), ..file.config() });
        assert_eq!(listed(&*source).await, ["1", "3"], "{query}");
        assert_eq!(text_of(&*source, "3").await, "c");
        assert!(matches!(fetch(&*source, "2").await.unwrap_err(), SourceError::Vanished { .. }));
    }
}

#[tokio::test]
async fn names_are_quoted() {
    let file = File::new(
        r#"CREATE TABLE "a ""b"" [c]" ("the ""id""" INTEGER, "select" TEXT); INSERT INTO "a ""b"" [c]" VALUES (1, 'x')"#,
    );
    let config = DatabaseSourceConfig {
        table: Some("main.a \"b\" [c]".into()),
        id_column: vec!["the \"id\"".into()],
        content_column: Some("select".into()),
        ..file.config()
    };
    let source = open(config);
    assert_eq!(listed(&*source).await, ["1"]);
    assert_eq!(text_of(&*source, "1").await, "x");
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_words_of_the_database() {
    let file = File::new("CREATE TABLE t (id, content); INSERT INTO t VALUES (1, 'a')");
    let config = || file.config();
    for (config, told) in [
        (DatabaseSourceConfig { table: Some("nosuch".into()), ..config() }, "no such table: nosuch"),
        (
            DatabaseSourceConfig { content_column: Some("nosuch".into()), ..config() },
            "no such column: gdg_rows.nosuch",
        ),
        (
            DatabaseSourceConfig { id_column: vec!["nosuch".into()], ..config() },
            "no such column: gdg_rows.nosuch",
        ),
        (
            DatabaseSourceConfig { table: None, query: Some("SELECT FROM t".into()), ..config() },
            "syntax error",
        ),
    ] {
        let source = open(config);
        for error in [list(&*source).await.unwrap_err(), fetch(&*source, "1").await.err().unwrap()] {
            assert_eq!(error.class(), ErrorClass::Permanent);
            assert!(error.to_string().contains(told), "{told}: {error}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_fails_for_good_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    for text in [
        "no database at all, and long enough to have a header of a hundred bytes, whatever it may say there ....",
        "",
    ] {
        std::fs::write(&path, text).unwrap();
        let uri = Some(ConnectionUri::new(format!("sqlite:{}", path.display())));
        let source = open(DatabaseSourceConfig { uri, table: Some("t".into()), ..Default::default() });
        let error = list(&*source).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    let gone = DatabaseSourceConfig {
        uri: Some(ConnectionUri::new(format!("sqlite:{}/gone.db", folder.path().display()))),
        table: Some("t".into()),
        ..Default::default()
    };
    try_open(gone).unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is created");
}

#[tokio::test]
async fn a_file_that_someone_writes_is_waited_for_and_then_tried_again() {
    let file = File::new("CREATE TABLE t (id, content); INSERT INTO t VALUES (1, 'a')");
    file.connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let source = open(DatabaseSourceConfig { timeout: Seconds::milliseconds(50), ..file.config() });
    assert!(matches!(list(&*source).await.unwrap_err(), SourceError::Unavailable { .. }));
    assert!(matches!(fetch(&*source, "1").await.unwrap_err(), SourceError::Unavailable { .. }));
    file.connection.execute_batch("COMMIT").unwrap();
    assert_eq!(listed(&*source).await, ["1"]);
    assert_eq!(text_of(&*source, "1").await, "a");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up() {
    let file = File::new("CREATE TABLE t (id, content)");
    let query = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, 'a' AS content FROM n WHERE id < 0";
    let config = DatabaseSourceConfig {
        table: None,
        query: Some(query.into()),
        timeout: Seconds::milliseconds(50),
        ..file.config()
    };
    let error = list(&*open(config)).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(error.to_string().contains("(timeout)"), "{error}");
}

#[tokio::test]
async fn a_cursor_that_no_listing_gave_is_an_error() {
    let file = File::new("CREATE TABLE t (id, content); INSERT INTO t VALUES (1, 'a')");
    for cursor in ["", "x", "{}", "[1,2]", "[null]", "[{}]", "[{\"bytes\":\"x\"}]", "[[1]]", "[true]"] {
        let batches: Vec<_> = file.source().list(Some(Cursor::new(cursor)), 10).collect().await;
        assert!(matches!(batches[..], [Err(SourceError::InvalidCursor { .. })]), "{cursor}");
    }
}

#[tokio::test]
async fn only_a_link_to_a_row_itself_leads_to_it() {
    let file = File::new("CREATE TABLE t (id, content); INSERT INTO t VALUES ('a b/c', 'a')");
    let source = file.source();
    let from = documents(&*source).await.remove(0);
    let resolved = source.resolve_link(&from, "database://rows/a b%2Fc#part%201").unwrap();
    assert_eq!(resolved.document.doc_id, from.doc_id);
    assert_eq!(
        (resolved.fragment.as_str(), resolved.follow, resolved.document.link_depth),
        ("part 1", false, 1)
    );
    let stranger = DocumentRef { source_name: gdg_model::SourceName::new("another"), ..from.clone() };
    assert!(source.resolve_link(&stranger, "database://rows/a b%2Fc").is_some());
    for link in [
        "a b%2Fc",
        "rows/a",
        "database://other/a",
        "database://rows",
        "database://rows/",
        "database://rows/a/b",
        "#x",
        "",
    ] {
        assert_eq!(source.resolve_link(&from, link), None, "{link}");
    }
    assert!(!source.may_follow(&from));
}
