//! The graph on `SQLite`, inside transactions of the caller's.
//!
//! Each function takes a connection on which a transaction is open and
//! neither begins nor ends one. They block.

mod documents;
mod runs;

pub use crate::LinkingDocument;
pub use documents::{
    find_known, forget_document, is_seen, linking_documents, mark_seen, open_link_targets, store_document,
    store_skipped,
};
pub use runs::{
    add_counters, advance_listing, counters, finish_listing, listing_problems, listing_progress,
    record_listing_problem, resume_or_start_run, set_run_status,
};

/// The schema that these functions need, for tests and examples; programs apply the project's migrations.
#[doc(hidden)]
pub const TEST_SCHEMA: &str = include_str!("../../migrations/sqlite/V1__initial.sql");
