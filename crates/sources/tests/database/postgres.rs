//! Rows of PostgreSQL.

use crate::support::{
    any_bytes, assert_nothing_is_lost, bytes_of, document, documents, fetch, id_of, list, listed, open,
    text_of,
};
use async_trait::async_trait;
use futures::StreamExt;
use gdg_config::{ConnectionUri, DatabaseBackend, DatabaseFieldMapping, DatabaseSourceConfig, Seconds};
use gdg_model::ErrorClass;
use gdg_sources::conformance::{Fixture, goes_on_behind_every_cursor};
use gdg_sources::{Fetch, Source, SourceError};
use gdg_test_database::TestDatabase;
use serde_json::json;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio_postgres::Client;

fn config(database: &TestDatabase) -> DatabaseSourceConfig {
    DatabaseSourceConfig {
        uri: Some(ConnectionUri::new(database.uri())),
        table: Some("t".into()),
        page_size: NonZeroU32::new(2).unwrap(),
        ..DatabaseSourceConfig::default()
    }
}

/// A database with what `statements` make.
async fn database_of(statements: &str) -> (TestDatabase, Client) {
    let database = TestDatabase::create_empty().await;
    let client = database.client().await;
    client.batch_execute(statements).await.unwrap();
    (database, client)
}

struct PostgresFixture {
    source: Arc<dyn Source>,
    client: Client,
    // Goes last: nobody may be connected to it.
    _database: TestDatabase,
}

#[async_trait]
impl Fixture for PostgresFixture {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        name.replace('/', "%2F")
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        let statement = "INSERT INTO t VALUES ($1, $2, clock_timestamp())
                         ON CONFLICT (id) DO UPDATE SET content = excluded.content, changed = clock_timestamp()";
        self.client.execute(statement, &[&name, &bytes]).await.unwrap();
    }

    async fn remove(&mut self, name: &str) {
        self.client.execute("DELETE FROM t WHERE id = $1", &[&name]).await.unwrap();
    }
}

async fn make() -> PostgresFixture {
    let (database, client) = database_of(
        "CREATE TABLE t (id text PRIMARY KEY, content bytea NOT NULL, changed timestamptz NOT NULL)",
    )
    .await;
    let source = open(DatabaseSourceConfig { update_column: Some("changed".into()), ..config(&database) });
    PostgresFixture { source, client, _database: database }
}

gdg_sources::source_conformance_tests!(make);

/// Lists a table whose ids are `values` of `column_type`, and fetches each row.
async fn ids(before: &str, column_type: &str, values: &[&str]) -> Vec<String> {
    let rows = values.iter().map(|value| format!("({value}, 'text')")).collect::<Vec<_>>().join(", ");
    let (database, _client) = database_of(&format!(
        "{before}; CREATE TABLE t (id {column_type}, content text); INSERT INTO t VALUES {rows}"
    ))
    .await;
    let source = open(config(&database));
    let found = goes_on_behind_every_cursor(&*source, 1).await;
    for locator in &found {
        assert_eq!(text_of(&*source, locator).await, "text", "{locator}");
    }
    assert_eq!(listed(&*source).await, found);
    found
}

