//! A worker of distributed mode, from its start to its end.

use super::commit_retry::PersistentCommits;
use super::conductor::{Conductor, Timing};
use super::database::{Database, latest_run, run_status};
use super::migration::check_schema;
use super::notices::CHANNELS;
use super::patience::{Outage, patiently, patiently_for};
use super::registry::{self, Heartbeat, Instance};
use super::samples::Samples;
use super::supply::QueueSupply;
use super::wakeups::Wakeups;
use crate::commit_channel::commit_channel;
use crate::committer::Committer;
use crate::in_hand::InHand;
use crate::processing::{Processor, ProcessorOptions};
use crate::pump::{ClaimLimits, Pump, Quota};
use crate::setup::{parse_threads, processor_options, retry_policy};
use crate::tasks::{flatten, halt_on_error};
use crate::{PipelineError, Progress, RunSummary, Shutdown};
use gdg_config::{Config, Environment};
use gdg_election::{Elector, LeaseName, LeaseTerms};
use gdg_model::{RunId, WorkerId};
use gdg_parsing::SandboxCommand;
use gdg_postgres::{ListenEvent, Listener, Postgres, Settings};
use gdg_storage::{LatestRun, Run, RunStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Failures that a summary names.
const MAX_LISTED_FAILURES: u32 = 1_000;
/// How long a worker waits, at its start, for its connection for notifications.
const LISTEN_PATIENCE: Duration = Duration::from_secs(5);
/// How long a worker that ends tries to say so.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a worker needs besides its configuration.
#[derive(Debug, Clone)]
pub struct DistributedOptions {
    /// The name it asks for.
    pub worker: WorkerId,
    /// Whether it refuses to work under another name, where that one is taken.
    pub strict_id: bool,
    /// How a parser process is started.
    pub sandbox: SandboxCommand,
    /// Where the variables that sources' configurations name are looked up.
    pub environment: Environment,
    /// Whether it ends once one run is completed, rather than wait for the next.
    pub once: bool,
    /// The number of documents after which it ends.
    pub max_documents: Option<u64>,
    /// How many workers share this process, and its processors.
    pub siblings: usize,
}

/// The connections of one worker.
#[derive(Debug, Clone)]
pub struct Connections {
    /// For its work.
    pub work: Postgres,
    /// For its place in the election: a renewal must not wait in line behind documents.
    pub election: Postgres,
}

/// Connections to the database that `config` names, for a program that the server's lists show as
/// `application_name`. Nothing is connected yet.
pub fn connect(
    config: &Config,
    environment: &Environment,
    application_name: &str,
) -> Result<Connections, PipelineError> {
    let mut settings = Settings::from_config(&config.storage, environment, application_name)?;
    // A leader that froze in the middle of a transaction must not hold its lease for longer than it lasts.
    settings.idle_transaction_timeout = (config.election.ttl() / 2).clamp(SECOND, 10 * SECOND);
    let mut election = settings.clone();
    election.max_connections = 1;
    // One more listens.
    settings.max_connections = settings.max_connections.saturating_sub(2).max(1);
    Ok(Connections { work: Postgres::new(settings)?, election: Postgres::new(election)? })
}

const SECOND: Duration = Duration::from_secs(1);

/// Works with the other workers of the same configuration until `shutdown`
/// asks to stop, or until what the options say is done. The summary is of the
/// run that it worked on last; `None` when it has seen none.
///
/// Dropping the future is as safe as killing the process.
pub async fn run(
    config: &Config,
    options: DistributedOptions,
    connections: Connections,
    progress: Arc<Progress>,
    shutdown: Shutdown,
) -> Result<Option<RunSummary>, PipelineError> {
    let started = Instant::now();
    let threads = (parse_threads(config) / options.siblings.max(1)).max(1);
    let sandbox = options.sandbox.clone();
    let processing = processor_options(config, &options.environment, sandbox, threads).await?;
    let Connections { work: postgres, election } = connections;
    let recycling = postgres.clone();
    let _recycling = AbortOnDrop(tokio::spawn(async move { recycling.recycle().await }));
    let entrance = Entrance { config, options: &options, postgres: &postgres, shutdown: &shutdown };
    let Some(entered) = entrance.enter().await? else { return Ok(None) };

    let database = Arc::new(Database::new(postgres.clone(), retry_policy(config), entered.name.clone()));
    let (sources, relating) = (processing.sources.clone(), processing.relating_terms());
    let parse_fingerprint = Arc::clone(&processing.parse_fingerprint);
    let worker = Worker {
        database,
        name: entered.name.clone(),
        instance: entered.instance,
        fingerprint: config.work_fingerprint(),
        wanted_generation: entered.wanted_generation,
        once: options.once,
        processing,
        limits: ClaimLimits::new(config, threads, config.work_queue.prefetch_count as usize),
        commit_batch: config.processing.commit_batch_size.get() as usize,
        shutdown_grace: config.processing.shutdown_grace(),
        timing: timing(config),
        progress: Arc::clone(&progress),
        shutdown,
        in_hand: Arc::default(),
        wakeups: Arc::default(),
        quota: Arc::new(Quota::new(options.max_documents)),
        current_run: Arc::default(),
    };
    let conductor = Conductor {
        postgres,
        worker: entered.name,
        fingerprint: worker.fingerprint.clone(),
        config_snapshot: config.redacted_yaml(),
        parse_fingerprint,
        sources,
        // What the leader lists is for all; what it claims of it counts like any worker's.
        progress: Arc::default(),
        wakeups: Arc::clone(&worker.wakeups),
        timing: worker.timing,
        deletion_guard: config.processing.deletion_guard,
        relating,
    };
    let candidacy = Candidacy { postgres: election, terms: lease_terms(config) };
    worker.live(conductor, entered.listener, candidacy, started).await
}

fn timing(config: &Config) -> Timing {
    Timing {
        rescan_interval: config.processing.rescan_interval(),
        claim_timeout: config.work_queue.claim_timeout(),
        stale_threshold: config.work_queue.stale_threshold(),
        heartbeat_interval: config.work_queue.heartbeat_interval(),
        poll_interval: config.work_queue.poll_interval(),
    }
}

fn lease_terms(config: &Config) -> LeaseTerms {
    LeaseTerms {
        ttl: config.election.ttl(),
        renew_interval: config.election.renew_interval(),
        margin: config.election.margin(),
    }
}

/// How a worker stands for election.
struct Candidacy {
    postgres: Postgres,
    terms: LeaseTerms,
}

/// The way into the fleet.
struct Entrance<'a> {
    config: &'a Config,
    options: &'a DistributedOptions,
    postgres: &'a Postgres,
    shutdown: &'a Shutdown,
}

