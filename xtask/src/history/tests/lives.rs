//! Rows of the queue that go ways that there are not, and claims that should not have had an effect.

use super::sample::{FAILING, PLAIN, TROUBLED};
use super::*;

#[test]
fn a_row_that_is_claimed_while_another_worker_holds_it_is_reported() {
    let mut history = sample();
    let returned = history.first(Kind::Returned, TROUBLED).event_id;
    history.remove(returned);
    assert_violates(&history, &[Invariant::LegalStep]);
    assert!(history.check().to_string().contains("`claimed` of a row that is processing (events "));
}

#[test]
fn a_row_that_is_claimed_before_its_retry_is_due_is_reported() {
    let mut history = sample();
    let promoted = history.first(Kind::Promoted, FAILING).event_id;
    history.remove(promoted);
    assert_violates(&history, &[Invariant::LegalStep]);
}

#[test]
fn a_row_that_moves_after_it_is_gone_is_reported() {
    let mut history = sample();
    let completed = history.first(Kind::Completed, TROUBLED).event_id;
    history.repeat(completed).kind = Kind::Promoted;
    assert_violates(&history, &[Invariant::LegalStep]);
    assert!(history.check().to_string().contains("`promoted` of a row that is gone"));
}

#[test]
fn an_attempt_number_that_is_given_twice_is_reported() {
    let mut history = sample();
    history.nth(Kind::Claimed, TROUBLED, 1).attempt = Some(1);
    history.nth(Kind::Returned, TROUBLED, 1).attempt = Some(1);
    // The claim that follows is then one too far.
    assert_violates(&history, &[Invariant::AttemptIsNew, Invariant::AttemptIsNext]);
    assert!(history.check().to_string().contains("attempt 1 was given twice"));
}

#[test]
fn an_attempt_number_that_is_left_out_is_reported() {
    let mut history = sample();
    history.first(Kind::Claimed, PLAIN).attempt = Some(2);
    history.first(Kind::Completed, PLAIN).attempt = Some(2);
    assert_violates(&history, &[Invariant::AttemptIsNext]);
}

#[test]
fn a_stale_claim_that_completes_is_reported() {
    let mut history = sample();
    history.first(Kind::Completed, TROUBLED).attempt = Some(2);
    assert_violates(&history, &[Invariant::CurrentClaimEnds]);
    assert!(history.check().to_string().contains("`completed` of attempt 2 while 6 is current"));
}

#[test]
fn a_stale_claim_that_is_returned_retried_or_given_up_is_reported() {
    for (kind, document) in [(Kind::Returned, TROUBLED), (Kind::Retried, FAILING), (Kind::Dead, FAILING)] {
        let mut history = sample();
        history.first(kind, document).attempt = Some(77);
        assert_violates(&history, &[Invariant::CurrentClaimEnds]);
    }
}
