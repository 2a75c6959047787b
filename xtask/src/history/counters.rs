//! Counts equal what they count.

use super::event::{Event, Kind};
use super::index::{DocumentKey, History};
use super::state::{FinalState, RunState};
use super::violation::{Invariant, Violation};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(history: &History<'_>, state: &FinalState, found: &mut Vec<Violation>) {
    let last_taken_in = last_taken_in(history);
    for (run_id, run) in &state.runs {
        counters_equal_events(history, run_id, run, found);
        dead_letters_are_kept(history, run_id, run, &last_taken_in, found);
        discovered_documents_are_counted(history, run_id, run, found);
    }
    documents_have_the_elements_they_say(state, found);
}

fn counters_equal_events(history: &History<'_>, run_id: &str, run: &RunState, found: &mut Vec<Violation>) {
    let count = |kind| history.of_kind(kind).filter(|event| is_of(event, run_id)).count() as u64;
    let counters = &run.counters;
    for (outcome, counted, kind) in [
        ("stored and skipped", counters.stored + counters.skipped, Kind::Stored),
        ("unchanged", counters.unchanged, Kind::Seen),
        ("failed", counters.failed, Kind::Dead),
    ] {
        if counted != count(kind) {
            let message =
                format!("{counted} documents are counted as {outcome}, with {} `{kind}` events", count(kind));
            found.push(Violation::new(Invariant::OutcomesCounted, message).of_run(run_id));
        }
    }
}

/// A run that takes a document in forgets the dead letters that earlier runs have of it.
fn dead_letters_are_kept(
    history: &History<'_>,
    run_id: &str,
    run: &RunState,
    last_taken_in: &BTreeMap<&str, &Event>,
    found: &mut Vec<Violation>,
) {
    let is_forgotten = |doc_id, dead: &Event| {
        let last = last_taken_in.get(doc_id);
        last.is_some_and(|last| !is_of(last, run_id) && last.event_id > dead.event_id)
    };
    let died: BTreeSet<&str> = history
        .documents_of(run_id)
        .filter(|(document, handled)| {
            handled.dead.first().is_some_and(|dead| !is_forgotten(document.doc_id, dead))
        })
        .map(|(document, _)| document.doc_id)
        .collect();
    let kept: BTreeSet<&str> = run.dead_letters.iter().map(String::as_str).collect();
    for doc_id in died.symmetric_difference(&kept) {
        let message = if died.contains(doc_id) {
            "it was given up, and is not in the dead letter queue"
        } else {
            "it is in the dead letter queue, and was not given up"
        };
        found.push(
            Violation::new(Invariant::DeadLettersKept, message).of_document(DocumentKey { run_id, doc_id }),
        );
    }
}

/// When each document was taken in last, in whatever run.
fn last_taken_in<'a>(history: &History<'a>) -> BTreeMap<&'a str, &'a Event> {
    let mut last: BTreeMap<&str, &Event> = BTreeMap::new();
    for (document, handled) in &history.documents {
        for event in handled.enqueued.iter().chain(&handled.passed_by_listing).copied() {
            let known = last.entry(document.doc_id).or_insert(event);
            if event.event_id > known.event_id {
                *known = event;
            }
        }
    }
    last
}

fn discovered_documents_are_counted(
    history: &History<'_>,
    run_id: &str,
    run: &RunState,
    found: &mut Vec<Violation>,
) {
    let come_across =
        history.documents_of(run_id).filter(|(_, handled)| handled.is_taken_in()).count() as u64;
    let counted = run.counters.total();
    if run.discovered != come_across || counted != come_across {
        let message = format!(
            "{come_across} documents were enqueued or found unchanged, {} are said to be discovered, {counted} \
             are counted by their outcome",
            run.discovered
        );
        found.push(Violation::new(Invariant::DiscoveredCounted, message).of_run(run_id));
    }
}

fn documents_have_the_elements_they_say(state: &FinalState, found: &mut Vec<Violation>) {
    for (doc_id, document) in &state.documents {
        if document.element_count != document.element_rows {
            let message =
                format!("element_count is {}, with {} rows", document.element_count, document.element_rows);
            let document = DocumentKey { run_id: &document.stored_by_run, doc_id };
            found.push(Violation::new(Invariant::ElementsCounted, message).of_document(document));
        }
    }
}

fn is_of(event: &Event, run_id: &str) -> bool {
    event.run_id.as_deref() == Some(run_id)
}
