//! What the database recorded.

use std::fmt;

/// A row of `audit_events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its number. Not the order of commits; see the [module](super).
    pub(crate) event_id: i64,
    /// The transaction that did it.
    pub(crate) xid: i64,
    /// What was done.
    pub(crate) kind: Kind,
    /// The run.
    pub(crate) run_id: Option<String>,
    /// The document.
    pub(crate) doc_id: Option<String>,
    /// The document's row in the queue.
    pub(crate) queue_id: Option<i64>,
    /// The attempt that began or ended.
    pub(crate) attempt: Option<u32>,
    /// Who claimed, or who holds the lease.
    pub(crate) worker_id: Option<String>,
    /// Failed attempts so far.
    pub(crate) retry_count: Option<u32>,
    /// The epoch of the lease.
    pub(crate) epoch: Option<i64>,
    /// What else is to be said; what it means depends on the kind.
    pub(crate) detail: String,
}

/// What an event says was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A row appeared in the queue.
    Enqueued,
    /// A row went to a worker.
    Claimed,
    /// A row came back untouched: released by its worker (detail `release`, or nothing), or reclaimed
    /// from one that fell silent (detail `reclaim`, or how many workers fell silent with it, or both).
    Returned,
    /// An attempt failed, and the row waits for the next.
    Retried,
    /// A row that waited can be claimed again.
    Promoted,
    /// A row left the queue, its document done.
    Completed,
    /// A document went to the dead letter queue; the detail says how many attempts its history has.
    Dead,
    /// A document was stored or skipped.
    Stored,
    /// A document was found unchanged.
    Seen,
    /// The lease changed hands.
    Lease,
    /// The holder of the lease gave it up.
    Resigned,
    /// Something that only a leader may write; see [`LeaderWrite`].
    LeaderWrite,
    /// A worker was told that its claim is no longer its. From its log.
    Refused,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 13] = [
        Self::Enqueued,
        Self::Claimed,
        Self::Returned,
        Self::Retried,
        Self::Promoted,
        Self::Completed,
        Self::Dead,
        Self::Stored,
        Self::Seen,
        Self::Lease,
        Self::Resigned,
        Self::LeaderWrite,
        Self::Refused,
    ];

    /// The name that is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Enqueued => "enqueued",
            Self::Claimed => "claimed",
            Self::Returned => "returned",
            Self::Retried => "retried",
            Self::Promoted => "promoted",
            Self::Completed => "completed",
            Self::Dead => "dead",
            Self::Stored => "stored",
            Self::Seen => "seen",
            Self::Lease => "lease",
            Self::Resigned => "resigned",
            Self::LeaderWrite => "leader_write",
            Self::Refused => "refused",
        }
    }

    /// The kind of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a leader wrote, from the detail of a [`Kind::LeaderWrite`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeaderWrite<'a> {
    /// `discovery <source> <cursor>`: a batch of a listing was taken in.
    Discovery { source: &'a str, cursor: &'a str },
    /// `listing_finished <source>`
    ListingFinished { source: &'a str },
    /// `run_status <status>`
    RunStatus { status: &'a str },
    /// Anything else.
    Other,
}

impl Event {
    /// What a leader wrote; `None` for events of other kinds.
    pub(super) fn leader_write(&self) -> Option<LeaderWrite<'_>> {
        if self.kind != Kind::LeaderWrite {
            return None;
        }
        let (what, rest) = self.detail.split_once(' ').unwrap_or((&self.detail, ""));
        Some(match what {
            "discovery" => {
                let (source, cursor) = rest.split_once(' ').unwrap_or((rest, ""));
                LeaderWrite::Discovery { source, cursor }
            }
            "listing_finished" => LeaderWrite::ListingFinished { source: rest },
            "run_status" => LeaderWrite::RunStatus { status: rest },
            _ => LeaderWrite::Other,
        })
    }

    /// The first number in the detail.
    pub(super) fn number(&self) -> Option<u32> {
        self.detail.split_whitespace().find_map(|word| word.parse().ok())
    }

    /// Whether this is a row that was taken back from a worker which fell silent.
    pub(super) fn is_reclaim(&self) -> bool {
        let says = |word| self.detail.split_whitespace().any(|said| said == word);
        self.kind == Kind::Returned && !says("release") && (says("reclaim") || self.number().is_some())
    }
}
