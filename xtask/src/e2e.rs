//! End to end: real worker processes on a real server, undisturbed or not, and what came of it checked.

mod audit;
mod chaos;
mod documents;
mod fleet;
mod proxy;

use crate::history::{self, Rules};
use crate::scratch::{ScratchDatabase, connect};
use crate::server::{Bouncer, Server, ServerOptions};
use crate::workspace::{self, cargo};
use anyhow::{Context, bail, ensure};
use chaos::{Chaos, Spans};
use documents::Documents;
use fleet::{ClockShift, FleetConfig, Member, migrate};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use url::Url;

/// What is run.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// Workers.
    #[arg(long, default_value_t = 5)]
    workers: usize,
    /// Documents: copies of the examples, or of what --samples names.
    #[arg(long, default_value_t = 1_000)]
    documents: usize,
    /// Files, or folders of them, to copy.
    #[arg(long, value_name = "PATH")]
    samples: Vec<PathBuf>,
    /// Let things go wrong: workers killed, frozen, cut off; the server restarted and killed.
    #[arg(long)]
    chaos: bool,
    /// Kill the leader and two other workers in the middle of the run, and start none of them again.
    #[arg(long, conflicts_with = "chaos")]
    kill: bool,
    /// How long things go wrong, such as 20s or 30m.
    #[arg(long, value_parser = parse_duration, default_value = "30s")]
    duration: Duration,
    /// What decides the order of what goes wrong; else the time does.
    #[arg(long)]
    seed: Option<u64>,
    /// How many times, with the seeds that follow the first.
    #[arg(long, default_value_t = 1)]
    rounds: u64,
    /// Use the optimised worker.
    #[arg(long)]
    release: bool,
    /// Leave the folder with the workers' logs where it is.
    #[arg(long)]
    keep: bool,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is no duration, such as 20s or 30m"))?;
    match unit {
        "s" | "" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        "h" => Ok(Duration::from_secs(number * 3600)),
        _ => Err(format!("`{unit}` is no unit of time: s, m or h")),
    }
}

impl Options {
    /// What `cargo xtask ci` runs: every way to the database, and a short time of faults.
    pub(crate) fn of_ci() -> [Self; 2] {
        let quiet = Self {
            server: ServerOptions::default(),
            workers: 3,
            documents: 300,
            samples: Vec::new(),
            chaos: false,
            kill: false,
            duration: Duration::from_secs(25),
            seed: None,
            rounds: 1,
            release: false,
            keep: false,
        };
        let chaos = Self { chaos: true, workers: 4, documents: 1_500, ..quiet.copy() };
        [quiet, chaos]
    }

    /// Whether things go wrong.
    pub(crate) fn is_chaos(&self) -> bool {
        self.chaos
    }

    fn copy(&self) -> Self {
        Self { server: self.server.clone(), samples: self.samples.clone(), ..*self }
    }
}

/// How the workers reach the server.
enum Way {
    Direct,
    Bouncer(Bouncer),
}

/// Finds or starts a server, and runs.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut server = Server::obtain(&options.server, &workspace::test_images())?;
    run_on(&mut server, options)
}

/// Runs on a server that is there.
pub(crate) fn run_on(server: &mut Server, options: &Options) -> anyhow::Result<()> {
    let worker = if options.release { workspace::release_worker()? } else { debug_worker()? };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if options.chaos {
        let first = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
        for seed in first..first + options.rounds {
            runtime.block_on(chaos_round(server, options, &worker, seed))?;
        }
        return Ok(());
    }
    if options.kill {
        return runtime.block_on(quiet_round(server, options, &worker, &Way::Direct, true));
    }
    for (way, prepared) in ways(server) {
        let label = match &way {
            Way::Direct => "directly".to_owned(),
            Way::Bouncer(bouncer) => format!("through {}", bouncer.describe()),
        };
        runtime
            .block_on(quiet_round(server, options, &worker, &way, prepared))
            .with_context(|| format!("{label} to the server"))?;
    }
    Ok(())
}

/// Directly, and through every `PgBouncer` that can be had.
fn ways(server: &Server) -> Vec<(Way, bool)> {
    let mut ways = vec![(Way::Direct, true)];
    // The older one, from this machine's packages, cannot keep prepared statements.
    for (bouncer, prepared) in [(Bouncer::start_local(server), false), (Bouncer::start_docker(server), true)]
    {
        match bouncer {
            Ok(bouncer) => ways.push((Way::Bouncer(bouncer), prepared)),
            Err(error) => eprintln!("without that PgBouncer: {error:#}"),
        }
    }
    ways
}

fn debug_worker() -> anyhow::Result<PathBuf> {
    // As the tests build it, so that it is built once.
    workspace::run(&mut cargo(&["test", "--workspace", "--all-features", "--no-run", "--quiet"]))?;
    Ok(workspace::target().join("debug/worker"))
}

/// A database, a folder and documents for one round.
struct Round {
    folder: tempfile::TempDir,
    database: ScratchDatabase,
    client: Client,
    documents: Documents,
}