#[tokio::test]
async fn ids_of_every_type_are_listed_and_fetched() {
    assert_eq!(ids("", "int", &["10", "9", "-1", "2147483647"]).await, ["-1", "9", "10", "2147483647"]);
    assert_eq!(ids("", "bigint", &["9223372036854775807", "1"]).await, ["1", "9223372036854775807"]);
    assert_eq!(ids("", "numeric", &["1.50", "10", "9"]).await, ["1.50", "10", "9"]);
    assert_eq!(ids("", "float8", &["0.1", "1e300", "'NaN'"]).await, ["0.1", "1e+300", "NaN"]);
    assert_eq!(ids("", "bytea", &["'\\x00ff'", "'\\x'", "'\\x0a'"]).await, ["0x", "0x00ff", "0x0a"]);
    assert_eq!(
        ids(
            "",
            "uuid",
            &["'F0000000-0000-0000-0000-00000000000a'", "'10000000-0000-0000-0000-000000000001'"]
        )
        .await,
        ["10000000-0000-0000-0000-000000000001", "f0000000-0000-0000-0000-00000000000a"]
    );
    assert_eq!(
        ids(
            "",
            "timestamptz",
            &["'2024-01-02 03:04:05.000006+02'", "'infinity'", "'0044-03-15 00:00:00+00 BC'"]
        )
        .await,
        ["0044-03-15 00:00:00+00 BC", "2024-01-02 01:04:05.000006+00", "infinity"]
    );
    assert_eq!(ids("", "date", &["'10000-01-01'", "'9999-12-31'"]).await, ["9999-12-31", "10000-01-01"]);
    assert_eq!(
        ids("CREATE TYPE mood AS ENUM ('sad', 'fine')", "mood", &["'sad'", "'fine'"]).await,
        ["fine", "sad"]
    );
    assert_eq!(ids("", "char(3)", &["'b'", "'a'"]).await, ["a", "b"]);
    assert_eq!(ids("", "varchar(9)", &["'b'", "'a'"]).await, ["a", "b"]);
    assert_eq!(
        ids("", "inet", &["'10.0.0.1'", "'::1'"]).await,
        ["10.0.0.1%2F32", "::1%2F128"].map(str::to_owned)
    );
    assert_eq!(ids("", "boolean", &["true", "false"]).await, ["false", "true"]);
    assert_eq!(ids("CREATE DOMAIN code AS text", "code", &["'b'", "'a'"]).await, ["a", "b"]);
}

#[tokio::test]
async fn odd_texts_are_ids_like_others() {
    let long = format!("'{}'", "x".repeat(2_048));
    let values =
        ["'it''s \"q\"; --'", "E'two\\nlines'", "'a/b'", "'100%'", "'日本🦀'", "' '", &long, "'$1'", "'{}'"];
    let found = ids("", "text", &values).await;
    assert_eq!(found.len(), values.len());
    assert!(found.contains(&"two%0Alines".to_owned()) && found.contains(&" ".to_owned()));
}

#[tokio::test]
async fn ids_that_a_collation_sorts_or_equates_otherwise_are_listed_by_their_bytes() {
    let linguistic = "text COLLATE \"en-x-icu\"";
    assert_eq!(
        ids("", linguistic, &["'b'", "'A'", "'a'", "'B'", "'_'", "'Ä'"]).await,
        ["A", "B", "_", "a", "b", "Ä"]
    );
    let blind = "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level1', deterministic = false)";
    let values = ["'a'", "'A'", "'ä'", "'b'", "'B'"];
    assert_eq!(ids(blind, "text COLLATE blind", &values).await, ["A", "B", "a", "b", "ä"]);
}

#[tokio::test]
async fn a_second_name_of_a_row_is_none() {
    let (database, _client) = database_of(
        "CREATE TABLE t (id int, content text); INSERT INTO t VALUES (9, 'a');
         CREATE TABLE u (id uuid, content text); INSERT INTO u VALUES ('f0000000-0000-0000-0000-00000000000a', 'a')",
    )
    .await;
    for (table, locators) in [
        ("t", &["09", "+9", " 9", "9.0", "99999999999", "x", "8"][..]),
        ("u", &["F0000000-0000-0000-0000-00000000000a", "f000000000000000000000000000000a", "x"][..]),
    ] {
        let source = open(DatabaseSourceConfig { table: Some(table.into()), ..config(&database) });
        for locator in locators {
            let error = fetch(&*source, locator).await.unwrap_err();
            assert_eq!(error.class(), ErrorClass::Permanent, "{locator}: {error}");
        }
    }
}

#[tokio::test]
async fn an_id_may_be_of_several_columns() {
    let (database, _client) = database_of(
        "CREATE TABLE t (country text COLLATE \"en-x-icu\", number int, content text, PRIMARY KEY (country, number));
         INSERT INTO t VALUES ('b', 10, '1'), ('b', 9, '2'), ('A', 11, '3'), ('a', 1, '4'), ('', 5, '5')",
    )
    .await;
    let source =
        open(DatabaseSourceConfig { field_mapping: id_of(&["country", "number"]), ..config(&database) });
    assert_eq!(goes_on_behind_every_cursor(&*source, 1).await, ["/5", "A/11", "a/1", "b/9", "b/10"]);
    assert_eq!(text_of(&*source, "b/9").await, "2");
    assert_eq!(text_of(&*source, "/5").await, "5");
}

