//! `election`: who leads.

use crate::Seconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who leads: a lease that the leader renews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ElectionConfig {
    /// Seconds that a lease lives without being renewed. Without its leader a run waits this long for the next.
    pub ttl: Seconds,
    /// Seconds between two renewals.
    pub renew_interval: Seconds,
    /// Seconds before the end of its lease at which a leader that could not renew it steps down by itself.
    pub margin: Seconds,
}

impl ElectionConfig {
    /// [`ttl`](Self::ttl) as a duration.
    pub const fn ttl(&self) -> Duration {
        self.ttl.duration()
    }

    /// [`renew_interval`](Self::renew_interval) as a duration.
    pub const fn renew_interval(&self) -> Duration {
        self.renew_interval.duration()
    }

    /// [`margin`](Self::margin) as a duration.
    pub const fn margin(&self) -> Duration {
        self.margin.duration()
    }
}

impl Default for ElectionConfig {
    fn default() -> Self {
        Self { ttl: Seconds::whole(30), renew_interval: Seconds::whole(10), margin: Seconds::whole(5) }
    }
}
