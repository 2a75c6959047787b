//! When a failed document is tried again.

use gdg_model::ErrorClass;
use std::time::Duration;

/// When a failed document is tried again, and when it is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a transient failure is retried. [`ErrorClass::retries`] says what that means for the other classes.
    pub max_retries: u32,
    /// The delay before the first retry; each further one is twice as long.
    pub base_delay: Duration,
    /// The longest delay.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 3, base_delay: Duration::from_secs(2), max_delay: Duration::from_secs(300) }
    }
}

impl RetryPolicy {
    /// The delay before the retry that follows `retry_count` earlier ones:
    /// exponential, with `jitter` (in 0..1) spreading it over its upper half,
    /// so that documents that failed together do not come back together.
    pub fn delay(&self, retry_count: u32, jitter: f64) -> Duration {
        let doubled = self.base_delay.saturating_mul(2_u32.saturating_pow(retry_count.min(31)));
        doubled.min(self.max_delay).mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// Whether a document that failed with `class` after `retry_count` retries is tried again.
    pub fn allows_retry(&self, class: ErrorClass, retry_count: u32) -> bool {
        retry_count < class.retries(self.max_retries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn poison_is_retried_once_and_permanent_failures_never() {
        let policy = RetryPolicy { max_retries: 3, ..RetryPolicy::default() };
        assert!(policy.allows_retry(ErrorClass::Transient, 2));
        assert!(!policy.allows_retry(ErrorClass::Transient, 3));
        assert!(policy.allows_retry(ErrorClass::Poison, 0));
        assert!(!policy.allows_retry(ErrorClass::Poison, 1));
        assert!(!policy.allows_retry(ErrorClass::Permanent, 0));
    }

    #[test]
    fn no_retries_means_none_for_any_class() {
        let policy = RetryPolicy { max_retries: 0, ..RetryPolicy::default() };
        for class in [ErrorClass::Transient, ErrorClass::Permanent, ErrorClass::Poison] {
            assert!(!policy.allows_retry(class, 0), "{class}");
        }
    }

    proptest! {
        #[test]
        fn delays_stay_between_half_the_base_and_the_maximum(retry_count: u32, jitter in 0.0..1.0_f64) {
            let policy = RetryPolicy::default();
            let delay = policy.delay(retry_count, jitter);
            prop_assert!(delay >= policy.base_delay / 2);
            prop_assert!(delay <= policy.max_delay);
        }

        #[test]
        fn delays_never_shrink_with_more_retries(retry_count in 0_u32..100, jitter in 0.0..1.0_f64) {
            let policy = RetryPolicy::default();
            prop_assert!(policy.delay(retry_count, jitter) <= policy.delay(retry_count + 1, jitter));
        }
    }
}
