//! Failed and abandoned attempts that are miscounted, forgotten, or too many.

use super::sample::{DAMAGED, DEADLY, FAILING, TROUBLED};
use super::*;

#[test]
fn a_retry_that_is_not_counted_is_reported() {
    let mut history = sample();
    history.nth(Kind::Retried, TROUBLED, 1).retry_count = Some(1);
    assert_violates(&history, &[Invariant::RetriesCounted]);
    assert!(history.check().to_string().contains("retry 1 after 1"));
}

#[test]
fn more_retries_than_configured_are_reported() {
    let mut history = sample();
    let failing = history.first(Kind::Dead, FAILING).event_id;
    let report = {
        let rules = super::super::Rules { max_retries: 2, max_abandoned_attempts: 10 };
        super::super::check(&history.events, &history.state, &history.expected, &rules)
    };
    let found: Vec<_> = report.violations.iter().map(|violation| violation.invariant).collect();
    assert_eq!(found, [Invariant::RetriesBounded, Invariant::RetriesBounded]);
    assert!(report.violations.iter().any(|violation| violation.event_ids.contains(&failing)));
}

#[test]
fn a_dead_letter_with_another_count_of_retries_than_its_row_is_reported() {
    let mut history = sample();
    history.first(Kind::Dead, FAILING).retry_count = Some(2);
    assert_violates(&history, &[Invariant::DeadRetriesCounted]);
}

#[test]
fn an_abandoned_attempt_that_is_not_counted_is_reported() {
    let mut history = sample();
    history.nth(Kind::Returned, TROUBLED, 2).detail = "reclaim 1".into();
    assert_violates(&history, &[Invariant::AbandonedCounted]);
}

#[test]
fn a_release_that_is_held_against_the_document_is_reported() {
    let mut history = sample();
    history.nth(Kind::Returned, TROUBLED, 1).detail = "2".into();
    // The next reclaim then seems to be counted as if there had been none.
    assert_violates(&history, &[Invariant::AbandonedCounted]);
}

#[test]
fn a_reclaim_need_not_say_its_count() {
    let mut history = sample();
    history.nth(Kind::Returned, TROUBLED, 1).detail = "reclaim".into();
    history.nth(Kind::Returned, TROUBLED, 0).detail = String::new();
    assert_violates(&history, &[]);
}

#[test]
fn a_document_that_is_returned_after_too_many_workers_died_with_it_is_reported() {
    let mut history = sample();
    let last = history.nth(Kind::Returned, DEADLY, 8).event_id;
    // Between the last reclaim and the claim after it, one more claim and reclaim.
    let claimed = history.repeat(last);
    (claimed.kind, claimed.attempt) = (Kind::Claimed, Some(10));
    let returned = history.repeat(last);
    (returned.event_id, returned.attempt, returned.detail) = (last + 2, Some(10), "10".into());
    history.nth(Kind::Claimed, DEADLY, 9).attempt = Some(11);
    let dead = history.first(Kind::Dead, DEADLY);
    (dead.attempt, dead.detail) = (Some(11), "11".into());
    assert_violates(&history, &[Invariant::AbandonedBounded]);
}

#[test]
fn a_dead_letter_that_has_forgotten_an_attempt_is_reported() {
    for document in [DAMAGED, FAILING, DEADLY] {
        let mut history = sample();
        history.first(Kind::Dead, document).detail = "3".into();
        assert_violates(&history, &[Invariant::AttemptsRemembered]);
    }
}
