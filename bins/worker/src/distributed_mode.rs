//! Distributed mode: one worker of a fleet, or several in one process.

use crate::session::Session;
use gdg_config::{Config, Environment};
use gdg_model::{RunId, WorkerId};
use gdg_pipeline::RunSummary;
use gdg_pipeline::distributed::{self, ControlOutcome, DistributedOptions, RunControl};
use std::num::NonZeroU32;
use tokio::task::JoinSet;

/// Runs `workers` workers until they end. They share the process, not their connections.
pub(crate) async fn run(
    config: &Config,
    options: DistributedOptions,
    workers: NonZeroU32,
    session: &Session,
) -> anyhow::Result<Option<RunSummary>> {
    let mut running = JoinSet::new();
    for number in 1..=workers.get() {
        let mut options = options.clone();
        options.siblings = workers.get() as usize;
        if workers.get() > 1 {
            options.worker = WorkerId::new(format!("{}-{number}", options.worker));
        }
        let connections =
            distributed::connect(config, &Environment::of_process(), &format!("worker {}", options.worker))?;
        let (config, progress, shutdown) =
            (config.clone(), session.progress.clone(), session.shutdown.clone());
        running
            .spawn(async move { distributed::run(&config, options, connections, progress, shutdown).await });
    }
    let mut outcome = Ok(None);
    while let Some(joined) = running.join_next().await {
        match joined? {
            // All tell of the same run; whoever is last knows most.
            Ok(summary) => outcome = outcome.map(|earlier| summary.or(earlier)),
            Err(error) => {
                // One that cannot go on ends the process; the others give back what they have.
                session.shutdown.stop.cancel();
                outcome = Err(error.into());
            }
        }
    }
    outcome
}

/// Brings the schema up to date, and says what was done.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<String> {
    let postgres = distributed::connect(config, &Environment::of_process(), "worker migrate")?.work;
    let migrated = distributed::migrate(&postgres).await?;
    let server = postgres.server();
    Ok(match migrated.from {
        Some(from) if from == migrated.to => {
            format!("the schema of {server} is up to date (version {from})\n")
        }
        Some(from) => format!("the schema of {server} went from version {from} to {}\n", migrated.to),
        None => format!("the schema of {server} was made (version {})\n", migrated.to),
    })
}

/// Pauses, resumes or cancels a run, and says what was done; `None` when there is no such run.
pub(crate) async fn control(
    config: &Config,
    run: Option<RunId>,
    control: RunControl,
) -> anyhow::Result<Option<String>> {
    let postgres = distributed::connect(config, &Environment::of_process(), "worker control")?.work;
    let outcome = distributed::control(&postgres, &config.work_fingerprint(), run, control).await?;
    Ok(match outcome {
        ControlOutcome::NoSuchRun => None,
        ControlOutcome::Done { run, discarded: 0 } => {
            Some(format!("run {run} is {}\n", control.participle()))
        }
        ControlOutcome::Done { run, discarded } => Some(format!(
            "run {run} is {}; {discarded} documents were taken out of its queue\n",
            control.participle()
        )),
    })
}
