//! The pool: how many connections there are, and which are replaced.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use futures::future::join_all;
use gdg_config::{Secret, SslMode, StorageConfig};
use gdg_postgres::{Postgres, PostgresError, Transaction};
use gdg_test_database::TestDatabase;
use std::time::Duration;
use support::{eventually, is_connected, postgres_with, within_deadline};
use tokio_postgres::Client;

const OF_THE_POOL: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'the pool'";

async fn connections(admin: &Client) -> i64 {
    admin.query_one(OF_THE_POOL, &[]).await.unwrap().get(0)
}

async fn pid(transaction: &Transaction) -> i32 {
    transaction.query("SELECT pg_backend_pid()", &[]).await.unwrap()[0].get(0)
}

async fn terminate(admin: &Client, pid: i32) {
    admin.query_one("SELECT pg_terminate_backend($1)", &[&pid]).await.unwrap();
    eventually(async || !is_connected(admin, pid).await).await;
}

/// The first transaction that can be begun; until then, every error is one that passes.
async fn begin_patiently(postgres: &Postgres) -> Transaction {
    let trying = async {
        loop {
            match postgres.begin().await {
                Ok(transaction) => return transaction,
                Err(error) => assert!(error.is_transient(), "{error}"),
            }
        }
    };
    within_deadline(trying).await
}

#[tokio::test]
async fn there_are_never_more_connections_than_allowed() {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let postgres = postgres_with(&database, |settings| settings.max_connections = 3);
    assert_eq!(connections(&admin).await, 0, "none is opened before the first is needed");
    let work = |number: u32| {
        let (postgres, admin) = (&postgres, &admin);
        async move {
            if number.is_multiple_of(2) {
                postgres.query("SELECT pg_sleep(0.001)", &[]).await.unwrap();
            } else {
                let transaction = postgres.begin().await.unwrap();
                assert!(connections(admin).await <= 3);
                transaction.commit().await.unwrap();
            }
        }
    };
    within_deadline(join_all((0..100).map(work))).await;
    assert_eq!(connections(&admin).await, 3, "they are kept open");
}

#[tokio::test]
async fn whoever_waits_too_long_for_a_connection_is_told_which_key_says_how_long() {
    let database = TestDatabase::create_empty().await;
    let postgres = postgres_with(&database, |settings| {
        settings.max_connections = 1;
        settings.pool_timeout = Duration::from_millis(50);
    });
    let transaction = postgres.begin().await.unwrap();
    let error = within_deadline(postgres.begin()).await.unwrap_err();
    assert!(matches!(error, PostgresError::PoolTimeout(_)) && error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("0.05 s (storage.pool_timeout)"), "{error}");
    transaction.commit().await.unwrap();
    postgres.begin().await.unwrap();
}

#[tokio::test]
async fn connections_that_the_server_ends_are_replaced() {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let postgres = postgres_with(&database, |settings| settings.max_connections = 2);

    // In the middle of a transaction.
    let (one, two) = (postgres.begin().await.unwrap(), postgres.begin().await.unwrap());
    let (first, second) = (pid(&one).await, pid(&two).await);
    terminate(&admin, first).await;
    let error = one.execute("SELECT 1", &[]).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    one.end::<(), _>(Err(error)).await.unwrap_err();
    two.commit().await.unwrap();

    // In the middle of a statement.
    let (sleeping, ()) = tokio::join!(postgres.query("SELECT pg_sleep(60)", &[]), async {
        let sleeper = "SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'PgSleep'";
        eventually(async || admin.query_opt(sleeper, &[]).await.unwrap().is_some()).await;
        let pid = admin.query_one(sleeper, &[]).await.unwrap().get(0);
        terminate(&admin, pid).await;
    });
    let error = sleeping.unwrap_err();
    assert!(error.is_transient(), "{error}");

    // And while nobody uses it.
    let (one, two) = (begin_patiently(&postgres).await, begin_patiently(&postgres).await);
    let (third, fourth) = (pid(&one).await, pid(&two).await);
    assert!(![first, second].contains(&third) || ![first, second].contains(&fourth));
    one.commit().await.unwrap();
    two.commit().await.unwrap();
    terminate(&admin, third).await;
    terminate(&admin, fourth).await;
    let (one, two) = (begin_patiently(&postgres).await, begin_patiently(&postgres).await);
    assert!(connections(&admin).await == 2 && pid(&one).await != pid(&two).await);
}

