//! What the pipeline does to the database, each step one transaction.

use crate::PipelineError;
use crate::ended::{ClaimedDocument, CommitReport, Discovered, Ended};
use crate::relating::{SHARD_SIZE, shard};
use crate::store::{
    CommitStore, CopyStore, DiscoveryBatch, DiscoveryStore, PlanningStore, RelatingStore, SweepStore,
};
use crate::tally::{count, tally_of_bytes, tally_of_graph};
use async_trait::async_trait;
use gdg_model::{DocumentRef, Format, RunId, SourceName, Stamp, WorkerId};
use gdg_queue::sqlite as queue;
use gdg_queue::{DeadLetter, Disposition, Fence, NewDocument, Priority, QueueDepth, Reclaimed, RetryPolicy};
use gdg_storage::sqlite as storage;
use gdg_storage::{
    Alert, ComparableDocument, DependencyPage, DocumentHeader, KnownDocument, ListingProgress,
    MeaningCounters, Outcome, RelatingTerms, Run, RunCounters, RunStatus, StoredCopy, StoredVector,
    SweepProgress, Tally, VanishedPage,
};
use rusqlite::{Connection, TransactionBehavior};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many locators of what a listing could not read are shown.
const MAX_LISTING_PROBLEMS: u32 = 100;

/// The queue and the graph in one `SQLite` database. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteBackend {
    connection: tokio_rusqlite::Connection,
    policy: RetryPolicy,
    worker: WorkerId,
    /// Sources whose links are followed as their documents are stored: those whose listing is done.
    /// Read and written on the connection's thread, so that it changes between transactions.
    following: Arc<Mutex<HashSet<SourceName>>>,
}

impl SqliteBackend {
    /// A backend on a database that [`open`](super::open) opened, for `worker`.
    pub fn new(connection: Connection, policy: RetryPolicy, worker: WorkerId) -> Self {
        Self { connection: connection.into(), policy, worker, following: Arc::default() }
    }

