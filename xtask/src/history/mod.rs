//! What happened, checked against what may happen.
//!
//! Triggers write every change of the queue, of the documents, of the lease
//! and of what only a leader may write into an append-only table, inside the
//! transactions that make the changes. So what was rolled back is not in it,
//! and what is in it was seen by everybody. [`check`] takes that history with
//! the state the database was left in, and finds what should not be there.
//!
//! # What order means
//!
//! Event ids are given before transactions commit. Two events stand in the
//! order of their ids only where a lock made the second transaction wait for
//! the first, or where the second was caused by the first:
//!
//! - the events of one row of the queue, by the lock on that row;
//! - changes of the lease, and the writes of leaders, which lock the lease's
//!   row for as long as their transaction takes, by that lock;
//! - a run's end of processing, which is written after its writer has seen
//!   that nothing is left in the queue.
//!
//! No check relies on any other order; whether two things happened together is told by the transaction's id.
//!
//! # The checks
//!
//! | module | says |
//! |---|---|
//! | `completeness` | events have what their kind needs |
//! | `documents` | every document ends exactly once a run |
//! | `lives` | a row of the queue goes only ways that lead somewhere, and stale claims end nothing |
//! | `effects` | what is stored is stored by the transaction that ends the claim |
//! | `retries` | retries and dead workers are counted, and bounded |
//! | `leader` | an epoch has one leader, who writes in no other |
//! | `progress` | listings and runs only go forward |
//! | `counters` | counts equal what they count |

mod completeness;
mod counters;
mod documents;
mod effects;
mod event;
mod index;
mod leader;
mod lives;
mod progress;
mod report;
mod retries;
mod state;
mod statistics;
#[cfg(test)]
mod tests;
mod violation;

pub(crate) use event::{Event, Kind};
pub(crate) use report::Report;
pub(crate) use state::{Counters, DocumentState, FinalState, Rules, RunState};

use index::History;
use statistics::Statistics;
use std::collections::BTreeSet;

/// Checks a history, in whatever order its events are given, against the state that it led to.
///
/// `expected` are the documents that each run in `state` has to have handled.
pub(crate) fn check(
    events: &[Event],
    state: &FinalState,
    expected: &BTreeSet<String>,
    rules: &Rules,
) -> Report {
    let history = History::new(events);
    let mut violations = Vec::new();
    completeness::check(&history, state, &mut violations);
    documents::check(&history, state, expected, &mut violations);
    lives::check(&history, &mut violations);
    effects::check(&history, state, &mut violations);
    retries::check(&history, rules, &mut violations);
    leader::check(&history, &mut violations);
    progress::check(&history, state, &mut violations);
    counters::check(&history, state, &mut violations);
    Report { violations, statistics: Statistics::of(&history) }
}
