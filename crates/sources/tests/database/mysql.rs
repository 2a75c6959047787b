//! Rows of MySQL and MariaDB.

use crate::support::{
    any_bytes, assert_nothing_is_lost, bytes_of, document, documents, fetch, id_of, list, listed, open,
    text_of,
};
use async_trait::async_trait;
use futures::StreamExt;
use gdg_config::{ConnectionUri, DatabaseFieldMapping, DatabaseSourceConfig, Seconds};
use gdg_model::ErrorClass;
use gdg_sources::conformance::{self, Fixture, goes_on_behind_every_cursor};
use gdg_sources::{Fetch, Source, SourceError};
use libtest_mimic::Trial;
use serde_json::json;
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

const SERVER_VARIABLE: &str = "GO_DOC_GO_TEST_MYSQL_URL";

/// Makes a trial of each function, which is ignored where there is no server.
macro_rules! trials {
    (suite: $($check:ident)+; own: $($own:ident)+;) => {
        vec![
            $(trial(stringify!($check), || run(conformance::$check(make))),)+
            $(trial(stringify!($own), || run($own())),)+
        ]
    };
}

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        suite:
        an_empty_source_lists_nothing
        everything_is_listed_once_in_batches_of_any_size
        a_listing_goes_on_behind_every_cursor
        a_listing_goes_on_behind_a_document_that_is_gone
        what_came_meanwhile_is_listed_when_it_lies_behind_the_cursor
        a_document_is_named_the_same_in_every_listing
        a_listing_can_be_dropped_at_any_batch
        a_fetched_document_has_its_bytes_and_the_stamp_of_the_listing
        a_changed_document_has_another_stamp
        a_document_that_is_known_need_not_be_read_again
        a_vanished_document_fails_for_good
        a_document_over_the_limit_is_not_read
        a_locator_that_was_never_listed_is_an_error
        a_link_to_another_place_leads_nowhere;
        own:
        ids_of_every_type_are_listed_and_fetched
        ids_that_a_collation_takes_for_the_same_are_several
        an_id_may_be_of_several_columns
        a_row_without_a_usable_id_is_a_problem_and_one_that_is_there_twice_is_listed_once
        content_is_text_json_or_bytes
        large_content_is_read_in_pieces
        a_row_says_what_its_document_is
        a_version_is_a_stamp_and_what_is_known_is_not_read_again
        a_hundred_thousand_rows_are_listed_without_loss_while_they_come_and_go
        a_statement_can_do_nothing_but_read
        what_is_not_there_is_told_in_the_words_of_the_server
        a_statement_that_takes_too_long_is_given_up
        connections_that_the_server_ended_are_made_anew;
    ]
}

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    let is_ignored = std::env::var_os(SERVER_VARIABLE).is_none();
    Trial::test(name, move || {
        test();
        Ok(())
    })
    .with_ignored_flag(is_ignored)
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A database of one test.
struct Database {
    name: String,
    url: Url,
    connection: MySqlConnection,
}

impl Database {
    async fn with(statements: &str) -> Self {
        let server = std::env::var(SERVER_VARIABLE).unwrap_or_else(|_| {
            panic!("this test needs a MySQL or MariaDB server: name one in {SERVER_VARIABLE}")
        });
        let name = format!(
            "gdg_test_{}",
            tempfile::tempdir()
                .unwrap()
                .path()
                .display()
                .to_string()
                .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
        );
        let mut url: Url = server.parse().unwrap();
        let mut connection = MySqlConnection::connect(url.as_str()).await.unwrap();
        connection
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")))
            .await
            .unwrap();
        url.set_path(&name);
        let mut this = Self { connection: MySqlConnection::connect(url.as_str()).await.unwrap(), name, url };
        this.run(statements).await;
        this
    }

