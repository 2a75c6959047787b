//! Listings and runs only go forward.

use super::event::{Event, Kind, LeaderWrite};
use super::index::History;
use super::state::FinalState;
use super::violation::{Invariant, Violation};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The statuses of a run that goes well.
const STATUSES: [&str; 4] = ["active", "processing_complete", "post_processing", "completed"];

pub(super) fn check(history: &History<'_>, state: &FinalState, found: &mut Vec<Violation>) {
    for ((run_id, source), listing) in listings(history) {
        its_cursor_advances(source, &listing.batches, found);
        it_finishes_once(run_id, source, &listing, found);
    }
    let statuses = statuses(history);
    for (run_id, written) in &statuses {
        its_status_advances(written, found);
        nothing_happens_after_processing(history, run_id, written, found);
    }
    for run_id in state.runs.keys() {
        it_is_left_completed(state, run_id, statuses.get(run_id.as_str()), found);
    }
}

/// What leaders wrote about the listing of a source in a run.
#[derive(Default)]
struct Listing<'a> {
    /// With the cursor of each.
    batches: Vec<(&'a Event, &'a str)>,
    finished: Vec<&'a Event>,
}

/// The listings, by run and source.
fn listings<'a>(history: &History<'a>) -> BTreeMap<(&'a str, &'a str), Listing<'a>> {
    let mut listings: BTreeMap<_, Listing<'a>> = BTreeMap::new();
    for event in history.of_kind(Kind::LeaderWrite) {
        let Some(run_id) = event.run_id.as_deref() else { continue };
        match event.leader_write() {
            Some(LeaderWrite::Discovery { source, cursor }) => {
                listings.entry((run_id, source)).or_default().batches.push((event, cursor));
            }
            Some(LeaderWrite::ListingFinished { source }) => {
                listings.entry((run_id, source)).or_default().finished.push(event);
            }
            _ => {}
        }
    }
    listings
}

/// The statuses that were written for each run.
fn statuses<'a>(history: &History<'a>) -> BTreeMap<&'a str, Vec<(&'a Event, &'a str)>> {
    let mut statuses: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for event in history.of_kind(Kind::LeaderWrite) {
        if let (Some(run_id), Some(LeaderWrite::RunStatus { status })) =
            (event.run_id.as_deref(), event.leader_write())
        {
            statuses.entry(run_id).or_default().push((event, status));
        }
    }
    statuses
}

fn its_cursor_advances(source: &str, batches: &[(&Event, &str)], found: &mut Vec<Violation>) {
    for pair in batches.windows(2) {
        let [(earlier, before), (later, after)] = pair else { continue };
        if !is_ahead(after, before) {
            let message = format!("the listing of {source} went from `{before}` to `{after}`");
            found.push(Violation::new(Invariant::CursorAdvances, message).at([*earlier, *later]));
        }
    }
}

/// Whether a listing can come to `after` from `before`. The cursors of a
/// folder are paths: entries come by name, and a folder is done with after what is in it.
fn is_ahead(after: &str, before: &str) -> bool {
    if before.is_empty() || after.is_empty() {
        return before.is_empty() && !after.is_empty();
    }
    let (mut before, mut after) = (before.split('/'), after.split('/'));
    loop {
        match (before.next(), after.next()) {
            (Some(before), Some(after)) => match before.cmp(after) {
                Ordering::Equal => {}
                unequal => return unequal == Ordering::Less,
            },
            (before, after) => return before.is_some() && after.is_none(),
        }
    }
}

fn it_finishes_once(run_id: &str, source: &str, listing: &Listing<'_>, found: &mut Vec<Violation>) {
    let Some(first) = listing.finished.first().copied() else {
        let message = format!("the listing of {source} never finished");
        let last = listing.batches.last().map(|(event, _)| *event);
        found.push(Violation::new(Invariant::ListingFinishes, message).of_run(run_id).at(last));
        return;
    };
    if listing.finished.len() > 1 {
        let message = format!("the listing of {source} finished {} times", listing.finished.len());
        found.push(Violation::new(Invariant::ListingFinishes, message).at(listing.finished.iter().copied()));
    }
    for (batch, cursor) in &listing.batches {
        if batch.event_id > first.event_id {
            let message = format!("the listing of {source} had finished, and went on to `{cursor}`");
            found.push(Violation::new(Invariant::ListingFinishes, message).at([first, *batch]));
        }
    }
}

/// A run begins active; that it does so need not be written by a leader.
fn its_status_advances(written: &[(&Event, &str)], found: &mut Vec<Violation>) {
    let begins_with_active = written.first().is_some_and(|(_, status)| *status == "active");
    let mut last = "active";
    for (event, status) in written.iter().skip(usize::from(begins_with_active)) {
        let place = STATUSES.iter().position(|known| known == status);
        let next = STATUSES.iter().position(|known| *known == last).map(|last| last + 1);
        if place.is_none() || place != next {
            let message = format!("from {last} to {status}");
            found.push(Violation::new(Invariant::StatusAdvances, message).at([*event]));
        }
        last = status;
    }
}

fn it_is_left_completed(
    state: &FinalState,
    run_id: &str,
    written: Option<&Vec<(&Event, &str)>>,
    found: &mut Vec<Violation>,
) {
    let left = state.runs.get(run_id).map_or("", |run| run.status.as_str());
    let last = written.and_then(|written| written.last());
    if left != "completed" || last.is_none_or(|(_, status)| *status != left) {
        let last_status = last.map_or("none", |(_, status)| *status);
        let message = format!("its status is {left}, and the last that was written is {last_status}");
        found.push(
            Violation::new(Invariant::RunCompletes, message).of_run(run_id).at(last.map(|(event, _)| *event)),
        );
    }
}

/// The status is written by a transaction that has seen the queue drained,
/// hence after every event of a document.
fn nothing_happens_after_processing(
    history: &History<'_>,
    run_id: &str,
    written: &[(&Event, &str)],
    found: &mut Vec<Violation>,
) {
    let Some((declared, _)) = written.iter().find(|(_, status)| *status == "processing_complete") else {
        return;
    };
    let of_rows =
        history.rows.values().filter(|row| row.document.is_some_and(|known| known.run_id == run_id));
    let of_documents = history
        .documents_of(run_id)
        .flat_map(|(_, handled)| handled.effects.iter().chain(&handled.passed_by_listing));
    for event in of_rows.flat_map(|row| &row.events).chain(of_documents).copied() {
        if event.event_id > declared.event_id {
            let message = format!("`{}` after its processing was declared complete", event.kind);
            found.push(
                Violation::new(Invariant::ProcessedAtLast, message).of_run(run_id).at([event, *declared]),
            );
        }
    }
}
