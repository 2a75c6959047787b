//! Counting documents.

use gdg_model::{Format, SourceName};
use gdg_storage::{GraphDocument, Outcome, OutcomeKey, RunCounters, Tally};

/// One document of `bytes`, of which nothing was stored.
pub(crate) fn tally_of_bytes(bytes: u64) -> Tally {
    Tally { documents: 1, bytes, ..Tally::default() }
}

/// One document whose graph was stored.
pub(crate) fn tally_of_graph(graph: &GraphDocument) -> Tally {
    Tally {
        documents: 1,
        elements: graph.elements().len() as u64,
        structural_relationships: graph.structural_relationships(),
        explicit_relationships: graph.relationships().len() as u64,
        bytes: graph.header().size,
    }
}

/// Adds to the count of documents of one source, outcome and format.
pub(crate) fn count(
    counters: &mut RunCounters,
    source: &SourceName,
    outcome: Outcome,
    format: Option<Format>,
    tally: &Tally,
) {
    let format = format.map_or("unknown", Format::as_str).to_owned();
    counters.add(OutcomeKey { source_name: source.clone(), outcome, format }, tally);
}