    async fn run(&mut self, statements: &str) {
        self.connection.execute(sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))).await.unwrap();
    }

    fn config(&self) -> DatabaseSourceConfig {
        DatabaseSourceConfig {
            uri: Some(ConnectionUri::new(self.url.as_str())),
            table: Some("t".into()),
            page_size: NonZeroU32::new(2).unwrap(),
            ..DatabaseSourceConfig::default()
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.name.clone());
        // The test's own runtime cannot be waited for from here.
        let dropping = std::thread::spawn(move || {
            run(async move {
                let mut connection = MySqlConnection::connect(url.as_str()).await.unwrap();
                let _ = connection.execute(AssertSqlSafe(format!("DROP DATABASE {name}"))).await;
            });
        });
        let _ = dropping.join();
    }
}

struct MysqlFixture {
    source: Arc<dyn Source>,
    database: Database,
}

#[async_trait]
impl Fixture for MysqlFixture {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        name.replace('/', "%2F")
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        let statement =
            "INSERT INTO t VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE content = ?, version = version + 1";
        let query = sqlx::query(statement).bind(name).bind(bytes).bind(bytes);
        self.database.connection.execute(query).await.unwrap();
    }

    async fn remove(&mut self, name: &str) {
        let query = sqlx::query("DELETE FROM t WHERE id = ?").bind(name.to_owned());
        self.database.connection.execute(query).await.unwrap();
    }
}

async fn make() -> MysqlFixture {
    let statement =
        "CREATE TABLE t (id varchar(200) PRIMARY KEY, content longblob NOT NULL, version int NOT NULL)";
    let database = Database::with(statement).await;
    let source = open(DatabaseSourceConfig { update_column: Some("version".into()), ..database.config() });
    MysqlFixture { source, database }
}

/// Lists a table whose ids are `values` of `column_type`, and fetches each row.
async fn ids(column_type: &str, values: &[&str]) -> Vec<String> {
    let rows = values.iter().map(|value| format!("({value}, 'text')")).collect::<Vec<_>>().join(", ");
    let statements = format!("CREATE TABLE t (id {column_type}, content text); INSERT INTO t VALUES {rows}");
    let database = Database::with(&statements).await;
    let source = open(database.config());
    let found = goes_on_behind_every_cursor(&*source, 1).await;
    for locator in &found {
        assert_eq!(text_of(&*source, locator).await, "text", "{locator}");
    }
    assert_eq!(listed(&*source).await, found);
    found
}

async fn ids_of_every_type_are_listed_and_fetched() {
    assert_eq!(ids("int", &["10", "9", "-1"]).await, ["-1", "9", "10"]);
    assert_eq!(
        ids("bigint unsigned", &["18446744073709551615", "9223372036854775807", "1"]).await,
        ["1", "9223372036854775807", "18446744073709551615"]
    );
    assert_eq!(ids("binary(2)", &["x'00ff'", "x'0a00'"]).await, ["0x00ff", "0x0a00"]);
    assert_eq!(ids("varbinary(9)", &["x'00ff'", "x'00'", "x''"]).await, ["0x", "0x00", "0x00ff"]);
    assert_eq!(ids("decimal(9,2)", &["1.50", "10", "9"]).await, ["1.50", "10.00", "9.00"]);
    assert_eq!(
        ids("datetime(6)", &["'2024-01-02 03:04:05.000006'", "'1999-01-01'"]).await,
        ["1999-01-01 00:00:00.000000", "2024-01-02 03:04:05.000006"]
    );
    assert_eq!(ids("date", &["'2024-01-02'", "'1999-01-01'"]).await, ["1999-01-01", "2024-01-02"]);
    assert_eq!(ids("enum('sad', 'fine')", &["'sad'", "'fine'"]).await, ["fine", "sad"]);
    let long = format!("'{}'", "x".repeat(2_048));
    let odd =
        ["'it''s `q`; -- '", "'two\\nlines'", "'a/b'", "'100%'", "'日本🦀'", "'nul\\0within'", "'?'", &long];
    assert_eq!(ids("text", &odd).await.len(), odd.len());
    // What differs only behind the bytes that servers sort by, unless they are told otherwise.
    let common = "x".repeat(1_500);
    let alike: Vec<String> = (0..9).rev().map(|number| format!("'{common}{number}'")).collect();
    let alike: Vec<&str> = alike.iter().map(String::as_str).collect();
    assert_eq!(ids("text", &alike).await.len(), 9);
    assert_eq!(ids("varchar(9) CHARACTER SET latin1", &["'é'", "'z'", "'a'"]).await, ["a", "z", "é"]);
}

