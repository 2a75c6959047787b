//! The graph on `PostgreSQL`, inside transactions of the caller's: for any number of workers.
//!
//! Each function takes an open transaction and neither begins nor ends one. An
//! error leaves the transaction useless, as every error of a statement does.
//! Dropping a future leaves open whether its statement runs to its end; the
//! transaction is to be dropped with it.
//!
//! ```
//! use gdg_model::RunId;
//! use gdg_postgres::Postgres;
//! use gdg_storage::{GraphDocument, StorageError, postgres};
//!
//! async fn store(pool: &Postgres, run: &RunId, graphs: &[&GraphDocument]) -> Result<(), StorageError> {
//!     let transaction = pool.begin().await?;
//!     let outcome = postgres::store_documents(&transaction, run, graphs).await;
//!     transaction.end(outcome).await
//! }
//! ```
//!
//! # Many documents at a time
//!
//! A statement takes its documents as arrays, a column each, so that a group
//! of documents costs a few round trips and not one a row. (`COPY` would do
//! too, but for a named statement that it needs, which some proxies cannot
//! keep.) Texts are borrowed: besides the documents themselves there is one
//! chunk of rows in memory, as it is sent.
//!
//! # Two workers with the same document
//!
//! A claim's fence sees to it that only one of the workers of a run ends a
//! document. Two runs may still come to store the same one. The row in
//! `documents` is written first and stays locked until the end, so that the
//! second waits for the first and then replaces its graph. Documents are
//! locked in the order of their keys.
//!
//! # Text
//!
//! The server refuses U+0000 in text and in JSON. What a parser found is cleaned of
//! it by [`GraphDocument::new`](crate::GraphDocument::new), and names, places,
//! stamps and messages here. A document's key is that of its name as it was
//! given, so that it is found by that name.

mod copies;
mod counters;
mod documents;
mod graph;
mod known;
mod links;
mod listings;
mod meaning;
mod runs;
mod vanished;

pub use copies::find_copy;
pub use counters::{add_counters, counters, progress, record_progress};
pub use documents::{store_documents, store_skipped};
pub use known::{find_known, forget_documents, mark_seen, seen_among};
pub use links::{dependencies_of, open_dependencies};
pub use listings::{
    advance_listing, begin_following, finish_listing, following_sources, listing_problems, listing_progress,
    listings_finished, record_listing_problems,
};
pub use meaning::{
    add_meaning_counters, comparable_documents, due_documents, load_vectors, meaning_counters, plan_relating,
    store_findings, unrelate_from_changed, unrelate_from_removed,
};
pub use runs::{latest_run, run_status, set_run_status, start_run};
pub use vanished::{
    advance_sweep, alerts, bury_documents, has_lost_links, raise_alert, sweep_progress, vanished_count,
    vanished_documents,
};

use crate::StorageError;
use gdg_model::DocKey;
use gdg_postgres::Row;

/// A number that is meant to fit its column; one that does not (a link depth beyond two billion) is the largest that does.
fn int4(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// The document's key in the first column of a row.
fn read_doc_key(row: &Row) -> Result<DocKey, StorageError> {
    let key: &[u8] = row.get(0);
    let key = key.try_into().map_err(|_| StorageError::Damaged {
        table: "documents",
        detail: format!("doc_key of {} bytes", key.len()),
    })?;
    Ok(DocKey(key))
}
