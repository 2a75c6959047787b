//! What the leader does besides the work of every worker: it conducts the run.

use super::database::{announce_run, count_given_up, latest_run, run_status};
use super::leader_store::LeaderStore;
use super::patience::Outage;
use super::wakeups::Wakeups;
use crate::PipelineError;
use crate::discovery::Discovery;
use crate::progress::Progress;
use crate::store::PlanningStore;
use crate::sweep::Sweep;
use gdg_election::Leadership;
use gdg_model::{RunId, SourceName, WorkerId};
use gdg_postgres::{Parameter, Postgres, Transaction, Type};
use gdg_queue::postgres::{self as queue, LowWaterMarks};
use gdg_sources::Source;
use gdg_storage::postgres as storage;
use gdg_storage::{LatestRun, ListingGap, RelatingTerms, Run, RunStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How often the queue of an active run is looked after.
const TICK: Duration = Duration::from_secs(1);
/// Retries that become claimable at a time.
const PROMOTED_AT_ONCE: u32 = 10_000;
/// How often the listing of a source is tried before the run has failed.
const LISTING_ATTEMPTS: u32 = 10;

/// What conducting needs to know.
pub(crate) struct Conductor {
    pub(crate) postgres: Postgres,
    pub(crate) worker: WorkerId,
    pub(crate) fingerprint: String,
    pub(crate) config_snapshot: String,
    pub(crate) parse_fingerprint: Arc<str>,
    pub(crate) sources: Vec<Arc<dyn Source>>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) wakeups: Arc<Wakeups>,
    pub(crate) timing: Timing,
    /// See [`Sweep`].
    pub(crate) deletion_guard: f64,
    /// How documents are compared, where they are.
    pub(crate) relating: Option<Arc<RelatingTerms>>,
}

/// The times of the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) rescan_interval: Duration,
    pub(crate) claim_timeout: Duration,
    pub(crate) stale_threshold: Duration,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) poll_interval: Duration,
}

impl Conductor {
    /// Conducts one run after the other for as long as `leadership` lasts.
    /// Returns early, with an error, only for what a person has to mend.
    ///
    /// Dropping the future is safe at any point: another leader goes on.
    pub(crate) async fn conduct(&self, leadership: Leadership) -> Result<(), PipelineError> {
        let lost = leadership.token.clone();
        let store = LeaderStore { postgres: self.postgres.clone(), leadership, worker: self.worker.clone() };
        tracing::info!(worker_id = %self.worker, epoch = store.epoch(), "this worker leads");
        let mut outage = Outage::new("conduct the run");
        while !lost.is_cancelled() {
            match lost.run_until_cancelled(self.step(&store)).await {
                None | Some(Err(PipelineError::NotLeading)) => break,
                Some(Ok(())) => outage.is_over(),
                Some(Err(error)) if error.is_transient() => {
                    let wait = outage.go_on(&error);
                    lost.run_until_cancelled(tokio::time::sleep(wait)).await;
                }
                Some(Err(error)) => return Err(error),
            }
        }
        tracing::info!(worker_id = %self.worker, epoch = store.epoch(), "this worker no longer leads");
        Ok(())
    }

    /// Does what the latest run needs next, or waits until it may need something.
    async fn step(&self, store: &LeaderStore) -> Result<(), PipelineError> {
        match latest_run(&self.postgres, &self.fingerprint).await? {
            None => self.start(store, 1).await,
            Some(LatestRun { run, ended_ago }) => match run.status {
                RunStatus::Active => self.conduct_active(store, &run).await,
                RunStatus::ProcessingComplete => {
                    self.move_on(store, &run.run_id, run.status, RunStatus::PostProcessing).await
                }
                RunStatus::PostProcessing => self.post_process(store, &run.run_id).await,
                RunStatus::Completed | RunStatus::Failed | RunStatus::Abandoned => {
                    self.start_when_due(store, &run, ended_ago.unwrap_or_default()).await
                }
            },
        }
    }

