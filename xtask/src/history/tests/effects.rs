//! Documents that are stored by other than the claim that ends.

use super::super::event::Event;
use super::super::state::DocumentState;
use super::sample::{DAMAGED, PLAIN, TOUCHED, TROUBLED};
use super::*;

#[test]
fn a_completed_document_that_was_not_stored_is_reported() {
    let mut history = sample();
    let stored = history.first(Kind::Stored, PLAIN).event_id;
    history.remove(stored);
    history.run().counters.stored -= 1;
    history.state.documents.remove(PLAIN);
    assert_violates(&history, &[Invariant::HasEffect, Invariant::DiscoveredCounted]);
}

#[test]
fn a_document_that_its_completion_stored_twice_is_reported() {
    let mut history = sample();
    let stored = history.first(Kind::Stored, PLAIN).event_id;
    history.repeat(stored);
    assert_violates(&history, &[Invariant::OneEffect, Invariant::OutcomesCounted]);
}

#[test]
fn a_document_that_was_stored_and_also_found_unchanged_is_reported() {
    let mut history = sample();
    let seen = history.first(Kind::Seen, TOUCHED).event_id;
    history.repeat(seen).kind = Kind::Stored;
    "run-1".clone_into(&mut history.state.documents.get_mut(TOUCHED).unwrap().stored_by_run);
    assert_violates(&history, &[Invariant::OneEffect, Invariant::OutcomesCounted]);
}

#[test]
fn a_document_that_is_stored_before_the_transaction_that_completes_it_is_reported() {
    let mut history = sample();
    history.first(Kind::Stored, PLAIN).xid = 1_000_000;
    assert_violates(&history, &[Invariant::EffectWithEnd]);
    assert!(history.check().to_string().contains(&format!("document {PLAIN}, queue id 1: completed in")));
}

#[test]
fn a_stale_claim_that_stores_its_document_is_reported() {
    let mut history = sample();
    let refused = history.first(Kind::Refused, TROUBLED).event_id;
    let stored = history.repeat(refused);
    *stored = Event { kind: Kind::Stored, queue_id: None, attempt: None, ..stored.clone() };
    assert_violates(&history, &[Invariant::NoStrayEffect, Invariant::OutcomesCounted]);
}

#[test]
fn a_failed_document_that_is_stored_all_the_same_is_reported() {
    let mut history = sample();
    let dead = history.first(Kind::Dead, DAMAGED).event_id;
    history.repeat(dead).kind = Kind::Stored;
    let kept = DocumentState {
        stored_by_run: "run-1".into(),
        seen_by_run: "run-1".into(),
        ..DocumentState::default()
    };
    history.state.documents.insert(DAMAGED.into(), kept);
    assert_violates(&history, &[Invariant::NoStrayEffect, Invariant::OutcomesCounted]);
}

#[test]
fn a_document_that_was_found_unchanged_by_nobody_who_may_is_reported() {
    let mut history = sample();
    history.first(Kind::Seen, super::sample::UNCHANGED).xid = 1_000_000;
    let expected = [Invariant::NoStrayEffect, Invariant::TakenIn, Invariant::DiscoveredCounted];
    assert_violates(&history, &expected);
}

#[test]
fn a_stored_document_that_the_table_of_documents_lacks_is_reported() {
    let mut history = sample();
    history.state.documents.remove(PLAIN);
    assert_violates(&history, &[Invariant::DocumentsKept]);
}

#[test]
fn a_document_that_the_table_says_another_run_stored_or_saw_is_reported() {
    for column in [0, 1] {
        let mut history = sample();
        let document = history.state.documents.get_mut(PLAIN).unwrap();
        let changed = if column == 0 { &mut document.stored_by_run } else { &mut document.seen_by_run };
        "run-0".clone_into(changed);
        assert_violates(&history, &[Invariant::DocumentsKept]);
    }
}

#[test]
fn a_document_of_the_table_that_no_event_accounts_for_is_reported() {
    let mut history = sample();
    let document = history.state.documents.get(PLAIN).unwrap().clone();
    history.state.documents.insert("docs:ghost.md".into(), document);
    assert_violates(&history, &[Invariant::DocumentsKept]);
}