/// A worker that has a name.
struct Entered {
    name: WorkerId,
    instance: Instance,
    listener: Listener,
    wanted_generation: u32,
}

impl Entrance<'_> {
    /// Connects, checks the schema and takes a name. `None`: it was asked to stop before it got so far.
    async fn enter(&self) -> Result<Option<Entered>, PipelineError> {
        let stop = &self.shutdown.stop;
        // A worker that is to end by itself does not wait for ever for a database.
        let limit = self.options.once.then(|| self.config.storage.pool_timeout());
        let checking = patiently_for("reach the database", limit, stop, || check_schema(self.postgres));
        if checking.await?.is_none() {
            return Ok(None);
        }
        let mut listener = self.postgres.listen(CHANNELS);
        let session = match tokio::time::timeout(LISTEN_PATIENCE, listener.next()).await {
            Ok(ListenEvent::Listening(session)) => Some(session),
            _ => None,
        };
        let instance = Instance::new();
        let silence =
            (self.config.work_queue.heartbeat_interval() * 3).min(self.config.work_queue.stale_threshold());
        let registering = patiently_for("register this worker", limit, stop, || {
            registry::register(
                self.postgres,
                &self.options.worker,
                &instance,
                silence,
                self.options.strict_id,
            )
        });
        let Some(name) = registering.await? else { return Ok(None) };
        // What it heard at its start it hears again, once there is somebody to take it in.
        listener.repeat(session.map(ListenEvent::Listening));
        let looking = patiently_for("look for a run", limit, stop, || self.wanted_generation());
        let Some(wanted_generation) = looking.await? else { return Ok(None) };
        tracing::info!(worker_id = %name, server = self.postgres.server(), "worker is ready");
        Ok(Some(Entered { name, instance, listener, wanted_generation }))
    }

    /// The generation that this worker works on first: the one that goes on, or the next.
    async fn wanted_generation(&self) -> Result<u32, PipelineError> {
        let fingerprint = self.config.work_fingerprint();
        Ok(match latest_run(self.postgres, &fingerprint).await? {
            None => 1,
            Some(LatestRun { run, .. }) if run.status.is_final() => run.generation + 1,
            Some(LatestRun { run, .. }) => run.generation,
        })
    }
}

