//! Tasks that belong together.

use crate::PipelineError;
use tokio_util::sync::CancellationToken;

/// Halts the others when this one fails.
pub(crate) async fn halt_on_error(
    work: impl Future<Output = Result<(), PipelineError>>,
    halt: CancellationToken,
) -> Result<(), PipelineError> {
    let outcome = work.await;
    if outcome.is_err() {
        halt.cancel();
    }
    outcome
}

/// The outcome of a task; a panic in it is passed on.
pub(crate) fn flatten(
    joined: Result<Result<(), PipelineError>, tokio::task::JoinError>,
) -> Result<(), PipelineError> {
    match joined {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Ok(()),
    }
}