    /// Starts a generation, unless another leader was faster.
    async fn start(&self, store: &LeaderStore, generation: u32) -> Result<(), PipelineError> {
        let transaction = store.begin().await?;
        let outcome = async {
            let started =
                storage::start_run(&transaction, &self.fingerprint, generation, &self.config_snapshot)
                    .await?;
            if let Some(run) = &started {
                announce_run(&transaction, &run.run_id, RunStatus::Active).await?;
            }
            Ok::<_, PipelineError>(started)
        };
        let outcome = outcome.await;
        if let Some(run) = transaction.end(outcome).await? {
            tracing::info!(run_id = %run.run_id, generation, "run begins");
            self.wakeups.heard_of(run.run_id, RunStatus::Active);
        }
        Ok(())
    }

    async fn start_when_due(
        &self,
        store: &LeaderStore,
        latest: &Run,
        ended: Duration,
    ) -> Result<(), PipelineError> {
        let next = latest.generation + 1;
        let wait = self.timing.rescan_interval.saturating_sub(ended);
        if wait.is_zero() || self.is_requested(next).await? {
            return self.start(store, next).await;
        }
        tracing::debug!(run_id = %latest.run_id, seconds = wait.as_secs(), "nothing to do until the sources are looked at again");
        // Looks by itself now and then: what was announced before it listened was not heard.
        tokio::select! {
            () = tokio::time::sleep(wait.min(self.timing.heartbeat_interval)) => {}
            () = self.wakeups.conductor.notified() => {}
            () = self.wakeups.poll(self.timing.poll_interval) => {}
        }
        Ok(())
    }

    /// Whether somebody waits for that generation.
    async fn is_requested(&self, generation: u32) -> Result<bool, PipelineError> {
        let statement = "SELECT generation FROM run_requests WHERE fingerprint = $1";
        let rows = self.postgres.query(statement, &[(&self.fingerprint, Type::TEXT)]).await?;
        Ok(rows.first().is_some_and(|row| row.get::<_, i32>(0) >= generation.cast_signed()))
    }

    /// Lists the sources and looks after the queue, until the run has drained.
    async fn conduct_active(&self, store: &LeaderStore, run: &Run) -> Result<(), PipelineError> {
        let discovered = Arc::new(Notify::new());
        let discovering = self.discover(store, &run.run_id, Arc::clone(&discovered));
        tokio::pin!(discovering);
        let mut listing = Listing::GoesOn;
        let mut upkeep = Upkeep::new(self, store, run.run_id.clone());
        loop {
            tokio::select! {
                outcome = &mut discovering, if matches!(listing, Listing::GoesOn) => {
                    listing = outcome?;
                }
                () = tokio::time::sleep(TICK) => {}
                () = self.wakeups.conductor.notified() => {}
            }
            upkeep.tick().await?;
            let next = match listing {
                Listing::GoesOn => continue,
                Listing::Done => RunStatus::ProcessingComplete,
                Listing::Failed => RunStatus::Failed,
            };
            if self.move_on_once_drained(store, &run.run_id, (RunStatus::Active, next)).await? {
                return Ok(());
            }
            if run_status(&self.postgres, &run.run_id).await? != Some(RunStatus::Active) {
                return Ok(());
            }
        }
    }

    /// Lists every source, one after the other.
    async fn discover(
        &self,
        store: &LeaderStore,
        run: &RunId,
        enqueued: Arc<Notify>,
    ) -> Result<Listing, PipelineError> {
        for source in &self.sources {
            let mut outage = Outage::new("list a source");
            let mut attempts = 0;
            loop {
                let discovery = Discovery {
                    store: Arc::new(store.clone()),
                    run: run.clone(),
                    source: Arc::clone(source),
                    parse_fingerprint: Arc::clone(&self.parse_fingerprint),
                    progress: Arc::clone(&self.progress),
                    enqueued: Arc::clone(&enqueued),
                };
                match discovery.run(CancellationToken::new()).await {
                    Ok(()) => break,
                    Err(PipelineError::Source(error)) => {
                        attempts += 1;
                        if attempts >= LISTING_ATTEMPTS {
                            self.give_up_listing(store, run, source.name(), &error.to_string()).await?;
                            return Ok(Listing::Failed);
                        }
                        tokio::time::sleep(outage.go_on(&error.into())).await;
                    }
                    Err(error) if error.is_transient() => tokio::time::sleep(outage.go_on(&error)).await,
                    Err(error) => return Err(error),
                }
            }
            tracing::info!(run_id = %run, source = %source.name(), "source is listed to its end");
        }
        self.progress.listing_done();
        Ok(Listing::Done)
    }

