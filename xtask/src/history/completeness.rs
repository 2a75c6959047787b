//! Events have what their kind needs: what is missing would make other checks pass that should not.

use super::event::{Event, Kind, LeaderWrite};
use super::index::History;
use super::state::FinalState;
use super::violation::{Invariant, Violation};

pub(super) fn check(history: &History<'_>, state: &FinalState, found: &mut Vec<Violation>) {
    if state.runs.is_empty() {
        let message = "the final state names no run, so that nothing is proved";
        found.push(Violation::new(Invariant::Complete, message));
    }
    for event in &history.unplaced {
        let message = format!("`{}` does not say what it is about", event.kind);
        found.push(Violation::new(Invariant::Complete, message).at([*event]));
    }
    for event in &history.events {
        let missing = missing(event);
        if !missing.is_empty() {
            let message = format!("`{}` lacks {}", event.kind, missing.join(", "));
            found.push(Violation::new(Invariant::Complete, message).at([*event]));
        }
    }
}

/// The columns that an event should fill and does not.
/// Those by which its row or document is found are not among them.
fn missing(event: &Event) -> Vec<&'static str> {
    let columns = [
        ("run_id", event.run_id.is_none()),
        ("doc_id", event.doc_id.is_none()),
        ("attempt", event.attempt.is_none()),
        ("worker_id", event.worker_id.is_none()),
        ("retry_count", event.retry_count.is_none()),
        ("epoch", event.epoch.is_none()),
    ];
    let needed = needed(event);
    columns
        .into_iter()
        .filter(|(column, is_missing)| *is_missing && needed.contains(column))
        .map(|(column, _)| column)
        .collect()
}

fn needed(event: &Event) -> &'static [&'static str] {
    match event.kind {
        Kind::Enqueued => &["run_id", "doc_id"],
        Kind::Claimed | Kind::Returned | Kind::Completed => &["attempt"],
        Kind::Retried | Kind::Dead => &["retry_count"],
        Kind::Lease => &["epoch", "worker_id"],
        Kind::Resigned => &["epoch"],
        // Whoever starts a run makes it active: a leader is elected for it afterwards.
        Kind::LeaderWrite if is_start_of_run(event) => &["run_id"],
        Kind::LeaderWrite => &["run_id", "epoch"],
        Kind::Promoted | Kind::Stored | Kind::Seen | Kind::Refused => &[],
    }
}

/// Whether this is the writing of a new run's first status.
fn is_start_of_run(event: &Event) -> bool {
    event.epoch.is_none() && event.leader_write() == Some(LeaderWrite::RunStatus { status: "active" })
}
