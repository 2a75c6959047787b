//! What every database of the pipeline must do; each implementation's tests run it by [`store_conformance_tests!`].

use super::{CommitStore, DiscoveryBatch, DiscoveryStore, SweepStore};
use crate::ended::{ClaimedDocument, CommitReport, Ended};
use crate::sweep::Sweep;
use async_trait::async_trait;
use gdg_model::{
    Attributes, ContentHash, DocId, DocumentRef, Element, ElementType, ErrorClass, ExplicitRelationship,
    Format, Location, ParsedDocument, RunId, SourceName, Stamp,
};
use gdg_queue::{Disposition, Failure, Fence};
use gdg_storage::{Alert, DocumentHeader, GraphDocument, Outcome, RunCounters};
use std::sync::Arc;

/// A database with a run, as a test uses it.
#[async_trait]
pub(crate) trait TestStore: Send + Sync {
    fn discovery(&self) -> &dyn DiscoveryStore;
    fn commits(&self) -> &dyn CommitStore;
    fn sweeps(&self) -> Arc<dyn SweepStore>;
    async fn alerts(&self) -> Vec<Alert>;
    fn run(&self) -> &RunId;
    async fn claim(&self, limit: u32) -> Vec<ClaimedDocument>;
    async fn release(&self, fences: Vec<Fence>);
    async fn counters(&self) -> RunCounters;
    /// The names of stored documents.
    async fn stored(&self) -> Vec<String>;
    /// The next generation, the current run being completed.
    async fn next_generation(&mut self);
}

/// Makes one test of each check. `$make` is an expression of type `async fn() -> impl TestStore`.
macro_rules! store_conformance_tests {
    ($make:expr) => {
        $crate::store::conformance::store_conformance_tests! { @each $make;
            a_listed_document_is_claimed_and_stored_once
            a_stale_claim_stores_nothing
            a_group_ends_each_document_in_its_own_way
            a_batch_that_is_listed_again_is_not_taken_in_again
            an_unchanged_document_is_counted_and_not_enqueued_in_the_next_generation
            links_are_followed_once_the_listing_is_done_and_caught_up_on
            links_of_an_unchanged_document_are_followed_like_those_of_a_stored_one
            a_vanished_document_leaves_the_queue_and_goes_in_the_sweep
            a_listing_that_lost_too_much_is_not_believed
            a_listing_goes_on_behind_its_cursor
        }
    };
    (@each $make:expr; $($name:ident)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::store::conformance::$name($make().await).await;
            }
        )+
    };
}
pub(crate) use store_conformance_tests;

fn source() -> SourceName {
    SourceName::new("docs")
}

fn document(name: &str) -> DocumentRef {
    DocumentRef::listed(&source(), name, Stamp { etag: None, modified_at: Some(1), size: Some(5) })
}

fn batch(names: &[&str], cursor: &str) -> DiscoveryBatch {
    DiscoveryBatch {
        source: source(),
        documents: names.iter().map(|name| document(name)).collect(),
        problems: vec![],
        cursor: cursor.into(),
        parse_fingerprint: "fingerprint".into(),
    }
}

/// The document, stored, with links to `targets` that may be followed.
fn stored(fence: Fence, document: &DocumentRef, targets: &[&str]) -> Ended {
    let header = DocumentHeader {
        document: document.clone(),
        size: 5,
        content_hash: ContentHash::of(b"hello"),
        parse_fingerprint: "fingerprint".into(),
    };
    let parsed = ParsedDocument {
        format: Format::Markdown,
        title: None,
        metadata: Attributes::new(),
        elements: vec![Element::new(ElementType::Document, "", Location::Whole)],
        links: vec![],
    };
    let link = |target: &&str| ExplicitRelationship {
        position: 0,
        target: DocId::in_source(&source(), target),
        fragment: String::new(),
    };
    let follow = targets.iter().map(|target| DocumentRef { link_depth: 1, ..self::document(target) });
    let relationships = targets.iter().map(link).collect();
    let graph = GraphDocument::new(header, parsed, relationships).with_dependencies(follow);
    Ended::Stored { fence, graph: Box::new(graph) }
}

async fn commit(store: &impl TestStore, ended: Vec<Ended>) -> CommitReport {
    store.commits().commit(store.run(), Arc::new(ended)).await.unwrap()
}

/// Claims everything and stores it without links.
async fn store_all(store: &impl TestStore) -> u64 {
    let claimed = store.claim(100).await;
    let ended = claimed.iter().map(|claimed| stored(claimed.fence, &claimed.document, &[])).collect();
    commit(store, ended).await.counters.total().documents
}

pub(crate) async fn a_listed_document_is_claimed_and_stored_once(store: impl TestStore) {
    let discovered = store.discovery().discover(store.run(), batch(&["a.md", "b.md"], "b")).await.unwrap();
    assert_eq!((discovered.listed, discovered.enqueued, discovered.unchanged), (2, 2, 0));
    assert_eq!(store_all(&store).await, 2);
    assert_eq!(store_all(&store).await, 0);
    assert_eq!(store.stored().await, ["docs:a.md", "docs:b.md"]);
    assert_eq!(store.counters().await.of_outcome(Outcome::Stored).documents, 2);
}