    /// Runs `operation` in a write transaction, on the database's own thread.
    /// Dropping the future does not stop the transaction.
    async fn transact<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, PipelineError> + Send + 'static,
    ) -> Result<T, PipelineError> {
        let outcome = self
            .connection
            .call(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let outcome = operation(&transaction)?;
                transaction.commit()?;
                Ok::<_, PipelineError>(outcome)
            })
            .await?;
        Ok(outcome)
    }

    /// Runs `operation` on the database's own thread, without a transaction of its own.
    async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, PipelineError> + Send + 'static,
    ) -> Result<T, PipelineError> {
        Ok(self.connection.call(move |connection| operation(connection)).await?)
    }

    /// The unfinished run of this work, or its next generation.
    pub async fn resume_or_start_run(
        &self,
        fingerprint: String,
        config_snapshot: String,
    ) -> Result<Run, PipelineError> {
        self.transact(move |transaction| {
            Ok(storage::resume_or_start_run(transaction, &fingerprint, &config_snapshot)?)
        })
        .await
    }

    /// Moves a run on.
    pub async fn set_run_status(&self, run: &RunId, status: RunStatus) -> Result<bool, PipelineError> {
        let run = run.clone();
        self.transact(move |transaction| Ok(storage::set_run_status(transaction, &run, status)?)).await
    }

    /// Claims up to `limit` documents, with what is remembered of them.
    pub async fn claim(&self, run: &RunId, limit: u32) -> Result<Vec<ClaimedDocument>, PipelineError> {
        let (run, worker) = (run.clone(), self.worker.clone());
        self.transact(move |transaction| {
            let mut claimed = Vec::with_capacity(limit as usize);
            for claim in queue::claim(transaction, &run, &worker, limit)? {
                let known = storage::find_known(transaction, &claim.document().doc_id)?;
                claimed.push(ClaimedDocument {
                    fence: claim.fence(),
                    document: claim.document().clone(),
                    known,
                });
                // From here the fence is what stands for the claim: the transaction may yet roll back.
                claim.settle();
            }
            Ok(claimed)
        })
        .await
    }

    /// Says that this worker is alive and works on `fences`. Returns those that are no longer its.
    pub async fn heartbeat(&self, fences: Vec<Fence>) -> Result<Vec<Fence>, PipelineError> {
        self.transact(move |transaction| {
            let mut lost = Vec::new();
            for fence in fences {
                if !queue::heartbeat(transaction, fence)? {
                    lost.push(fence);
                }
            }
            Ok(lost)
        })
        .await
    }

    /// Leaves a sample of the worker, which has `in_hand` documents claimed, and of the run; one a minute is kept.
    pub async fn sample(&self, run: &RunId, in_hand: usize) -> Result<(), PipelineError> {
        let (worker, run) = (self.worker.clone(), run.clone());
        self.transact(move |transaction| Ok(super::samples::take(transaction, &worker, &run, in_hand)?)).await
    }

    /// Gives claims back untouched.
    pub async fn release(&self, fences: Vec<Fence>) -> Result<(), PipelineError> {
        self.transact(move |transaction| {
            for fence in fences {
                queue::release(transaction, fence)?;
            }
            Ok(())
        })
        .await
    }

    /// Takes back what an earlier process held when it died: the lock on the database says that nobody else works on it.
    pub async fn reclaim_all(&self, run: &RunId) -> Result<Reclaimed, PipelineError> {
        let (run, worker) = (run.clone(), self.worker.clone());
        self.transact(move |transaction| {
            let reclaimed = queue::reclaim(transaction, &run, Duration::ZERO)?;
            let mut counters = RunCounters::default();
            for letter in &reclaimed.dead {
                count(&mut counters, &letter.source_name, Outcome::Failed, None, &tally_of_bytes(0));
            }
            storage::add_counters(transaction, &run, &worker, &counters)?;
            Ok(reclaimed)
        })
        .await
    }

    /// How many documents of a run are in the queue.
    pub async fn depth(&self, run: &RunId) -> Result<QueueDepth, PipelineError> {
        let run = run.clone();
        self.read(move |connection| Ok(queue::depth(connection, &run)?)).await
    }

    /// What a run did so far.
    pub async fn counters(&self, run: &RunId) -> Result<RunCounters, PipelineError> {
        let run = run.clone();
        self.read(move |connection| Ok(storage::counters(connection, &run)?)).await
    }

    /// Documents that a run gave up, the latest first.
    pub async fn dead_letters(&self, run: &RunId, limit: u32) -> Result<Vec<DeadLetter>, PipelineError> {
        let run = run.clone();
        self.read(move |connection| Ok(queue::dead_letters(connection, &run, limit)?)).await
    }

    /// What the listings of a run could not read, each with the reason.
    pub async fn listing_problems(&self, run: &RunId) -> Result<Vec<(String, String)>, PipelineError> {
        let run = run.clone();
        self.read(move |connection| Ok(storage::listing_problems(connection, &run, MAX_LISTING_PROBLEMS)?))
            .await
    }

    /// How many vanished documents a run removed, and what a person should look at.
    pub async fn aftermath(&self, run: &RunId) -> Result<(u64, Vec<Alert>), PipelineError> {
        let run = run.clone();
        self.read(move |connection| {
            Ok((storage::vanished_count(connection, &run)?, storage::alerts(connection, &run)?))
        })
        .await
    }

    /// What a run embedded and related so far.
    pub async fn meaning(&self, run: &RunId) -> Result<MeaningCounters, PipelineError> {
        let run = run.clone();
        self.read(move |connection| Ok(storage::meaning_counters(connection, &run)?)).await
    }

    /// Closes the database, and folds its write-ahead log into it.
    pub async fn close(self) -> Result<(), PipelineError> {
        self.connection.close().await.map_err(|error| match error {
            tokio_rusqlite::Error::Close((_, error)) | tokio_rusqlite::Error::Error(error) => error.into(),
            _ => PipelineError::Closed,
        })
    }
}

