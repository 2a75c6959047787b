//! What is asked of a database that holds dead letters.

use super::analysis::{Dimension, GroupRow, ShareRow};
use super::retry::{Batch, Revived, RunPlan};
use super::{DeadLetterError, Filter, Letter, Timestamp};
use async_trait::async_trait;
use gdg_model::RunId;
use std::fmt::Debug;

/// Which letters of those that a filter means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Page {
    /// The latest first, behind this one.
    LatestFirst { after: Option<i64> },
    /// In the order in which they died, behind this one.
    OldestFirst { after: i64 },
}

/// A database that holds dead letters. Every method is one transaction.
#[async_trait]
pub(super) trait LetterStore: Debug + Send + Sync {
    /// The time, by the database's clock.
    async fn now(&self) -> Result<Timestamp, DeadLetterError>;

    /// The run that began last.
    async fn latest_run(&self) -> Result<Option<RunId>, DeadLetterError>;

    /// Some of the runs whose ids begin with `prefix`, that one first which is it.
    async fn runs_named(&self, prefix: &str) -> Result<Vec<RunId>, DeadLetterError>;

    /// At most `limit` letters.
    async fn page(&self, filter: &Filter, page: Page, limit: u32) -> Result<Vec<Letter>, DeadLetterError>;

    /// At most `limit` letters without a fingerprint: their ids and messages.
    async fn without_fingerprint(&self, limit: u32) -> Result<Vec<(i64, String)>, DeadLetterError>;

    /// Gives letters their fingerprints.
    async fn set_fingerprints(&self, fingerprints: Vec<(i64, String)>) -> Result<(), DeadLetterError>;

    /// The letters by fingerprint and class, the most first.
    async fn groups(&self, filter: &Filter, limit: u32) -> Result<Vec<GroupRow>, DeadLetterError>;

    /// The letters along one dimension.
    async fn shares(
        &self,
        filter: &Filter,
        dimension: Dimension,
        limit: u32,
    ) -> Result<Vec<ShareRow>, DeadLetterError>;

    /// The runs whose letters are meant, and what is to be known before these are put back.
    async fn plan(&self, filter: &Filter) -> Result<Vec<RunPlan>, DeadLetterError>;

    /// Puts a part of a run's letters back into its queue, and makes the run active again.
    async fn revive(&self, filter: &Filter, batch: &Batch) -> Result<Revived, DeadLetterError>;

    /// How many letters are meant that may be removed: those of runs that go on may not.
    async fn count_removable(&self, filter: &Filter) -> Result<u64, DeadLetterError>;

    /// Removes at most `limit` of these. Returns how many.
    async fn remove(&self, filter: &Filter, limit: u32) -> Result<u64, DeadLetterError>;

    /// Takes letters in, but for those whose documents are in the same run's queue, dead letters or graph.
    /// Returns how many.
    async fn insert(&self, letters: Vec<Letter>) -> Result<u64, DeadLetterError>;
}
