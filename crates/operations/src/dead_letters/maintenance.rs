//! What is done regularly: old letters removed, and what may have passed by itself tried once more.

use super::{DeadLetterError, DeadLetters, Filter, RetryReport, Timestamp};
use gdg_model::ErrorClass;
use serde::Serialize;
use std::time::Duration;

/// Letters that are removed in one transaction.
const PURGE_BATCH: u32 = 10_000;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// Whether nothing was done: `purged` is what would be.
    pub dry_run: bool,
    /// The age in days that letters had to have.
    pub older_than_days: u32,
    /// How many letters.
    pub purged: u64,
}

/// What was done in a round of maintenance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Maintenance {
    /// When, by the database's clock.
    pub at: Timestamp,
    /// What was put back: transient failures that had never been put back, after the cool-down.
    pub retry: RetryReport,
    /// What was removed.
    pub purge: Purged,
    /// What is left.
    pub remaining: u64,
}

impl DeadLetters {
    /// Removes the letters among those that `filter` means which died more than `days` days ago, except those of runs
    /// that go on: for these, a document that is no letter has vanished.
    pub async fn purge(&self, filter: &Filter, days: u32, dry_run: bool) -> Result<Purged, DeadLetterError> {
        let oldest = self.store.now().await?.before(DAY * days);
        let until = filter.until.map_or(oldest, |until| until.min(oldest));
        let filter = Filter { until: Some(until), ..filter.clone() };
        let mut purged = 0;
        if dry_run {
            purged = self.store.count_removable(&filter).await?;
        } else {
            loop {
                let removed = self.store.remove(&filter, PURGE_BATCH).await?;
                purged += removed;
                if removed == 0 {
                    break;
                }
            }
        }
        Ok(Purged { dry_run, older_than_days: days, purged })
    }

    /// Does what is to be done regularly: puts transient failures back once, `cool_down` after they died, and removes
    /// what is older than `days` days.
    pub async fn maintain(
        &self,
        cool_down: Duration,
        days: u32,
        dry_run: bool,
    ) -> Result<Maintenance, DeadLetterError> {
        let at = self.store.now().await?;
        let transient = Filter {
            class: Some(ErrorClass::Transient),
            until: Some(at.before(cool_down)),
            never_revived: true,
            ..Filter::default()
        };
        let retry = self.retry(&transient, dry_run).await?;
        let purge = self.purge(&Filter::default(), days, dry_run).await?;
        let remaining = self.store.plan(&Filter::default()).await?.iter().map(|run| run.matched).sum();
        Ok(Maintenance { at, retry, purge, remaining })
    }
}
