//! The queue on `PostgreSQL`: no-op documents claimed and completed, held against a pgbench script in the same run.

mod baseline;
mod failover;
mod ours;

use crate::scratch::{ScratchDatabase, connect};
use anyhow::Context;
use gdg_postgres::Postgres;
use ours::Drain;
use tokio_postgres::Client;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: crate::server::ServerOptions,
    /// Documents that are drained in each measurement.
    #[arg(long, default_value_t = 400_000)]
    documents: u64,
    /// Documents that were finished before the measurement "after many".
    #[arg(long, default_value_t = 5_000_000)]
    finished: u64,
    /// Claimers.
    #[arg(long, default_value_t = 8)]
    claimers: u32,
    /// How often each measurement is taken; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Measures, and prints the figures.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let server = crate::server::Server::obtain(&options.server, &crate::workspace::test_images())?;
    println!("{}", server.describe());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let worker = crate::workspace::release_worker()?;
    runtime.block_on(measure(options, server.url(), &worker))
}

async fn measure(options: &Options, server: &str, worker: &std::path::Path) -> anyhow::Result<()> {
    let database = ScratchDatabase::create(server, "gdg_bench").await?;
    let bench = Bench { options, uri: database.url.to_string(), client: connect(&database.url).await? };
    let postgres = ours::pool(database.url.as_str())?;
    gdg_pipeline::distributed::migrate(&postgres).await?;
    bench.report(&postgres).await?;
    failover::report(database.url.as_str(), options.rounds).await?;
    failover::idle(database.url.as_str(), worker).await?;
    drop(bench);
    database.remove().await
}

struct Bench<'a> {
    options: &'a Options,
    uri: String,
    client: Client,
}

impl Bench<'_> {
    async fn report(&self, postgres: &Postgres) -> anyhow::Result<()> {
        let (documents, claimers) = (self.options.documents, self.options.claimers);
        let enqueued = ours::enqueue(postgres, documents).await?;
        println!("{:<46} {enqueued:>9.0} documents/s", "enqueue, 1,000 at a time");
        ours::clear(&self.client).await?;

        let (mut baselines, mut plain, mut under_snapshot) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.options.rounds {
            baselines.push(baseline::drain(&self.client, &self.uri, documents, claimers).await?);
            plain.push(self.drain(claimers, false).await?);
            under_snapshot.push(self.drain(claimers, true).await?);
        }
        let measure = median(baselines);
        println!("{:<46} {measure:>9.0} documents/s", format!("pgbench, {claimers} clients, batches of 100"));
        let plain = median(plain);
        show(&format!("the queue, {claimers} claimers"), plain, measure, "of pgbench");
        show("the same, an old snapshot open", median(under_snapshot), plain, "of that without");

        let (mut few, mut many) = (Vec::new(), Vec::new());
        for _ in 0..self.options.rounds {
            few.push(self.drain(4, false).await?);
            many.push(self.drain(16, false).await?);
        }
        let few = median(few);
        println!("{:<46} {few:>9.0} documents/s", "the queue, 4 claimers");
        show("the queue, 16 claimers", median(many), few, "of 4");

        self.finish_many().await?;
        let mut after = Vec::new();
        for _ in 0..self.options.rounds {
            after.push(self.drain(claimers, false).await?);
        }
        let label = format!("the queue, {} documents finished", self.options.finished);
        show(&label, median(after), plain, "of that before");
        Ok(())
    }

    async fn drain(&self, claimers: u32, old_snapshot: bool) -> anyhow::Result<f64> {
        let drain = Drain { uri: &self.uri, documents: self.options.documents, claimers, old_snapshot };
        let rate = drain.run(&self.client).await?;
        ours::clear(&self.client).await?;
        Ok(rate)
    }

    /// Sends documents through the queue, so that it is as it is after a long time.
    async fn finish_many(&self) -> anyhow::Result<()> {
        let mut left = self.options.finished;
        while left > 0 {
            let part = left.min(500_000);
            let drain = Drain {
                uri: &self.uri,
                documents: part,
                claimers: self.options.claimers,
                old_snapshot: false,
            };
            drain.run(&self.client).await.context("while many documents are finished")?;
            left -= part;
        }
        Ok(())
    }
}

fn show(label: &str, rate: f64, measure: f64, of: &str) {
    println!("{label:<46} {rate:>9.0} documents/s  {:.2} {of}", rate / measure);
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
}
