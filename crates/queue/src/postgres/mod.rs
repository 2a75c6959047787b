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
use gdg_postgres::{Parameter, Row, Type};

/// The channel that is notified when documents of a run can be claimed; the payload is the run.
pub const CHANNEL: &str = "document_queue";

/// Fences as two columns, the form in which statements take them.
struct FenceColumns {
    queue_ids: Vec<i64>,
    attempts: Vec<i32>,
}

impl FenceColumns {
    fn of(fences: &[Fence]) -> Self {
        let (queue_ids, attempts) =
            fences.iter().map(|fence| (fence.queue_id, fence.attempt.cast_signed())).unzip();
        Self { queue_ids, attempts }
    }

    fn parameters(&self) -> [Parameter<'_>; 2] {
        [(&self.queue_ids, Type::INT8_ARRAY), (&self.attempts, Type::INT4_ARRAY)]
    }
}

/// The fence in the first two columns of a row.
fn read_fence(row: &Row) -> Fence {
    Fence { queue_id: row.get(0), attempt: row.get::<_, i32>(1).cast_unsigned() }
}
