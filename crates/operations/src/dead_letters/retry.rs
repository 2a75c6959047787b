//! Dead letters back into the queue.

use super::{DeadLetterError, DeadLetters, Filter};
use gdg_model::RunId;
use gdg_storage::RunStatus;
use serde::Serialize;

/// How many documents are put back in one transaction: few enough that nobody waits for it.
pub const RETRY_BATCH: u32 = 1_000;

/// The name under which documents are counted that an operator puts back.
pub(super) const OPERATOR: &str = "deadletter";

/// What became of letters that were to be put back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RetryReport {
    /// Whether nothing was done: `retried` is what would be.
    pub dry_run: bool,
    /// Letters that were meant.
    pub matched: u64,
    /// Documents that were put back into the queue.
    pub retried: u64,
    /// The same, by run.
    pub runs: Vec<RunRetry>,
}

/// What became of the letters of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRetry {
    /// The run.
    pub run_id: RunId,
    /// How far it was before; `None` when this database does not know the run.
    #[serde(serialize_with = "name_of")]
    pub status: Option<RunStatus>,
    /// Letters that were meant.
    pub matched: u64,
    /// Documents that were put back into the queue.
    pub retried: u64,
    /// Whether the run was made active again.
    pub reopened: bool,
    /// Why none was put back.
    pub refused: Option<Refusal>,
}

/// Why documents cannot be put back into the queue of their run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// This database does not know the run.
    UnknownRun,
    /// The run was cancelled.
    Cancelled,
    /// A later generation has begun, which tries its documents anew.
    Superseded {
        /// That generation.
        by: RunId,
    },
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn name_of<S: serde::Serializer>(status: &Option<RunStatus>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(RunStatus::as_str).serialize(serializer)
}

/// A run whose letters are meant.
#[derive(Debug, Clone)]
pub(super) struct RunPlan {
    pub(super) run_id: RunId,
    pub(super) status: Option<RunStatus>,
    /// The latest generation after it.
    pub(super) followed_by: Option<RunId>,
    pub(super) matched: u64,
    /// The last letter that is meant: what dies again while others are put back comes behind it.
    pub(super) last_id: i64,
}

/// A part of a run's letters.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) run_id: RunId,
    /// Letters behind this one …
    pub(super) after: i64,
    /// … up to this one.
    pub(super) up_to: i64,
    pub(super) limit: u32,
}

/// What became of a part of a run's letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Revived {
    /// The run takes none.
    Refused(Refusal),
    /// They are in the queue.
    Queued {
        /// How many documents; one that is there already is not counted.
        documents: u64,
        /// The last of the letters; `None` when there were none.
        last_id: Option<i64>,
        /// Whether the run was over, or about to be, and is active again.
        reopened: bool,
    },
}

/// Why a run takes no documents back.
pub(super) fn refusal(status: Option<RunStatus>, followed_by: Option<RunId>) -> Option<Refusal> {
    match (status, followed_by) {
        (None, _) => Some(Refusal::UnknownRun),
        (Some(_), Some(by)) => Some(Refusal::Superseded { by }),
        (Some(RunStatus::Abandoned), None) => Some(Refusal::Cancelled),
        (Some(_), None) => None,
    }
}

impl DeadLetters {
    /// Puts the documents of the letters that `filter` means back into the queue; with `dry_run`, says what would
    /// happen. Two at a time are safe: each document is put back once.
    ///
    /// Dropping the future leaves what was put back so far.
    pub async fn retry(&self, filter: &Filter, dry_run: bool) -> Result<RetryReport, DeadLetterError> {
        let mut report = RetryReport { dry_run, ..RetryReport::default() };
        for plan in self.store.plan(filter).await? {
            let refused = refusal(plan.status, plan.followed_by.clone());
            let run = if refused.is_some() || dry_run {
                let is_over = plan.status.is_some_and(|status| status != RunStatus::Active);
                RunRetry {
                    retried: if refused.is_some() { 0 } else { plan.matched },
                    reopened: refused.is_none() && is_over,
                    run_id: plan.run_id,
                    status: plan.status,
                    matched: plan.matched,
                    refused,
                }
            } else {
                self.retry_run(filter, plan).await?
            };
            report.matched += run.matched;
            report.retried += run.retried;
            report.runs.push(run);
        }
        Ok(report)
    }

    async fn retry_run(&self, filter: &Filter, plan: RunPlan) -> Result<RunRetry, DeadLetterError> {
        let mut batch =
            Batch { run_id: plan.run_id.clone(), after: 0, up_to: plan.last_id, limit: RETRY_BATCH };
        let mut run = RunRetry {
            run_id: plan.run_id,
            status: plan.status,
            matched: plan.matched,
            retried: 0,
            reopened: false,
            refused: None,
        };
        loop {
            match self.store.revive(filter, &batch).await? {
                Revived::Refused(refusal) => {
                    run.refused = Some(refusal);
                    return Ok(run);
                }
                Revived::Queued { documents, last_id, reopened } => {
                    run.retried += documents;
                    run.reopened |= reopened;
                    match last_id {
                        Some(last_id) => batch.after = last_id,
                        None => return Ok(run),
                    }
                }
            }
        }
    }
}
