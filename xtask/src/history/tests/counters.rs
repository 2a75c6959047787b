//! Counts that are not of what they count.

use super::sample::{DAMAGED, PLAIN};
use super::*;

#[test]
fn a_count_of_an_outcome_that_differs_from_the_events_is_reported() {
    let mut history = sample();
    let counters = &mut history.run().counters;
    (counters.stored, counters.unchanged) = (counters.stored - 1, counters.unchanged + 1);
    assert_violates(&history, &[Invariant::OutcomesCounted]);

    let mut history = sample();
    let counters = &mut history.run().counters;
    (counters.failed, counters.skipped) = (counters.failed - 1, counters.skipped + 1);
    assert_violates(&history, &[Invariant::OutcomesCounted]);
}

#[test]
fn a_document_that_is_counted_twice_is_reported() {
    let mut history = sample();
    history.run().counters.stored += 1;
    assert_violates(&history, &[Invariant::OutcomesCounted, Invariant::DiscoveredCounted]);
}

#[test]
fn a_dead_letter_that_is_lost_is_reported() {
    let mut history = sample();
    history.run().dead_letters.remove(DAMAGED);
    assert_violates(&history, &[Invariant::DeadLettersKept]);
}

#[test]
fn a_dead_letter_of_a_document_that_was_stored_is_reported() {
    let mut history = sample();
    history.run().dead_letters.insert(PLAIN.into());
    assert_violates(&history, &[Invariant::DeadLettersKept]);
}

#[test]
fn elements_that_are_missing_or_left_over_are_reported() {
    let mut history = sample();
    history.state.documents.get_mut(PLAIN).unwrap().element_rows = 14;
    assert_violates(&history, &[Invariant::ElementsCounted]);
    assert!(history.check().to_string().contains("element_count is 7, with 14 rows"));
}

#[test]
fn a_discovered_document_that_is_counted_twice_is_reported() {
    let mut history = sample();
    history.run().discovered += 1;
    assert_violates(&history, &[Invariant::DiscoveredCounted]);
}