/// A worker of the fleet.
struct Worker {
    database: Arc<Database>,
    name: WorkerId,
    instance: Instance,
    fingerprint: String,
    wanted_generation: u32,
    once: bool,
    processing: ProcessorOptions,
    limits: ClaimLimits,
    commit_batch: usize,
    shutdown_grace: Duration,
    timing: Timing,
    progress: Arc<Progress>,
    shutdown: Shutdown,
    in_hand: Arc<InHand>,
    wakeups: Arc<Wakeups>,
    quota: Arc<Quota>,
    current_run: Arc<Mutex<Option<RunId>>>,
}

impl Worker {
    async fn live(
        self,
        conductor: Conductor,
        listener: Listener,
        candidacy: Candidacy,
        started: Instant,
    ) -> Result<Option<RunSummary>, PipelineError> {
        let postgres = self.database.postgres.clone();
        let lease = LeaseName::new(self.fingerprint.clone())
            .map_err(|error| PipelineError::Configuration(error.to_string()))?;
        let elector = Elector::start(candidacy.postgres, lease, self.name.to_string(), candidacy.terms);
        let listening = Arc::clone(&self.wakeups).listen(
            postgres.clone(),
            listener,
            self.fingerprint.clone(),
            elector.ear(),
        );
        let _listening = AbortOnDrop(tokio::spawn(listening));
        let _heartbeats = AbortOnDrop(tokio::spawn(self.send_heartbeats()));

        // Whichever part fails stops the others, as a request to stop does; what is committed stays.
        let halt = self.shutdown.stop.child_token();
        let leading = lead(conductor, elector, halt.clone());
        let leading = tokio::spawn(halt_on_error(leading, halt.clone()));
        let worked = self.work(&halt).await;
        halt.cancel();
        let led = flatten(leading.await);
        let last_run = worked.and_then(|run| led.map(|()| run))?;

        let summary = match last_run {
            Some(run) => Some(self.summarise(&run, started).await?),
            None => None,
        };
        let farewell = registry::deregister(&postgres, &self.name, &self.instance);
        if !matches!(tokio::time::timeout(FAREWELL, farewell).await, Ok(Ok(()))) {
            tracing::warn!(worker_id = %self.name, "could not say that this worker has ended");
        }
        Ok(summary)
    }

    /// Works on one run after the other. Returns the last.
    async fn work(&self, halt: &CancellationToken) -> Result<Option<Run>, PipelineError> {
        let mut news = self.wakeups.latest_run();
        let mut last = None;
        if self.once {
            let (fingerprint, generation) = (&self.fingerprint, self.wanted_generation);
            let asking =
                patiently("ask for a run", halt, || self.database.request_run(fingerprint, generation));
            asking.await?;
            // If this worker leads, it need not hear of it.
            self.wakeups.conductor.notify_one();
        }
        while !halt.is_cancelled() && !self.quota.is_used_up() {
            news.borrow_and_update();
            let looking =
                patiently("look for a run", halt, || latest_run(&self.database.postgres, &self.fingerprint));
            let Some(latest) = looking.await? else { break };
            let latest = latest.map(|latest| latest.run);
            if let Some(run) = latest.filter(|run| run.generation >= self.wanted_generation) {
                last = Some(run.clone());
                if run.status.takes_work() {
                    self.work_on(&run, halt).await?;
                    continue;
                }
                if self.once && run.status.is_final() {
                    break;
                }
            }
            tokio::select! {
                _ = news.changed() => {}
                () = halt.cancelled() => {}
                () = self.wakeups.poll(self.timing.poll_interval) => {}
            }
        }
        Ok(last)
    }

