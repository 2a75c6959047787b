//! Single mode: one process works a run off, in one `SQLite` file.
//!
//! A run that was interrupted, by whatever means, is taken up where it was:
//! the listing goes on behind its cursor, documents that were in hand are
//! claimable again, and what was stored is not touched. A run that was
//! completed is followed by the next generation, which processes only what is
//! new or changed.

use crate::commit_channel::commit_channel;
use crate::committer::Committer;
use crate::discovery::Discovery;
use crate::in_hand::InHand;
use crate::processing::{Processor, ProcessorOptions};
use crate::pump::{ClaimLimits, Pump, Quota, Supplied, Supply};
use crate::setup::{parse_threads, processor_options, retry_policy};
use crate::sqlite::{self, DatabaseLock, SqliteBackend};
use crate::store::PlanningStore;
use crate::sweep::Sweep;
use crate::tasks::{flatten, halt_on_error};
use crate::{PipelineError, Progress, RunSummary, Shutdown};
use async_trait::async_trait;
use gdg_config::{Config, Environment};
use gdg_model::WorkerId;
use gdg_parsing::SandboxCommand;
use gdg_queue::QueueDepth;
use gdg_sources::Source;
use gdg_storage::{RelatingTerms, Run, RunStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Failures that a summary names.
const MAX_LISTED_FAILURES: u32 = 1_000;

/// How many times `work_queue.prefetch_count` is held claimed: nobody else waits
/// for these documents, and the writer has more to put into one transaction.
const PREFETCH_FACTOR: usize = 4;

/// What single mode needs besides its configuration.
#[derive(Debug, Clone)]
pub struct SingleOptions {
    /// The worker's name.
    pub worker: WorkerId,
    /// How a parser process is started.
    pub sandbox: SandboxCommand,
    /// Where the variables that sources' configurations name are looked up.
    pub environment: Environment,
    /// The number of documents after which it ends; running again goes on from there.
    pub max_documents: Option<u64>,
}

/// Works a run off to its end, or until `shutdown` asks to stop.
///
/// Fails when the database or a source as a whole fails; what was committed
/// until then is safe, and the next call goes on from there. Dropping the
/// future is as safe as killing the process.
pub async fn run(
    config: &Config,
    options: SingleOptions,
    progress: Arc<Progress>,
    shutdown: Shutdown,
) -> Result<RunSummary, PipelineError> {
    let started = Instant::now();
    let sandbox = options.sandbox.clone();
    let processing = processor_options(config, &options.environment, sandbox, parse_threads(config)).await?;
    let (connection, lock) = sqlite::open(&config.storage.path, options.worker.as_str())?;
    let backend = SqliteBackend::new(connection, retry_policy(config), options.worker.clone());
    let worker = SingleWorker::begin(config, options, processing, backend, lock, progress, shutdown).await?;
    worker.work(started).await
}

/// The worker of single mode, with its run.
struct SingleWorker {
    backend: SqliteBackend,
    lock: DatabaseLock,
    run: Run,
    resumed: bool,
    sources: Vec<Arc<dyn Source>>,
    processor: Arc<Processor>,
    parse_fingerprint: Arc<str>,
    progress: Arc<Progress>,
    shutdown: Shutdown,
    in_hand: Arc<InHand>,
    /// Told when documents were enqueued, and when the listing is done.
    enqueued: Arc<Notify>,
    listing_done: Arc<AtomicBool>,
    limits: ClaimLimits,
    quota: Arc<Quota>,
    commit_batch: usize,
    heartbeat_interval: Duration,
    shutdown_grace: Duration,
    /// See [`Sweep`].
    deletion_guard: f64,
    /// How documents are compared, where they are.
    relating: Option<Arc<RelatingTerms>>,
}

impl SingleWorker {
    async fn begin(
        config: &Config,
        options: SingleOptions,
        processing: ProcessorOptions,
        backend: SqliteBackend,
        lock: DatabaseLock,
        progress: Arc<Progress>,
        shutdown: Shutdown,
    ) -> Result<Self, PipelineError> {
        let run = backend.resume_or_start_run(config.work_fingerprint(), config.redacted_yaml()).await?;
        let reclaimed = backend.reclaim_all(&run.run_id).await?;
        let (counters, depth) = (backend.counters(&run.run_id).await?, backend.depth(&run.run_id).await?);
        let resumed = !counters.is_empty() || !depth.is_drained();
        progress.resume(&counters, &depth);
        tracing::info!(
            run_id = %run.run_id,
            generation = run.generation,
            resumed,
            returned = reclaimed.returned,
            "run begins"
        );
        let processor = Processor::new(processing.for_run(&run, Arc::new(backend.clone())));
        Ok(Self {
            backend,
            lock,
            run,
            resumed,
            sources: processing.sources.clone(),
            processor: Arc::new(processor),
            parse_fingerprint: Arc::clone(&processing.parse_fingerprint),
            progress,
            shutdown,
            in_hand: Arc::default(),
            enqueued: Arc::default(),
            listing_done: Arc::default(),
            limits: ClaimLimits::new(
                config,
                processing.parse_threads,
                PREFETCH_FACTOR * config.work_queue.prefetch_count as usize,
            ),
            quota: Arc::new(Quota::new(options.max_documents)),
            commit_batch: config.processing.commit_batch_size.get() as usize,
            heartbeat_interval: config.work_queue.heartbeat_interval(),
            shutdown_grace: config.processing.shutdown_grace(),
            deletion_guard: config.processing.deletion_guard,
            relating: processing.relating_terms(),
        })
    }

    async fn work(self, started: Instant) -> Result<RunSummary, PipelineError> {
        // Whichever part fails stops the others, as a request to stop does; what is committed stays.
        let halt = self.shutdown.stop.child_token();
        let discovering = tokio::spawn(halt_on_error(self.discover(halt.clone()), halt.clone()));
        let heartbeats = tokio::spawn(self.send_heartbeats());
        let mut processed = self.work_off(&halt).await;
        let discovered = flatten(discovering.await);
        if processed.is_ok() && discovered.is_ok() && self.is_worked_off().await? {
            processed = self.post_process(&halt).await;
        }
        heartbeats.abort();
        // After the writer's end: what is still in hand now was not ended.
        let released = self.backend.release(self.in_hand.all()).await;
        processed.and(discovered).and(released)?;
        self.finish(started).await
    }

    /// Works the queue off.
    async fn work_off(&self, halt: &CancellationToken) -> Result<(), PipelineError> {
        let (writer, waiting) = commit_channel(self.commit_batch);
        let committer = Committer {
            store: Arc::new(self.backend.clone()),
            run: self.run.run_id.clone(),
            in_hand: Arc::clone(&self.in_hand),
            progress: Arc::clone(&self.progress),
            max_group: self.commit_batch,
        };
        let committing = tokio::spawn(halt_on_error(committer.run(waiting), halt.clone()));
        let pump = Pump {
            processor: Arc::clone(&self.processor),
            in_hand: Arc::clone(&self.in_hand),
            limits: self.limits,
            quota: Arc::clone(&self.quota),
            shutdown: self.shutdown.clone(),
            shutdown_grace: self.shutdown_grace,
        };
        let processed = pump.run(self, writer, halt).await;
        flatten(committing.await).and(processed)
    }

    /// Whether the sources are listed to their end, and all documents have ended.
    async fn is_worked_off(&self) -> Result<bool, PipelineError> {
        let depth = self.backend.depth(&self.run.run_id).await?;
        Ok(depth.is_drained() && self.listing_done.load(Ordering::Acquire))
    }

    /// Removes what has vanished from the sources, and compares what is new with all else.
    async fn post_process(&self, halt: &CancellationToken) -> Result<(), PipelineError> {
        self.sweep().await?;
        let Some(terms) = &self.relating else { return Ok(()) };
        self.backend.unrelate_from_changed(&self.run.run_id).await?;
        let shards = self.backend.plan_shards(&self.run.run_id, terms).await?;
        self.progress.planned(shards);
        if shards > 0 { self.work_off(halt).await } else { Ok(()) }
    }

    /// Lists every source, one after the other.
    fn discover(
        &self,
        halt: CancellationToken,
    ) -> impl Future<Output = Result<(), PipelineError>> + Send + 'static {
        let discoveries: Vec<Discovery> = self
            .sources
            .iter()
            .map(|source| Discovery {
                store: Arc::new(self.backend.clone()),
                run: self.run.run_id.clone(),
                source: Arc::clone(source),
                parse_fingerprint: Arc::clone(&self.parse_fingerprint),
                progress: Arc::clone(&self.progress),
                enqueued: Arc::clone(&self.enqueued),
            })
            .collect();
        let progress = Arc::clone(&self.progress);
        let (listing_done, enqueued) = (Arc::clone(&self.listing_done), Arc::clone(&self.enqueued));
        async move {
            for discovery in discoveries {
                discovery.run(halt.clone()).await?;
            }
            if halt.is_cancelled() {
                return Ok(());
            }
            listing_done.store(true, Ordering::Release);
            progress.listing_done();
            enqueued.notify_one();
            Ok(())
        }
    }

    fn send_heartbeats(&self) -> impl Future<Output = ()> + Send + 'static {
        let (backend, in_hand, interval) =
            (self.backend.clone(), Arc::clone(&self.in_hand), self.heartbeat_interval);
        let run = self.run.run_id.clone();
        async move {
            loop {
                let fences = in_hand.all();
                // The work goes on without.
                if let Err(error) = backend.sample(&run, fences.len()).await {
                    tracing::debug!(%error, "could not leave a sample for the monitor");
                }
                tokio::time::sleep(interval).await;
                match backend.heartbeat(in_hand.all()).await {
                    Ok(lost) if lost.is_empty() => {}
                    Ok(lost) => tracing::debug!(
                        lost = lost.len(),
                        "claims ended while their heartbeat was on its way"
                    ),
                    Err(error) => tracing::warn!(%error, "heartbeat failed"),
                }
            }
        }
    }

    /// Waits until there may be something to claim.
    async fn wait_for_work(&self, depth: &QueueDepth) {
        if depth.pending > 0 {
            return;
        }
        let next_due = async {
            match depth.next_due {
                Some(due) => tokio::time::sleep(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.enqueued.notified() => {}
            () = self.in_hand.changed() => {}
            () = next_due => {}
        }
    }

    /// Removes what has vanished from the sources.
    async fn sweep(&self) -> Result<(), PipelineError> {
        for source in &self.sources {
            let sweep = Sweep {
                store: Arc::new(self.backend.clone()),
                run: self.run.run_id.clone(),
                source: source.name().clone(),
                guard: self.deletion_guard,
            };
            sweep.run().await?;
        }
        Ok(())
    }

    async fn finish(self, started: Instant) -> Result<RunSummary, PipelineError> {
        if !self.lock.database_is_in_place() {
            return Err(PipelineError::Removed);
        }
        let run_id = self.run.run_id.clone();
        let mut interrupted = !self.is_worked_off().await?;
        if !interrupted {
            // Not so when documents that were given up have been put back meanwhile.
            interrupted = !self.backend.set_run_status(&run_id, RunStatus::Completed).await?;
        }
        let depth = self.backend.depth(&run_id).await?;
        let (vanished, alerts) = self.backend.aftermath(&run_id).await?;
        let summary = RunSummary {
            generation: self.run.generation,
            status: if interrupted { RunStatus::Active } else { RunStatus::Completed },
            resumed: self.resumed,
            interrupted,
            counters: self.backend.counters(&run_id).await?,
            meaning: self.backend.meaning(&run_id).await?,
            failures: self.backend.dead_letters(&run_id, MAX_LISTED_FAILURES).await?,
            listing_problems: self.backend.listing_problems(&run_id).await?,
            vanished,
            alerts,
            remaining: depth.pending + depth.processing + depth.retry,
            processed_here: self.progress.snapshot().processed_here,
            elapsed: started.elapsed(),
            run_id,
        };
        self.backend.close().await?;
        Ok(summary)
    }
}

#[async_trait]
impl Supply for SingleWorker {
    async fn next(&self, limit: u32, halt: &CancellationToken) -> Result<Supplied, PipelineError> {
        // Before the claim, so that what is enqueued after it is not overlooked.
        let listing_done = self.listing_done.load(Ordering::Acquire);
        let claimed = self.backend.claim(&self.run.run_id, limit).await?;
        if claimed.is_empty() {
            let depth = self.backend.depth(&self.run.run_id).await?;
            if listing_done && depth.is_drained() {
                return Ok(Supplied::Over);
            }
            halt.run_until_cancelled(self.wait_for_work(&depth)).await;
            return Ok(Supplied::LookAgain);
        }
        self.in_hand.take(claimed.iter().map(|claimed| claimed.fence));
        Ok(Supplied::Documents(claimed))
    }
}