#[async_trait]
impl DiscoveryStore for SqliteBackend {
    async fn listing_progress(
        &self,
        run: &RunId,
        source: &SourceName,
    ) -> Result<ListingProgress, PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.read(move |connection| Ok(storage::listing_progress(connection, &run, &source)?)).await
    }

    async fn discover(&self, run: &RunId, batch: DiscoveryBatch) -> Result<Discovered, PipelineError> {
        let (run, worker) = (run.clone(), self.worker.clone());
        self.transact(move |transaction| discover(transaction, &run, &worker, batch)).await
    }

    async fn begin_following(&self, _run: &RunId, source: &SourceName) -> Result<(), PipelineError> {
        let (source, following) = (source.clone(), Arc::clone(&self.following));
        self.read(move |_| {
            following.lock().unwrap_or_else(PoisonError::into_inner).insert(source);
            Ok(())
        })
        .await
    }

    async fn open_dependencies(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
    ) -> Result<DependencyPage, PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.read(move |connection| Ok(storage::open_dependencies(connection, &run, &source, after, limit)?))
            .await
    }

    async fn enqueue_linked(&self, run: &RunId, documents: Vec<DocumentRef>) -> Result<u64, PipelineError> {
        let run = run.clone();
        self.transact(move |transaction| enqueue_linked(transaction, &run, documents)).await
    }

    async fn finish_listing(&self, run: &RunId, source: &SourceName) -> Result<(), PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.transact(move |transaction| Ok(storage::finish_listing(transaction, &run, &source)?)).await
    }
}

#[async_trait]
impl SweepStore for SqliteBackend {
    async fn sweep_progress(&self, run: &RunId, source: &SourceName) -> Result<SweepProgress, PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.read(move |connection| Ok(storage::sweep_progress(connection, &run, &source)?)).await
    }

    async fn has_lost_links(&self, run: &RunId, source: &SourceName) -> Result<bool, PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.read(move |connection| Ok(storage::has_lost_links(connection, &run, &source)?)).await
    }

    async fn vanished_documents(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
        lost_links: bool,
    ) -> Result<VanishedPage, PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.read(move |connection| {
            Ok(storage::vanished_documents(connection, &run, &source, after, limit, lost_links)?)
        })
        .await
    }

    async fn bury(
        &self,
        run: &RunId,
        source: &SourceName,
        numbers: Vec<i64>,
        to: i64,
    ) -> Result<u64, PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.transact(move |transaction| {
            for number in &numbers {
                storage::bury_document(transaction, &run, *number)?;
            }
            storage::advance_sweep(transaction, &run, &source, Some(to))?;
            Ok(numbers.len() as u64)
        })
        .await
    }

    async fn finish_sweep(
        &self,
        run: &RunId,
        source: &SourceName,
        alert: Option<Alert>,
    ) -> Result<(), PipelineError> {
        let (run, source) = (run.clone(), source.clone());
        self.transact(move |transaction| {
            if let Some(alert) = &alert {
                storage::raise_alert(transaction, &run, alert)?;
            }
            Ok(storage::advance_sweep(transaction, &run, &source, None)?)
        })
        .await
    }
}

#[async_trait]
impl RelatingStore for SqliteBackend {
    async fn load_vectors(
        &self,
        model: &str,
        after: (i64, u32, u32),
        limit: u32,
    ) -> Result<Vec<StoredVector>, PipelineError> {
        let model = model.to_owned();
        self.read(move |connection| Ok(storage::load_vectors(connection, &model, after, limit)?)).await
    }

    async fn comparable_documents(
        &self,
        terms: &RelatingTerms,
        after: i64,
        limit: u32,
    ) -> Result<Vec<ComparableDocument>, PipelineError> {
        let terms = terms.clone();
        self.read(move |connection| Ok(storage::comparable_documents(connection, &terms, after, limit)?))
            .await
    }

