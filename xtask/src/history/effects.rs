//! What a claim leaves: its document's graph, in the transaction that ends it, and nothing anywhere else.

use super::event::{Event, Kind};
use super::index::{DocumentKey, Handled, History};
use super::state::FinalState;
use super::violation::{Invariant, Violation};
use std::collections::BTreeMap;

pub(super) fn check(history: &History<'_>, state: &FinalState, found: &mut Vec<Violation>) {
    for (document, handled) in &history.documents {
        each_completion_has_one_effect(*document, handled, found);
        no_effect_is_without_its_completion(*document, handled, found);
    }
    the_table_of_documents_agrees(history, state, found);
}

fn each_completion_has_one_effect(
    document: DocumentKey<'_>,
    handled: &Handled<'_>,
    found: &mut Vec<Violation>,
) {
    for completed in handled.completed.iter().copied() {
        let effects: Vec<&Event> = effects_in(handled, completed.xid).collect();
        let (invariant, message) = match effects.len() {
            1 => continue,
            0 if handled.effects.is_empty() => {
                (Invariant::HasEffect, "completed, and neither stored nor found unchanged".to_owned())
            }
            0 => {
                let message = format!("completed in transaction {}, but stored in another", completed.xid);
                (Invariant::EffectWithEnd, message)
            }
            times => (Invariant::OneEffect, format!("stored {times} times by the transaction that ended it")),
        };
        let shown = if effects.is_empty() { handled.effects.clone() } else { effects };
        found.push(Violation::new(invariant, message).of_document(document).at(shown).at([completed]));
    }
}

/// Neither a stale claim nor one that failed has stored anything.
fn no_effect_is_without_its_completion(
    document: DocumentKey<'_>,
    handled: &Handled<'_>,
    found: &mut Vec<Violation>,
) {
    // An effect beside a completion that has none of its own is said to be in another transaction already.
    let may_belong_to_another =
        handled.completed.iter().any(|completed| effects_in(handled, completed.xid).next().is_none());
    if may_belong_to_another {
        return;
    }
    for effect in handled.effects.iter().copied() {
        if !handled.completed.iter().any(|completed| completed.xid == effect.xid) {
            let message =
                format!("`{}` by transaction {}, which completed nothing of it", effect.kind, effect.xid);
            found.push(Violation::new(Invariant::NoStrayEffect, message).of_document(document).at([effect]));
        }
    }
}

fn effects_in<'a>(handled: &Handled<'a>, xid: i64) -> impl Iterator<Item = &'a Event> {
    handled.effects.iter().copied().filter(move |effect| effect.xid == xid)
}

/// What the events say that a row of `documents` should say.
#[derive(Default)]
struct Remembered<'a> {
    stored: Option<&'a Event>,
    seen: Option<&'a Event>,
}

/// Runs follow one another, so that the last event about a document is the one with the highest number.
fn the_table_of_documents_agrees(history: &History<'_>, state: &FinalState, found: &mut Vec<Violation>) {
    let mut remembered: BTreeMap<&str, Remembered<'_>> = BTreeMap::new();
    let effects = history.events.iter().filter(|event| matches!(event.kind, Kind::Stored | Kind::Seen));
    let last_run = effects.clone().next_back().and_then(|event| event.run_id.as_deref());
    for event in effects.copied() {
        let Some(doc_id) = event.doc_id.as_deref() else { continue };
        let document = remembered.entry(doc_id).or_default();
        document.seen = Some(event);
        if event.kind == Kind::Stored {
            document.stored = Some(event);
        }
    }
    for (doc_id, Remembered { stored, seen }) in &remembered {
        let Some(document) = state.documents.get(*doc_id) else {
            // A document that an earlier run saw may have vanished from its source since.
            if let Some(seen) = seen.filter(|seen| seen.run_id.as_deref() == last_run) {
                let message = "it was stored, and the table of documents lacks it";
                found.push(Violation::new(Invariant::DocumentsKept, message).at([seen]));
            }
            continue;
        };
        for (column, event, kept) in
            [("stored_by_run", stored, &document.stored_by_run), ("seen_by_run", seen, &document.seen_by_run)]
        {
            if let Some(event) = event.filter(|event| event.run_id.as_ref() != Some(kept)) {
                let message = format!("{column} is {kept}, and another run changed it last");
                found.push(Violation::new(Invariant::DocumentsKept, message).at([event]));
            }
        }
    }
    for (doc_id, document) in &state.documents {
        let run_id = document.seen_by_run.as_str();
        if !remembered.contains_key(doc_id.as_str()) && state.runs.contains_key(run_id) {
            let message = "seen_by_run names the run, and no event says that it saw the document";
            found.push(
                Violation::new(Invariant::DocumentsKept, message).of_document(DocumentKey { run_id, doc_id }),
            );
        }
    }
}
