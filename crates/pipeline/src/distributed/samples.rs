//! What workers leave behind every minute, so that rates can be told.

use crate::PipelineError;
use crate::memory::resident_bytes;
use gdg_model::{RunId, WorkerId};
use gdg_postgres::{Parameter, Postgres, Type};
use std::time::{Duration, Instant};

/// The database keeps one sample a worker a minute: more often it is not asked to.
const INTERVAL: Duration = Duration::from_mins(1);

/// The samples of one worker.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    last: Option<(RunId, Instant)>,
}

impl Samples {
    /// Takes one of the worker and of `run`, if it is time.
    pub(crate) async fn take(
        &mut self,
        postgres: &Postgres,
        worker: &WorkerId,
        fingerprint: &str,
        run: &RunId,
        in_hand: usize,
    ) -> Result<(), PipelineError> {
        let is_recent = |(of, at): &(RunId, Instant)| of == run && at.elapsed() < INTERVAL;
        if self.last.as_ref().is_some_and(is_recent) {
            return Ok(());
        }
        self.last = Some((run.clone(), Instant::now()));
        let in_hand = i32::try_from(in_hand).unwrap_or(i32::MAX);
        let memory = resident_bytes().and_then(|bytes| i64::try_from(bytes).ok());
        let parameters: [Parameter<'_>; 6] = [
            (&worker.as_str(), Type::TEXT),
            (&run.as_str(), Type::TEXT),
            (&fingerprint, Type::TEXT),
            (&env!("CARGO_PKG_VERSION"), Type::TEXT),
            (&in_hand, Type::INT4),
            (&memory, Type::INT8),
        ];
        postgres.execute(include_str!("sql/sample.sql"), &parameters).await?;
        Ok(())
    }
}
