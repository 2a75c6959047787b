//! Every document is taken in once and ends once, in every run.

use super::event::Event;
use super::index::{DocumentKey, Handled, History};
use super::state::FinalState;
use super::violation::{Invariant, Violation};
use std::collections::BTreeSet;

pub(super) fn check(
    history: &History<'_>,
    state: &FinalState,
    expected: &BTreeSet<String>,
    found: &mut Vec<Violation>,
) {
    for run_id in state.runs.keys() {
        every_expected_document_is_taken_in(history, run_id, expected, found);
    }
    for (document, handled) in &history.documents {
        it_is_enqueued_at_most_once(*document, handled, found);
        it_ends(*document, handled, found);
        it_ends_at_most_once(*document, handled, found);
    }
    no_row_is_left(state, found);
}

fn every_expected_document_is_taken_in(
    history: &History<'_>,
    run_id: &str,
    expected: &BTreeSet<String>,
    found: &mut Vec<Violation>,
) {
    for doc_id in expected {
        let document = DocumentKey { run_id, doc_id };
        let handled = history.documents.get(&document);
        if !handled.is_some_and(Handled::is_taken_in) {
            found.push(
                Violation::new(Invariant::TakenIn, "it was never enqueued, nor found unchanged")
                    .of_document(document),
            );
        }
    }
}

fn it_is_enqueued_at_most_once(document: DocumentKey<'_>, handled: &Handled<'_>, found: &mut Vec<Violation>) {
    if handled.enqueued.len() > 1 {
        let message = format!("enqueued {} times", handled.enqueued.len());
        found.push(
            Violation::new(Invariant::EnqueuedOnce, message)
                .of_document(document)
                .at(handled.enqueued.iter().copied()),
        );
    }
}

fn it_ends(document: DocumentKey<'_>, handled: &Handled<'_>, found: &mut Vec<Violation>) {
    if handled.is_taken_in() && handled.ends().next().is_none() {
        found.push(
            Violation::new(Invariant::Ends, "enqueued, and neither completed nor dead")
                .of_document(document)
                .at(handled.enqueued.iter().copied()),
        );
    }
}

fn it_ends_at_most_once(document: DocumentKey<'_>, handled: &Handled<'_>, found: &mut Vec<Violation>) {
    let ends: Vec<&Event> = handled.ends().collect();
    if ends.len() > 1 {
        let kinds: Vec<&str> = ends.iter().map(|event| event.kind.as_str()).collect();
        let message = format!("ended {} times: {}", ends.len(), kinds.join(", "));
        found.push(Violation::new(Invariant::EndsOnce, message).of_document(document).at(ends));
    }
}

fn no_row_is_left(state: &FinalState, found: &mut Vec<Violation>) {
    for (run_id, run) in &state.runs {
        if run.queued > 0 {
            let message = format!("{} rows are left in document_queue", run.queued);
            found.push(Violation::new(Invariant::QueueDrained, message).of_run(run_id));
        }
    }
}
