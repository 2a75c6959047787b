//! Leaders that are two at a time, or write when they are not.

use super::*;

#[test]
fn an_epoch_that_is_left_out_is_reported() {
    let mut history = sample();
    for event in &mut history.events {
        event.epoch = event.epoch.map(|epoch| if epoch > 2 { epoch + 1 } else { epoch });
    }
    assert_violates(&history, &[Invariant::EpochIsNext]);
    assert!(history.check().to_string().contains("epoch 4 after 2"));
}

#[test]
fn an_epoch_that_goes_back_is_reported() {
    let mut history = sample();
    let third = history.lease(3).event_id;
    history.repeat(third).epoch = Some(2);
    let expected = [Invariant::EpochIsNext, Invariant::LeaderInEpoch];
    assert_violates(&history, &expected);
}

#[test]
fn an_epoch_of_two_holders_is_reported() {
    let mut history = sample();
    let second = history.lease(2).event_id;
    history.repeat(second).worker_id = Some("worker-9".into());
    assert_violates(&history, &[Invariant::OneHolder, Invariant::EpochIsNext]);
    assert!(history.check().to_string().contains("epoch 2 is held by worker-2 and by worker-9"));
}

#[test]
fn a_lease_that_a_former_holder_resigns_is_reported() {
    let mut history = sample();
    for event in history.events.iter_mut().filter(|event| event.kind == Kind::Resigned) {
        event.epoch = Some(1);
    }
    assert_violates(&history, &[Invariant::CurrentEpochResigned]);
    assert!(history.check().to_string().contains("epoch 1 was resigned in epoch 2"));
}

#[test]
fn a_lease_that_is_resigned_twice_is_reported() {
    let mut history = sample();
    let resigned = history.events.iter().find(|event| event.kind == Kind::Resigned).unwrap().event_id;
    history.repeat(resigned);
    assert_violates(&history, &[Invariant::CurrentEpochResigned]);
}

#[test]
fn a_paused_leader_that_writes_after_the_next_was_elected_is_reported() {
    let mut history = sample();
    let second = history.lease(2).event_id;
    let late = history.written("discovery docs a/troubled.md").event_id;
    history.swap(second, late);
    assert_violates(&history, &[Invariant::LeaderInEpoch]);
    assert!(
        history
            .check()
            .to_string()
            .contains("the leader of epoch 1 wrote `discovery docs a/troubled.md` in epoch 2")
    );
}

#[test]
fn a_write_of_an_epoch_that_is_still_to_come_is_reported() {
    let mut history = sample();
    history.written("listing_finished docs").epoch = Some(3);
    assert_violates(&history, &[Invariant::LeaderInEpoch]);
}

#[test]
fn a_write_before_any_leader_was_elected_is_reported() {
    let mut history = sample();
    let first = history.lease(1).event_id;
    history.remove(first);
    assert_violates(&history, &[Invariant::LeaderInEpoch]);
    assert!(history.check().to_string().contains("before the lease was ever granted"));
}

#[test]
fn a_leader_that_writes_after_it_resigned_is_reported() {
    let mut history = sample();
    let resigned = history.events.iter().find(|event| event.kind == Kind::Resigned).unwrap().event_id;
    let finished = history.written("listing_finished docs").event_id;
    history.swap(resigned, finished);
    assert_violates(&history, &[Invariant::ResignedIsSilent]);
}
