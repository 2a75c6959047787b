//! What the leader alone may write: every transaction checks its epoch first.

use super::database::{enqueue, enqueue_unhandled};
use super::following::wait_for_workers;
use crate::PipelineError;
use crate::ended::Discovered;
use crate::relating::{SHARD_SIZE, shard};
use crate::sqlite::is_unchanged;
use crate::store::{DiscoveryBatch, DiscoveryStore, PlanningStore, SweepStore};
use crate::tally::{count, tally_of_bytes};
use async_trait::async_trait;
use gdg_election::Leadership;
use gdg_model::{DocId, DocumentRef, RunId, SourceName, Stamp, WorkerId};
use gdg_postgres::{Postgres, Transaction};
use gdg_queue::postgres as queue;
use gdg_storage::postgres as storage;
use gdg_storage::{
    Alert, DependencyPage, ListingProgress, Outcome, RelatingTerms, RunCounters, SweepProgress, VanishedPage,
};

/// Documents that are looked at in one transaction for relationships that lead to them.
const UNRELATED_AT_ONCE: u32 = 1_000;

/// The database in the hands of a leader.
#[derive(Debug, Clone)]
pub(crate) struct LeaderStore {
    pub(crate) postgres: Postgres,
    pub(crate) leadership: Leadership,
    pub(crate) worker: WorkerId,
}

impl LeaderStore {
    /// Begins a transaction in which this worker leads until it ends: nobody
    /// can take the lease over before. Fails with
    /// [`PipelineError::NotLeading`] when someone else has.
    pub(crate) async fn begin(&self) -> Result<Transaction, PipelineError> {
        let transaction = self.postgres.begin().await?;
        match self.leadership.fence(&transaction).await {
            Ok(true) => Ok(transaction),
            Ok(false) => {
                transaction.rollback().await?;
                tracing::warn!(epoch = self.epoch(), "a leader's write was refused: another leads by now");
                Err(PipelineError::NotLeading)
            }
            Err(error) => transaction.end(Err(error.into())).await,
        }
    }

    pub(crate) fn epoch(&self) -> i64 {
        self.leadership.epoch.0
    }
}

#[async_trait]
impl DiscoveryStore for LeaderStore {
    async fn listing_progress(
        &self,
        run: &RunId,
        source: &SourceName,
    ) -> Result<ListingProgress, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::listing_progress(&transaction, run, source).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn discover(&self, run: &RunId, batch: DiscoveryBatch) -> Result<Discovered, PipelineError> {
        let transaction = self.begin().await?;
        let outcome = self.discover_in(&transaction, run, batch).await;
        transaction.end(outcome).await
    }

    async fn begin_following(&self, run: &RunId, source: &SourceName) -> Result<(), PipelineError> {
        let transaction = self.begin().await?;
        let outcome = async {
            wait_for_workers(&transaction, run).await?;
            storage::begin_following(&transaction, run, source, self.epoch()).await?;
            Ok::<_, PipelineError>(())
        };
        let outcome = outcome.await;
        transaction.end(outcome).await
    }

    async fn open_dependencies(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
    ) -> Result<DependencyPage, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::open_dependencies(&transaction, run, source, after, limit).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn enqueue_linked(&self, run: &RunId, documents: Vec<DocumentRef>) -> Result<u64, PipelineError> {
        let transaction = self.begin().await?;
        let outcome = async {
            let added = enqueue_unhandled(&transaction, run, documents).await?;
            storage::record_progress(&transaction, run, &self.worker, added, 0).await?;
            Ok::<_, PipelineError>(added)
        };
        let outcome = outcome.await;
        transaction.end(outcome).await
    }

    async fn finish_listing(&self, run: &RunId, source: &SourceName) -> Result<(), PipelineError> {
        let transaction = self.begin().await?;
        let outcome = storage::finish_listing(&transaction, run, source, self.epoch()).await;
        Ok(transaction.end(outcome).await?)
    }
}