pub(crate) async fn a_stale_claim_stores_nothing(store: impl TestStore) {
    store.discovery().discover(store.run(), batch(&["a.md"], "a")).await.unwrap();
    let stale = store.claim(1).await.remove(0);
    store.release(vec![stale.fence]).await;
    let current = store.claim(1).await.remove(0);
    let report = commit(&store, vec![stored(stale.fence, &stale.document, &["b.md"])]).await;
    assert_eq!((report.refused, report.counters.is_empty()), (1, true));
    assert_eq!(store.stored().await, [""; 0]);
    let report = commit(&store, vec![stored(current.fence, &current.document, &[])]).await;
    assert_eq!((report.refused, report.counters.total().documents), (0, 1));
    let again = commit(&store, vec![stored(current.fence, &current.document, &[])]).await;
    assert_eq!(again.refused, 1, "as after a commit whose answer was lost");
    assert_eq!(store.counters().await.total().documents, 1);
}

pub(crate) async fn a_group_ends_each_document_in_its_own_way(store: impl TestStore) {
    let names = ["failed.md", "retried.md", "skipped.md", "stored.md", "unchanged.md"];
    store.discovery().discover(store.run(), batch(&names, "z")).await.unwrap();
    let ended = store.claim(10).await.into_iter().map(|claimed| {
        let ClaimedDocument { fence, document, .. } = claimed;
        let failure = |class| Failure { fence, class, message: "why\0so".into(), format: None, jitter: 0.5 };
        let failed = |class| Ended::Failed {
            failure: failure(class),
            document: document.clone(),
            format: None,
            size: 5,
        };
        match document.locator.as_str() {
            "failed.md" => failed(ErrorClass::Permanent),
            "retried.md" => failed(ErrorClass::Transient),
            "skipped.md" => Ended::Skipped {
                fence,
                header: Box::new(DocumentHeader {
                    document: document.clone(),
                    size: 5,
                    content_hash: ContentHash::of(b"hello"),
                    parse_fingerprint: "fingerprint".into(),
                }),
            },
            "stored.md" => stored(fence, &document, &[]),
            _ => Ended::Unchanged {
                fence,
                document: document.clone(),
                format: Some(Format::Markdown),
                size: 5,
            },
        }
    });
    let report = commit(&store, ended.collect()).await;
    assert_eq!((report.refused, report.retried), (0, 1));
    let dispositions: Vec<_> = report.failures.iter().map(|(.., disposition)| disposition).collect();
    assert!(matches!(dispositions[..], [Disposition::Dead, Disposition::Retried(_)]), "{dispositions:?}");
    let counters = store.counters().await;
    for outcome in Outcome::ALL {
        assert_eq!(counters.of_outcome(outcome).documents, 1, "{outcome}");
    }
    assert_eq!(store.stored().await, ["docs:stored.md"]);
}

pub(crate) async fn a_batch_that_is_listed_again_is_not_taken_in_again(store: impl TestStore) {
    let first = store.discovery().discover(store.run(), batch(&["a.md", "b.md"], "b")).await.unwrap();
    let again = store.discovery().discover(store.run(), batch(&["a.md", "b.md"], "b")).await.unwrap();
    assert_eq!((first.enqueued, again.enqueued), (2, 0), "while they are in the queue");
    store_all(&store).await;
    let after = store.discovery().discover(store.run(), batch(&["a.md", "b.md"], "b")).await.unwrap();
    assert_eq!((after.enqueued, after.unchanged), (0, 0), "once they are stored");
    assert_eq!(store.counters().await.total().documents, 2);
}

pub(crate) async fn an_unchanged_document_is_counted_and_not_enqueued_in_the_next_generation(
    mut store: impl TestStore,
) {
    store.discovery().discover(store.run(), batch(&["a.md", "b.md"], "b")).await.unwrap();
    store_all(&store).await;
    store.next_generation().await;
    let mut next = batch(&["a.md", "b.md"], "b");
    next.documents[1].stamp.modified_at = Some(2);
    let discovered = store.discovery().discover(store.run(), next).await.unwrap();
    assert_eq!((discovered.enqueued, discovered.unchanged), (1, 1));
    let claimed = store.claim(10).await;
    assert_eq!(claimed.len(), 1);
    assert!(claimed[0].known.is_some(), "what it was like before is known");
    assert_eq!(store.counters().await.of_outcome(Outcome::Unchanged).documents, 1);
}

