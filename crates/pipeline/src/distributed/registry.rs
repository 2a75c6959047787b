//! The register of workers: names, and who is alive.

use crate::PipelineError;
use gdg_model::{RunId, WorkerId};
use gdg_postgres::{ListenerSession, Parameter, Postgres, Type};
use gdg_storage::RunStatus;
use std::time::{Duration, SystemTime};

/// Suffixes that are tried for a name that is taken.
const MAX_SUFFIX: u32 = 999;

/// How long a name that is taken is waited for: a process that was killed has
/// its session for a moment longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// This process, as the register shows it.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    /// Distinguishes it from every other process that has the same name.
    pub(crate) instance_id: String,
    pub(crate) host: String,
    pub(crate) process_id: u32,
}

impl Instance {
    pub(crate) fn new() -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let instance_id = format!("{:032x}", rand::random::<u128>());
        Self { instance_id, host, process_id: std::process::id() }
    }
}

/// Takes the name `wanted` for this process, or `wanted-2`, `wanted-3` … where it is taken.
///
/// With `strict` a name that is taken is an error.
pub(crate) async fn register(
    postgres: &Postgres,
    wanted: &WorkerId,
    instance: &Instance,
    silence: Duration,
    strict: bool,
) -> Result<WorkerId, PipelineError> {
    if try_register(postgres, wanted, instance, silence).await? {
        return Ok(wanted.clone());
    }
    tokio::time::sleep(PATIENCE).await;
    if try_register(postgres, wanted, instance, silence).await? {
        return Ok(wanted.clone());
    }
    let holder = holder(postgres, wanted).await?;
    if strict {
        return Err(PipelineError::NameTaken { worker: wanted.clone(), holder });
    }
    for suffix in 2..=MAX_SUFFIX {
        let name = WorkerId::new(format!("{wanted}-{suffix}"));
        if try_register(postgres, &name, instance, silence).await? {
            tracing::warn!(
                wanted = %wanted, worker_id = %name, holder,
                "another worker has this name; this one takes a suffix"
            );
            return Ok(name);
        }
    }
    Err(PipelineError::NameTaken { worker: wanted.clone(), holder })
}

async fn try_register(
    postgres: &Postgres,
    name: &WorkerId,
    instance: &Instance,
    silence: Duration,
) -> Result<bool, PipelineError> {
    let silence = silence.as_millis() as f64;
    let parameters: [Parameter<'_>; 6] = [
        (&name.as_str(), Type::TEXT),
        (&instance.instance_id, Type::TEXT),
        (&instance.host, Type::TEXT),
        (&i64::from(instance.process_id), Type::INT8),
        (&env!("CARGO_PKG_VERSION"), Type::TEXT),
        (&silence, Type::FLOAT8),
    ];
    let rows = postgres.query(include_str!("sql/register_worker.sql"), &parameters).await?;
    Ok(!rows.is_empty())
}

async fn holder(postgres: &Postgres, name: &WorkerId) -> Result<String, PipelineError> {
    let rows = postgres.query(include_str!("sql/worker_named.sql"), &[(&name.as_str(), Type::TEXT)]).await?;
    Ok(rows.first().map_or_else(
        || "another process".to_owned(),
        |row| format!("process {} on {}", row.get::<_, i64>(1), row.get::<_, String>(0)),
    ))
}

/// What a worker tells with a heartbeat.
pub(crate) struct Heartbeat<'a> {
    pub(crate) worker: &'a WorkerId,
    pub(crate) instance: &'a Instance,
    pub(crate) fingerprint: &'a str,
    pub(crate) run: Option<&'a RunId>,
    pub(crate) in_hand: usize,
    pub(crate) session: Option<&'a ListenerSession>,
}

/// What it hears in return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// The latest run of its work.
    pub(crate) latest_run: Option<(RunId, RunStatus)>,
    /// Whether an idle worker would find something to claim.
    pub(crate) has_claimable: bool,
}

impl Heartbeat<'_> {
    /// Sends it. `None`: another process has this worker's name by now.
    pub(crate) async fn send(&self, postgres: &Postgres) -> Result<Option<Pulse>, PipelineError> {
        let (backend_pid, backend_start): (Option<i32>, Option<SystemTime>) =
            self.session.map(|session| (session.backend_pid, session.backend_start)).unzip();
        let in_hand = i32::try_from(self.in_hand).unwrap_or(i32::MAX);
        let parameters: [Parameter<'_>; 7] = [
            (&self.worker.as_str(), Type::TEXT),
            (&self.instance.instance_id, Type::TEXT),
            (&self.fingerprint, Type::TEXT),
            (&self.run.map(RunId::as_str), Type::TEXT),
            (&in_hand, Type::INT4),
            (&backend_pid, Type::INT4),
            (&backend_start, Type::TIMESTAMPTZ),
        ];
        let rows = postgres.query(include_str!("sql/heartbeat.sql"), &parameters).await?;
        Ok(rows.first().map(|row| Pulse {
            latest_run: row.get::<_, Option<&str>>(0).and_then(super::notices::parse_run_payload),
            has_claimable: row.get::<_, Option<bool>>(1).unwrap_or(false),
        }))
    }
}

/// Says that this process has ended on its own account; its name is free.
pub(crate) async fn deregister(
    postgres: &Postgres,
    worker: &WorkerId,
    instance: &Instance,
) -> Result<(), PipelineError> {
    let parameters: [Parameter<'_>; 2] =
        [(&worker.as_str(), Type::TEXT), (&instance.instance_id, Type::TEXT)];
    postgres.execute(include_str!("sql/stop_worker.sql"), &parameters).await?;
    Ok(())
}