    async fn due_documents(
        &self,
        terms: &RelatingTerms,
        range: (i64, i64),
    ) -> Result<Vec<i64>, PipelineError> {
        let terms = terms.clone();
        self.read(move |connection| Ok(storage::due_documents(connection, &terms, range)?)).await
    }
}

#[async_trait]
impl PlanningStore for SqliteBackend {
    async fn unrelate_from_changed(&self, run: &RunId) -> Result<(), PipelineError> {
        let run = run.clone();
        self.transact(move |transaction| Ok(storage::unrelate_from_changed(transaction, &run)?)).await
    }

    async fn plan_shards(&self, run: &RunId, terms: &RelatingTerms) -> Result<u64, PipelineError> {
        let (run, terms) = (run.clone(), terms.clone());
        self.transact(move |transaction| {
            let ranges = storage::plan_relating(transaction, &terms, SHARD_SIZE)?;
            let shards = ranges
                .into_iter()
                .map(|range| NewDocument { document: shard(range), priority: Priority::Normal });
            Ok(queue::enqueue(transaction, &run, &shards.collect::<Vec<_>>())?)
        })
        .await
    }
}

#[async_trait]
impl CopyStore for SqliteBackend {
    async fn find_copy(
        &self,
        header: &DocumentHeader,
        format: Format,
    ) -> Result<Option<StoredCopy>, PipelineError> {
        let header = header.clone();
        self.read(move |connection| Ok(storage::find_copy(connection, &header, format)?)).await
    }
}

#[async_trait]
impl CommitStore for SqliteBackend {
    async fn commit(&self, run: &RunId, ended: Arc<Vec<Ended>>) -> Result<CommitReport, PipelineError> {
        let (run, worker, policy) = (run.clone(), self.worker.clone(), self.policy.clone());
        let following = Arc::clone(&self.following);
        self.transact(move |transaction| {
            let following = following.lock().unwrap_or_else(PoisonError::into_inner);
            let mut commit =
                Commit { transaction, run: &run, policy: &policy, report: CommitReport::default() };
            for document in ended.iter() {
                commit.end(document, &following)?;
            }
            storage::add_counters(transaction, &run, &worker, &commit.report.counters)?;
            storage::add_meaning_counters(transaction, &run, &worker, &commit.report.meaning)?;
            Ok(commit.report)
        })
        .await
    }
}

fn discover(
    transaction: &Connection,
    run: &RunId,
    worker: &WorkerId,
    batch: DiscoveryBatch,
) -> Result<Discovered, PipelineError> {
    let DiscoveryBatch { source, documents, problems, cursor, parse_fingerprint } = batch;
    let listed = documents.len() as u64;
    let mut counters = RunCounters::default();
    let mut changed = Vec::with_capacity(documents.len());
    for document in documents {
        match storage::find_known(transaction, &document.doc_id)? {
            Some(known) if known.seen_by_run == run.as_str() => {}
            Some(known) if is_unchanged(&known, &document.stamp, &parse_fingerprint) => {
                storage::mark_seen(transaction, run, &document.doc_id, &document.stamp)?;
                queue::forget_dead_letters(transaction, &document.doc_id)?;
                count(&mut counters, &source, Outcome::Unchanged, known.format, &tally_of_bytes(known.size));
            }
            _ => changed.push(NewDocument { document, priority: Priority::Normal }),
        }
    }
    let enqueued = queue::enqueue(transaction, run, &changed)?;
    for problem in problems {
        storage::record_listing_problem(transaction, run, &source, &problem)?;
    }
    storage::advance_listing(transaction, run, &source, &cursor, listed)?;
    storage::add_counters(transaction, run, worker, &counters)?;
    Ok(Discovered { listed, enqueued, unchanged: counters.total().documents })
}

