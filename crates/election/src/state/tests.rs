//! What a candidate does when.

use super::*;
use crate::LeaseName;

const TERMS: LeaseTerms = LeaseTerms {
    ttl: Duration::from_secs(30),
    renew_interval: Duration::from_secs(10),
    margin: Duration::from_secs(5),
};
const SPREAD: Duration = Duration::from_millis(200);
const NEVER: Duration = Duration::ZERO;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn notice(event: LeaseEvent, epoch: i64) -> LeaseNotice {
    let name = LeaseName::new("leader").unwrap();
    LeaseNotice { name, event, holder: "another".into(), epoch: Epoch(epoch) }
}

fn leader(start: Instant) -> Candidate {
    let mut candidate = Candidate::new(TERMS, start);
    candidate.won(start, Epoch(3));
    candidate
}

/// A follower that was told, at `start`, of a lease that lives for another 25 s.
fn follower(start: Instant) -> Candidate {
    let mut candidate = Candidate::new(TERMS, start);
    candidate.held(start, Epoch(3), seconds(25), SPREAD);
    candidate
}

#[test]
fn a_candidate_begins_by_asking() {
    let start = Instant::now();
    assert_eq!(Candidate::new(TERMS, start).step(start, SPREAD), Step::Campaign(seconds(5)));
}

#[test]
fn a_leader_renews_at_the_interval_counted_from_the_start_of_its_last_attempt() {
    let start = Instant::now();
    let mut leader = leader(start);
    assert_eq!(leader.step(start + seconds(4), SPREAD), Step::Wait(start + seconds(10)));
    assert_eq!(leader.step(start + seconds(10), SPREAD), Step::Renew(Epoch(3), seconds(5)));
    leader.renewed(start + seconds(10));
    assert_eq!(leader.step(start + seconds(14), SPREAD), Step::Wait(start + seconds(20)));
    assert_eq!(leader.trusted_until(), Some(start + seconds(35)));
}

#[test]
fn a_leader_that_cannot_renew_tries_until_its_trust_runs_out_and_then_stops() {
    let start = Instant::now();
    let mut leader = leader(start);
    leader.failed(start + seconds(23), seconds(1));
    // No attempt outlives the trust.
    assert_eq!(leader.step(start + seconds(24), SPREAD), Step::Renew(Epoch(3), seconds(1)));
    leader.failed(start + seconds(24), seconds(8));
    assert_eq!(leader.step(start + seconds(24), SPREAD), Step::Wait(start + seconds(25)));
    assert_eq!(leader.step(start + seconds(25), SPREAD), Step::Untrusted);
    assert_eq!(leader.trusted_until(), None);
    // Its own lease is in its way until the margin has passed.
    assert_eq!(leader.step(start + seconds(25), SPREAD), Step::Wait(start + seconds(30) + SPREAD));
}

#[test]
fn a_leader_that_was_stopped_steps_down_before_anything_else() {
    let start = Instant::now();
    let mut leader = leader(start);
    assert_eq!(leader.step(start + seconds(3_600), SPREAD), Step::Untrusted);
    // Also if the answer to a renewal had come in just before.
    let mut leader = self::leader(start);
    leader.renewed(start + seconds(10));
    assert_eq!(leader.step(start + seconds(3_600), SPREAD), Step::Untrusted);
}

#[test]
fn a_lease_that_was_won_too_slowly_is_not_trusted_for_a_moment() {
    let start = Instant::now();
    assert_eq!(leader(start).step(start + seconds(25), NEVER), Step::Untrusted);
}

#[test]
fn a_follower_polls_until_it_hears_a_notice() {
    let start = Instant::now();
    let mut follower = follower(start);
    assert_eq!(follower.step(start, SPREAD), Step::Wait(start + seconds(10)));
    follower.held(start + seconds(10), Epoch(3), seconds(4), SPREAD);
    assert_eq!(follower.step(start + seconds(10), SPREAD), Step::Wait(start + seconds(14) + SPREAD));
    follower.heard(&notice(LeaseEvent::Renewed, 3), start + seconds(11), SPREAD);
    assert_eq!(follower.step(start + seconds(11), SPREAD), Step::Wait(start + seconds(41) + SPREAD));
    follower.deaf(start + seconds(12));
    assert_eq!(follower.step(start + seconds(12), SPREAD), Step::Wait(start + seconds(22)));
}

