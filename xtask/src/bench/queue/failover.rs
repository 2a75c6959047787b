//! How long a fleet is without a leader, and what an idle worker asks of the server.

use super::ours;
use crate::scratch::connect;
use anyhow::Context;
use gdg_election::{Elector, LeaseName, LeaseTerms};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const TTL: Duration = Duration::from_secs(6);
/// Seconds between two heartbeats of an idle worker that is watched.
const HEARTBEAT: u64 = 5;
/// Heartbeats over which it is watched.
const HEARTBEATS: u64 = 12;

/// A candidate that listens, as a worker does.
struct Candidate {
    elector: Elector,
    listening: JoinHandle<()>,
}

impl Candidate {
    fn start(uri: &str, name: &str) -> anyhow::Result<Self> {
        let (postgres, lease) = (ours::pool(uri)?, LeaseName::new("bench")?);
        let elector = Elector::start(postgres.clone(), lease, name.into(), LeaseTerms::with_ttl(TTL));
        let (ear, mut listener) = (elector.ear(), postgres.listen(&[gdg_election::CHANNEL]));
        let listening = tokio::spawn(async move {
            loop {
                ear.listen_event(&listener.next().await);
            }
        });
        Ok(Self { elector, listening })
    }

    async fn resign(self) {
        self.elector.resign_and_stop().await;
        self.listening.abort();
    }

    /// Ends without a word, as a process that is killed.
    fn die(self) {
        drop(self.elector);
        self.listening.abort();
    }
}

/// Measures how soon another leads after a resignation, and after a death.
pub(super) async fn report(uri: &str, rounds: usize) -> anyhow::Result<()> {
    for (label, resigns) in
        [("a leader that resigned is replaced within", true), ("one that died within", false)]
    {
        let mut longest = Duration::ZERO;
        for _ in 0..rounds {
            let first = Candidate::start(uri, "first")?;
            first.elector.wait_to_lead().await;
            let second = Candidate::start(uri, "second")?;
            // By then the second has heard of a renewal.
            tokio::time::sleep(TTL / 2).await;
            let started = Instant::now();
            if resigns {
                first.resign().await;
            } else {
                first.die();
            }
            second.elector.wait_to_lead().await;
            longest = longest.max(started.elapsed());
            second.resign().await;
        }
        println!("{label:<46} {:>9.3} s (TTL {} s)", longest.as_secs_f64(), TTL.as_secs());
    }
    Ok(())
}

/// Counts what idle workers ask of the server: by how much it grows with four more of them.
pub(super) async fn idle(uri: &str, worker: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("documents"))?;
    let config = folder.path().join("config.yaml");
    let times = format!("claim_timeout: 60, heartbeat_interval: {HEARTBEAT}, stale_threshold: 60");
    std::fs::write(
        &config,
        format!(
            "processing: {{ mode: distributed }}\nstorage: {{ backend: postgresql, uri: \"{uri}\" }}\n\
             work_queue: {{ {times} }}\ncontent_sources: [{{ name: none, type: file, base_path: documents }}]\n"
        ),
    )?;
    let start = |number: usize| -> anyhow::Result<Running> {
        let mut command = Command::new(worker);
        command.current_dir(folder.path()).arg("--config").arg(&config);
        command.args(["--worker-id", &format!("idle-{number}")]).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Running(command.spawn().context("cannot start a worker")?))
    };
    let mut running = vec![start(0)?];
    let one = transactions(uri).await?;
    for number in 1..=4 {
        running.push(start(number)?);
    }
    let five = transactions(uri).await?;
    let each = (five - one) / 4.0 / HEARTBEATS as f64;
    println!("{:<46} {each:>9.2} statements a heartbeat", "an idle worker asks");
    Ok(())
}

/// Transactions of the database over the time in which a worker is watched.
async fn transactions(uri: &str) -> anyhow::Result<f64> {
    // What happens at the start of a worker is over by then. Servers count what a session did up to ten seconds late:
    // over a minute that matters little.
    tokio::time::sleep(Duration::from_secs(3 * HEARTBEAT)).await;
    let client = connect(&uri.parse()?).await?;
    let count = async || {
        let statement = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        client.query_one(statement, &[]).await.map(|row| row.get::<_, i64>(0))
    };
    let before = count().await?;
    tokio::time::sleep(Duration::from_secs(HEARTBEAT * HEARTBEATS)).await;
    Ok((count().await? - before) as f64)
}

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
