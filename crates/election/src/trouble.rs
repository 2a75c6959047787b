//! Attempts that fail: how long to wait, and what to say, once.

use gdg_postgres::{Backoff, PostgresError};
use std::time::Duration;
use thiserror::Error;

/// Why an attempt failed.
#[derive(Debug, Error)]
pub(crate) enum AttemptError {
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error("the database did not answer within {} s", .0.as_secs_f32())]
    Late(Duration),
}

impl AttemptError {
    /// Whether only a person can mend it.
    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::Postgres(error) if !error.is_transient())
    }
}

/// A time of failures. It is logged when it begins, when it turns out to be
/// permanent, and when it ends: not with every attempt.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    backoff: Backoff,
    is_permanent: bool,
}

impl Trouble {
    /// Another attempt failed. How long to wait before the next.
    pub(crate) fn failed(&mut self, lease: &str, error: &AttemptError) -> Duration {
        if error.is_permanent() && !self.is_permanent {
            self.is_permanent = true;
            tracing::error!(lease, %error, "the lease cannot be had until somebody mends this");
        } else if self.backoff.failures() == 0 {
            tracing::warn!(lease, %error, "the lease cannot be reached, trying again");
        } else {
            tracing::debug!(lease, %error, "the lease still cannot be reached");
        }
        self.backoff.next_wait()
    }

    /// An attempt was answered.
    pub(crate) fn is_over(&mut self, lease: &str) {
        let failures = self.backoff.failures();
        if self.backoff.reset() {
            self.is_permanent = false;
            tracing::info!(lease, failures, "the lease can be reached again");
        }
    }
}