    async fn give_up_listing(
        &self,
        store: &LeaderStore,
        run: &RunId,
        source: &SourceName,
        message: &str,
    ) -> Result<(), PipelineError> {
        tracing::error!(run_id = %run, source = %source, error = message, "the source cannot be listed: the run fails once what was listed is worked off");
        let transaction = store.begin().await?;
        let problems =
            [ListingGap { locator: String::new(), message: message.to_owned(), hides_source: true }];
        let outcome = storage::record_listing_problems(&transaction, run, source, &problems).await;
        Ok(transaction.end(outcome).await?)
    }

    /// Moves a run on from one status to the next when all that was put into the queue has left it, and nothing more
    /// will come.
    async fn move_on_once_drained(
        &self,
        store: &LeaderStore,
        run: &RunId,
        (from, next): (RunStatus, RunStatus),
    ) -> Result<bool, PipelineError> {
        let transaction = store.begin().await?;
        let outcome = async {
            if !self.has_drained(&transaction, run, next).await? {
                return Ok(false);
            }
            // Whoever puts documents back that were given up holds the run as well: either what it counted is seen
            // here, or it sees that the run has moved on.
            let parameters: [Parameter<'_>; 1] = [(&run.as_str(), Type::TEXT)];
            transaction.query_opt(include_str!("sql/hold_run.sql"), &parameters).await?;
            if !self.has_drained(&transaction, run, next).await? {
                return Ok(false);
            }
            // Once a run: the rows themselves have the last word.
            let row = transaction.query_opt(include_str!("sql/has_queued.sql"), &parameters).await?;
            if row.is_none_or(|row| row.get(0)) {
                tracing::error!(run_id = %run, "bug: the queue holds documents that nobody counted");
                return Ok(false);
            }
            set_status(&transaction, store, run, from, next).await
        };
        let outcome = outcome.await;
        let has_moved = transaction.end(outcome).await?;
        if has_moved {
            self.tell_of(run, next);
        }
        Ok(has_moved)
    }

    /// Whether what was put into the queue and what left it for good is the same, with all sources listed.
    async fn has_drained(
        &self,
        transaction: &Transaction,
        run: &RunId,
        next: RunStatus,
    ) -> Result<bool, PipelineError> {
        let names: Vec<SourceName> = self.sources.iter().map(|source| source.name().clone()).collect();
        let is_listed =
            next == RunStatus::Failed || storage::listings_finished(transaction, run, &names).await?;
        Ok(is_listed && storage::progress(transaction, run).await?.is_drained())
    }

    /// Removes what has vanished from the sources, and has the workers compare what is new with all else.
    async fn post_process(&self, store: &LeaderStore, run: &RunId) -> Result<(), PipelineError> {
        for source in &self.sources {
            let sweep = Sweep {
                store: Arc::new(store.clone()),
                run: run.clone(),
                source: source.name().clone(),
                guard: self.deletion_guard,
            };
            sweep.run().await?;
        }
        if let Some(terms) = &self.relating {
            store.unrelate_from_changed(run).await?;
            let shards = store.plan_shards(run, terms).await?;
            tracing::info!(run_id = %run, shards, "documents are compared");
        }
        self.see_through(store, run).await
    }

    /// Looks after the queue until all that is in it has left it, and the run is completed.
    async fn see_through(&self, store: &LeaderStore, run: &RunId) -> Result<(), PipelineError> {
        let (from, to) = (RunStatus::PostProcessing, RunStatus::Completed);
        let mut upkeep = Upkeep::new(self, store, run.clone());
        loop {
            if self.move_on_once_drained(store, run, (from, to)).await? {
                return Ok(());
            }
            if run_status(&self.postgres, run).await? != Some(from) {
                return Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = self.wakeups.conductor.notified() => {}
            }
            upkeep.tick().await?;
        }
    }

    /// Moves a run on, if it is where it is thought to be.
    async fn move_on(
        &self,
        store: &LeaderStore,
        run: &RunId,
        from: RunStatus,
        to: RunStatus,
    ) -> Result<(), PipelineError> {
        let transaction = store.begin().await?;
        let outcome = set_status(&transaction, store, run, from, to).await;
        if transaction.end(outcome).await? {
            self.tell_of(run, to);
        }
        Ok(())
    }

    fn tell_of(&self, run: &RunId, status: RunStatus) {
        tracing::info!(run_id = %run, %status, "run moves on");
        self.wakeups.heard_of(run.clone(), status);
    }
}

/// Moves a run on, if it is where it is thought to be, and announces it.
async fn set_status(
    transaction: &Transaction,
    store: &LeaderStore,
    run: &RunId,
    from: RunStatus,
    to: RunStatus,
) -> Result<bool, PipelineError> {
    let has_moved = storage::set_run_status(transaction, run, from, to, store.epoch()).await?;
    if has_moved {
        announce_run(transaction, run, to).await?;
    }
    Ok(has_moved)
}

/// How far the listing of all sources is.
enum Listing {
    GoesOn,
    Done,
    Failed,
}

/// The upkeep of an active run's queue.
struct Upkeep<'a> {
    conductor: &'a Conductor,
    store: &'a LeaderStore,
    run: RunId,
    marks: LowWaterMarks,
    begun: Instant,
    last_reclaim: Option<Instant>,
}

