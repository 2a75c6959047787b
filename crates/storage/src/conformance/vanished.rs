//! Checks of what becomes of documents that are no longer in their sources.

#![allow(missing_docs)] // a check's name says what it checks

use super::sample::*;
use super::store::*;
use crate::{Alert, ListingGap, SweepProgress, VanishedPage};
use gdg_model::*;

const FINGERPRINT: &str = "fedcba9876543210";

/// A place in which an earlier run has stored `names`, and the run after it.
async fn second_run<S: GraphStore>(store: &S, names: &[&str]) -> RunId {
    let first = store.resume_or_start_run(FINGERPRINT).await.run_id;
    for name in names {
        store.store(&first, &[&document(name, &["text"], &["linked.md"])]).await;
    }
    store.complete_run(&first).await;
    store.resume_or_start_run(FINGERPRINT).await.run_id
}

async fn find<S: GraphStore>(store: &S, run: &RunId, names: &[&str]) {
    let found: Vec<_> = names.iter().map(|name| (doc_id(name), Stamp::default())).collect();
    store.mark_seen(run, &found).await;
}

async fn vanished<S: GraphStore>(store: &S, run: &RunId) -> VanishedPage {
    store.vanished_documents(run, &source(), 0, 100, false).await
}

pub async fn what_a_run_did_not_find_has_vanished_and_leaves_a_tombstone<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let run = second_run(&store, &["a.md", "b.md", "c.md"]).await;
    find(&store, &run, &["b.md"]).await;
    let page = vanished(&store, &run).await;
    assert_eq!((page.found, page.vanished.len()), (1, 2));
    let of_other = store.vanished_documents(&run, &SourceName::new("other"), 0, 100, false).await;
    assert_eq!((of_other.found, of_other.vanished.len()), (0, 0));

    store.finish_listing(&run, &source()).await;
    store.bury(&run, &source(), &page.vanished, page.last.unwrap()).await;
    let after = page.last.unwrap();
    assert_eq!(store.sweep_progress(&run, &source()).await, SweepProgress { after, finished: false });
    store.finish_sweep(&run, &source()).await;
    assert_eq!(store.sweep_progress(&run, &source()).await, SweepProgress { after, finished: true });
    assert_eq!(store.vanished_count(&run).await, 2);
    assert!(vanished(&store, &run).await.vanished.is_empty());
    assert_eq!(store.known(&["a.md", "b.md", "c.md"].map(doc_id)).await.len(), 1);
    assert_eq!(store.count(Relation::Elements).await, 2);
    assert_eq!(store.count(Relation::Relationships).await, 1);
    assert_eq!(store.dependencies_of(&[doc_id("a.md")]).await, []);

    // One that comes back is a document like any other, and can vanish again.
    store.store(&run, &[&document("a.md", &["text"], &[])]).await;
    assert!(store.known(&[doc_id("a.md")]).await.contains_key(&doc_id("a.md")));
}

pub async fn a_page_of_vanished_documents_ends_where_the_next_begins<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let run = second_run(&store, &["a.md", "b.md", "c.md"]).await;
    let (mut after, mut seen) = (0, 0);
    while let page @ VanishedPage { last: Some(last), .. } =
        store.vanished_documents(&run, &source(), after, 2, false).await
    {
        seen += page.vanished.len();
        after = last;
    }
    assert_eq!(seen, 3);
}

pub async fn what_was_given_up_or_could_not_be_listed_has_not_vanished<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let names = ["a.md", "b/c.md", "b/d/e.md", "bc.md", "f.md"];
    let run = second_run(&store, &names).await;
    store.give_up(&run, &header("a.md", b"").document).await;
    let gap = |locator: &str, hides_source| ListingGap {
        locator: locator.into(),
        message: "permission denied".into(),
        hides_source,
    };
    store.record_listing_problems(&run, &source(), &[gap("b", false), gap("f.md", false)]).await;
    let page = vanished(&store, &run).await;
    assert_eq!((page.found, page.vanished.len()), (0, 1), "bc.md alone");
    store.record_listing_problems(&run, &source(), &[gap("somewhere", true)]).await;
    assert!(vanished(&store, &run).await.vanished.is_empty());
}

pub async fn what_only_links_lead_to_stays_while_links_are_lost<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let run = second_run(&store, &["a.md", "listed.md"]).await;
    let mut linked = header("linked.md", b"linked");
    linked.document.link_depth = 1;
    store.skip(&RunId::new("earlier"), &[&linked]).await;
    assert!(!store.has_lost_links(&run, &source()).await);
    store.give_up(&run, &header("a.md", b"").document).await;
    assert!(store.has_lost_links(&run, &source()).await);
    assert!(!store.has_lost_links(&run, &SourceName::new("other")).await);
    assert_eq!(vanished(&store, &run).await.vanished.len(), 2);
    let page = store.vanished_documents(&run, &source(), 0, 100, true).await;
    assert_eq!(page.vanished.len(), 1, "listed.md alone");
}

pub async fn an_alert_is_raised_once<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let run = store.resume_or_start_run(FINGERPRINT).await.run_id;
    assert_eq!(store.alerts(&run).await, []);
    let alert = |message: &str| Alert {
        kind: Alert::DELETION_GUARD.into(),
        source_name: source(),
        message: message.into(),
    };
    store.raise_alert(&run, &alert("first")).await;
    store.raise_alert(&run, &alert("second")).await;
    assert_eq!(store.alerts(&run).await, [alert("second")]);
}
