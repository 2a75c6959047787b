//! Documents that are lost, or handled twice.

use super::super::event::Event;
use super::sample::{DAMAGED, PLAIN, UNCHANGED};
use super::*;

#[test]
fn an_expected_document_that_was_never_enqueued_is_reported() {
    let mut history = sample();
    history.expected.insert("docs:lost.md".into());
    assert_violates(&history, &[Invariant::TakenIn]);
    assert!(history.check().to_string().contains("document docs:lost.md: it was never enqueued"));
}

#[test]
fn a_document_that_is_enqueued_again_after_it_was_completed_is_reported() {
    let mut history = sample();
    let enqueued = history.first(Kind::Enqueued, PLAIN).event_id;
    history.repeat(enqueued).queue_id = Some(99);
    assert_violates(&history, &[Invariant::EnqueuedOnce]);
}

#[test]
fn a_document_that_neither_completed_nor_died_is_reported() {
    let mut history = sample();
    let completed = history.first(Kind::Completed, PLAIN).event_id;
    history.remove(completed);
    let stored = history.first(Kind::Stored, PLAIN).event_id;
    history.remove(stored);
    history.state.documents.remove(PLAIN);
    history.run().counters.stored -= 1;
    assert_violates(&history, &[Invariant::Ends, Invariant::DiscoveredCounted]);
}

#[test]
fn a_document_that_completed_and_died_is_reported() {
    let mut history = sample();
    let completed = history.first(Kind::Completed, PLAIN).event_id;
    let dead = history.repeat(completed);
    *dead = Event { kind: Kind::Dead, retry_count: Some(0), ..dead.clone() };
    history.run().dead_letters.insert(PLAIN.into());
    history.run().counters.failed += 1;
    let expected = [Invariant::EndsOnce, Invariant::LegalStep, Invariant::DiscoveredCounted];
    assert_violates(&history, &expected);
}

#[test]
fn a_document_that_completed_twice_is_reported() {
    let mut history = sample();
    let completed = history.first(Kind::Completed, PLAIN).event_id;
    history.repeat(completed);
    assert_violates(&history, &[Invariant::EndsOnce, Invariant::LegalStep]);
}

#[test]
fn a_document_that_the_listing_found_unchanged_and_that_was_enqueued_all_the_same_is_reported() {
    let mut history = sample();
    let seen = history.first(Kind::Seen, UNCHANGED).clone();
    for (nth, kind) in (1..).zip([Kind::Enqueued, Kind::Claimed, Kind::Dead]) {
        let event_id = seen.event_id + nth;
        let (queue_id, attempt, retry_count) = (Some(99), Some(1), Some(0));
        history.events.push(Event { event_id, kind, queue_id, attempt, retry_count, ..seen.clone() });
    }
    history.run().dead_letters.insert(UNCHANGED.into());
    history.run().counters.failed += 1;
    assert_violates(&history, &[Invariant::EndsOnce, Invariant::DiscoveredCounted]);
}

#[test]
fn a_row_that_is_left_in_the_queue_is_reported() {
    let mut history = sample();
    history.run().queued = 1;
    assert_violates(&history, &[Invariant::QueueDrained]);
}

#[test]
fn a_document_that_is_gone_without_a_dead_letter_is_reported() {
    let mut history = sample();
    let dead = history.first(Kind::Dead, DAMAGED).event_id;
    history.remove(dead);
    let expected = [Invariant::Ends, Invariant::OutcomesCounted, Invariant::DeadLettersKept];
    assert_violates(&history, &expected);
}
