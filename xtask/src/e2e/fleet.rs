//! Worker processes.

use super::proxy::Proxy;
use anyhow::{Context, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The configuration of a fleet, but for the way to its database.
#[derive(Debug, Clone)]
pub(super) struct FleetConfig {
    pub(super) worker: PathBuf,
    pub(super) folder: PathBuf,
    /// The URI of the database, with the host and port that a proxy stands before.
    pub(super) database: url::Url,
    /// More of the configuration, as YAML.
    pub(super) sections: String,
    pub(super) arguments: Vec<String>,
    pub(super) clock_shift: Option<ClockShift>,
    /// Whether statements may be prepared.
    pub(super) prepared_statements: bool,
}

/// A library that shifts a process's clock.
#[derive(Debug, Clone)]
pub(super) struct ClockShift {
    pub(super) library: PathBuf,
    pub(super) by: &'static str,
}

/// One worker: its process, and its way to the database.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) proxy: Proxy,
    process: Option<Child>,
    config: FleetConfig,
    clock_shift: Option<ClockShift>,
}

impl Member {
    pub(super) async fn start(config: &FleetConfig, number: usize) -> anyhow::Result<Self> {
        let host = config.database.host_str().unwrap_or("127.0.0.1");
        let server = format!("{host}:{}", config.database.port().unwrap_or(5432));
        // The clock of one of them is wrong.
        let clock_shift = config.clock_shift.clone().filter(|_| number == 2);
        let name = format!("worker-{number:02}");
        let proxy = Proxy::start(server).await?;
        let mut member = Self { name, proxy, process: None, config: config.clone(), clock_shift };
        member.spawn()?;
        Ok(member)
    }

    /// Starts its process, unless it runs.
    pub(super) fn spawn(&mut self) -> anyhow::Result<()> {
        if self.is_running()? {
            return Ok(());
        }
        let mut uri = self.config.database.clone();
        // A URL of this kind takes any host and port.
        let _ = uri.set_host(Some("127.0.0.1"));
        let _ = uri.set_port(Some(self.proxy.port()));
        let config = self.path("yaml");
        std::fs::write(
            &config,
            format!(
                "storage: {{ backend: postgresql, uri: \"{uri}\", prepared_statements: {} }}\n{}",
                self.config.prepared_statements, self.config.sections
            ),
        )?;
        let log = File::options().create(true).append(true).open(self.path("log"))?;
        let mut command = Command::new(&self.config.worker);
        command
            .current_dir(&self.config.folder)
            .args(["--worker-id", &self.name, "--log-format", "json", "--log-level", "debug", "--config"])
            .arg(&config)
            .args(&self.config.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some(shift) = &self.clock_shift {
            command
                .env("LD_PRELOAD", &shift.library)
                .env("FAKETIME", shift.by)
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        self.process = Some(command.spawn().context("cannot start a worker")?);
        Ok(())
    }

    /// Sends a signal (`KILL`, `STOP`, `CONT`, `TERM`) to its process.
    pub(super) fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let Some(process) = &self.process else { return Ok(()) };
        let status =
            Command::new("kill").args([&format!("-{signal}"), &process.id().to_string()]).status()?;
        if !status.success() {
            eprintln!("{}: no process to send {signal} to", self.name);
        }
        Ok(())
    }

    pub(super) fn is_running(&mut self) -> anyhow::Result<bool> {
        match &mut self.process {
            Some(process) => Ok(process.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// Waits for its process to end.
    pub(super) async fn wait(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        let started = Instant::now();
        let Some(process) = &mut self.process else { bail!("{} was not started", self.name) };
        loop {
            if let Some(status) = process.try_wait()? {
                return Ok(status);
            }
            if started.elapsed() > patience {
                bail!(
                    "{} did not end in {} s; its log: {}",
                    self.name,
                    patience.as_secs(),
                    self.path("log").display()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn path(&self, extension: &str) -> PathBuf {
        self.config.folder.join(format!("{}.{extension}", self.name))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Brings the schema of the database up to date, as a person would.
pub(super) fn migrate(
    worker: &Path,
    folder: &Path,
    database: &url::Url,
    sections: &str,
) -> anyhow::Result<()> {
    let config = folder.join("migrate.yaml");
    std::fs::write(&config, format!("storage: {{ backend: postgresql, uri: \"{database}\" }}\n{sections}"))?;
    let output =
        Command::new(worker).arg("migrate").arg("--config").arg(&config).current_dir(folder).output()?;
    if !output.status.success() {
        bail!("`worker migrate` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