impl Round {
    async fn prepare(
        server: &Server,
        options: &Options,
        worker: &Path,
        sections: &str,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("e2e-").tempdir_in(workspace::target())?;
        let database = ScratchDatabase::create(server.url(), "gdg_e2e").await?;
        let samples = if options.samples.is_empty() {
            vec![workspace::root().join("examples/documents")]
        } else {
            options.samples.clone()
        };
        let documents = Documents::write(&folder.path().join("documents"), &samples, options.documents)?;
        migrate(worker, folder.path(), &database.url, sections)?;
        let client = connect(&database.url).await?;
        audit::install(&client).await?;
        Ok(Self { folder, database, client, documents })
    }

    fn fleet(&self, worker: &Path, database: Url, sections: &str, arguments: &[&str]) -> FleetConfig {
        FleetConfig {
            worker: worker.to_owned(),
            folder: self.folder.path().to_owned(),
            database,
            sections: sections.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            clock_shift: None,
            prepared_statements: true,
        }
    }

    /// Checks the history, and says what was found.
    async fn check(&self, max_retries: u32) -> anyhow::Result<()> {
        let client = connect(&self.database.url).await?;
        let events = audit::read_events(&client).await?;
        let state = audit::read_state(&client).await?;
        let expected: BTreeSet<String> =
            self.documents.names.iter().map(|name| format!("docs:{name}")).collect();
        let rules = Rules { max_retries, max_abandoned_attempts: 10 };
        let report = history::check(&events, &state, &expected, &rules);
        println!("{report}");
        ensure!(report.is_clean(), "the history breaks a rule");
        Ok(())
    }

    /// Removes the database; the folder goes by itself.
    async fn clean(self, keep: bool) -> anyhow::Result<()> {
        drop(self.client);
        self.database.remove().await?;
        if keep {
            println!("logs: {}", self.folder.keep().display());
        }
        Ok(())
    }
}

/// Workers start in any order, work the run off together and end.
async fn quiet_round(
    server: &Server,
    options: &Options,
    worker: &Path,
    way: &Way,
    prepared: bool,
) -> anyhow::Result<()> {
    let sections = sections(
        "work_queue: { claim_timeout: 10, heartbeat_interval: 2, stale_threshold: 15, \
         retry_backoff_base: 0.1, retry_backoff_max: 1 }\n\
         election: { ttl: 6, renew_interval: 2, margin: 1 }",
        "",
    );
    let mut round = Round::prepare(server, options, worker, &sections).await?;
    round.documents.write_hard_ones()?;
    let mut database = round.database.url.clone();
    if let Way::Bouncer(bouncer) = way {
        let bouncer: Url = bouncer.url().parse()?;
        // Both are on this machine, with a host and a port.
        let _ = database.set_host(bouncer.host_str());
        let _ = database.set_port(bouncer.port());
    }
    let mut config = round.fleet(worker, database, &sections, &["--once"]);
    config.prepared_statements = prepared;
    let started = Instant::now();
    let mut members = Vec::new();
    for number in 1..=options.workers {
        members.push(Member::start(&config, number).await?);
    }
    if options.kill {
        kill_in_the_middle(&mut members, &round).await?;
    }
    if let Err(error) = wait_for_all(&mut members, Duration::from_secs(300)).await {
        println!("logs: {}", round.folder.keep().display());
        return Err(error);
    }
    let documents = round.documents.names.len();
    println!("{documents} documents, {} workers, {:.1} s", options.workers, started.elapsed().as_secs_f64());
    round.check(3).await?;
    drop(members);
    round.clean(options.keep).await
}

/// Times that are short enough for faults to matter within seconds.
const CHAOS_SPANS: Spans = Spans { lease: Duration::from_secs(3), claim: Duration::from_secs(4) };

/// Things go wrong for a while; then the last run is worked off, and the history checked.
async fn chaos_round(server: &mut Server, options: &Options, worker: &Path, seed: u64) -> anyhow::Result<()> {
    println!("chaos, seed {seed} (again: cargo xtask e2e --chaos --seed {seed})");
    let sections = sections(
        "work_queue: { claim_timeout: 4, heartbeat_interval: 1, stale_threshold: 6, max_retries: 3, \
         retry_backoff_base: 0.1, retry_backoff_max: 1, batch_size: 20, prefetch_count: 10, poll_interval: 0.5 }\n\
         election: { ttl: 3, renew_interval: 1, margin: 0.5 }",
        ", rescan_interval: 1, shutdown_grace: 5, commit_batch_size: 20, parallelism: 1",
    );
    let mut round = Round::prepare(server, options, worker, &sections).await?;
    round.documents.write_hard_ones()?;
    let mut config = round.fleet(worker, round.database.url.clone(), &sections, &[]);
    config.clock_shift = clock_shift();
    let mut members = Vec::new();
    for number in 1..=options.workers {
        members.push(Member::start(&config, number).await?);
    }
    let chaos = Chaos::new(seed, &mut members, server, round.database.url.clone(), CHAOS_SPANS);
    let done = {
        let changing = keep_changing(&round.documents, &round.database.url);
        tokio::select! {
            done = chaos.run(options.duration) => done?,
            error = changing => return Err(error),
        }
    };
    println!("{done}");
    if let Err(error) = wait_for_the_end(&round.database.url).await {
        println!("logs: {}", round.folder.keep().display());
        return Err(error.context(format!("seed {seed}")));
    }
    for member in &mut members {
        member.signal("TERM")?;
    }
    let ended = wait_for_all(&mut members, Duration::from_secs(60)).await;
    let outcome = match ended {
        Ok(()) => round.check(3).await,
        Err(error) => Err(error),
    };
    drop(members);
    if let Err(error) = outcome {
        println!("logs: {}", round.folder.keep().display());
        return Err(error.context(format!("seed {seed}")));
    }
    round.clean(options.keep).await
}

