//! Runs: generations of the work that a configuration defines.

use gdg_model::RunId;
use std::fmt;
use std::time::Duration;

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub run_id: RunId,
    /// Which generation of the work it is, from 1.
    pub generation: u32,
    /// How far it is.
    pub status: RunStatus,
}

/// The latest run of some work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestRun {
    /// Which it is.
    pub run: Run,
    /// How long ago it ended, by the database's clock; `None` while it has not.
    pub ended_ago: Option<Duration>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Documents are discovered and processed.
    Active,
    /// Every document has ended; post-processing has not begun.
    ProcessingComplete,
    /// Relationships across documents are being found.
    PostProcessing,
    /// Everything is done.
    Completed,
    /// It cannot go on.
    Failed,
    /// It was given up.
    Abandoned,
}

impl RunStatus {
    /// Every status, in the order in which a run goes through them.
    pub const ALL: [Self; 6] = [
        Self::Active,
        Self::ProcessingComplete,
        Self::PostProcessing,
        Self::Completed,
        Self::Failed,
        Self::Abandoned,
    ];

    /// Whether its queue may hold work.
    pub const fn takes_work(self) -> bool {
        matches!(self, Self::Active | Self::PostProcessing)
    }

    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ProcessingComplete => "processing_complete",
            Self::PostProcessing => "post_processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the run is over.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Abandoned)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far the listing of a source has come in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingProgress {
    /// Where it goes on; `None` at the beginning.
    pub cursor: Option<String>,
    /// Documents listed so far.
    pub listed: u64,
    /// Whether it is done.
    pub finished: bool,
}

/// What went into the queue of a run and what left it for good, summed over its
/// workers: the run has drained when the two are equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Documents enqueued.
    pub enqueued: u64,
    /// Documents that were stored, found unchanged, skipped or given up.
    pub ended: u64,
}

impl Progress {
    /// Whether everything that was enqueued has ended.
    pub const fn is_drained(&self) -> bool {
        self.enqueued == self.ended
    }
}
