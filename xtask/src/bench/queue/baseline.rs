//! The measure that the queue is held against: a pgbench script.

use anyhow::{Context, bail, ensure};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use tokio_postgres::Client;

const SCRIPT: &str = include_str!("batch.pgbench.sql");
const SCHEMA: &str = include_str!("baseline.sql");

/// Documents that the script claims at a time.
const BATCH: u64 = 100;

/// Drains `documents` rows with `clients` of pgbench; documents a second.
pub(super) async fn drain(client: &Client, uri: &str, documents: u64, clients: u32) -> anyhow::Result<f64> {
    client.batch_execute(SCHEMA).await?;
    client
        .execute(
            "INSERT INTO bench_baseline (payload) SELECT repeat('x', 300) FROM generate_series(1, $1::bigint)",
            &[&documents.cast_signed()],
        )
        .await?;
    client.batch_execute("VACUUM ANALYZE bench_baseline").await?;
    client.batch_execute("CHECKPOINT").await?;
    let mut script = tempfile::NamedTempFile::new()?;
    script.write_all(SCRIPT.as_bytes())?;
    let transactions = documents / BATCH / u64::from(clients);
    let output = Command::new(pgbench()?)
        .args(["--no-vacuum", "--client", &clients.to_string(), "--jobs", "2"])
        .args(["--transactions", &transactions.to_string(), "--file"])
        .arg(script.path())
        .arg(uri)
        .output()
        .context("cannot run pgbench")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    let rate = told
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse::<f64>().ok())
        .with_context(|| format!("pgbench told no rate: {told}"))?;
    Ok(rate * BATCH as f64)
}

/// pgbench comes with the server.
fn pgbench() -> anyhow::Result<PathBuf> {
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| {
        std::env::split_paths(&path).map(|folder| folder.join("pgbench")).collect::<Vec<_>>()
    });
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin/pgbench"));
    match on_path.chain(installed).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => {
            bail!("pgbench is not installed: it comes with PostgreSQL's server (apt-get install postgresql)")
        }
    }
}
