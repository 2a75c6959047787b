//! What a worker does to `PostgreSQL`, each step one transaction.
//!
//! Here the queue and the graph meet: a group of documents is stored, the
//! documents they link to are enqueued and their claims are ended in one
//! transaction that first checks the claims' fences.

use super::following::Following;
use super::notices;
use crate::PipelineError;
use crate::ended::{ClaimedDocument, CommitReport, Ended};
use crate::store::{CommitStore, CopyStore, RelatingStore};
use crate::tally::{count, tally_of_bytes, tally_of_graph};
use async_trait::async_trait;
use gdg_model::{DocId, DocumentRef, Format, RunId, SourceName, Stamp, WorkerId};
use gdg_postgres::{Postgres, Transaction};
use gdg_queue::postgres::{self as queue, Cursors};
use gdg_queue::{Claim, DeadLetter, Disposition, Failure, Fence, NewDocument, Priority, RetryPolicy};
use gdg_storage::postgres as storage;
use gdg_storage::{
    Alert, ComparableDocument, DocumentHeader, Findings, GraphDocument, KnownDocument, LatestRun,
    MeaningCounters, Outcome, RelatingTerms, RunCounters, RunStatus, StoredCopy, StoredVector,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The queue and the graph in one `PostgreSQL` database, as one worker uses them in one run.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) postgres: Postgres,
    pub(crate) worker: WorkerId,
    policy: RetryPolicy,
    cursors: Cursors,
    following: Following,
}

impl Database {
    pub(crate) fn new(postgres: Postgres, policy: RetryPolicy, worker: WorkerId) -> Self {
        Self { postgres, worker, policy, cursors: Cursors::default(), following: Following::default() }
    }

    /// Claims up to `limit` documents.
    pub(crate) async fn claim(&self, run: &RunId, limit: u32) -> Result<Vec<Claim>, PipelineError> {
        Ok(self.cursors.claim(&self.postgres, run, &self.worker, limit).await?)
    }

    /// What is remembered of documents.
    pub(crate) async fn find_known(
        &self,
        doc_ids: &[DocId],
    ) -> Result<HashMap<DocId, KnownDocument>, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::find_known(&transaction, doc_ids).await;
        Ok(transaction.end(outcome).await?)
    }

    /// Says that this worker is alive and works on `fences`. Returns those that are no longer its.
    pub(crate) async fn heartbeat(&self, fences: &[Fence]) -> Result<Vec<Fence>, PipelineError> {
        if fences.is_empty() {
            return Ok(Vec::new());
        }
        let transaction = self.postgres.begin().await?;
        let outcome = queue::heartbeat(&transaction, fences).await;
        Ok(transaction.end(outcome).await?)
    }

    /// Gives claims back untouched.
    pub(crate) async fn release(&self, run: &RunId, fences: &[Fence]) -> Result<(), PipelineError> {
        if fences.is_empty() {
            return Ok(());
        }
        let transaction = self.postgres.begin().await?;
        let outcome = queue::release(&transaction, run, fences).await;
        let refused = transaction.end(outcome).await?;
        tracing::debug!(released = fences.len() - refused.len(), "claims were given back");
        Ok(())
    }

    /// Takes back what an earlier process of this worker's name held in the run.
    pub(crate) async fn reclaim_own(&self, run: &RunId) -> Result<(), PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = async {
            let reclaimed = queue::reclaim_from(&transaction, run, &self.worker).await?;
            count_given_up(&transaction, run, &self.worker, &reclaimed.dead).await?;
            Ok::<_, PipelineError>(reclaimed.returned)
        };
        let returned = outcome.await;
        let returned = transaction.end(returned).await?;
        if returned > 0 {
            tracing::info!(
                returned,
                "documents that an earlier process of this name held are claimable again"
            );
        }
        Ok(())
    }

    /// Asks whoever leads to begin a generation without waiting until it is time to look at the sources again.
    pub(crate) async fn request_run(&self, fingerprint: &str, generation: u32) -> Result<(), PipelineError> {
        let generation = generation.cast_signed();
        let transaction = self.postgres.begin().await?;
        let outcome = async {
            let parameters: [gdg_postgres::Parameter<'_>; 2] =
                [(&fingerprint, gdg_postgres::Type::TEXT), (&generation, gdg_postgres::Type::INT4)];
            transaction.execute(include_str!("sql/request_run.sql"), &parameters).await?;
            let asked = RunId::of_generation(fingerprint, generation.cast_unsigned());
            transaction.notify(notices::RUN_CHANNEL, &notices::request_payload(&asked)).await?;
            Ok::<_, PipelineError>(())
        };
        let outcome = outcome.await;
        transaction.end(outcome).await
    }

    /// What a run did so far, what it gave up and what its listings could not
    /// read, at most `limit` of each, and how many documents are left in its queue.
    pub(crate) async fn report(&self, run: &RunId, limit: u32) -> Result<RunReport, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = async {
            let progress = storage::progress(&transaction, run).await?;
            Ok::<_, PipelineError>(RunReport {
                counters: storage::counters(&transaction, run).await?,
                meaning: storage::meaning_counters(&transaction, run).await?,
                dead_letters: queue::dead_letters(&transaction, run, limit).await?,
                listing_problems: storage::listing_problems(&transaction, run, limit).await?,
                vanished: storage::vanished_count(&transaction, run).await?,
                alerts: storage::alerts(&transaction, run).await?,
                remaining: progress.enqueued.saturating_sub(progress.ended),
            })
        };
        let report = outcome.await;
        transaction.end(report).await
    }
}