#[tokio::test]
async fn a_row_without_a_usable_id_is_a_problem_and_one_that_is_there_twice_is_listed_once() {
    let (database, _client) = database_of(
        "CREATE TABLE t (id text, content text);
         INSERT INTO t VALUES (NULL, 'a'), ('', 'b'), (repeat('x', 2049), 'c'), ('x', 'd'), ('y', 'e'), ('y', 'f'), ('z', 'g')",
    )
    .await;
    let source = open(config(&database));
    let (documents, problems) = list(&*source).await.unwrap();
    assert_eq!(documents, ["x", "y", "z"]);
    assert!(problems[0].contains("NULL in 1, and in 2 it is empty or longer"), "{problems:?}");
    let error = fetch(&*source, "y").await.unwrap_err();
    assert!(error.to_string().contains("more than one row has this id"), "{error}");
    assert_eq!(text_of(&*source, "z").await, "g");
}

#[tokio::test]
async fn content_is_text_json_or_bytes() {
    let (database, _client) = database_of(
        "CREATE TABLE t (id int, plain text, data json, sorted jsonb, raw bytea, markup xml, number int, list text[]);
         INSERT INTO t VALUES (1, '{é', '{\"b\" : 1}', '{\"b\" : 1, \"a\": [2]}', '\\x00ff', '<a/>', 1, '{a}');
         INSERT INTO t (id) VALUES (2)",
    )
    .await;
    let of = |column: &str| {
        open(DatabaseSourceConfig { content_column: Some(column.into()), ..config(&database) })
    };
    for (column, bytes, content_type, name) in [
        ("plain", "{é".as_bytes(), Some("text/plain"), "1.txt"),
        ("data", b"{\"b\" : 1}", Some("application/json"), "1.json"),
        ("sorted", b"{\"a\": [2], \"b\": 1}", Some("application/json"), "1.json"),
        ("raw", b"\x00\xff", None, "1"),
        ("markup", b"<a/>", Some("text/plain"), "1.txt"),
    ] {
        let source = of(column);
        let fetched = fetch(&*source, "1").await.unwrap();
        assert_eq!((fetched.content_type.as_deref(), fetched.name.as_str()), (content_type, name));
        assert_eq!(fetched.content.read(100).unwrap(), bytes, "{column}");
        let error = fetch(&*source, "2").await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent);
        assert!(error.to_string().contains(&format!("its column `{column}` is NULL")), "{error}");
    }
    for (column, type_name) in [("number", "int4"), ("list", "_text")] {
        let source = of(column);
        for error in [list(&*source).await.unwrap_err(), fetch(&*source, "1").await.unwrap_err()] {
            assert_eq!(error.class(), ErrorClass::Permanent);
            assert!(error.to_string().contains(&format!("`{column}` is of type {type_name}")), "{error}");
        }
    }
}

#[tokio::test]
async fn large_content_is_read_in_pieces() {
    let (database, client) =
        database_of("CREATE TABLE t (id int, content bytea); CREATE TABLE u (id int, content text)").await;
    let bytes = any_bytes((20 << 20) + 7);
    client.execute("INSERT INTO t VALUES (1, $1)", &[&bytes]).await.unwrap();
    assert!(bytes_of(&*open(config(&database)), "1").await == bytes);
    let text = "äöü€🦀\n".repeat(200_000);
    client.execute("INSERT INTO u VALUES (1, $1)", &[&text]).await.unwrap();
    let source = open(DatabaseSourceConfig { table: Some("u".into()), ..config(&database) });
    assert!(text_of(&*source, "1").await == text);
}

