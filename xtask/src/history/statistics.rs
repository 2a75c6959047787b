//! How much happened in a history.

use super::event::Kind;
use super::index::History;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How much happened in a history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    /// Documents, each once for every run.
    pub(crate) documents: usize,
    /// Claims.
    pub(crate) claims: usize,
    /// Claims that came back untouched.
    pub(crate) returned: usize,
    /// Attempts that failed and were followed by another.
    pub(crate) retried: usize,
    /// Documents that were given up.
    pub(crate) dead: usize,
    /// Times that a worker was told that its claim is no longer its.
    pub(crate) refused: usize,
    /// Epochs of the lease.
    pub(crate) epochs: usize,
    /// Times that the lease went to another worker than the one that held it last.
    pub(crate) leader_changes: usize,
}

impl Statistics {
    pub(super) fn of(history: &History<'_>) -> Self {
        let count = |kind| history.of_kind(kind).count();
        let epochs: BTreeSet<_> =
            history.of_kind(Kind::Lease).map(|event| (history.lease_of(event), event.epoch)).collect();
        Self {
            documents: history.documents.len(),
            claims: count(Kind::Claimed),
            returned: count(Kind::Returned),
            retried: count(Kind::Retried),
            dead: count(Kind::Dead),
            refused: count(Kind::Refused),
            epochs: epochs.len(),
            leader_changes: leader_changes(history),
        }
    }
}

fn leader_changes(history: &History<'_>) -> usize {
    let mut last_holders = BTreeMap::new();
    history
        .of_kind(Kind::Lease)
        .filter(|event| {
            let last = last_holders.insert(history.lease_of(event), event.worker_id.as_deref());
            last.is_some_and(|last| last != event.worker_id.as_deref())
        })
        .count()
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { documents, claims, returned, retried, dead, refused, epochs, leader_changes } = self;
        write!(
            f,
            "{documents} documents, {claims} claims, {returned} returned, {retried} retried, {dead} dead, \
             {refused} refused, {epochs} epochs, {leader_changes} changes of the leader"
        )
    }
}