/// The latest run of the work that `fingerprint` stands for, and how long ago it ended.
pub(crate) async fn latest_run(
    postgres: &Postgres,
    fingerprint: &str,
) -> Result<Option<LatestRun>, PipelineError> {
    let transaction = postgres.begin().await?;
    let outcome = storage::latest_run(&transaction, fingerprint).await;
    Ok(transaction.end(outcome).await?)
}

/// How far a run is; `None` when it is not there any more.
pub(crate) async fn run_status(postgres: &Postgres, run: &RunId) -> Result<Option<RunStatus>, PipelineError> {
    let transaction = postgres.begin().await?;
    let outcome = storage::run_status(&transaction, run).await;
    Ok(transaction.end(outcome).await?)
}

/// What a run came to so far.
pub(crate) struct RunReport {
    pub(crate) counters: RunCounters,
    pub(crate) meaning: MeaningCounters,
    pub(crate) dead_letters: Vec<DeadLetter>,
    pub(crate) listing_problems: Vec<(String, String)>,
    pub(crate) vanished: u64,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) remaining: u64,
}

/// Pairs claims with what is remembered of their documents.
pub(crate) fn with_known(
    claims: Vec<(Fence, DocumentRef)>,
    mut known: HashMap<DocId, KnownDocument>,
) -> Vec<ClaimedDocument> {
    let claimed = claims.into_iter().map(|(fence, document)| {
        let known = known.remove(&document.doc_id);
        ClaimedDocument { fence, document, known }
    });
    claimed.collect()
}

#[async_trait]
impl RelatingStore for Database {
    async fn load_vectors(
        &self,
        model: &str,
        after: (i64, u32, u32),
        limit: u32,
    ) -> Result<Vec<StoredVector>, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::load_vectors(&transaction, model, after, limit).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn comparable_documents(
        &self,
        terms: &RelatingTerms,
        after: i64,
        limit: u32,
    ) -> Result<Vec<ComparableDocument>, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::comparable_documents(&transaction, terms, after, limit).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn due_documents(
        &self,
        terms: &RelatingTerms,
        range: (i64, i64),
    ) -> Result<Vec<i64>, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::due_documents(&transaction, terms, range).await;
        Ok(transaction.end(outcome).await?)
    }
}

#[async_trait]
impl CopyStore for Database {
    async fn find_copy(
        &self,
        header: &DocumentHeader,
        format: Format,
    ) -> Result<Option<StoredCopy>, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = storage::find_copy(&transaction, header, format).await;
        Ok(transaction.end(outcome).await?)
    }
}

#[async_trait]
impl CommitStore for Database {
    async fn commit(&self, run: &RunId, ended: Arc<Vec<Ended>>) -> Result<CommitReport, PipelineError> {
        let transaction = self.postgres.begin().await?;
        let outcome = self.commit_in(&transaction, run, &ended).await;
        transaction.end(outcome).await
    }
}

