//! What was done, as text for people.

use crate::layout::wrapped;
use crate::units::{counted, thousands};
use gdg_operations::dead_letters::{Maintenance, Purged, Refusal, RetryReport, RunRetry};

/// What was put back.
pub(crate) fn retry_text(report: &RetryReport) -> String {
    let mut text: String = report.runs.iter().map(|run| run_text(run, report.dry_run)).collect();
    if report.runs.len() > 1 {
        let of = counted(report.matched, "dead letter");
        let verb = if report.dry_run { "would be put back" } else { "were put back" };
        text = format!("{text}{} of {of} {verb}\n", thousands(report.retried));
    }
    if report.matched == 0 {
        text.push_str("no dead letter matched\n");
    }
    text
}

fn run_text(run: &RunRetry, dry_run: bool) -> String {
    let name = &run.run_id;
    if let Some(refusal) = &run.refused {
        let letters = counted(run.matched, "dead letter");
        let reason = match refusal {
            Refusal::UnknownRun => "this database does not know the run".to_owned(),
            Refusal::Cancelled => "the run was cancelled; a new run tries its documents anew".to_owned(),
            Refusal::Superseded { by } => {
                format!("run {by} has begun after it, and tries its documents anew")
            }
        };
        return format!("{}\n", wrapped(&format!("run {name}: {letters} stay where they are: {reason}"), 2));
    }
    let documents = counted(run.retried, "document");
    let reopened = match (run.reopened, dry_run) {
        (false, _) => "",
        (true, false) => "; the run is active again",
        (true, true) => "; the run would be active again",
    };
    let done = if dry_run { "would go back into the queue" } else { "back in the queue" };
    format!("{}\n", wrapped(&format!("run {name}: {documents} {done}{reopened}"), 2))
}

/// What was removed.
pub(crate) fn purge_text(purged: &Purged) -> String {
    let letters = counted(purged.purged, "dead letter");
    let verb = if purged.dry_run { "would be removed" } else { "removed" };
    format!("{letters} older than {} {verb}\n", counted(purged.older_than_days.into(), "day"))
}

/// What was done in a round of maintenance.
pub(crate) fn maintenance_text(done: &Maintenance) -> String {
    let put_back = counted(done.retry.retried, "document");
    let verb = if done.retry.dry_run { "would be tried once more" } else { "tried once more" };
    format!(
        "{put_back} with transient failures {verb}\n{}{} left\n",
        purge_text(&done.purge),
        counted(done.remaining, "dead letter")
    )
}
