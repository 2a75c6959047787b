//! What the worker leaves behind every minute, so that rates can be told.

use crate::memory::resident_bytes;
use gdg_model::{RunId, WorkerId};
use rusqlite::{Connection, params};

/// Takes a sample of the worker and of `run`, unless there is one of this minute, and forgets old ones.
pub(super) fn take(
    connection: &Connection,
    worker: &WorkerId,
    run: &RunId,
    in_hand: usize,
) -> rusqlite::Result<()> {
    let memory = resident_bytes().and_then(|bytes| i64::try_from(bytes).ok());
    let in_hand = i64::try_from(in_hand).unwrap_or(i64::MAX);
    connection.prepare_cached(include_str!("sql/sample_worker.sql"))?.execute(params![
        worker.as_str(),
        run.as_str(),
        env!("CARGO_PKG_VERSION"),
        in_hand,
        memory
    ])?;
    connection.prepare_cached(include_str!("sql/sample_run.sql"))?.execute([run.as_str()])?;
    connection.prepare_cached(include_str!("sql/forget_worker_samples.sql"))?.execute([])?;
    connection.prepare_cached(include_str!("sql/forget_run_samples.sql"))?.execute([run.as_str()])?;
    Ok(())
}