/// Kills the leader once a fifth of the documents is stored, and two others a little later.
async fn kill_in_the_middle(members: &mut Vec<Member>, round: &Round) -> anyhow::Result<()> {
    for (share, victims) in [(5, 1), (3, 2)] {
        let wanted = round.documents.names.len() / share;
        let stored = async || {
            let statement = "SELECT count(*) FROM documents";
            round.client.query_one(statement, &[]).await.map(|row| row.get::<_, i64>(0) as usize)
        };
        while stored().await? < wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for _ in 0..victims {
            let row = round.client.query_opt("SELECT holder FROM leases", &[]).await?;
            let holder: String = row.map(|row| row.get(0)).unwrap_or_default();
            let victim = members.iter().position(|member| member.name == holder).unwrap_or(0);
            let mut victim = members.remove(victim);
            victim.signal("KILL")?;
            victim.wait(Duration::from_secs(10)).await?;
            println!("killed {} at {} documents", victim.name, stored().await?);
        }
    }
    Ok(())
}

/// Waits for every worker to end well.
async fn wait_for_all(members: &mut [Member], patience: Duration) -> anyhow::Result<()> {
    for member in members {
        let status = member.wait(patience).await?;
        ensure!(status.success(), "{} ended with {status}; see its log", member.name);
    }
    Ok(())
}

/// Changes documents whenever a run is completed, so that there is always something to do. Ends only with an error.
async fn keep_changing(documents: &Documents, database: &Url) -> anyhow::Error {
    let mut changed = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let Ok(client) = connect(database).await else { continue };
        let statement = "SELECT count(*) FROM processing_runs WHERE status = 'completed'";
        let Ok(row) = client.query_one(statement, &[]).await else { continue };
        let completed = row.get::<_, i64>(0) as usize;
        if completed > changed {
            changed = completed;
            if let Err(error) = documents.change() {
                return error;
            }
        }
    }
}

/// Waits until the run that goes on is completed.
async fn wait_for_the_end(database: &Url) -> anyhow::Result<()> {
    let started = Instant::now();
    let wanted = async |client: &Client| {
        let statement = "SELECT run_id FROM processing_runs ORDER BY generation DESC LIMIT 1";
        client.query_opt(statement, &[]).await.map(|row| row.map(|row| row.get::<_, String>(0)))
    };
    let mut run = None;
    while started.elapsed() < Duration::from_secs(240) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let Ok(client) = connect(database).await else { continue };
        if run.is_none() {
            run = wanted(&client).await.unwrap_or(None);
        }
        let Some(run) = &run else { continue };
        let statement = "SELECT status FROM processing_runs WHERE run_id = $1";
        if let Ok(row) = client.query_one(statement, &[run]).await {
            match row.get(0) {
                "completed" => return pause_new_runs(&client).await,
                "failed" | "abandoned" => bail!("run {run} is {}", row.get::<_, String>(0)),
                _ => {}
            }
        }
    }
    bail!("the run did not end")
}

/// The next generation may have begun: it is worked off as well.
async fn pause_new_runs(client: &Client) -> anyhow::Result<()> {
    let started = Instant::now();
    let statement = "SELECT count(*) FROM processing_runs WHERE status <> 'completed'";
    loop {
        // A generation without changes takes no time; the workers are stopped between two.
        if client.query_one(statement, &[]).await?.get::<_, i64>(0) == 0 {
            return Ok(());
        }
        ensure!(started.elapsed() < Duration::from_secs(120), "the last run did not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn sections(more: &str, processing: &str) -> String {
    format!(
        "processing: {{ mode: distributed{processing} }}\n{more}\nparsing: {{ limits: {{ deadline: 2 }} }}\n\
         content_sources:\n  - {{ name: docs, type: file, base_path: documents }}\n"
    )
}

/// A library that shifts the clock of a process, where it is installed (Debian's package faketime).
fn clock_shift() -> Option<ClockShift> {
    let paths = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    ];
    let library = paths.iter().map(PathBuf::from).find(|path| path.exists());
    if library.is_none() {
        eprintln!("without a shifted clock: Debian's package faketime is not installed");
    }
    library.map(|library| ClockShift { library, by: "+3600" })
}
