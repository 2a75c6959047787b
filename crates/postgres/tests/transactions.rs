//! Transactions: what is committed, what is taken back, and in what state they leave their connection.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use futures::FutureExt;
use gdg_postgres::{Postgres, PostgresError, Transaction, Type};
use gdg_test_database::TestDatabase;
use std::time::Duration;
use support::{eventually, is_connected, postgres_with, within_deadline};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

const INSERT: &str = "INSERT INTO notes (id, part) VALUES ($1, 1), ($1, 2)";

/// A database with a table of notes, which have two parts each.
async fn database() -> (TestDatabase, Client) {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let create = "CREATE TABLE notes (id bigint, part integer, PRIMARY KEY (id, part))";
    admin.batch_execute(create).await.unwrap();
    (database, admin)
}

fn one_connection(database: &TestDatabase) -> Postgres {
    postgres_with(database, |settings| settings.max_connections = 1)
}

async fn insert(transaction: &Transaction, id: i64) -> Result<u64, PostgresError> {
    transaction.execute(INSERT, &[(&id, Type::INT8)]).await
}

async fn parts(admin: &Client) -> i64 {
    admin.query_one("SELECT count(*) FROM notes", &[]).await.unwrap().get(0)
}

async fn pid(postgres: &Postgres) -> i32 {
    within_deadline(postgres.query("SELECT pg_backend_pid()", &[])).await.unwrap()[0].get(0)
}

#[tokio::test]
async fn what_is_committed_stays_and_what_is_rolled_back_is_gone() {
    let (database, admin) = database().await;
    let postgres = one_connection(&database);
    let first = pid(&postgres).await;

    let transaction = postgres.begin().await.unwrap();
    assert_eq!(insert(&transaction, 1).await.unwrap(), 2);
    assert_eq!(parts(&admin).await, 0);
    transaction.commit().await.unwrap();
    assert_eq!(parts(&admin).await, 2);

    let transaction = postgres.begin().await.unwrap();
    insert(&transaction, 2).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(parts(&admin).await, 2);
    assert_eq!(pid(&postgres).await, first, "the connection is used again");
}

#[tokio::test]
async fn an_end_commits_what_went_well_and_rolls_back_the_rest() {
    let (database, admin) = database().await;
    let postgres = one_connection(&database);
    let transaction = postgres.begin().await.unwrap();
    let outcome = insert(&transaction, 1).await;
    assert_eq!(transaction.end(outcome).await.unwrap(), 2);
    let transaction = postgres.begin().await.unwrap();
    insert(&transaction, 2).await.unwrap();
    let outcome = insert(&transaction, 1).await;
    let error = transaction.end(outcome).await.unwrap_err();
    assert!(error.has_code(&SqlState::UNIQUE_VIOLATION), "{error}");
    assert_eq!(parts(&admin).await, 2);
}

#[tokio::test]
async fn a_commit_after_a_statement_that_failed_is_an_error() {
    let (database, admin) = database().await;
    let postgres = one_connection(&database);
    let transaction = postgres.begin().await.unwrap();
    insert(&transaction, 1).await.unwrap();
    insert(&transaction, 1).await.unwrap_err();
    let error = transaction.commit().await.unwrap_err();
    assert!(error.to_string().contains("rolled back"), "{error}");
    assert_eq!(parts(&admin).await, 0);
    pid(&postgres).await;
}