#[tokio::test]
async fn old_connections_are_replaced_once_nobody_uses_them() {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let postgres = postgres_with(&database, |settings| {
        settings.max_connections = 2;
        settings.recycle_after = Some(Duration::from_millis(20));
    });
    let (idle, used) = (postgres.begin().await.unwrap(), postgres.begin().await.unwrap());
    let (idle_pid, used_pid) = (pid(&idle).await, pid(&used).await);
    idle.commit().await.unwrap();
    let looking = async {
        eventually(async || !is_connected(&admin, idle_pid).await).await;
        assert_eq!(pid(&used).await, used_pid, "a transaction goes on, however old its connection is");
        used.commit().await.unwrap();
        eventually(async || !is_connected(&admin, used_pid).await).await;
        postgres.query("SELECT 1", &[]).await.unwrap();
    };
    tokio::select! {
        () = looking => {}
        () = postgres.recycle() => unreachable!("it runs until it is dropped"),
    }
}

#[tokio::test]
async fn statements_are_prepared_once_or_not_at_all() {
    let database = TestDatabase::create_empty().await;
    let count = "SELECT count(*) FROM pg_prepared_statements";
    for (prepared, expected) in [(true, 2_i64), (false, 0)] {
        let postgres = postgres_with(&database, |settings| {
            settings.max_connections = 1;
            settings.prepared_statements = prepared;
        });
        for _ in 0..3 {
            postgres.query("SELECT 1", &[]).await.unwrap();
            postgres.execute("SELECT 1", &[]).await.unwrap();
        }
        let rows = postgres.query(count, &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, i64>(0), expected);
    }
}

#[tokio::test]
async fn a_pool_that_is_closed_says_so_and_closes_its_connections() {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let postgres = postgres_with(&database, |settings| settings.max_connections = 2);
    let used = postgres.begin().await.unwrap();
    postgres.query("SELECT 1", &[]).await.unwrap();
    postgres.close();
    let error = postgres.begin().await.unwrap_err();
    assert!(matches!(error, PostgresError::Closed) && !error.is_transient(), "{error:?}");
    eventually(async || connections(&admin).await == 1).await;
    used.commit().await.unwrap();
    eventually(async || connections(&admin).await == 0).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_is_reached_through_a_unix_socket() {
    let database = TestDatabase::create_empty().await;
    let folder = tempfile::tempdir().unwrap();
    let entry = tokio::net::UnixListener::bind(folder.path().join(".s.PGSQL.6543")).unwrap();
    let server = database.url();
    let passing_on = async {
        let (mut near, _) = entry.accept().await.unwrap();
        let address = (server.host_str().unwrap(), server.port().unwrap_or(5432));
        let mut far = tokio::net::TcpStream::connect(address).await.unwrap();
        tokio::io::copy_bidirectional(&mut near, &mut far).await.unwrap();
    };
    let storage = StorageConfig {
        host: folder.path().to_str().unwrap().to_owned(),
        port: 6543.try_into().unwrap(),
        database: server.path().trim_start_matches('/').to_owned(),
        user: Some(server.username().to_owned()).filter(|user| !user.is_empty()),
        password: server.password().map(Secret::new),
        // It is of no concern here, as there is nothing that it could protect from.
        sslmode: SslMode::Require,
        ..StorageConfig::default()
    };
    let postgres = database.postgres_with(&storage);
    tokio::select! {
        rows = postgres.query("SELECT 1", &[]) => assert_eq!(rows.unwrap().len(), 1),
        () = passing_on => unreachable!("the pool keeps its connection"),
    }
}