impl Database {
    async fn commit_in(
        &self,
        transaction: &Transaction,
        run: &RunId,
        ended: &[Ended],
    ) -> Result<CommitReport, PipelineError> {
        let mut group = Group::of(ended);
        let mut report = CommitReport::default();
        // The fences come first: nothing below happens for a claim that is no longer ours.
        let accepted = queue::end_claims(transaction, &group.fences).await?;
        report.refused = (group.fences.len() - accepted.len()) as u64;
        group.keep(&accepted);

        let graphs: Vec<&GraphDocument> = group.stored.iter().map(|(_, graph)| *graph).collect();
        storage::store_documents(transaction, run, &graphs).await?;
        graphs.iter().for_each(|graph| report.meaning.add_document(graph.vectors()));
        let headers: Vec<&DocumentHeader> = group.skipped.iter().map(|(_, header)| *header).collect();
        storage::store_skipped(transaction, run, &headers).await?;
        let seen: Vec<(DocId, Stamp)> = group
            .unchanged
            .iter()
            .map(|(_, document, ..)| (document.doc_id.clone(), document.stamp.clone()))
            .collect();
        storage::mark_seen(transaction, run, &seen).await?;
        for (_, terms, findings) in &group.related {
            storage::store_findings(transaction, terms, findings).await?;
            report.meaning.add_findings(findings);
        }
        report.shards = group.related.len() as u64;
        report.vanished = group.vanished.len() as u64;
        report.followed = self.follow(transaction, run, &group).await?;
        self.end_failed(transaction, &group.failed, &mut report).await?;
        group.count(&mut report.counters);

        storage::add_counters(transaction, run, &self.worker, &report.counters).await?;
        storage::add_meaning_counters(transaction, run, &self.worker, &report.meaning).await?;
        let left = report.counters.total().documents + report.vanished + report.shards;
        storage::record_progress(transaction, run, &self.worker, report.followed, left).await?;
        Ok(report)
    }

    /// Enqueues the documents that stored and unchanged ones link to.
    async fn follow(
        &self,
        transaction: &Transaction,
        run: &RunId,
        group: &Group<'_>,
    ) -> Result<u64, PipelineError> {
        let unchanged: Vec<DocId> =
            group.unchanged.iter().map(|(_, document, ..)| document.doc_id.clone()).collect();
        let of_unchanged = storage::dependencies_of(transaction, &unchanged).await?;
        let of_stored = group.stored.iter().flat_map(|(_, graph)| graph.dependencies());
        let linked: Vec<&DocumentRef> = of_unchanged.iter().chain(of_stored).collect();
        if linked.is_empty() {
            return Ok(0);
        }
        let sources: HashSet<&SourceName> = linked.iter().map(|document| &document.source_name).collect();
        let following = self.following.sources(transaction, run, &sources).await?;
        let linked = linked.into_iter().filter(|document| following.contains(&document.source_name));
        let linked = linked.cloned().collect();
        enqueue_unhandled(transaction, run, linked).await
    }

    async fn end_failed(
        &self,
        transaction: &Transaction,
        failed: &[FailedDocument<'_>],
        report: &mut CommitReport,
    ) -> Result<(), PipelineError> {
        let failures: Vec<Failure> = failed.iter().map(|document| document.failure.clone()).collect();
        let dispositions = queue::fail(transaction, &failures, &self.policy).await?;
        for (document, disposition) in failed.iter().zip(dispositions) {
            match disposition {
                Disposition::Refused => report.refused += 1,
                Disposition::Retried(_) => report.retried += 1,
                Disposition::Dead => {
                    let source = &document.document.source_name;
                    let tally = tally_of_bytes(document.size);
                    count(&mut report.counters, source, Outcome::Failed, document.format, &tally);
                }
            }
            report.failures.push((document.document.doc_id.clone(), document.failure.clone(), disposition));
        }
        Ok(())
    }
}

/// Enqueues documents, except those that the run has handled. Returns how many were added.
pub(crate) async fn enqueue_unhandled(
    transaction: &Transaction,
    run: &RunId,
    mut documents: Vec<DocumentRef>,
) -> Result<u64, PipelineError> {
    // In one order everywhere: transactions that take in the same documents wait for each other, but never in a ring.
    documents.sort_unstable_by_key(|document| document.doc_id.key());
    documents.dedup_by(|one, other| one.doc_id == other.doc_id);
    let doc_ids: Vec<DocId> = documents.iter().map(|document| document.doc_id.clone()).collect();
    let handled = storage::seen_among(transaction, run, &doc_ids).await?;
    documents.retain(|document| !handled.contains(&document.doc_id));
    enqueue(transaction, run, documents).await
}

/// Enqueues documents, and withdraws those that another worker handled in the meantime. Returns how many were added.
pub(crate) async fn enqueue(
    transaction: &Transaction,
    run: &RunId,
    documents: Vec<DocumentRef>,
) -> Result<u64, PipelineError> {
    let new: Vec<NewDocument> =
        documents.into_iter().map(|document| NewDocument { document, priority: Priority::Normal }).collect();
    let added = queue::enqueue(transaction, run, &new).await?;
    if added.is_empty() {
        return Ok(0);
    }
    let doc_ids: Vec<DocId> = added.iter().map(|added| added.doc_id.clone()).collect();
    let handled = storage::seen_among(transaction, run, &doc_ids).await?;
    let withdrawn: Vec<i64> =
        added.iter().filter(|added| handled.contains(&added.doc_id)).map(|added| added.queue_id).collect();
    queue::withdraw(transaction, &withdrawn).await?;
    Ok((added.len() - withdrawn.len()) as u64)
}

/// Counts documents that were given up because their workers died.
pub(crate) async fn count_given_up(
    transaction: &Transaction,
    run: &RunId,
    worker: &WorkerId,
    dead: &[DeadLetter],
) -> Result<(), PipelineError> {
    if dead.is_empty() {
        return Ok(());
    }
    let mut counters = RunCounters::default();
    for letter in dead {
        count(&mut counters, &letter.source_name, Outcome::Failed, None, &tally_of_bytes(0));
    }
    storage::add_counters(transaction, run, worker, &counters).await?;
    storage::record_progress(transaction, run, worker, 0, dead.len() as u64).await?;
    Ok(())
}

/// Says, once the transaction commits, that a run has begun or moved on.
pub(crate) async fn announce_run(
    transaction: &Transaction,
    run: &RunId,
    status: RunStatus,
) -> Result<(), PipelineError> {
    Ok(transaction.notify(notices::RUN_CHANNEL, &notices::run_payload(run, status)).await?)
}

struct FailedDocument<'a> {
    failure: &'a Failure,
    document: &'a DocumentRef,
    format: Option<gdg_model::Format>,
    size: u64,
}

