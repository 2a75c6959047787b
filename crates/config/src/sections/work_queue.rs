//! `work_queue`: claims, heartbeats and retries.

use super::positive;
use crate::Seconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::time::Duration;

/// Claims, heartbeats and retries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkQueueConfig {
    /// Seconds that a claim lives without a heartbeat from its worker; more than twice `heartbeat_interval`.
    pub claim_timeout: Seconds,
    /// Seconds between two heartbeats of a worker. One covers all it has claimed.
    pub heartbeat_interval: Seconds,
    /// Retries of a document that failed, before it is a dead letter; 0 retries nothing.
    pub max_retries: u32,
    /// Seconds of silence after which a worker counts as dead and all it held is claimed anew; no less
    /// than `claim_timeout`.
    pub stale_threshold: Seconds,
    /// Documents claimed at once.
    pub batch_size: NonZeroU32,
    /// Documents that a worker may hold claimed beyond those it is working on; 0 claims only what it can start. In
    /// single mode, where no other worker waits for them, four times as many.
    pub prefetch_count: u32,
    /// Seconds before the first retry. Each further one waits twice as long, give or take a random part.
    pub retry_backoff_base: Seconds,
    /// Seconds before a retry, at most.
    pub retry_backoff_max: Seconds,
    /// Seconds between two looks at an empty queue when no notification arrives.
    pub poll_interval: Seconds,
}

impl WorkQueueConfig {
    /// [`claim_timeout`](Self::claim_timeout) as a duration.
    pub const fn claim_timeout(&self) -> Duration {
        self.claim_timeout.duration()
    }

    /// [`heartbeat_interval`](Self::heartbeat_interval) as a duration.
    pub const fn heartbeat_interval(&self) -> Duration {
        self.heartbeat_interval.duration()
    }

    /// [`stale_threshold`](Self::stale_threshold) as a duration.
    pub const fn stale_threshold(&self) -> Duration {
        self.stale_threshold.duration()
    }

    /// [`retry_backoff_base`](Self::retry_backoff_base) as a duration.
    pub const fn retry_backoff_base(&self) -> Duration {
        self.retry_backoff_base.duration()
    }

    /// [`retry_backoff_max`](Self::retry_backoff_max) as a duration.
    pub const fn retry_backoff_max(&self) -> Duration {
        self.retry_backoff_max.duration()
    }

    /// [`poll_interval`](Self::poll_interval) as a duration.
    pub const fn poll_interval(&self) -> Duration {
        self.poll_interval.duration()
    }
}

impl Default for WorkQueueConfig {
    fn default() -> Self {
        Self {
            claim_timeout: Seconds::whole(300),
            heartbeat_interval: Seconds::whole(30),
            max_retries: 3,
            stale_threshold: Seconds::whole(600),
            batch_size: positive(100),
            prefetch_count: 100,
            retry_backoff_base: Seconds::whole(2),
            retry_backoff_max: Seconds::whole(300),
            poll_interval: Seconds::whole(1),
        }
    }
}
