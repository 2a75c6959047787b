//! Trying again while the database is away.

use crate::PipelineError;
use gdg_postgres::Backoff;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it is said that something still fails.
const REPEAT_INTERVAL: Duration = Duration::from_secs(30);

/// Like [`patiently`], but no longer than `limit`: then the last error is the outcome.
pub(crate) async fn patiently_for<T, F: Future<Output = Result<T, PipelineError>>>(
    what: &str,
    limit: Option<Duration>,
    halt: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<Option<T>, PipelineError> {
    let started = Instant::now();
    let mut outage = Outage::new(what);
    loop {
        match attempt().await {
            Ok(value) => {
                outage.is_over();
                return Ok(Some(value));
            }
            Err(error) if error.is_transient() && limit.is_none_or(|limit| started.elapsed() < limit) => {
                let wait = outage.go_on(&error);
                if halt.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Tries `attempt` until it succeeds, fails for good, or `halt` is asked for
/// (then `None`). What fails and will be tried again is said once, and then
/// twice a minute.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, PipelineError>>>(
    what: &str,
    halt: &CancellationToken,
    attempt: impl FnMut() -> F,
) -> Result<Option<T>, PipelineError> {
    patiently_for(what, None, halt, attempt).await
}

/// A time in which something fails.
#[derive(Debug)]
pub(crate) struct Outage {
    what: String,
    backoff: Backoff,
    last_told: Option<Instant>,
}

impl Outage {
    pub(crate) fn new(what: &str) -> Self {
        Self { what: what.to_owned(), backoff: Backoff::default(), last_told: None }
    }

    /// Another failure; how long to wait.
    pub(crate) fn go_on(&mut self, error: &PipelineError) -> Duration {
        if self.last_told.is_none_or(|told| told.elapsed() >= REPEAT_INTERVAL) {
            self.last_told = Some(Instant::now());
            let failures = self.backoff.failures() + 1;
            tracing::warn!(%error, failures, "cannot {}; trying again", self.what);
        }
        self.backoff.next_wait()
    }

    /// It works again.
    pub(crate) fn is_over(&mut self) {
        if self.backoff.reset() {
            tracing::info!("could {} again", self.what);
        }
        self.last_told = None;
    }
}
