//! The queue on `SQLite` passes the suite, and what is particular to it.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_model::{DocumentRef, ErrorClass, RunId, SourceName, Stamp, WorkerId};
use gdg_queue::conformance::{any_steps, eager_policy, follows_the_model};
use gdg_queue::sqlite::{SqliteQueue, TEST_SCHEMA};
use gdg_queue::{Failure, NewDocument, Priority, Queue, RetryPolicy};
use proptest::prelude::*;

async fn database() -> tokio_rusqlite::Connection {
    let connection = tokio_rusqlite::Connection::open_in_memory().await.unwrap();
    connection.call(|sqlite| sqlite.execute_batch(TEST_SCHEMA)).await.unwrap();
    connection
}

async fn make(policy: RetryPolicy) -> SqliteQueue {
    SqliteQueue::new(database().await, policy)
}

gdg_queue::queue_conformance_tests!(make);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_history_loses_nothing_and_accepts_no_stale_fence(steps in any_steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { follows_the_model(&make(eager_policy()).await, steps).await });
    }
}

#[tokio::test]
async fn a_dead_letter_tells_every_attempt() {
    let database = database().await;
    let queue = SqliteQueue::new(database.clone(), eager_policy());
    let run = RunId::new("run-1");
    let source_name = SourceName::new("source");
    let document = DocumentRef::listed(&source_name, "a.md", Stamp::default());
    queue.enqueue(&run, vec![NewDocument { document, priority: Priority::Normal }]).await.unwrap();
    for (class, message) in [(ErrorClass::Transient, "busy"), (ErrorClass::Permanent, "gone")] {
        let claim = queue.claim(&run, &WorkerId::new("worker-1"), 1).await.unwrap().remove(0);
        let failure =
            Failure { fence: claim.settle(), class, message: message.into(), format: None, jitter: 0.0 };
        queue.fail(vec![failure]).await.unwrap();
    }
    let (class, message, attempts): (String, String, String) = database
        .call(|sqlite| {
            sqlite.query_row(
                "SELECT error_class, error_message, attempts FROM dead_letter_queue",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
        })
        .await
        .unwrap();
    assert_eq!((class.as_str(), message.as_str()), ("permanent", "gone"));
    let attempts: serde_json::Value = serde_json::from_str(&attempts).unwrap();
    let told: Vec<_> = attempts.as_array().unwrap().iter().map(|attempt| &attempt["error_message"]).collect();
    assert_eq!(told, ["busy", "gone"]);
    assert_eq!(attempts[1]["attempt"], 2);
    assert_eq!(attempts[1]["worker_id"], "worker-1");
}

#[tokio::test]
async fn claiming_walks_the_index_of_claimable_rows() {
    let plan: Vec<String> = database()
        .await
        .call(|sqlite| {
            let mut statement = sqlite
                .prepare(&format!("EXPLAIN QUERY PLAN {}", include_str!("../src/sqlite/sql/claim.sql")))?;
            statement
                .query_map(("run-1", "worker-1", 10), |row| row.get(3))?
                .collect::<Result<_, rusqlite::Error>>()
        })
        .await
        .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("USING COVERING INDEX document_queue_claimable"), "{plan}");
    assert!(!plan.contains("SCAN document_queue") && !plan.contains("TEMP B-TREE"), "{plan}");
}
