//! A run in the hands of a person: paused, resumed, cancelled.

use super::database::announce_run;
use crate::PipelineError;
use gdg_model::RunId;
use gdg_postgres::{Postgres, Type};
use gdg_queue::postgres as queue;
use gdg_storage::RunStatus;
use gdg_storage::postgres as storage;

/// Documents that are removed from the queue in one transaction.
const DISCARDED_AT_ONCE: u32 = 50_000;

/// What is to become of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunControl {
    /// Nothing more of it is claimed; what is in hand is ended.
    Pause,
    /// It goes on.
    Resume,
    /// It ends where it is; what is stored stays.
    Cancel,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlOutcome {
    /// It is done; `discarded` documents were taken out of the queue.
    Done {
        /// The run.
        run: RunId,
        /// Documents that were taken out of the queue.
        discarded: u64,
    },
    /// There is no such run, or it is over.
    NoSuchRun,
}

/// Does `control` to the run `run`, or to the latest run of the work that `fingerprint` stands for.
pub async fn control(
    postgres: &Postgres,
    fingerprint: &str,
    run: Option<RunId>,
    control: RunControl,
) -> Result<ControlOutcome, PipelineError> {
    super::migration::check_schema(postgres).await?;
    let Some(run) = find(postgres, fingerprint, run).await? else { return Ok(ControlOutcome::NoSuchRun) };
    let transaction = postgres.begin().await?;
    let outcome = async {
        match control {
            RunControl::Pause => queue::pause(&transaction, &run).await?,
            RunControl::Resume => queue::resume(&transaction, &run).await?,
            RunControl::Cancel => {
                queue::close(&transaction, &run).await?;
                let statement = include_str!("sql/abandon_run.sql");
                transaction.execute(statement, &[(&run.as_str(), Type::TEXT)]).await?;
                announce_run(&transaction, &run, RunStatus::Abandoned).await?;
            }
        }
        Ok::<_, PipelineError>(())
    };
    let outcome = outcome.await;
    transaction.end(outcome).await?;
    let discarded = if control == RunControl::Cancel { discard(postgres, &run).await? } else { 0 };
    Ok(ControlOutcome::Done { run, discarded })
}

/// The run that is meant, if it is not over.
async fn find(
    postgres: &Postgres,
    fingerprint: &str,
    run: Option<RunId>,
) -> Result<Option<RunId>, PipelineError> {
    let transaction = postgres.begin().await?;
    let outcome = async {
        match run {
            Some(run) => Ok::<_, PipelineError>(
                storage::run_status(&transaction, &run)
                    .await?
                    .filter(|status| !status.is_final())
                    .map(|_| run),
            ),
            None => Ok(storage::latest_run(&transaction, fingerprint)
                .await?
                .filter(|latest| !latest.run.status.is_final())
                .map(|latest| latest.run.run_id)),
        }
    };
    let outcome = outcome.await;
    transaction.end(outcome).await
}

/// Empties the queue of a run that nobody claims from any more.
async fn discard(postgres: &Postgres, run: &RunId) -> Result<u64, PipelineError> {
    let mut discarded = 0;
    loop {
        let transaction = postgres.begin().await?;
        let outcome = queue::discard(&transaction, run, DISCARDED_AT_ONCE).await;
        let removed = transaction.end(outcome).await?;
        discarded += removed;
        if removed == 0 {
            return Ok(discarded);
        }
    }
}

impl RunControl {
    /// The word for it, in a sentence: "run … is …".
    pub const fn participle(self) -> &'static str {
        match self {
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Cancel => "cancelled",
        }
    }
}
