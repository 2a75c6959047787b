//! Futures that are dropped before they are done: what they leave behind in the database and in the pool.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use gdg_postgres::{Postgres, PostgresError, Type};
use gdg_test_database::TestDatabase;
use std::pin::pin;
use std::task::Poll;
use support::{eventually, is_connected, postgres_with, within_deadline};
use tokio_postgres::Client;

const INSERT: &str = "INSERT INTO notes (id, part) VALUES ($1, 1), ($1, 2)";

/// More often than this, nothing here has to be asked.
const POLLS: usize = 16;

/// A database with a table of notes, which have two parts each.
async fn database() -> (TestDatabase, Client) {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let create = "CREATE TABLE notes (id bigint, part integer, PRIMARY KEY (id, part))";
    admin.batch_execute(create).await.unwrap();
    (database, admin)
}

async fn parts(admin: &Client, id: i64) -> i64 {
    admin.query_one("SELECT count(*) FROM notes WHERE id = $1", &[&id]).await.unwrap().get(0)
}

/// What `future` gives, if it does so before it was asked `polls` times.
async fn asked_at_most<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut asked = 0;
    std::future::poll_fn(|context| {
        if asked == polls {
            return Poll::Ready(None);
        }
        asked += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Gives up at every point, and looks for what is there of each note, and whether the pool still works.
async fn give_up_everywhere(insert: impl AsyncFn(&Postgres, i64) -> Result<(), PostgresError>) {
    let (database, admin) = database().await;
    let (mut done, mut id) = (0, 0);
    for prepared in [true, false] {
        let postgres = postgres_with(&database, |settings| {
            settings.max_connections = 2;
            settings.prepared_statements = prepared;
        });
        for polls in (0..POLLS).cycle().take(POLLS * 4) {
            id += 1;
            let outcome = within_deadline(asked_at_most(polls, insert(&postgres, id))).await;
            within_deadline(postgres.query("SELECT 1", &[])).await.unwrap();
            let there = parts(&admin, id).await;
            if let Some(outcome) = outcome {
                assert!(outcome.is_ok() && there == 2, "{outcome:?}, {there} parts");
                done += 1;
            } else {
                assert!(there == 0 || there == 2, "{there} parts");
            }
        }
    }
    assert!(done > 0 && done < id, "{done} of {id}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_alone_that_is_given_up_at_any_point_is_done_wholly_or_not_at_all() {
    let insert =
        async |postgres: &Postgres, id| postgres.query(INSERT, &[(&id, Type::INT8)]).await.map(|_| ());
    Box::pin(give_up_everywhere(insert)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_is_given_up_at_any_point_is_done_wholly_or_not_at_all() {
    let insert = async |postgres: &Postgres, id| {
        let transaction = postgres.begin().await?;
        for part in [1, 2] {
            let insert = "INSERT INTO notes (id, part) VALUES ($1, $2)";
            transaction.execute(insert, &[(&id, Type::INT8), (&part, Type::INT4)]).await?;
        }
        transaction.commit().await
    };
    Box::pin(give_up_everywhere(insert)).await;
}

#[tokio::test]
async fn a_statement_that_is_given_up_does_not_stay_at_the_server() {
    let (database, admin) = database().await;
    let postgres = postgres_with(&database, |settings| settings.max_connections = 1);
    // Within a transaction, the lists of the server stand still: another client looks at them.
    let locker = database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE notes").await.unwrap();
    let waiting =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for alone in [true, false] {
        let pool = postgres.clone();
        let running = tokio::spawn(async move {
            let statement = "SELECT id FROM notes";
            if alone {
                return pool.query(statement, &[]).await;
            }
            let transaction = pool.begin().await?;
            let outcome = transaction.query(statement, &[]).await;
            transaction.end(outcome).await
        });
        eventually(async || admin.query_opt(waiting, &[]).await.unwrap().is_some()).await;
        let pid = admin.query_one(waiting, &[]).await.unwrap().get(0);
        running.abort();
        eventually(async || !is_connected(&admin, pid).await).await;
    }
}