impl<'a> Upkeep<'a> {
    fn new(conductor: &'a Conductor, store: &'a LeaderStore, run: RunId) -> Self {
        let marks = LowWaterMarks::default();
        Self { conductor, store, run, marks, begun: Instant::now(), last_reclaim: None }
    }

    async fn tick(&mut self) -> Result<(), PipelineError> {
        self.marks.advance(&self.conductor.postgres, &self.run).await?;
        self.promote().await?;
        // Twice in a heartbeat's time, so that a dead worker's documents are back within one. Not at once, which may be
        // after an outage: whoever lives says so first.
        let interval = self.conductor.timing.heartbeat_interval;
        let is_time = self.last_reclaim.is_none_or(|last| last.elapsed() >= interval / 2);
        if is_time && self.begun.elapsed() >= interval {
            self.reclaim().await?;
            self.last_reclaim = Some(Instant::now());
        }
        Ok(())
    }

    /// Retries whose time has come join the others.
    async fn promote(&self) -> Result<(), PipelineError> {
        let transaction = self.store.begin().await?;
        let outcome = queue::promote_due(&transaction, &self.run, PROMOTED_AT_ONCE).await;
        transaction.end(outcome).await?;
        Ok(())
    }

    /// Takes back what silent workers hold.
    async fn reclaim(&self) -> Result<(), PipelineError> {
        let timing = &self.conductor.timing;
        let transaction = self.store.begin().await?;
        let outcome = async {
            let reclaimed = queue::reclaim(&transaction, &self.run, timing.claim_timeout).await?;
            count_given_up(&transaction, &self.run, &self.conductor.worker, &reclaimed.dead).await?;
            let silence = timing.stale_threshold.as_millis() as f64;
            let parameters: [Parameter<'_>; 1] = [(&silence, Type::FLOAT8)];
            let buried = transaction.query(include_str!("sql/bury_workers.sql"), &parameters).await?;
            Ok::<_, PipelineError>((reclaimed, buried))
        };
        let outcome = outcome.await;
        let (reclaimed, buried) = transaction.end(outcome).await?;
        if reclaimed.returned > 0 || !reclaimed.dead.is_empty() {
            let (returned, given_up) = (reclaimed.returned, reclaimed.dead.len());
            tracing::warn!(run_id = %self.run, returned, given_up, "documents of silent workers were taken back");
        }
        for row in buried {
            let worker: &str = row.get(0);
            tracing::warn!(worker, "worker has been silent for too long and counts as dead");
        }
        Ok(())
    }
}
