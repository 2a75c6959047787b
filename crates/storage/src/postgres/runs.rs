//! Runs.

use crate::{LatestRun, Run, RunStatus, StorageError};
use gdg_model::RunId;
use gdg_postgres::{Transaction, Type, clean_text};
use std::time::Duration;

/// The latest run of the work that `fingerprint` (16 hexadecimal digits) stands for.
pub async fn latest_run(
    transaction: &Transaction,
    fingerprint: &str,
) -> Result<Option<LatestRun>, StorageError> {
    let row =
        transaction.query_opt(include_str!("sql/latest_run.sql"), &[(&fingerprint, Type::TEXT)]).await?;
    row.map(|row| {
        let run = Run {
            run_id: RunId::new(row.get::<_, &str>(0)),
            generation: row.get::<_, i32>(1).unsigned_abs(),
            status: read_status(row.get(2))?,
        };
        let seconds: Option<f64> = row.get(3);
        let ended_ago = seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
        Ok(LatestRun { run, ended_ago })
    })
    .transpose()
}

/// Starts generation `generation` of the work that `fingerprint` stands for;
/// `None` when another worker was faster, or the generation before goes on again. `config_snapshot` is kept with the
/// run; the caller has taken the secrets out of it.
pub async fn start_run(
    transaction: &Transaction,
    fingerprint: &str,
    generation: u32,
    config_snapshot: &str,
) -> Result<Option<Run>, StorageError> {
    let run_id = RunId::of_generation(fingerprint, generation);
    let started = transaction
        .execute(
            include_str!("sql/start_run.sql"),
            &[
                (&run_id.as_str(), Type::TEXT),
                (&fingerprint, Type::TEXT),
                (&super::int4(generation), Type::INT4),
                (&clean_text(config_snapshot), Type::TEXT),
            ],
        )
        .await?;
    Ok((started == 1).then_some(Run { run_id, generation, status: RunStatus::Active }))
}

/// Moves a run on that is still at `from`; whether it was. The caller has
/// checked, in this transaction, that `leader_epoch` is the one that holds.
pub async fn set_run_status(
    transaction: &Transaction,
    run: &RunId,
    from: RunStatus,
    to: RunStatus,
    leader_epoch: i64,
) -> Result<bool, StorageError> {
    let moved = transaction
        .execute(
            include_str!("sql/set_run_status.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&from.as_str(), Type::TEXT),
                (&to.as_str(), Type::TEXT),
                (&to.is_final(), Type::BOOL),
                (&leader_epoch, Type::INT8),
            ],
        )
        .await?;
    Ok(moved == 1)
}

/// How far a run is; `None` for one that there is not.
pub async fn run_status(transaction: &Transaction, run: &RunId) -> Result<Option<RunStatus>, StorageError> {
    let row =
        transaction.query_opt(include_str!("sql/run_status.sql"), &[(&run.as_str(), Type::TEXT)]).await?;
    row.map(|row| read_status(row.get(0))).transpose()
}

fn read_status(status: &str) -> Result<RunStatus, StorageError> {
    RunStatus::from_name(status)
        .ok_or_else(|| StorageError::Damaged { table: "processing_runs", detail: format!("status {status}") })
}
