//! The graph on `PostgreSQL` passes the suite, and what is particular to it.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod adapters {
    pub(crate) mod postgres;
}

use adapters::postgres::InDatabase;
use gdg_model::*;
use gdg_postgres::{Postgres, PostgresError};
use gdg_storage::conformance::{GraphStore, Relation};
use gdg_storage::{DocumentHeader, GraphDocument, Progress, RunStatus, StorageError, postgres};
use std::time::Duration;

async fn make() -> InDatabase {
    InDatabase::new().await
}

gdg_storage::graph_conformance_tests!(make);

const FINGERPRINT: &str = "0123456789abcdef";

fn run() -> RunId {
    RunId::of_generation(FINGERPRINT, 1)
}

fn source() -> SourceName {
    SourceName::new("notes")
}

fn doc_id(name: &str) -> DocId {
    DocId::in_source(&source(), name)
}

/// A document whose root has `children`.
fn document(name: &str, children: impl IntoIterator<Item = Element>) -> GraphDocument {
    let root = Element::new(ElementType::Document, "", Location::Whole);
    let children = children.into_iter().zip(0..);
    let children = children.map(|(child, ordinal)| Element { parent: Some(0), ordinal, ..child });
    let parsed = ParsedDocument {
        format: Format::Text,
        title: None,
        metadata: Attributes::new(),
        elements: std::iter::once(root).chain(children).collect(),
        links: vec![],
    };
    let document = DocumentRef::listed(&source(), name, Stamp::default());
    let header = DocumentHeader {
        document,
        size: 0,
        content_hash: ContentHash::of(name.as_bytes()),
        parse_fingerprint: "fingerprint".into(),
    };
    let link = ExplicitRelationship { position: 0, target: doc_id("0.txt"), fragment: String::new() };
    GraphDocument::new(header, parsed, vec![link])
}

fn paragraph(text: impl Into<String>) -> Element {
    Element::new(ElementType::Paragraph, text, Location::Whole)
}

fn numbered(numbers: std::ops::Range<u32>) -> Vec<GraphDocument> {
    numbers.map(|number| document(&format!("{number}.txt"), [paragraph("text")])).collect()
}

#[tokio::test]
async fn statements_that_are_not_prepared_do_the_same() {
    let InDatabase { database, .. } = make().await;
    let mut storage = database.storage();
    storage.prepared_statements = false;
    let store = InDatabase { pool: database.postgres_with(&storage), database };
    let documents = numbered(0..3);
    store.store(&run(), &documents.iter().collect::<Vec<_>>()).await;
    store.store(&run(), &documents.iter().collect::<Vec<_>>()).await;
    assert_eq!(store.count(Relation::Elements).await, 6);
    assert!(store.open_dependencies(&run(), &source(), 0, 2).await.last.is_none());
    store.forget(&[doc_id("0.txt"), doc_id("1.txt")]).await;
    assert_eq!(store.count(Relation::Elements).await, 2);
}

#[tokio::test]
async fn a_large_document_goes_in_by_several_statements() {
    let store = make().await;
    let rows = (0..25_000).map(|number| paragraph(number.to_string()));
    let large = document("large.txt", rows.chain((0..3).map(|_| paragraph("x".repeat(5 << 20)))));
    let [before, after] = ["before.txt", "after.txt"].map(|name| document(name, [paragraph("text")]));
    store.store(&run(), &[&before, &large, &after]).await;
    assert_eq!(store.count(Relation::Elements).await, 25_004 + 2 + 2);
    let stored = store.elements(doc_id("large.txt").as_str()).await;
    let ids: Vec<String> = large.element_ids().map(|id| id.to_string()).collect();
    assert!(stored.iter().map(|element| &element.element_id).eq(&ids), "ids came back otherwise");
    let texts = large.elements().iter().map(|element| &element.text);
    assert!(stored.iter().map(|element| &element.text).eq(texts), "texts came back otherwise");
}

