//! The life of a row of the queue: a legal sequence of steps, in which only the current claim ends.

use super::event::{Event, Kind};
use super::index::{History, Row};
use super::violation::{Invariant, Violation};
use std::collections::BTreeMap;
use std::fmt;

pub(super) fn check(history: &History<'_>, found: &mut Vec<Violation>) {
    for row in history.rows.values() {
        it_takes_legal_steps(row, found);
        its_attempts_rise_by_one(row, found);
        only_the_last_claim_ends(row, found);
    }
}

/// Where a row of the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Pending,
    Processing,
    Retry,
    Gone,
}

impl Place {
    /// From where to where a kind of event leads.
    fn step(kind: Kind) -> Option<(Self, Self)> {
        match kind {
            Kind::Enqueued => Some((Self::Nowhere, Self::Pending)),
            Kind::Claimed => Some((Self::Pending, Self::Processing)),
            Kind::Returned => Some((Self::Processing, Self::Pending)),
            Kind::Retried => Some((Self::Processing, Self::Retry)),
            Kind::Promoted => Some((Self::Retry, Self::Pending)),
            Kind::Completed | Kind::Dead => Some((Self::Processing, Self::Gone)),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nowhere => "not in the queue yet",
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Retry => "waiting for a retry",
            Self::Gone => "gone",
        })
    }
}

fn it_takes_legal_steps(row: &Row<'_>, found: &mut Vec<Violation>) {
    let mut place = Place::Nowhere;
    let mut last: Option<&Event> = None;
    for event in row.events.iter().copied() {
        let Some((from, to)) = Place::step(event.kind) else { continue };
        if place != from {
            let message = format!("`{}` of a row that is {place}", event.kind);
            found.push(
                Violation::new(Invariant::LegalStep, message).of_row(row).at(last.into_iter().chain([event])),
            );
        }
        place = to;
        last = Some(event);
    }
}

fn its_attempts_rise_by_one(row: &Row<'_>, found: &mut Vec<Violation>) {
    let mut given: BTreeMap<u32, &Event> = BTreeMap::new();
    let mut last = 0;
    for event in row.of_kind(Kind::Claimed) {
        let Some(attempt) = event.attempt else { continue };
        if let Some(earlier) = given.insert(attempt, event) {
            let message = format!("attempt {attempt} was given twice");
            found.push(Violation::new(Invariant::AttemptIsNew, message).of_row(row).at([earlier, event]));
        } else if attempt != last + 1 {
            let message = format!("claimed as attempt {attempt} after {last}");
            let earlier = given.get(&last).copied();
            found.push(
                Violation::new(Invariant::AttemptIsNext, message)
                    .of_row(row)
                    .at(earlier.into_iter().chain([event])),
            );
        }
        last = attempt;
    }
}

fn only_the_last_claim_ends(row: &Row<'_>, found: &mut Vec<Violation>) {
    let mut last_claim: Option<&Event> = None;
    for event in row.events.iter().copied() {
        match event.kind {
            Kind::Claimed => last_claim = Some(event),
            // Where there was no claim, the step is illegal already.
            Kind::Returned | Kind::Retried | Kind::Completed | Kind::Dead => {
                let Some(claim) = last_claim else { continue };
                let (Some(current), Some(ended)) = (claim.attempt, event.attempt) else { continue };
                if ended != current {
                    let message = format!("`{}` of attempt {ended} while {current} is current", event.kind);
                    found.push(
                        Violation::new(Invariant::CurrentClaimEnds, message).of_row(row).at([claim, event]),
                    );
                }
            }
            _ => {}
        }
    }
}