#[tokio::test]
async fn a_commit_after_a_failed_statement_that_nobody_waited_for_is_an_error() {
    let (database, admin) = database().await;
    let postgres = one_connection(&database);
    let transaction = postgres.begin().await.unwrap();
    insert(&transaction, 1).await.unwrap();
    // It is prepared by now, so that it is sent at once; and then given up.
    assert!(insert(&transaction, 1).now_or_never().is_none());
    transaction.commit().await.unwrap_err();
    assert_eq!(parts(&admin).await, 0);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_its_connection_is_not_used_again() {
    let (database, admin) = database().await;
    let postgres = one_connection(&database);
    let first = pid(&postgres).await;
    let transaction = postgres.begin().await.unwrap();
    insert(&transaction, 1).await.unwrap();
    drop(transaction);
    assert_ne!(pid(&postgres).await, first);
    eventually(async || !is_connected(&admin, first).await).await;
    assert_eq!(parts(&admin).await, 0);

    // Nor does a statement on its way change that.
    let transaction = postgres.begin().await.unwrap();
    assert!(insert(&transaction, 2).now_or_never().is_none());
    drop(transaction);
    within_deadline(postgres.execute(INSERT, &[(&2_i64, Type::INT8)])).await.unwrap();
    assert_eq!(parts(&admin).await, 2);
}

#[tokio::test]
async fn a_statement_alone_is_committed() {
    let (database, admin) = database().await;
    for (id, prepared) in [(1_i64, true), (2, false)] {
        let postgres = postgres_with(&database, |settings| settings.prepared_statements = prepared);
        let statement = format!("{INSERT} RETURNING part");
        let rows = postgres.query(&statement, &[(&id, Type::INT8)]).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(parts(&admin).await, id * 2);
        // As it was the first time: its statement is known by now.
        postgres.query(&statement, &[(&(id + 10), Type::INT8)]).await.unwrap();
        admin.execute("DELETE FROM notes WHERE id > 10", &[]).await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_alone_that_fails_takes_nothing_along_and_leaves_its_connection_usable() {
    let (database, admin) = database().await;
    let links = "CREATE TABLE links (id bigint UNIQUE, other bigint REFERENCES links (id) DEFERRABLE INITIALLY DEFERRED)";
    admin.batch_execute(links).await.unwrap();
    let failing = [
        ("INSERT INTO notes VALUES (1, 1), (1, 2), (1, 1)", SqlState::UNIQUE_VIOLATION),
        (
            "INSERT INTO notes SELECT 1, 1 / part FROM (VALUES (1), (0)) AS parts (part)",
            SqlState::DIVISION_BY_ZERO,
        ),
        // Not even understood.
        ("INSERT INTO nowhere VALUES (1)", SqlState::UNDEFINED_TABLE),
        // Refused by the commit.
        ("INSERT INTO links VALUES (1, 2)", SqlState::FOREIGN_KEY_VIOLATION),
    ];
    for prepared in [true, false] {
        let postgres = postgres_with(&database, |settings| {
            settings.max_connections = 1;
            settings.prepared_statements = prepared;
        });
        let first = pid(&postgres).await;
        for (statement, code) in &failing {
            let error = within_deadline(postgres.query(statement, &[])).await.unwrap_err();
            assert!(error.has_code(code), "{error}");
            assert_eq!(pid(&postgres).await, first, "{statement}");
        }
        let error = postgres.query("SELECT $1", &[(&"text", Type::INT8)]).await.unwrap_err();
        assert!(error.is_about_the_data(), "{error}");
        assert_eq!(parts(&admin).await, 0);
    }
}

const SETTINGS: &str =
    "SELECT name, setting FROM pg_settings WHERE name IN ('enable_seqscan', 'enable_hashjoin',
    'enable_mergejoin', 'jit', 'statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name";

#[tokio::test]
async fn the_settings_of_a_transaction_end_with_it() {
    let (database, admin) = database().await;
    let postgres = postgres_with(&database, |settings| {
        settings.max_connections = 1;
        settings.statement_timeout = Some(Duration::from_secs(7));
    });
    let those = |rows: Vec<tokio_postgres::Row>| -> Vec<(String, String)> {
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let of_a_session = those(admin.query(SETTINGS, &[]).await.unwrap());
    let alone = those(postgres.query(SETTINGS, &[]).await.unwrap());
    let transaction = postgres.begin().await.unwrap();
    assert_eq!(those(transaction.query(SETTINGS, &[]).await.unwrap()), alone);
    assert!(alone.contains(&("enable_seqscan".into(), "off".into())), "{alone:?}");
    assert!(alone.contains(&("statement_timeout".into(), "7000".into())), "{alone:?}");

    // What comes now is outside of any transaction.
    transaction.query("COMMIT", &[]).await.unwrap();
    assert_eq!(those(transaction.query(SETTINGS, &[]).await.unwrap()), of_a_session);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_may_be_tried_again() {
    let (database, admin) = database().await;
    let postgres = postgres_with(&database, |settings| {
        settings.max_connections = 1;
        settings.statement_timeout = Some(Duration::from_millis(100));
    });
    let first = pid(&postgres).await;
    let mut errors = vec![within_deadline(postgres.query("SELECT pg_sleep(60)", &[])).await.unwrap_err()];
    let transaction = postgres.begin().await.unwrap();
    let outcome = within_deadline(transaction.execute("SELECT pg_sleep(60)", &[])).await;
    errors.push(transaction.end(outcome).await.unwrap_err());
    // Even to be understood, a statement waits for locks.
    admin.batch_execute("BEGIN; LOCK TABLE notes").await.unwrap();
    errors.push(within_deadline(postgres.query("SELECT id FROM notes", &[])).await.unwrap_err());
    admin.batch_execute("COMMIT").await.unwrap();
    for error in errors {
        assert!(error.to_string().contains("storage.statement_timeout"), "{error}");
        assert!(error.is_transient() && !error.is_about_the_data(), "{error}");
    }
    assert_eq!(pid(&postgres).await, first);
}

#[tokio::test]
async fn timeouts_that_are_longer_than_the_server_knows_are_its_longest() {
    let (database, _admin) = database().await;
    let postgres = postgres_with(&database, |settings| {
        settings.statement_timeout = Some(Duration::from_secs(100 * 24 * 3600));
        settings.idle_transaction_timeout = Duration::from_secs(100 * 24 * 3600);
    });
    pid(&postgres).await;
}

#[tokio::test]
async fn a_transaction_whose_client_is_silent_is_ended() {
    let (database, admin) = database().await;
    let postgres = postgres_with(&database, |settings| {
        settings.max_connections = 1;
        settings.idle_transaction_timeout = Duration::from_millis(50);
    });
    let transaction = postgres.begin().await.unwrap();
    insert(&transaction, 1).await.unwrap();
    let silent =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    eventually(async || admin.query_opt(silent, &[]).await.unwrap().is_none()).await;
    let error = transaction.commit().await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(parts(&admin).await, 0);
    pid(&postgres).await;
}