    /// Works on a run until it takes no more work.
    async fn work_on(&self, run: &Run, halt: &CancellationToken) -> Result<(), PipelineError> {
        let run_id = &run.run_id;
        let joining = patiently("join the run", halt, || self.database.reclaim_own(run_id));
        if joining.await?.is_none() {
            return Ok(());
        }
        tracing::info!(worker_id = %self.name, run_id = %run_id, "worker joins the run");
        self.set_current_run(Some(run_id.clone()));
        let over = CancellationToken::new();
        let _watching = AbortOnDrop(tokio::spawn(self.watch(run_id.clone(), over.clone())));

        let (writer, waiting) = commit_channel(self.commit_batch);
        let give_up = self.grace_period();
        let committer = Committer {
            store: Arc::new(PersistentCommits { database: Arc::clone(&self.database), give_up }),
            run: run_id.clone(),
            in_hand: Arc::clone(&self.in_hand),
            progress: Arc::clone(&self.progress),
            max_group: self.commit_batch,
        };
        let committing = tokio::spawn(halt_on_error(committer.run(waiting), halt.clone()));
        let supply = QueueSupply {
            database: Arc::clone(&self.database),
            run: run_id.clone(),
            in_hand: Arc::clone(&self.in_hand),
            progress: Arc::clone(&self.progress),
            wakeups: Arc::clone(&self.wakeups),
            over,
            poll_interval: self.timing.poll_interval,
        };
        let copies = Arc::clone(&self.database);
        let pump = Pump {
            processor: Arc::new(Processor::new(self.processing.for_run(run, copies))),
            in_hand: Arc::clone(&self.in_hand),
            limits: if run.status == RunStatus::PostProcessing {
                ClaimLimits::of_shards()
            } else {
                self.limits
            },
            quota: Arc::clone(&self.quota),
            shutdown: self.shutdown.clone(),
            shutdown_grace: self.shutdown_grace,
        };
        let processed = pump.run(&supply, writer, halt).await;
        let committed = flatten(committing.await);
        // After the writer's end: what is still in hand now was not ended.
        self.give_back(run_id).await;
        self.set_current_run(None);
        committed.and(processed)
    }

    /// Cancelled once a worker that is asked to stop has had its time.
    fn grace_period(&self) -> CancellationToken {
        let is_over = self.shutdown.abandon.child_token();
        let (token, stop, grace) = (is_over.clone(), self.shutdown.stop.clone(), self.shutdown_grace);
        tokio::spawn(async move {
            stop.cancelled().await;
            tokio::time::sleep(grace).await;
            token.cancel();
        });
        is_over
    }

    /// Gives back what is in hand; where that fails, it comes back by itself after `work_queue.claim_timeout`.
    async fn give_back(&self, run: &RunId) {
        let fences = self.in_hand.all();
        let released = tokio::time::timeout(FAREWELL, self.database.release(run, &fences)).await;
        if !matches!(released, Ok(Ok(()))) {
            tracing::warn!(
                documents = fences.len(),
                "could not give documents back; they can be claimed again after work_queue.claim_timeout"
            );
        }
        self.progress.given_back(fences.len() as u64);
        self.in_hand.let_go(fences);
    }

    fn set_current_run(&self, run: Option<RunId>) {
        *self.current_run.lock().unwrap_or_else(PoisonError::into_inner) = run;
        self.wakeups.heartbeat.notify_one();
    }

    /// Cancels `over` once `run` is not active any more.
    fn watch(&self, run: RunId, over: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let (wakeups, database) = (Arc::clone(&self.wakeups), Arc::clone(&self.database));
        let poll_interval = self.timing.poll_interval;
        async move {
            let mut news = wakeups.latest_run();
            loop {
                let is_over = news
                    .borrow_and_update()
                    .as_ref()
                    .is_some_and(|(latest, status)| *latest != run || !status.takes_work());
                if is_over {
                    match run_status(&database.postgres, &run).await {
                        // The news is older than the run.
                        Ok(Some(status)) if status.takes_work() => {}
                        Ok(_) => {
                            over.cancel();
                            return;
                        }
                        Err(_) => {
                            tokio::time::sleep(poll_interval).await;
                            continue;
                        }
                    }
                }
                tokio::select! {
                    _ = news.changed() => {}
                    () = tokio::time::sleep(poll_interval), if !wakeups.hears() => {
                        if let Ok(Some(status)) = run_status(&database.postgres, &run).await {
                            wakeups.heard_of(run.clone(), status);
                        }
                    }
                }
            }
        }
    }