#[async_trait]
impl SweepStore for LeaderStore {
    async fn sweep_progress(&self, run: &RunId, source: &SourceName) -> Result<SweepProgress, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::sweep_progress(&transaction, run, source).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn has_lost_links(&self, run: &RunId, source: &SourceName) -> Result<bool, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::has_lost_links(&transaction, run, source).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn vanished_documents(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
        lost_links: bool,
    ) -> Result<VanishedPage, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::vanished_documents(&transaction, run, source, after, limit, lost_links).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn bury(
        &self,
        run: &RunId,
        source: &SourceName,
        numbers: Vec<i64>,
        to: i64,
    ) -> Result<u64, PipelineError> {
        let transaction = self.begin().await?;
        let outcome = async {
            let buried = storage::bury_documents(&transaction, run, &numbers).await?;
            storage::advance_sweep(&transaction, run, source, Some(to), self.epoch()).await?;
            Ok::<_, PipelineError>(buried)
        };
        let outcome = outcome.await;
        transaction.end(outcome).await
    }

    async fn finish_sweep(
        &self,
        run: &RunId,
        source: &SourceName,
        alert: Option<Alert>,
    ) -> Result<(), PipelineError> {
        let transaction = self.begin().await?;
        let outcome = async {
            if let Some(alert) = &alert {
                storage::raise_alert(&transaction, run, alert).await?;
            }
            storage::advance_sweep(&transaction, run, source, None, self.epoch()).await?;
            Ok::<_, PipelineError>(())
        };
        let outcome = outcome.await;
        transaction.end(outcome).await
    }
}

#[async_trait]
impl PlanningStore for LeaderStore {
    async fn unrelate_from_changed(&self, run: &RunId) -> Result<(), PipelineError> {
        let mut after = Some(0);
        while let Some(number) = after {
            let transaction = self.begin().await?;
            let outcome = storage::unrelate_from_changed(&transaction, run, number, UNRELATED_AT_ONCE).await;
            after = transaction.end(outcome).await?;
        }
        let mut after = Some(Vec::new());
        while let Some(key) = after {
            let transaction = self.begin().await?;
            let outcome = storage::unrelate_from_removed(&transaction, run, &key, UNRELATED_AT_ONCE).await;
            after = transaction.end(outcome).await?;
        }
        Ok(())
    }

    async fn plan_shards(&self, run: &RunId, terms: &RelatingTerms) -> Result<u64, PipelineError> {
        let transaction = self.begin().await?;
        let outcome = async {
            let ranges = storage::plan_relating(&transaction, terms, SHARD_SIZE).await?;
            let added = enqueue(&transaction, run, ranges.into_iter().map(shard).collect()).await?;
            storage::record_progress(&transaction, run, &self.worker, added, 0).await?;
            Ok::<_, PipelineError>(added)
        };
        let outcome = outcome.await;
        transaction.end(outcome).await
    }
}

impl LeaderStore {
    async fn discover_in(
        &self,
        transaction: &Transaction,
        run: &RunId,
        batch: DiscoveryBatch,
    ) -> Result<Discovered, PipelineError> {
        let DiscoveryBatch { source, documents, problems, cursor, parse_fingerprint } = batch;
        let listed = documents.len() as u64;
        let doc_ids: Vec<DocId> = documents.iter().map(|document| document.doc_id.clone()).collect();
        let known = storage::find_known(transaction, &doc_ids).await?;
        let mut counters = RunCounters::default();
        let mut unchanged: Vec<(DocId, Stamp)> = Vec::new();
        let mut changed = Vec::with_capacity(documents.len());
        for document in documents {
            match known.get(&document.doc_id) {
                Some(known) if known.seen_by_run == run.as_str() => {}
                Some(known) if is_unchanged(known, &document.stamp, &parse_fingerprint) => {
                    let tally = tally_of_bytes(known.size);
                    count(&mut counters, &source, Outcome::Unchanged, known.format, &tally);
                    unchanged.push((document.doc_id, document.stamp));
                }
                _ => changed.push(document),
            }
        }
        storage::mark_seen(transaction, run, &unchanged).await?;
        let well: Vec<DocId> = unchanged.into_iter().map(|(doc_id, _)| doc_id).collect();
        queue::forget_dead_letters(transaction, &well).await?;
        let enqueued = enqueue(transaction, run, changed).await?;
        storage::record_listing_problems(transaction, run, &source, &problems).await?;
        storage::advance_listing(transaction, run, &source, &cursor, listed, self.epoch()).await?;
        storage::add_counters(transaction, run, &self.worker, &counters).await?;
        storage::record_progress(transaction, run, &self.worker, enqueued, 0).await?;
        Ok(Discovered { listed, enqueued, unchanged: counters.total().documents })
    }
}
