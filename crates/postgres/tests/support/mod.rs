//! What the tests wait with.

use gdg_config::Environment;
use gdg_postgres::{Postgres, Settings};
use gdg_test_database::TestDatabase;
use std::time::Duration;
use tokio_postgres::Client;

/// By when everything has happened that happens at all.
const DEADLINE: Duration = Duration::from_secs(30);

/// What `future` gives; a test that hangs fails.
pub(crate) async fn within_deadline<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(DEADLINE, future).await.expect("it takes too long")
}

/// Asks again and again, until the answer is yes.
pub(crate) async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within_deadline(asking).await;
}

/// Whether the server still has this process of its own.
pub(crate) async fn is_connected(admin: &Client, pid: i32) -> bool {
    let statement = "SELECT 1 FROM pg_stat_activity WHERE pid = $1";
    admin.query_opt(statement, &[&pid]).await.unwrap().is_some()
}

/// A pool whose settings are as `adapt` leaves them.
pub(crate) fn postgres_with(database: &TestDatabase, adapt: impl FnOnce(&mut Settings)) -> Postgres {
    let mut settings =
        Settings::from_config(&database.storage(), &Environment::default(), "the pool").unwrap();
    adapt(&mut settings);
    Postgres::new(settings).unwrap()
}