#[tokio::test]
async fn a_row_says_what_its_document_is() {
    let (database, _client) = database_of(
        "CREATE TABLE t (id int, content text, type text, file text, heading text, author varchar(9), pages int,
                         score numeric, tags text[], extra jsonb, seen timestamptz, raw bytea, flag bool, none text);
         INSERT INTO t VALUES (1, '<p>', 'text/html', NULL, 'A title', 'Ada', 3, 1.50, '{a,b}', '{\"k\": null}',
                               '2024-05-06 07:08:09+02', '\\x00ff', true, NULL)",
    )
    .await;
    let metadata = ["author", "pages", "score", "tags", "extra", "seen", "raw", "flag", "none"];
    let field_mapping = DatabaseFieldMapping {
        title: Some("heading".into()),
        content_type: Some("type".into()),
        name: Some("file".into()),
        metadata: metadata.map(str::to_owned).to_vec(),
        ..DatabaseFieldMapping::default()
    };
    let fetched =
        fetch(&*open(DatabaseSourceConfig { field_mapping, ..config(&database) }), "1").await.unwrap();
    assert_eq!((fetched.name.as_str(), fetched.content_type.as_deref()), ("1.html", Some("text/html")));
    assert_eq!(
        serde_json::to_value(&fetched.metadata).unwrap(),
        json!({
            "title": "A title", "author": "Ada", "pages": 3, "score": 1.5, "tags": ["a", "b"], "extra": { "k": null },
            "seen": "2024-05-06T05:08:09+00:00", "raw": "\\x00ff", "flag": true,
        })
    );
}