#[tokio::test]
async fn numbers_that_do_not_fit_their_columns_are_no_obstacle() {
    let store = make().await;
    let graph = document("a.txt", [paragraph("text")]);
    let mut header = graph.header().clone();
    header.document.link_depth = u32::MAX;
    header.size = u64::MAX;
    header.document.stamp = Stamp { modified_at: Some(i64::MIN), size: Some(u64::MAX), etag: None };
    store.store(&run(), &[&graph]).await;
    store.skip(&run(), &[&header]).await;
    let known = store.known(&[doc_id("a.txt")]).await.remove(&doc_id("a.txt")).unwrap();
    assert_eq!((known.size, known.stamp.modified_at), (u64::MAX, Some(i64::MIN)));
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_with_the_same_documents_in_other_orders_do_not_deadlock() {
    let store = make().await;
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..4 {
        let pool = store.pool.clone();
        workers.spawn(async move {
            let mut documents = numbered(0..60);
            for round in 0..5 {
                documents.rotate_left(worker * 7 + round);
                documents.reverse();
                store_all(&pool, &documents).await.unwrap();
            }
        });
    }
    workers.join_all().await;
    assert_eq!(store.count(Relation::Documents).await, 60);
    assert_eq!(store.count(Relation::Elements).await, 120);
    assert_eq!(store.count(Relation::Relationships).await, 60);
}

async fn store_all(pool: &Postgres, documents: &[GraphDocument]) -> Result<(), StorageError> {
    let transaction = pool.begin().await?;
    let graphs: Vec<&GraphDocument> = documents.iter().collect();
    let outcome = postgres::store_documents(&transaction, &run(), &graphs).await;
    transaction.end(outcome).await
}

#[tokio::test]
async fn what_is_rolled_back_leaves_what_was_there() {
    let store = make().await;
    store.store(&run(), &[&document("a.txt", [paragraph("1"), paragraph("2")])]).await;
    let transaction = store.pool.begin().await.unwrap();
    let newer = document("a.txt", [paragraph("3")]);
    postgres::store_documents(&transaction, &run(), &[&newer]).await.unwrap();
    transaction.rollback().await.unwrap();
    let texts: Vec<_> =
        store.elements(doc_id("a.txt").as_str()).await.into_iter().map(|row| row.text).collect();
    assert_eq!(texts, ["", "1", "2"]);
}

#[tokio::test]
async fn a_run_that_finds_everything_unchanged_writes_no_index_entry() {
    let store = make().await;
    let documents = numbered(0..200);
    store.store(&run(), &documents.iter().collect::<Vec<_>>()).await;
    let seen: Vec<_> = documents.iter().map(|graph| graph.header().document.doc_id.clone()).collect();
    let seen: Vec<_> = seen.into_iter().map(|doc_id| (doc_id, Stamp::default())).collect();
    let transaction = store.pool.begin().await.unwrap();
    postgres::mark_seen(&transaction, &RunId::new("next"), &seen).await.unwrap();
    let statistics =
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'documents'";
    let row = transaction.query_opt(statistics, &[]).await.unwrap().unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (200, 200));
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn of_two_workers_that_start_a_run_one_does() {
    let store = make().await;
    let (first, second) = (store.pool.begin().await.unwrap(), store.pool.begin().await.unwrap());
    let started = postgres::start_run(&first, FINGERPRINT, 1, "snapshot").await.unwrap().unwrap();
    assert_eq!((started.run_id, started.status), (run(), RunStatus::Active));
    let waiting = postgres::start_run(&second, FINGERPRINT, 1, "snapshot");
    let (outcome, ()) = tokio::join!(waiting, async { first.commit().await.unwrap() });
    assert_eq!(outcome.unwrap(), None);
    let latest = postgres::latest_run(&second, FINGERPRINT).await.unwrap().unwrap();
    assert_eq!((latest.run.run_id, latest.ended_ago), (run(), None));
}

#[tokio::test]
async fn no_generation_begins_while_the_one_before_is_made_active_again() {
    let store = make().await;
    store.resume_or_start_run(FINGERPRINT).await;
    store.complete_run(&run()).await;
    let (operator, leader) = (store.pool.begin().await.unwrap(), store.pool.begin().await.unwrap());
    operator.execute("UPDATE processing_runs SET status = 'active'", &[]).await.unwrap();
    let waiting = postgres::start_run(&leader, FINGERPRINT, 2, "snapshot");
    let (outcome, ()) = tokio::join!(waiting, async { operator.commit().await.unwrap() });
    assert_eq!(outcome.unwrap(), None);
}

#[tokio::test]
async fn a_run_moves_on_only_from_where_it_is_thought_to_be() {
    let store = make().await;
    assert_eq!(store.transact(async |tx| postgres::run_status(tx, &run()).await).await, None);
    store.resume_or_start_run(FINGERPRINT).await;
    let set = async |from, to| {
        store.transact(async |tx| postgres::set_run_status(tx, &run(), from, to, 3).await).await
    };
    assert!(set(RunStatus::Active, RunStatus::ProcessingComplete).await);
    assert!(!set(RunStatus::Active, RunStatus::Abandoned).await);
    let status = store.transact(async |tx| postgres::run_status(tx, &run()).await).await;
    assert_eq!(status, Some(RunStatus::ProcessingComplete));
    assert!(set(RunStatus::ProcessingComplete, RunStatus::Completed).await);
    let client = store.database.client().await;
    client
        .batch_execute("UPDATE processing_runs SET completed_at = completed_at - interval '1 h'")
        .await
        .unwrap();
    let latest = store.transact(async |tx| postgres::latest_run(tx, FINGERPRINT).await).await.unwrap();
    assert_eq!(latest.run.status, RunStatus::Completed);
    let ended_ago = latest.ended_ago.unwrap();
    assert!((3_600..3_700).contains(&ended_ago.as_secs()), "{ended_ago:?}");
}

#[tokio::test]
async fn a_source_whose_links_are_followed_stays_so() {
    let store = make().await;
    store.resume_or_start_run(FINGERPRINT).await;
    let following = async || store.transact(async |tx| postgres::following_sources(tx, &run()).await).await;
    let begin =
        async || store.transact(async |tx| postgres::begin_following(tx, &run(), &source(), 1).await).await;
    store.advance_listing(&run(), &SourceName::new("other"), "cursor", 1).await;
    assert!(following().await.is_empty());
    begin().await;
    let client = store.database.client().await;
    let since = async || {
        let row = client.query_one(
            "SELECT following_since::text FROM discovery_cursors WHERE source_name = 'notes'",
            &[],
        );
        row.await.unwrap().get::<_, String>(0)
    };
    let first = since().await;
    store.advance_listing(&run(), &source(), "cursor", 1).await;
    begin().await;
    store.finish_listing(&run(), &source()).await;
    assert_eq!(since().await, first);
    assert_eq!(following().await, [source()].into());
}

#[tokio::test]
async fn listings_are_finished_when_each_of_them_is() {
    let store = make().await;
    store.resume_or_start_run(FINGERPRINT).await;
    let sources = [source(), SourceName::new("other")];
    let finished = async |sources: &[SourceName]| {
        store.transact(async |tx| postgres::listings_finished(tx, &run(), sources).await).await
    };
    assert!(finished(&[]).await);
    assert!(!finished(&sources).await);
    store.finish_listing(&run(), &sources[0]).await;
    store.advance_listing(&run(), &sources[1], "cursor", 1).await;
    assert!(finished(&sources[..1]).await);
    assert!(!finished(&sources).await);
    store.finish_listing(&run(), &sources[1]).await;
    assert!(finished(&sources).await);
}

#[tokio::test]
async fn a_run_has_drained_when_as_much_ended_as_was_enqueued_by_all_workers_together() {
    let store = make().await;
    store.resume_or_start_run(FINGERPRINT).await;
    let progress = async || store.transact(async |tx| postgres::progress(tx, &run()).await).await;
    assert_eq!(progress().await, Progress::default());
    for (worker, enqueued, ended) in [("leader", 10, 0), ("leader", 5, 2), ("worker-2", 1, 13)] {
        let worker = WorkerId::new(worker);
        store
            .transact(async |tx| postgres::record_progress(tx, &run(), &worker, enqueued, ended).await)
            .await;
    }
    assert_eq!(progress().await, Progress { enqueued: 16, ended: 15 });
    assert!(!progress().await.is_drained());
    let worker = WorkerId::new("worker-2");
    store.transact(async |tx| postgres::record_progress(tx, &run(), &worker, 0, 1).await).await;
    assert!(progress().await.is_drained());
}

#[test]
fn an_error_of_the_server_keeps_its_class() {
    let class = |error: PostgresError| StorageError::from(error).class();
    assert_eq!(class(PostgresError::PoolTimeout(Duration::from_secs(1))), ErrorClass::Transient);
    assert_eq!(class(PostgresError::Closed), ErrorClass::Permanent);
}
