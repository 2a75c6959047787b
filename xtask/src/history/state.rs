//! What the database was left with.

use std::collections::{BTreeMap, BTreeSet};

/// What the database holds once everything has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FinalState {
    /// The runs that are looked at, by id.
    pub(crate) runs: BTreeMap<String, RunState>,
    /// The table `documents`, by `doc_id`.
    pub(crate) documents: BTreeMap<String, DocumentState>,
}

/// What is left of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RunState {
    /// Its status.
    pub(crate) status: String,
    /// Rows that it has in `document_queue`.
    pub(crate) queued: u64,
    /// The documents that it has in `dead_letter_queue`.
    pub(crate) dead_letters: BTreeSet<String>,
    /// What it counted.
    pub(crate) counters: Counters,
    /// Distinct documents that it came across, whether a source listed them or only a link led to them.
    pub(crate) discovered: u64,
}

/// The documents in `run_counters`, summed up by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Their graphs were stored.
    pub(crate) stored: u64,
    /// They were as before.
    pub(crate) unchanged: u64,
    /// They have no parser.
    pub(crate) skipped: u64,
    /// They were given up.
    pub(crate) failed: u64,
}

impl Counters {
    /// The sum over all outcomes.
    pub(super) fn total(&self) -> u64 {
        self.stored + self.unchanged + self.skipped + self.failed
    }
}

/// A row of `documents`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DocumentState {
    /// The run that stored it last.
    pub(crate) stored_by_run: String,
    /// The run that stored it or found it unchanged last.
    pub(crate) seen_by_run: String,
    /// How many elements it says that it has.
    pub(crate) element_count: u64,
    /// How many rows it has in `elements`.
    pub(crate) element_rows: u64,
}

/// The bounds that the workers were configured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// How often a document is retried at most.
    pub(crate) max_retries: u32,
    /// How many workers may fall silent with a document in hand before it is given up.
    pub(crate) max_abandoned_attempts: u32,
}