/// Documents that end together, by how they end.
#[derive(Default)]
struct Group<'a> {
    /// Of all but those that failed.
    fences: Vec<Fence>,
    stored: Vec<(Fence, &'a GraphDocument)>,
    related: Vec<(Fence, &'a RelatingTerms, &'a Findings)>,
    vanished: Vec<Fence>,
    skipped: Vec<(Fence, &'a DocumentHeader)>,
    /// With their formats and sizes.
    unchanged: Vec<(Fence, &'a DocumentRef, Option<gdg_model::Format>, u64)>,
    failed: Vec<FailedDocument<'a>>,
}

impl<'a> Group<'a> {
    fn of(ended: &'a [Ended]) -> Self {
        let mut group = Self::default();
        for ended in ended {
            match ended {
                Ended::Stored { fence, graph } => group.stored.push((*fence, graph)),
                Ended::Related { fence, terms, findings, .. } => {
                    group.related.push((*fence, terms, findings));
                }
                Ended::Vanished { fence, .. } => group.vanished.push(*fence),
                Ended::Skipped { fence, header } => group.skipped.push((*fence, header)),
                Ended::Unchanged { fence, document, format, size } => {
                    group.unchanged.push((*fence, document, *format, *size));
                }
                Ended::Failed { failure, document, format, size } => {
                    group.failed.push(FailedDocument { failure, document, format: *format, size: *size });
                    continue;
                }
            }
            group.fences.push(ended.fence());
        }
        group
    }

    /// Leaves out what is not ours to end.
    fn keep(&mut self, accepted: &HashSet<Fence>) {
        self.stored.retain(|(fence, _)| accepted.contains(fence));
        self.related.retain(|(fence, ..)| accepted.contains(fence));
        self.vanished.retain(|fence| accepted.contains(fence));
        self.skipped.retain(|(fence, _)| accepted.contains(fence));
        self.unchanged.retain(|(fence, ..)| accepted.contains(fence));
    }

    /// Counts what was not failed.
    fn count(&self, counters: &mut RunCounters) {
        for (_, graph) in &self.stored {
            let source = &graph.header().document.source_name;
            count(counters, source, Outcome::Stored, Some(graph.format()), &tally_of_graph(graph));
        }
        for (_, header) in &self.skipped {
            let source = &header.document.source_name;
            count(counters, source, Outcome::Skipped, None, &tally_of_bytes(header.size));
        }
        for (_, document, format, size) in &self.unchanged {
            count(counters, &document.source_name, Outcome::Unchanged, *format, &tally_of_bytes(*size));
        }
    }
}