async fn ids_that_a_collation_takes_for_the_same_are_several() {
    for collation in ["utf8mb4_unicode_ci", "utf8mb4_bin"] {
        let column = format!("varchar(9) COLLATE {collation}");
        assert_eq!(
            ids(&column, &["'b'", "'A'", "'a'", "'ä'", "'B'", "'b '"]).await,
            ["A", "B", "a", "b", "b ", "ä"]
        );
    }
}

async fn an_id_may_be_of_several_columns() {
    let database = Database::with(
        "CREATE TABLE t (country varchar(9), number int, content text, PRIMARY KEY (country, number));
         INSERT INTO t VALUES ('b', 10, '1'), ('b', 9, '2'), ('A', 11, '3'), ('a', 1, '4'), ('', 5, '5')",
    )
    .await;
    let source =
        open(DatabaseSourceConfig { field_mapping: id_of(&["country", "number"]), ..database.config() });
    assert_eq!(goes_on_behind_every_cursor(&*source, 1).await, ["/5", "A/11", "a/1", "b/9", "b/10"]);
    assert_eq!(text_of(&*source, "b/9").await, "2");
    for second_name in ["B/9", "b/09", "b /9", "b/9.0", "b/x"] {
        let error = fetch(&*source, second_name).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{second_name}: {error}");
    }
}

async fn a_row_without_a_usable_id_is_a_problem_and_one_that_is_there_twice_is_listed_once() {
    let database = Database::with(
        "CREATE TABLE t (id text, content text);
         INSERT INTO t VALUES (NULL, 'a'), ('', 'b'), (repeat('x', 2049), 'c'), ('x', 'd'), ('y', 'e'), ('y', 'f'), ('z', 'g')",
    )
    .await;
    let source = open(database.config());
    let (documents, problems) = list(&*source).await.unwrap();
    assert_eq!(documents, ["x", "y", "z"]);
    assert!(problems[0].contains("NULL in 1, and in 2 it is empty or longer"), "{problems:?}");
    let error = fetch(&*source, "y").await.unwrap_err();
    assert!(error.to_string().contains("more than one row has this id"), "{error}");
    assert_eq!(text_of(&*source, "z").await, "g");
}

async fn content_is_text_json_or_bytes() {
    let database = Database::with(
        "CREATE TABLE t (id int, plain varchar(9), old text CHARACTER SET latin1, raw blob, number int);
         INSERT INTO t VALUES (1, '{é', 'é', x'00ff', 1);
         INSERT INTO t (id) VALUES (2)",
    )
    .await;
    let of = |column: &str| {
        open(DatabaseSourceConfig { content_column: Some(column.into()), ..database.config() })
    };
    for (column, bytes, content_type, name) in [
        ("plain", "{é".as_bytes(), Some("text/plain"), "1.txt"),
        ("old", "é".as_bytes(), Some("text/plain"), "1.txt"),
        ("raw", b"\x00\xff", None, "1"),
    ] {
        let source = of(column);
        let fetched = fetch(&*source, "1").await.unwrap();
        assert_eq!((fetched.content_type.as_deref(), fetched.name.as_str()), (content_type, name));
        assert_eq!(fetched.content.read(100).unwrap(), bytes, "{column}");
        let error = fetch(&*source, "2").await.unwrap_err();
        assert!(error.to_string().contains(&format!("its column `{column}` is NULL")), "{error}");
    }
    let error = list(&*of("number")).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent);
    assert!(error.to_string().contains("`number` is of type INT"), "{error}");
}

