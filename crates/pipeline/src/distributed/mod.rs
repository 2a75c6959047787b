//! Distributed mode: any number of identical workers work a run off, together, in one `PostgreSQL`.
//!
//! # The life of a run
//!
//! ```text
//!  (no run) ──▶ active ──▶ processing_complete ──▶ post_processing ──▶ completed
//!                  │ └──────────────────────────────────────────────▶ failed
//!                  └── cancelled by a person ──▶ abandoned
//! ```
//!
//! Workers whose configurations define the same work (they have the same
//! fingerprint) find each other by it: the lease of their leader and their
//! runs bear its name. Every worker does the same:
//!
//! - it **registers** its name, and says that it lives with one heartbeat an
//!   interval, by which it also hears how far the run is (`registry`);
//! - it **claims** documents of the active run, processes them and commits
//!   them in groups, each group in one transaction with the ends of its claims
//!   (`supply`, `database`);
//! - it stands for **election**. Whoever leads also **conducts** the run
//!   (`conductor`): starts it, lists the sources into the queue, takes back
//!   what silent workers hold, notices that the run has drained, and moves it
//!   on. Every such write checks the leader's epoch in its own transaction
//!   (`leader_store`), so that a leader that was paused and wakes up changes
//!   nothing. Whatever the conductor does can be taken up by another at any point.
//!
//! A run has drained when every listing is done and as many documents have
//! left the queue as were put into it: both are counted by each worker for
//! itself in the transactions that do it, so that the sums can be compared at any moment.
//!
//! When the database is away, workers wait and try again (`patience`): what
//! they have in hand is committed later, or refused if somebody else has
//! taken it over by then.

mod commit_retry;
mod conductor;
mod control;
mod database;
mod following;
mod leader_store;
mod migration;
mod notices;
mod patience;
mod registry;
mod samples;
mod supply;
#[cfg(test)]
mod tests;
mod wakeups;
mod worker;

pub use control::{ControlOutcome, RunControl, control};
pub use migration::{Migrated, migrate};
pub use worker::{Connections, DistributedOptions, connect, run};
