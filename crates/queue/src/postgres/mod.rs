//! The queue on `PostgreSQL`: for any number of processes.
//!
//! # Claims and cursors
//!
//! A claim takes the first claimable documents in order of priority and
//! position. Rows that were claimed before it leave entries in the index that
//! cannot be cleaned while an old snapshot is open (a report, a backup, a
//! replication slot), and a claim that begins at the beginning walks over all
//! of them. So each claimer keeps a **cursor** for each priority and looks
//! only beyond it.
//!
//! Positions are drawn before their transaction commits, so that a row can
//! become visible behind a cursor. Nothing starves for it: a claim that comes
//! back short, and in any case one every few seconds ([`CURSOR_LIFE`]), begins
//! at the run's **low-water mark**, and the mark never passes a position that
//! can be claimed or could still become visible. [`LowWaterMarks`] moves it.
//! A document that becomes claimable again gets a new position at the end.
//!
//! `tests/claim_protocol_model.rs` checks this exhaustively at a small bound.
//!
//! # Transactions
//!
//! The functions of this module run on an open transaction of the caller's
//! and neither begin nor end one, so that a document's graph and the end of its
//! claim are one transaction. Each is one statement, or a few, for any number
//! of documents. [`PostgresQueue`] gives each a transaction of its own.

mod claim;
mod control;
mod ending;
mod enqueue;
mod held;
mod marks;
mod queue;
mod reading;

pub use claim::{CURSOR_LIFE, Cursors};
pub use control::{QueueState, close, discard, pause, resume, state};
pub use ending::{end_claims, fail, forget_dead_letters};
pub use enqueue::{Enqueued, announce, enqueue, withdraw};
pub use held::{heartbeat, promote_due, reclaim, reclaim_from, release};
pub use marks::LowWaterMarks;
pub use queue::PostgresQueue;
pub use reading::{dead_letters, depth, next_due};

use crate::Fence;
use gdg_postgres::Row;

/// The channel that is notified when documents of a run can be claimed; the payload is the run.
pub const CHANNEL: &str = "document_queue";

/// Fences as two arrays, the form in which statements take them.
fn columns(fences: &[Fence]) -> (Vec<i64>, Vec<i32>) {
    fences.iter().map(|fence| (fence.queue_id, fence.attempt as i32)).unzip()
}

/// The fence in the first two columns of a row.
fn read_fence(row: &Row) -> Fence {
    Fence { queue_id: row.get(0), attempt: row.get::<_, i32>(1) as u32 }
}

/// Text without NUL, which the server refuses.
fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
