//! A run's queue as a whole: paused, resumed, closed.

use super::announce;
use crate::QueueError;
use gdg_model::RunId;
use gdg_postgres::{Transaction, Type};

/// Whether documents of a run can be claimed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QueueState {
    /// They can.
    #[default]
    Open,
    /// Not now. What is in hand goes on.
    Paused,
    /// Never again.
    Closed,
}

/// Lets no more documents of `run` be claimed, until [`resume`]. What workers have in hand they end.
pub async fn pause(transaction: &Transaction, run: &RunId) -> Result<(), QueueError> {
    set_state(transaction, run, "paused").await
}

/// Lets documents of `run` be claimed again.
pub async fn resume(transaction: &Transaction, run: &RunId) -> Result<(), QueueError> {
    set_state(transaction, run, "open").await?;
    announce(transaction, run).await
}

/// Lets no document of `run` be claimed ever again. What is in the queue is removed with [`discard`].
pub async fn close(transaction: &Transaction, run: &RunId) -> Result<(), QueueError> {
    set_state(transaction, run, "closed").await
}

async fn set_state(transaction: &Transaction, run: &RunId, state: &str) -> Result<(), QueueError> {
    let parameters: [gdg_postgres::Parameter<'_>; 2] = [(&run.as_str(), Type::TEXT), (&state, Type::TEXT)];
    transaction.execute(include_str!("sql/set_state.sql"), &parameters).await?;
    Ok(())
}

/// Whether documents of `run` can be claimed.
pub async fn state(transaction: &Transaction, run: &RunId) -> Result<QueueState, QueueError> {
    let row = transaction.query_opt(include_str!("sql/state.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    Ok(match row.as_ref().map(|row| row.get::<_, &str>(0)) {
        Some("paused") => QueueState::Paused,
        Some("closed") => QueueState::Closed,
        _ => QueueState::Open,
    })
}

/// Removes up to `limit` documents of `run` from the queue, whoever holds
/// them: a holder's fence is refused from then on. Returns how many.
pub async fn discard(transaction: &Transaction, run: &RunId, limit: u32) -> Result<u64, QueueError> {
    let parameters: [gdg_postgres::Parameter<'_>; 2] =
        [(&run.as_str(), Type::TEXT), (&i64::from(limit), Type::INT8)];
    Ok(transaction.execute(include_str!("sql/discard.sql"), &parameters).await?)
}