pub(crate) async fn links_are_followed_once_the_listing_is_done_and_caught_up_on(store: impl TestStore) {
    store.discovery().discover(store.run(), batch(&["a.md", "b.md"], "b")).await.unwrap();
    let claimed = store.claim(2).await;
    let early = stored(claimed[0].fence, &claimed[0].document, &["linked.md", "b.md"]);
    assert_eq!(commit(&store, vec![early]).await.followed, 0, "the listing goes on");

    store.discovery().begin_following(store.run(), &source()).await.unwrap();
    let late = stored(claimed[1].fence, &claimed[1].document, &["other.md", "a.md"]);
    assert_eq!(commit(&store, vec![late]).await.followed, 1, "a.md is stored already");

    let page = store.discovery().open_dependencies(store.run(), &source(), 0, 10).await.unwrap();
    let mut open: Vec<_> = page.targets.iter().map(|target| target.doc_id.as_str()).collect();
    open.sort_unstable();
    assert_eq!(open, ["docs:linked.md", "docs:other.md"]);
    let targets = ["linked.md", "other.md", "a.md"].map(document).to_vec();
    assert_eq!(store.discovery().enqueue_linked(store.run(), targets).await.unwrap(), 1);
    assert_eq!(store_all(&store).await, 2);
}

pub(crate) async fn links_of_an_unchanged_document_are_followed_like_those_of_a_stored_one(
    mut store: impl TestStore,
) {
    store.discovery().discover(store.run(), batch(&["a.md"], "a")).await.unwrap();
    let first = store.claim(1).await.remove(0);
    commit(&store, vec![stored(first.fence, &first.document, &["linked.md"])]).await;
    store.next_generation().await;
    // Its stamp tells nothing: it is claimed, and turns out to be as it was.
    let mut next = batch(&["a.md"], "a");
    next.documents[0].stamp = Stamp::default();
    store.discovery().discover(store.run(), next).await.unwrap();
    store.discovery().begin_following(store.run(), &source()).await.unwrap();
    let ClaimedDocument { fence, document, .. } = store.claim(1).await.remove(0);
    let report = commit(&store, vec![Ended::Unchanged { fence, document, format: None, size: 5 }]).await;
    assert_eq!(report.followed, 1);
    assert_eq!(store.claim(10).await[0].document.locator, "linked.md");
}

pub(crate) async fn a_vanished_document_leaves_the_queue_and_goes_in_the_sweep(mut store: impl TestStore) {
    let names = ["a.md", "b.md", "c.md"];
    store.discovery().discover(store.run(), batch(&names, "c")).await.unwrap();
    store_all(&store).await;
    store.next_generation().await;
    let mut next = batch(&names, "c");
    next.documents[1].stamp = Stamp::default();
    store.discovery().discover(store.run(), next).await.unwrap();
    store.discovery().finish_listing(store.run(), &source()).await.unwrap();
    let ClaimedDocument { fence, document, .. } = store.claim(1).await.remove(0);
    let report = commit(&store, vec![Ended::Vanished { fence, document }]).await;
    assert_eq!((report.vanished, report.counters.is_empty()), (1, true));
    assert!(store.claim(1).await.is_empty());
    assert_eq!(store.stored().await.len(), 3);
    assert_eq!(sweep(&store, 0.5).await, 1);
    assert_eq!(store.stored().await, ["docs:a.md", "docs:c.md"]);
    assert_eq!(sweep(&store, 0.5).await, 0, "it is done");
}

pub(crate) async fn a_listing_that_lost_too_much_is_not_believed(mut store: impl TestStore) {
    store.discovery().discover(store.run(), batch(&["a.md", "b.md", "c.md"], "c")).await.unwrap();
    store_all(&store).await;
    store.next_generation().await;
    store.discovery().discover(store.run(), batch(&["a.md"], "a")).await.unwrap();
    store.discovery().finish_listing(store.run(), &source()).await.unwrap();
    assert_eq!(sweep(&store, 0.5).await, 0);
    assert_eq!(store.stored().await.len(), 3);
    let alerts = store.alerts().await;
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].message.contains("2 of 3 documents"), "{}", alerts[0].message);
    assert!(alerts[0].message.contains("processing.deletion_guard"), "{}", alerts[0].message);
}

async fn sweep(store: &impl TestStore, guard: f64) -> u64 {
    let sweep = Sweep { store: store.sweeps(), run: store.run().clone(), source: source(), guard };
    sweep.run().await.unwrap()
}

pub(crate) async fn a_listing_goes_on_behind_its_cursor(store: impl TestStore) {
    let progress = store.discovery().listing_progress(store.run(), &source()).await.unwrap();
    assert_eq!((progress.cursor, progress.finished), (None, false));
    store.discovery().discover(store.run(), batch(&["a.md"], "a")).await.unwrap();
    store.discovery().discover(store.run(), batch(&["b.md"], "b")).await.unwrap();
    store.discovery().finish_listing(store.run(), &source()).await.unwrap();
    let progress = store.discovery().listing_progress(store.run(), &source()).await.unwrap();
    assert_eq!((progress.cursor.as_deref(), progress.listed, progress.finished), (Some("b"), 2, true));
}