async fn large_content_is_read_in_pieces() {
    let mut database = Database::with(
        "CREATE TABLE t (id int, content longblob); CREATE TABLE u (id int, content longtext)",
    )
    .await;
    let bytes = any_bytes((5 << 20) + 7);
    database.connection.execute(sqlx::query("INSERT INTO t VALUES (1, ?)").bind(&bytes)).await.unwrap();
    assert!(bytes_of(&*open(database.config()), "1").await == bytes);
    let text = "äöü€🦀\n".repeat(300_000);
    database.connection.execute(sqlx::query("INSERT INTO u VALUES (1, ?)").bind(&text)).await.unwrap();
    let source = open(DatabaseSourceConfig { table: Some("u".into()), ..database.config() });
    assert!(text_of(&*source, "1").await == text);
}

async fn a_row_says_what_its_document_is() {
    let database = Database::with(
        "CREATE TABLE t (id int, content text, type text, file text, heading text, author varchar(9), pages bigint,
                         score double, seen timestamp NULL, raw varbinary(9), flag bool, none text);
         SET time_zone = '+02:00';
         INSERT INTO t VALUES (1, '<p>', 'text/html', NULL, 'A title', 'Ada', 3, 1.5, '2024-05-06 07:08:09', x'00ff', true, NULL)",
    )
    .await;
    let metadata = ["author", "pages", "score", "seen", "raw", "flag", "none"];
    let field_mapping = DatabaseFieldMapping {
        title: Some("heading".into()),
        content_type: Some("type".into()),
        name: Some("file".into()),
        metadata: metadata.map(str::to_owned).to_vec(),
        ..DatabaseFieldMapping::default()
    };
    let source = open(DatabaseSourceConfig { field_mapping, ..database.config() });
    let fetched = fetch(&*source, "1").await.unwrap();
    assert_eq!((fetched.name.as_str(), fetched.content_type.as_deref()), ("1.html", Some("text/html")));
    assert_eq!(
        serde_json::to_value(&fetched.metadata).unwrap(),
        json!({
            "title": "A title", "author": "Ada", "pages": 3, "score": 1.5, "seen": "2024-05-06 05:08:09",
            "raw": "0x00ff", "flag": true,
        })
    );
}

async fn a_version_is_a_stamp_and_what_is_known_is_not_read_again() {
    let mut database = Database::with(
        "CREATE TABLE t (id int, content text, changed datetime(6));
         INSERT INTO t VALUES (1, 'a', '2024-05-06 07:08:09.250001'), (2, 'b', NULL)",
    )
    .await;
    let source = open(DatabaseSourceConfig { update_column: Some("changed".into()), ..database.config() });
    let stamps: Vec<_> = documents(&*source).await.into_iter().map(|document| document.stamp).collect();
    assert_eq!(stamps[0].modified_at, Some(1_714_979_289_250_001_000));
    assert_eq!(stamps[1], gdg_model::Stamp::default());
    let unchanged = source.fetch(&document("1"), Some(&stamps[0])).await.unwrap();
    assert!(matches!(unchanged, Fetch::Unchanged { stamp } if stamp == stamps[0]));
    database.run("UPDATE t SET changed = now(6) WHERE id = 1").await;
    assert!(matches!(source.fetch(&document("1"), Some(&stamps[0])).await.unwrap(), Fetch::Document(_)));
}

async fn a_hundred_thousand_rows_are_listed_without_loss_while_they_come_and_go() {
    let mut database = Database::with(
        "CREATE TABLE d (n int); INSERT INTO d VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
         CREATE TABLE t (id int PRIMARY KEY, content text);
         INSERT INTO t SELECT 2 * (a.n + 10 * b.n + 100 * c.n + 1000 * e.n + 10000 * f.n), 'a' FROM d a, d b, d c, d e, d f",
    )
    .await;
    let page_size = NonZeroU32::new(5_000).unwrap();
    let source = open(DatabaseSourceConfig { page_size, ..database.config() });
    let mut batches = source.list(None, 2_000);
    let mut found = Vec::new();
    let mut round = 0;
    while let Some(batch) = batches.next().await {
        found.extend(batch.unwrap().documents.into_iter().map(|document| document.locator));
        let start = round * 4_000;
        let change = format!(
            "DELETE FROM t WHERE id % 20 = 0 AND id BETWEEN {start} AND {start} + 6000;
             INSERT IGNORE INTO t VALUES ({start} + 1, 'new'), (199999 - {round} * 2, 'new')"
        );
        database.run(&change).await;
        round += 1;
    }
    assert!(found.len() > 90_000);
    assert_nothing_is_lost(
        &found,
        (0..200_000).step_by(2).filter(|id| id % 20 != 0).map(|id: i32| id.to_string()),
    );
}

