//! From when on something is wrong.

use gdg_config::Config;

/// From when on something is wrong: what the configuration says of heartbeats and claims, and fixed limits.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertSettings {
    /// Seconds between two heartbeats of a worker (`work_queue.heartbeat_interval`).
    pub heartbeat_interval: f64,
    /// Seconds that a document may take (`work_queue.claim_timeout`).
    pub claim_timeout: f64,
    /// Seconds after which a silent worker is dead (`work_queue.stale_threshold`).
    pub stale_threshold: f64,
    /// Seconds that a leader's lease lives (`election.ttl`).
    pub lease_ttl: f64,
}

impl AlertSettings {
    /// What `config` says. It should be that of the workers.
    pub fn of(config: &Config) -> Self {
        let queue = &config.work_queue;
        Self {
            heartbeat_interval: queue.heartbeat_interval().as_secs_f64(),
            claim_timeout: queue.claim_timeout().as_secs_f64(),
            stale_threshold: queue.stale_threshold().as_secs_f64(),
            lease_ttl: config.election.ttl().as_secs_f64(),
        }
    }

    /// Seconds of silence after which a worker is looked at: three heartbeats are missing.
    pub fn silence(&self) -> f64 {
        (3.0 * self.heartbeat_interval).min(self.stale_threshold)
    }
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self::of(&Config::default())
    }
}
