//! `processing`: how the work is shared out, and when it ends.

use super::positive;
use crate::{ByteSize, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// How the work is shared out, and when it ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessingConfig {
    /// Whether one process does all the work or many share it.
    pub mode: ProcessingMode,
    /// Documents that one worker parses at a time. Unset: one a processor core.
    pub parallelism: Option<NonZeroU32>,
    /// Seconds between a completed run and the next look at the sources.
    pub rescan_interval: Seconds,
    /// Seconds in which a worker that is asked to stop ends or gives back what it has in hand.
    pub shutdown_grace: Seconds,
    /// Documents stored in one transaction, at most.
    pub commit_batch_size: NonZeroU32,
    /// A fetched document that is larger waits for its turn in a file and not in memory.
    pub spool_threshold: ByteSize,
    /// The folder of such files. Unset: the system's folder for temporary files.
    pub spool_directory: Option<PathBuf>,
    /// The part of a source's documents that may vanish from one run to the next. Where more are gone, the listing is
    /// not believed: nothing is deleted, and an alert is raised.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub deletion_guard: f64,
}

/// Whether one process does all the work or many share it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessingMode {
    /// One process and an SQLite file; no server.
    #[default]
    Single,
    /// Any number of identical workers, coordinated by PostgreSQL.
    Distributed,
}

impl fmt::Display for ProcessingMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single",
            Self::Distributed => "distributed",
        })
    }
}

impl ProcessingConfig {
    /// [`rescan_interval`](Self::rescan_interval) as a duration.
    pub const fn rescan_interval(&self) -> Duration {
        self.rescan_interval.duration()
    }

    /// [`shutdown_grace`](Self::shutdown_grace) as a duration.
    pub const fn shutdown_grace(&self) -> Duration {
        self.shutdown_grace.duration()
    }
}

impl Default for ProcessingConfig {
    fn default() -> Self {
        Self {
            mode: ProcessingMode::default(),
            parallelism: None,
            rescan_interval: Seconds::whole(300),
            shutdown_grace: Seconds::whole(30),
            commit_batch_size: positive(256),
            spool_threshold: ByteSize(1 << 20),
            spool_directory: None,
            deletion_guard: 0.5,
        }
    }
}
