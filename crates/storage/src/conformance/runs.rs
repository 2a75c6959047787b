//! Checks of runs, their listings and their counts.

#![allow(missing_docs)] // a check's name says what it checks

use super::sample::*;
use super::store::*;
use crate::{ListingGap, ListingProgress, Outcome, OutcomeKey, RunCounters, RunStatus, Tally};
use gdg_model::*;

const FINGERPRINT: &str = "0123456789abcdef";

pub async fn an_unfinished_run_is_resumed_and_a_finished_one_is_followed_by_the_next_generation<
    S: GraphStore,
>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let first = store.resume_or_start_run(FINGERPRINT).await;
    assert_eq!((first.run_id.as_str(), first.generation), ("0123456789abcdef-1", 1));
    assert_eq!(first.status, RunStatus::Active);
    assert_eq!(store.resume_or_start_run(FINGERPRINT).await, first);
    store.complete_run(&first.run_id).await;
    let second = store.resume_or_start_run(FINGERPRINT).await;
    assert_eq!((second.run_id.as_str(), second.generation), ("0123456789abcdef-2", 2));
    assert_eq!(store.resume_or_start_run(FINGERPRINT).await, second);
    let other = store.resume_or_start_run("fedcba9876543210").await;
    assert_eq!(other.run_id.as_str(), "fedcba9876543210-1");
}

pub async fn a_listing_goes_on_where_its_cursor_stands<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let run = store.resume_or_start_run(FINGERPRINT).await.run_id;
    let (source, other) = (source(), SourceName::new("other"));
    assert_eq!(store.listing_progress(&run, &source).await, ListingProgress::default());
    store.advance_listing(&run, &source, "m", 10).await;
    store.advance_listing(&run, &source, "z\0", 5).await;
    let progress = store.listing_progress(&run, &source).await;
    assert_eq!((progress.listed, progress.finished), (15, false));
    assert!(progress.cursor.is_some_and(|cursor| cursor.starts_with('z')));
    store.advance_listing(&run, &source, "zz", 0).await;
    store.finish_listing(&run, &source).await;
    let progress = store.listing_progress(&run, &source).await;
    assert_eq!((progress.cursor.as_deref(), progress.listed, progress.finished), (Some("zz"), 15, true));
    store.finish_listing(&run, &other).await;
    let empty = store.listing_progress(&run, &other).await;
    assert_eq!(empty, ListingProgress { finished: true, ..ListingProgress::default() });
}

pub async fn what_a_listing_could_not_read_is_told<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let run = store.resume_or_start_run(FINGERPRINT).await.run_id;
    let told = |locator: &str| (locator.to_owned(), format!("{locator}: permission denied"));
    let problem = |locator: &str| {
        let (locator, message) = told(locator);
        ListingGap { locator, message, hides_source: false }
    };
    store.record_listing_problems(&run, &source(), &[problem("b"), problem("a")]).await;
    store.record_listing_problems(&run, &source(), &[]).await;
    store.record_listing_problems(&run, &source(), &[problem("é\0"), problem("Z")]).await;
    let all = store.listing_problems(&run, 10).await;
    assert_eq!(all[..3], ["Z", "a", "b"].map(told), "in the order of their bytes");
    assert!(all.len() == 4 && all[3].0.starts_with('é'));
    assert_eq!(store.listing_problems(&run, 2).await, all[..2]);
}

pub async fn counters_add_up_over_workers<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let run = store.resume_or_start_run(FINGERPRINT).await.run_id;
    assert!(store.counters(&run).await.is_empty());
    let key = |outcome, format: &str| OutcomeKey { source_name: source(), outcome, format: format.into() };
    let tally = Tally {
        documents: 2,
        elements: 3,
        structural_relationships: 5,
        explicit_relationships: 7,
        bytes: 1 << 40,
    };
    let mut expected = RunCounters::default();
    for worker in ["worker-1", "worker-1", "worker-2"] {
        let mut counters = RunCounters::default();
        counters.add(key(Outcome::Stored, "markdown"), &tally);
        counters.add(key(Outcome::Stored, "html"), &tally);
        counters.add(key(Outcome::Failed, "unknown"), &Tally { documents: 1, ..Tally::default() });
        store.add_counters(&run, &WorkerId::new(worker), &counters).await;
        counters.iter().for_each(|(key, tally)| expected.add(key.clone(), tally));
    }
    store.add_counters(&run, &WorkerId::new("worker-3"), &RunCounters::default()).await;
    assert_eq!(store.counters(&run).await, expected);
    assert_eq!(expected.of_outcome(Outcome::Stored).bytes, 6 << 40);
}