/// Whether a document is as it was when it was last handled, with the same parsing configuration.
pub(crate) fn is_unchanged(known: &KnownDocument, stamp: &Stamp, parse_fingerprint: &str) -> bool {
    known.parse_fingerprint == parse_fingerprint && stamp.proves_unchanged_since(&known.stamp)
}

fn enqueue_linked(
    transaction: &Connection,
    run: &RunId,
    documents: Vec<DocumentRef>,
) -> Result<u64, PipelineError> {
    let mut unseen = Vec::with_capacity(documents.len());
    for document in documents {
        if !storage::is_seen(transaction, run, &document.doc_id)? {
            unseen.push(NewDocument { document, priority: Priority::Normal });
        }
    }
    Ok(queue::enqueue(transaction, run, &unseen)?)
}

/// A transaction that ends claims.
struct Commit<'a> {
    transaction: &'a Connection,
    run: &'a RunId,
    policy: &'a RetryPolicy,
    report: CommitReport,
}

impl Commit<'_> {
    fn end(&mut self, ended: &Ended, following: &HashSet<SourceName>) -> Result<(), PipelineError> {
        if let Ended::Failed { failure, document, format, size } = ended {
            let disposition = queue::fail(self.transaction, failure, self.policy)?;
            match disposition {
                Disposition::Refused => self.report.refused += 1,
                Disposition::Retried(_) => self.report.retried += 1,
                Disposition::Dead => {
                    self.count(&document.source_name, Outcome::Failed, *format, &tally_of_bytes(*size));
                }
            }
            self.report.failures.push((document.doc_id.clone(), failure.clone(), disposition));
            return Ok(());
        }
        // The fence comes first: nothing below happens for a claim that is no longer ours.
        if !queue::end_claim(self.transaction, ended.fence())? {
            self.report.refused += 1;
            return Ok(());
        }
        match ended {
            Ended::Stored { graph, .. } => {
                let document = &graph.header().document;
                storage::store_document(self.transaction, self.run, graph)?;
                self.report.meaning.add_document(graph.vectors());
                self.follow(graph.dependencies(), following)?;
                self.count(
                    &document.source_name,
                    Outcome::Stored,
                    Some(graph.format()),
                    &tally_of_graph(graph),
                );
            }
            Ended::Unchanged { document, format, size, .. } => {
                storage::mark_seen(self.transaction, self.run, &document.doc_id, &document.stamp)?;
                let links = storage::dependencies_of(self.transaction, &document.doc_id)?;
                self.follow(&links, following)?;
                self.count(&document.source_name, Outcome::Unchanged, *format, &tally_of_bytes(*size));
            }
            Ended::Related { terms, findings, .. } => {
                storage::store_findings(self.transaction, terms, findings)?;
                self.report.meaning.add_findings(findings);
                self.report.shards += 1;
            }
            Ended::Skipped { header, .. } => {
                storage::store_skipped(self.transaction, self.run, header)?;
                self.count(
                    &header.document.source_name,
                    Outcome::Skipped,
                    None,
                    &tally_of_bytes(header.size),
                );
            }
            Ended::Vanished { .. } => self.report.vanished += 1,
            Ended::Failed { .. } => {}
        }
        Ok(())
    }

    /// Enqueues the targets of links, those in sources whose links are followed by now.
    fn follow<'d>(
        &mut self,
        targets: impl IntoIterator<Item = &'d DocumentRef>,
        following: &HashSet<SourceName>,
    ) -> Result<(), PipelineError> {
        let targets = targets.into_iter().filter(|target| following.contains(&target.source_name));
        let targets = targets.cloned().collect();
        self.report.followed += enqueue_linked(self.transaction, self.run, targets)?;
        Ok(())
    }

    fn count(&mut self, source: &SourceName, outcome: Outcome, format: Option<Format>, tally: &Tally) {
        count(&mut self.report.counters, source, outcome, format, tally);
    }
}
