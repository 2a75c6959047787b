//! How long to wait before trying again.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Waits that grow: each is about twice as long as the one before, from a
/// tenth of a second to ten seconds, with a random part, so that a fleet does
/// not come back to a server all at once.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        let doubled = SHORTEST.saturating_mul(1 << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        doubled.min(LONGEST).mul_f64(0.5 + rand::random::<f64>() / 2.0)
    }

    /// How many waits there were since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Begins anew, after a success. Returns whether there had been a failure.
    pub fn reset(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_ten_seconds_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..12).map(|_| backoff.next_wait()).collect();
        assert!(waits[0] <= SHORTEST && waits[11] >= LONGEST / 2, "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= LONGEST), "{waits:?}");
        assert!(backoff.reset());
        assert!(backoff.next_wait() <= SHORTEST);
    }
}
