//! Listings and runs that go back, or not to their end.

use super::sample::{PLAIN, TROUBLED};
use super::*;

#[test]
fn a_listing_that_goes_back_is_reported() {
    let mut history = sample();
    "discovery docs a/another.md".clone_into(&mut history.written("discovery docs a/troubled.md").detail);
    assert_violates(&history, &[Invariant::CursorAdvances]);
    assert!(
        history.check().to_string().contains("the listing of docs went from `a/plain.md` to `a/another.md`")
    );
}

#[test]
fn a_batch_that_is_taken_in_twice_is_reported() {
    let mut history = sample();
    let batch = history.written("discovery docs a/troubled.md").event_id;
    history.repeat(batch);
    assert_violates(&history, &[Invariant::CursorAdvances]);
}

#[test]
fn cursors_are_in_the_order_of_a_walk_that_is_done_with_a_folder_after_what_is_in_it() {
    let mut history = sample();
    // `a.md` comes after the folder `a`, though `.` comes before `/`; and what is in `a` comes before both.
    "discovery docs a.md".clone_into(&mut history.written("discovery docs a").detail);
    assert_violates(&history, &[]);

    "discovery docs a".clone_into(&mut history.written("discovery docs a/plain.md").detail);
    assert_violates(&history, &[Invariant::CursorAdvances]);
}

#[test]
fn a_listing_that_finishes_twice_is_reported() {
    let mut history = sample();
    let finished = history.written("listing_finished docs").event_id;
    history.repeat(finished);
    assert_violates(&history, &[Invariant::ListingFinishes]);
}

#[test]
fn a_listing_that_never_finishes_is_reported() {
    let mut history = sample();
    let finished = history.written("listing_finished mail").event_id;
    history.remove(finished);
    assert_violates(&history, &[Invariant::ListingFinishes]);
}

#[test]
fn a_listing_that_goes_on_after_it_finished_is_reported() {
    let mut history = sample();
    let finished = history.written("listing_finished docs").event_id;
    let batch = history.written("discovery docs unchanged.md").event_id;
    history.swap(finished, batch);
    assert_violates(&history, &[Invariant::ListingFinishes]);
}

#[test]
fn a_run_that_leaves_a_status_out_is_reported() {
    let mut history = sample();
    let post_processing = history.written("run_status post_processing").event_id;
    history.remove(post_processing);
    assert_violates(&history, &[Invariant::StatusAdvances]);
}

#[test]
fn a_run_that_two_leaders_move_on_is_reported() {
    let mut history = sample();
    let completed = history.written("run_status completed").event_id;
    history.repeat(completed);
    assert_violates(&history, &[Invariant::StatusAdvances]);
}

#[test]
fn a_run_that_becomes_active_again_is_reported() {
    let mut history = sample();
    let complete = history.written("run_status processing_complete").event_id;
    "run_status active".clone_into(&mut history.repeat(complete).detail);
    assert_violates(&history, &[Invariant::StatusAdvances]);
}

#[test]
fn the_begin_of_a_run_need_not_be_written() {
    let mut history = sample();
    let active = history.written("run_status active").event_id;
    history.remove(active);
    assert_violates(&history, &[]);
}

#[test]
fn a_run_that_is_not_left_completed_is_reported() {
    let mut history = sample();
    "post_processing".clone_into(&mut history.run().status);
    assert_violates(&history, &[Invariant::RunCompletes]);

    let completed = history.written("run_status completed").event_id;
    history.remove(completed);
    assert_violates(&history, &[Invariant::RunCompletes]);
}

#[test]
fn a_run_whose_processing_is_declared_complete_too_early_is_reported() {
    for (kind, document) in [(Kind::Completed, PLAIN), (Kind::Stored, PLAIN), (Kind::Claimed, TROUBLED)] {
        let mut history = sample();
        let complete = history.written("run_status processing_complete").event_id;
        let moved = complete + 1;
        let from = if kind == Kind::Claimed { 5 } else { 0 };
        history.nth(kind, document, from).event_id = moved;
        let found: Vec<Invariant> =
            history.check().violations.iter().map(|violation| violation.invariant).collect();
        assert!(found.contains(&Invariant::ProcessedAtLast), "{kind}: {found:?}");
    }
}
