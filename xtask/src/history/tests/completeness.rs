//! Events that do not say enough.

use super::sample::PLAIN;
use super::*;

#[test]
fn an_event_that_names_no_row_is_reported() {
    let mut history = sample();
    let claimed = history.first(Kind::Claimed, PLAIN);
    claimed.queue_id = None;
    let expected = format!("`claimed` does not say what it is about (event {})", claimed.event_id);
    assert_violates(&history, &[Invariant::Complete, Invariant::LegalStep]);
    assert!(history.check().to_string().contains(&expected));
}

#[test]
fn an_event_that_names_no_document_is_reported() {
    let mut history = sample();
    history.first(Kind::Stored, PLAIN).doc_id = None;
    let expected = [Invariant::Complete, Invariant::HasEffect, Invariant::DocumentsKept];
    assert_violates(&history, &expected);
}

#[test]
fn an_event_without_what_its_kind_needs_is_reported() {
    let mut history = sample();
    history.first(Kind::Claimed, PLAIN).attempt = None;
    assert_violates(&history, &[Invariant::Complete]);

    let mut history = sample();
    history.written("listing_finished docs").epoch = None;
    assert_violates(&history, &[Invariant::Complete]);
    assert!(history.check().to_string().contains("`leader_write` lacks epoch"));
}

#[test]
fn a_state_without_a_run_proves_nothing() {
    let mut history = sample();
    history.state.runs.clear();
    assert_violates(&history, &[Invariant::Complete]);
}