async fn a_statement_can_do_nothing_but_read() {
    let database = Database::with(
        "CREATE TABLE t (id int, content text); INSERT INTO t VALUES (1, 'a');
         CREATE FUNCTION wipe() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM t; RETURN 1; END",
    )
    .await;
    let query = Some("SELECT wipe() AS id, 'a' AS content".to_owned());
    let error =
        list(&*open(DatabaseSourceConfig { table: None, query, ..database.config() })).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent);
    assert!(error.to_string().contains("READ ONLY"), "{error}");
    assert_eq!(listed(&*open(database.config())).await, ["1"]);
}

async fn what_is_not_there_is_told_in_the_words_of_the_server() {
    let database = Database::with("CREATE TABLE t (id int, content text)").await;
    let with = |change: fn(&mut DatabaseSourceConfig)| {
        let mut config = database.config();
        change(&mut config);
        open(config)
    };
    let elsewhere = |change: fn(&mut Url)| {
        let mut url = database.url.clone();
        change(&mut url);
        open(DatabaseSourceConfig { uri: Some(ConnectionUri::new(url.as_str())), ..database.config() })
    };
    for (source, told) in [
        (with(|config| config.table = Some("nosuch".into())), "nosuch' doesn't exist"),
        (with(|config| config.content_column = Some("nosuch".into())), "Unknown column 'gdg_rows.nosuch'"),
        (
            with(|config| (config.table, config.query) = (None, Some("SELECT FROM WHERE".into()))),
            "SQL syntax",
        ),
        (elsewhere(|url| url.set_password(Some("hunter2")).unwrap()), "Access denied"),
        (elsewhere(|url| url.set_path("nosuch")), "Unknown database 'nosuch'"),
    ] {
        for error in [list(&*source).await.unwrap_err(), fetch(&*source, "1").await.unwrap_err()] {
            assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
            let message = error.to_string();
            assert!(message.contains(told) && !message.contains("hunter2"), "{told}: {message}");
        }
    }
}

async fn a_statement_that_takes_too_long_is_given_up() {
    let database =
        Database::with("CREATE TABLE t (id int, content text); INSERT INTO t VALUES (1, 'a')").await;
    let source = open(DatabaseSourceConfig {
        table: None,
        query: Some("SELECT id, content FROM t WHERE sleep(600) = 0".into()),
        timeout: Seconds::milliseconds(50),
        ..database.config()
    });
    let error = list(&*source).await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
}

async fn connections_that_the_server_ended_are_made_anew() {
    let mut database = Database::with(
        "CREATE TABLE t (id int, content text); INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'a'), (4, 'a'), (5, 'a')",
    )
    .await;
    let source = open(database.config());
    let mut batches = source.list(None, 2);
    let mut found = Vec::new();
    while let Some(batch) = batches.next().await {
        for document in batch.unwrap().documents {
            assert_eq!(text_of(&*source, &document.locator).await, "a");
            found.push(document.locator);
        }
        let query = "SELECT CAST(id AS CHAR) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()";
        let others: Vec<String> =
            sqlx::query_scalar(query).fetch_all(&mut database.connection).await.unwrap();
        for other in others {
            // It may have ended itself meanwhile.
            let _ = database.connection.execute(AssertSqlSafe(format!("KILL {other}"))).await;
        }
    }
    assert_eq!(found, ["1", "2", "3", "4", "5"]);
}
