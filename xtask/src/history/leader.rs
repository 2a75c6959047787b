//! The lease: epochs follow one another, each has one holder, and a leader writes in its own epoch only.
//!
//! A change of the lease and a leader's write both lock the lease's row, so that their events are in order.

use super::event::{Event, Kind};
use super::index::History;
use super::violation::{Invariant, Violation};
use std::collections::BTreeMap;

pub(super) fn check(history: &History<'_>, found: &mut Vec<Violation>) {
    let mut leases: BTreeMap<Option<&str>, Vec<&Event>> = BTreeMap::new();
    for event in history.events.iter().copied() {
        if matches!(event.kind, Kind::Lease | Kind::Resigned | Kind::LeaderWrite) {
            leases.entry(history.lease_of(event)).or_default().push(event);
        }
    }
    for events in leases.values() {
        epochs_rise_by_one(events, found);
        an_epoch_has_one_holder(events, found);
        only_the_current_epoch_is_resigned(events, found);
        a_leader_writes_in_its_epoch(events, found);
        a_leader_that_resigned_writes_nothing(events, found);
    }
}

fn of_kind<'a>(events: &[&'a Event], kind: Kind) -> impl Iterator<Item = &'a Event> {
    events.iter().copied().filter(move |event| event.kind == kind)
}

fn epochs_rise_by_one(events: &[&Event], found: &mut Vec<Violation>) {
    let mut last: Option<(&Event, i64)> = None;
    for event in of_kind(events, Kind::Lease) {
        let Some(epoch) = event.epoch else { continue };
        if let Some((before, last_epoch)) = last.filter(|(_, last)| epoch != last + 1) {
            let message = format!("epoch {epoch} after {last_epoch}");
            found.push(Violation::new(Invariant::EpochIsNext, message).at([before, event]));
        }
        last = Some((event, epoch));
    }
}

fn an_epoch_has_one_holder(events: &[&Event], found: &mut Vec<Violation>) {
    let mut grants: BTreeMap<i64, &Event> = BTreeMap::new();
    for event in of_kind(events, Kind::Lease) {
        let Some(epoch) = event.epoch else { continue };
        let first = *grants.entry(epoch).or_insert(event);
        if first.worker_id != event.worker_id {
            let name = |event: &Event| event.worker_id.clone().unwrap_or_default();
            let message = format!("epoch {epoch} is held by {} and by {}", name(first), name(event));
            found.push(Violation::new(Invariant::OneHolder, message).at([first, event]));
        }
    }
}

/// Follows the lease through `events`: each event with the grant that was current
/// before it, and the resignation of that.
fn follow<'e, 'a>(
    events: &'e [&'a Event],
) -> impl Iterator<Item = (&'a Event, Option<&'a Event>, Option<&'a Event>)> + 'e {
    events.iter().copied().scan((None, None), |(granted, resigned), event| {
        let before = (event, *granted, *resigned);
        match event.kind {
            Kind::Lease => (*granted, *resigned) = (Some(event), None),
            Kind::Resigned if granted.is_some_and(|granted| granted.epoch == event.epoch) => {
                *resigned = resigned.or(Some(event));
            }
            _ => {}
        }
        Some(before)
    })
}

fn only_the_current_epoch_is_resigned(events: &[&Event], found: &mut Vec<Violation>) {
    for (event, granted, resigned) in follow(events) {
        let Some(epoch) = event.epoch.filter(|_| event.kind == Kind::Resigned) else { continue };
        let message = match (granted, resigned) {
            (Some(granted), None) if granted.epoch == Some(epoch) => continue,
            (_, Some(_)) => format!("epoch {epoch} was resigned when the lease was free"),
            (granted, None) => format!("epoch {epoch} was resigned {}", in_epoch(granted)),
        };
        found.push(
            Violation::new(Invariant::CurrentEpochResigned, message)
                .at(granted.into_iter().chain(resigned).chain([event])),
        );
    }
}

fn a_leader_writes_in_its_epoch(events: &[&Event], found: &mut Vec<Violation>) {
    for (event, granted, _) in follow(events) {
        let Some(epoch) = event.epoch.filter(|_| event.kind == Kind::LeaderWrite) else { continue };
        if granted.and_then(|granted| granted.epoch) != Some(epoch) {
            let message =
                format!("the leader of epoch {epoch} wrote `{}` {}", event.detail, in_epoch(granted));
            found.push(
                Violation::new(Invariant::LeaderInEpoch, message).at(granted.into_iter().chain([event])),
            );
        }
    }
}

fn a_leader_that_resigned_writes_nothing(events: &[&Event], found: &mut Vec<Violation>) {
    for (event, _, resigned) in follow(events) {
        let Some(resigned) = resigned.filter(|_| event.kind == Kind::LeaderWrite) else { continue };
        // A write of another epoch is out of its epoch already.
        if resigned.epoch == event.epoch {
            let message = format!("wrote `{}` after it had resigned", event.detail);
            found.push(Violation::new(Invariant::ResignedIsSilent, message).at([resigned, event]));
        }
    }
}

fn in_epoch(granted: Option<&Event>) -> String {
    match granted.and_then(|granted| granted.epoch) {
        Some(epoch) => format!("in epoch {epoch}"),
        None => "before the lease was ever granted".to_owned(),
    }
}