#[test]
fn a_follower_that_hears_again_asks_what_it_missed() {
    let start = Instant::now();
    let mut follower = follower(start);
    follower.hears_again(start, SPREAD);
    assert_eq!(follower.step(start, SPREAD), Step::Wait(start + SPREAD));
}

#[test]
fn a_follower_that_hears_renewals_asks_nothing() {
    let start = Instant::now();
    let mut follower = follower(start);
    for second in (7..3_000).step_by(10) {
        let now = start + seconds(second);
        assert!(matches!(follower.step(now, SPREAD), Step::Wait(until) if until > now));
        follower.heard(&notice(LeaseEvent::Renewed, 3), now, SPREAD);
    }
}

#[test]
fn a_follower_that_hears_a_resignation_campaigns_almost_at_once() {
    let start = Instant::now();
    let mut follower = follower(start);
    follower.heard(&notice(LeaseEvent::Resigned, 3), start + seconds(1), SPREAD);
    assert_eq!(follower.step(start + seconds(1), SPREAD), Step::Wait(start + seconds(1) + SPREAD));
    assert_eq!(follower.step(start + seconds(2), SPREAD), Step::Campaign(seconds(5)));
}

#[test]
fn a_follower_whose_turn_was_taken_goes_back_to_sleep() {
    let start = Instant::now();
    let mut follower = follower(start);
    follower.heard(&notice(LeaseEvent::Resigned, 3), start, SPREAD);
    follower.heard(&notice(LeaseEvent::Acquired, 4), start, SPREAD);
    assert_eq!(follower.step(start + seconds(1), SPREAD), Step::Wait(start + seconds(30) + SPREAD));
}

#[test]
fn a_notice_of_an_earlier_epoch_is_ignored() {
    let start = Instant::now();
    let (mut follower, mut leader) = (follower(start), leader(start));
    for event in [LeaseEvent::Acquired, LeaseEvent::Renewed, LeaseEvent::Resigned] {
        follower.heard(&notice(event, 2), start + seconds(1), SPREAD);
        leader.heard(&notice(event, 2), start + seconds(1), SPREAD);
    }
    assert_eq!(follower.step(start + seconds(1), SPREAD), Step::Wait(start + seconds(10)));
    assert_eq!(leader.step(start + seconds(1), SPREAD), Step::Wait(start + seconds(10)));
}

#[test]
fn a_leader_that_hears_of_a_later_epoch_asks_the_database() {
    let start = Instant::now();
    let mut leader = leader(start);
    leader.heard(&notice(LeaseEvent::Renewed, 3), start + seconds(1), SPREAD);
    assert_eq!(leader.step(start + seconds(1), SPREAD), Step::Wait(start + seconds(10)));
    leader.heard(&notice(LeaseEvent::Acquired, 4), start + seconds(1), SPREAD);
    assert_eq!(leader.step(start + seconds(1), SPREAD), Step::Renew(Epoch(3), seconds(5)));
}

#[test]
fn a_lease_that_has_run_out_and_cannot_be_had_is_asked_for_again_soon() {
    let start = Instant::now();
    let mut follower = follower(start);
    follower.held(start, Epoch(3), Duration::ZERO, SPREAD);
    assert_eq!(follower.step(start, SPREAD), Step::Wait(start + CONTESTED + SPREAD));
}

#[test]
fn failures_are_waited_for_no_longer_than_the_interval_of_renewals() {
    let start = Instant::now();
    let terms = LeaseTerms::with_ttl(seconds(3));
    let mut candidate = Candidate::new(terms, start);
    candidate.failed(start, seconds(10));
    assert_eq!(candidate.step(start, SPREAD), Step::Wait(start + seconds(1)));
}