    fn send_heartbeats(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut sender = HeartbeatSender {
            database: Arc::clone(&self.database),
            name: self.name.clone(),
            instance: self.instance.clone(),
            fingerprint: self.fingerprint.clone(),
            in_hand: Arc::clone(&self.in_hand),
            wakeups: Arc::clone(&self.wakeups),
            current_run: Arc::clone(&self.current_run),
            samples: Samples::default(),
        };
        let (interval, wakeups) = (self.timing.heartbeat_interval, Arc::clone(&self.wakeups));
        async move {
            let mut outage = Outage::new("send a heartbeat");
            loop {
                let wait = match sender.beat().await {
                    Ok(()) => {
                        outage.is_over();
                        interval
                    }
                    Err(error) => outage.go_on(&error).min(interval),
                };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = wakeups.heartbeat.notified() => {}
                }
            }
        }
    }

    async fn summarise(&self, run: &Run, started: Instant) -> Result<RunSummary, PipelineError> {
        let run_id = &run.run_id;
        let report = self.database.report(run_id, MAX_LISTED_FAILURES).await?;
        let status = run_status(&self.database.postgres, run_id).await?.unwrap_or(run.status);
        Ok(RunSummary {
            run_id: run_id.clone(),
            generation: run.generation,
            status,
            resumed: false,
            interrupted: !status.is_final(),
            counters: report.counters,
            meaning: report.meaning,
            failures: report.dead_letters,
            listing_problems: report.listing_problems,
            vanished: report.vanished,
            alerts: report.alerts,
            remaining: report.remaining,
            processed_here: self.progress.snapshot().processed_here,
            elapsed: started.elapsed(),
        })
    }
}

/// Conducts while this worker leads, until `halt`; then resigns.
async fn lead(conductor: Conductor, elector: Elector, halt: CancellationToken) -> Result<(), PipelineError> {
    let mut leadership = elector.leadership();
    let outcome = halt.run_until_cancelled(async {
        loop {
            let elected = leadership.borrow_and_update().clone();
            if let Some(elected) = elected {
                conductor.conduct(elected).await?;
            }
            if leadership.changed().await.is_err() {
                return Ok(());
            }
        }
    });
    let outcome = Box::pin(outcome).await.unwrap_or(Ok(()));
    // At once, while this worker still ends what it has in hand: another takes over.
    let resignation = elector.resign_and_stop().await;
    tracing::debug!(?resignation, "this worker stands for election no more");
    outcome
}

/// Sends this worker's heartbeats.
struct HeartbeatSender {
    database: Arc<Database>,
    name: WorkerId,
    instance: Instance,
    fingerprint: String,
    in_hand: Arc<InHand>,
    wakeups: Arc<Wakeups>,
    current_run: Arc<Mutex<Option<RunId>>>,
    samples: Samples,
}

impl HeartbeatSender {
    async fn beat(&mut self) -> Result<(), PipelineError> {
        let run = self.current_run.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let session = self.wakeups.session();
        let fences = self.in_hand.all();
        let heartbeat = Heartbeat {
            worker: &self.name,
            instance: &self.instance,
            fingerprint: &self.fingerprint,
            run: run.as_ref(),
            in_hand: fences.len(),
            session: session.as_ref(),
        };
        match heartbeat.send(&self.database.postgres).await? {
            Some(pulse) => self.wakeups.take_pulse(pulse),
            None => tracing::error!(
                worker_id = %self.name,
                "another process has taken this worker's name; both go on, but their counts cannot be told apart"
            ),
        }
        let lost = self.database.heartbeat(&fences).await?;
        if !lost.is_empty() {
            tracing::debug!(
                lost = lost.len(),
                "claims ended while their heartbeat was on its way, or were taken back"
            );
        }
        if let Some(run) = &run {
            let (postgres, in_hand) = (&self.database.postgres, fences.len());
            let sampling = self.samples.take(postgres, &self.name, &self.fingerprint, run, in_hand);
            // The work goes on without.
            if let Err(error) = sampling.await {
                tracing::debug!(%error, "could not leave a sample for the monitor");
            }
        }
        Ok(())
    }
}

/// A task that ends with its owner.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