#[tokio::test]
async fn a_version_is_a_stamp_and_what_is_known_is_not_read_again() {
    let (database, client) = database_of(
        "CREATE TABLE t (id int, content text, changed timestamptz);
         INSERT INTO t VALUES (1, 'a', '2024-05-06 07:08:09.250001+00'), (2, 'b', 'infinity'), (3, 'c', NULL);
         CREATE VIEW versions AS SELECT id, content, id AS changed FROM t",
    )
    .await;
    let of = |table: &str| DatabaseSourceConfig {
        update_column: Some("changed".into()),
        table: Some(table.into()),
        ..config(&database)
    };
    let source = open(of("t"));
    let stamps: Vec<_> = documents(&*source).await.into_iter().map(|document| document.stamp).collect();
    assert_eq!(stamps[0].modified_at, Some(1_714_979_289_250_001_000));
    assert_eq!((stamps[1].modified_at, stamps[1].etag.is_some()), (None, true));
    assert_eq!(stamps[2], gdg_model::Stamp::default());
    let unchanged = source.fetch(&document("1"), Some(&stamps[0])).await.unwrap();
    assert!(matches!(unchanged, Fetch::Unchanged { stamp } if stamp == stamps[0]));
    client.batch_execute("UPDATE t SET changed = now() WHERE id = 1").await.unwrap();
    assert!(matches!(source.fetch(&document("1"), Some(&stamps[0])).await.unwrap(), Fetch::Document(_)));
    let numbered = documents(&*open(of("versions"))).await;
    assert!(
        numbered.iter().all(|document| document.stamp.etag.is_some() && document.stamp.modified_at.is_none())
    );
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_listed_without_loss_while_they_come_and_go() {
    let (database, client) = database_of(
        "CREATE TABLE t (id text PRIMARY KEY, content text);
         INSERT INTO t SELECT lpad(n::text, 6, '0'), 'a' FROM generate_series(0, 199998, 2) n",
    )
    .await;
    let page_size = NonZeroU32::new(5_000).unwrap();
    let source = open(DatabaseSourceConfig { page_size, ..config(&database) });
    let mut batches = source.list(None, 2_000);
    let mut found = Vec::new();
    let mut round = 0_i32;
    while let Some(batch) = batches.next().await {
        found.extend(batch.unwrap().documents.into_iter().map(|document| document.locator));
        let change = format!(
            "DELETE FROM t WHERE id::int % 20 = 0 AND id::int BETWEEN {0} AND {0} + 6000;
             INSERT INTO t VALUES (lpad(({0} + 1)::text, 6, '0'), 'new'), (lpad((199999 - {round} * 2)::text, 6, '0'), 'new')
             ON CONFLICT DO NOTHING",
            round * 4_000
        );
        client.batch_execute(&change).await.unwrap();
        round += 1;
    }
    assert!(found.len() > 90_000);
    assert_nothing_is_lost(
        &found,
        (0..200_000).step_by(2).filter(|id| id % 20 != 0).map(|id: i32| format!("{id:06}")),
    );
}

#[tokio::test]
async fn a_statement_can_do_nothing_but_read() {
    let (database, client) = database_of(
        "CREATE TABLE t (id int, content text); INSERT INTO t VALUES (1, 'a');
         CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; RETURN 1; END $$;
         CREATE SEQUENCE s",
    )
    .await;
    for query in [
        "SELECT wipe() AS id, 'a' AS content",
        "SELECT nextval('s') AS id, 'a' AS content",
        "WITH gone AS (DELETE FROM t RETURNING id) SELECT id, 'a' AS content FROM gone",
        "SELECT id, content FROM t FOR UPDATE",
    ] {
        let source =
            open(DatabaseSourceConfig { table: None, query: Some(query.into()), ..config(&database) });
        let error = list(&*source).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{query}: {error}");
    }
    assert_eq!(client.query_one("SELECT count(*) FROM t", &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_words_of_the_server() {
    let (database, _client) = database_of("CREATE TABLE t (id int, content text)").await;
    let with = |change: fn(&mut DatabaseSourceConfig)| {
        let mut config = config(&database);
        change(&mut config);
        open(config)
    };
    let url = database.url();
    let elsewhere = |change: fn(&mut url::Url)| {
        let mut url = url.clone();
        change(&mut url);
        open(DatabaseSourceConfig { uri: Some(ConnectionUri::new(url.as_str())), ..config(&database) })
    };
    for (source, told) in [
        (with(|config| config.table = Some("no.such".into())), "relation \"no.such\" does not exist"),
        (
            with(|config| config.content_column = Some("nosuch".into())),
            "column gdg_rows.nosuch does not exist",
        ),
        (
            with(|config| (config.table, config.query) = (None, Some("SELECT FROM WHERE".into()))),
            "syntax error",
        ),
        (elsewhere(|url| url.set_path("nosuch")), "database \"nosuch\" does not exist"),
    ] {
        for error in [list(&*source).await.unwrap_err(), fetch(&*source, "1").await.unwrap_err()] {
            assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
            assert!(error.to_string().contains(told), "{told}: {error}");
        }
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_may_be_the_next_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (silent_port, refused_port) =
        (silent.local_addr().unwrap().port(), refused.local_addr().unwrap().port());
    drop(refused);
    for backend in [DatabaseBackend::Postgresql, DatabaseBackend::Mysql] {
        for (host, port) in
            [("127.0.0.1", silent_port), ("127.0.0.1", refused_port), ("nowhere.invalid", refused_port)]
        {
            let source = open(DatabaseSourceConfig {
                backend: Some(backend),
                host: Some(host.into()),
                port: std::num::NonZeroU16::new(port),
                user: Some("me".into()),
                password: Some(gdg_config::Secret::new("hunter2")),
                database: Some("docs".into()),
                table: Some("t".into()),
                connect_timeout: Seconds::milliseconds(300),
                ..DatabaseSourceConfig::default()
            });
            for error in [list(&*source).await.unwrap_err(), fetch(&*source, "1").await.unwrap_err()] {
                assert!(matches!(error, SourceError::Unavailable { .. }), "{backend} {host}: {error}");
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up() {
    let (database, _client) = database_of("CREATE TABLE t (id int, content text)").await;
    let source = open(DatabaseSourceConfig {
        table: None,
        query: Some("SELECT 1 AS id, 'a' AS content FROM pg_sleep(600)".into()),
        timeout: Seconds::milliseconds(50),
        ..config(&database)
    });
    let error = list(&*source).await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("statement timeout"), "{error}");
}

#[tokio::test]
async fn connections_that_the_server_ended_are_made_anew() {
    let (database, client) = database_of(
        "CREATE TABLE t (id int, content text); INSERT INTO t SELECT n, 'a' FROM generate_series(1, 6) n",
    )
    .await;
    let end_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let source = open(config(&database));
    let mut batches = source.list(None, 2);
    let mut found = Vec::new();
    while let Some(batch) = batches.next().await {
        for document in batch.unwrap().documents {
            assert_eq!(text_of(&*source, &document.locator).await, "a");
            found.push(document.locator);
        }
        client.execute(end_others, &[]).await.unwrap();
    }
    assert_eq!(found, ["1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn no_more_than_two_connections_fetch() {
    let (database, client) = database_of(
        "CREATE TABLE t (id int, content text); INSERT INTO t SELECT n, 'a' FROM generate_series(1, 50) n",
    )
    .await;
    let source = open(config(&database));
    let fetches = (1..=50).map(|id| {
        let source = Arc::clone(&source);
        async move { text_of(&*source, &id.to_string()).await }
    });
    assert!(futures::future::join_all(fetches).await.iter().all(|text| text == "a"));
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'go-doc-go source'";
    assert!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0) <= 2);
}
