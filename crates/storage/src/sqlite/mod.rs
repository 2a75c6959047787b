//! The graph on `SQLite`, inside transactions of the caller's.
//!
//! Each function takes a connection on which a transaction is open and
//! neither begins nor ends one. They block.

mod copies;
mod documents;
mod links;
mod meaning;
mod runs;
mod vanished;

pub use copies::find_copy;
pub use documents::{find_known, forget_document, is_seen, mark_seen, store_document, store_skipped};
pub use links::{dependencies_of, open_dependencies};
pub use meaning::{
    add_meaning_counters, comparable_documents, due_documents, load_vectors, meaning_counters, plan_relating,
    store_findings, unrelate_from_changed,
};
pub use runs::{
    add_counters, advance_listing, counters, finish_listing, listing_problems, listing_progress,
    record_listing_problem, resume_or_start_run, set_run_status,
};

pub use vanished::{
    advance_sweep, alerts, bury_document, has_lost_links, raise_alert, sweep_progress, vanished_count,
    vanished_documents,
};

/// The schema that these functions need, for tests and examples; programs apply the project's migrations.
#[doc(hidden)]
pub const TEST_SCHEMA: &str = concat!(
    include_str!("../../migrations/sqlite/V1__initial.sql"),
    include_str!("../../migrations/sqlite/V2__incremental_runs.sql"),
    include_str!("../../migrations/sqlite/V3__meaning.sql"),
    include_str!("../../migrations/sqlite/V4__dead_letters.sql"),
    include_str!("../../migrations/sqlite/V5__monitoring.sql"),
);
