//! A PostgreSQL server for tests: one that is given, one in a container, or one from local binaries.

mod address;
mod apt_sources;
mod bouncer;
mod command;
mod container;
mod daemon;
mod docker;
mod image;
mod leftovers;
mod local;
mod packages;
mod probe;
mod processes;
mod user;

pub(crate) use bouncer::Bouncer;

use address::Address;
use anyhow::{Context, bail};
use command::{SHORT, poll};
use container::ContainerServer;
use local::LocalServer;
use probe::Reply;
use std::path::{Path, PathBuf};

/// Settings of every server that is started.
const SETTINGS: &str = include_str!("image/server.conf");

/// Which server the tests get.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ServerOptions {
    /// Use this server, as a superuser, instead of starting one.
    #[arg(long, value_name = "URL", conflicts_with = "prefer")]
    pub(crate) database_url: Option<String>,
    /// Start a server of this kind; without it, in Docker if that works, else from local binaries.
    #[arg(long = "server", value_name = "KIND")]
    pub(crate) prefer: Option<ServerKind>,
}

/// What a server runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ServerKind {
    /// A container.
    Docker,
    /// PostgreSQL's binaries on this machine.
    Local,
}

/// A PostgreSQL server for tests; one that was started is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    backend: Backend,
    cache: PathBuf,
}

#[derive(Debug)]
enum Backend {
    Given(String),
    Docker(ContainerServer),
    Local(LocalServer),
}

impl Server {
    /// Finds or starts one, in this order, and says which on stderr: the one that is given; Docker; local
    /// binaries. What is built for Docker is kept in `cache`. Leftovers of killed processes are removed.
    pub(crate) fn obtain(options: &ServerOptions, cache: &Path) -> anyhow::Result<Self> {
        leftovers::remove();
        let backend = match (&options.database_url, options.prefer) {
            (Some(url), _) => Backend::Given(given(url)?),
            (None, Some(kind)) => start(kind, cache)?,
            (None, None) => start_any(cache)?,
        };
        let url = match &backend {
            Backend::Given(_) => options.database_url.clone().unwrap_or_default(),
            Backend::Docker(server) => server.address().url(),
            Backend::Local(server) => server.address().url(),
        };
        let server = Self { url, backend, cache: cache.to_owned() };
        eprintln!("server: {}", server.describe());
        Ok(server)
    }

    /// URL of a superuser connection: `postgresql://postgres:password@127.0.0.1:port/postgres`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it is and where: `PostgreSQL 17.6 in container …, port …`.
    pub(crate) fn describe(&self) -> String {
        match &self.backend {
            Backend::Given(place) => format!("the PostgreSQL server given, {place}"),
            Backend::Docker(server) => format!("{}, port {}", server.describe(), server.address().port),
            Backend::Local(server) => format!("{}, port {}", server.describe(), server.address().port),
        }
    }

    /// A fault: fast shutdown, then a start with the same port and data.
    pub(crate) fn restart(&mut self) -> anyhow::Result<()> {
        match &mut self.backend {
            Backend::Given(_) => refuse_faults(),
            Backend::Docker(server) => server.restart(),
            Backend::Local(server) => server.restart(),
        }
    }

    /// A fault: SIGKILL, then a start with the same port and data, which recovers from the crash.
    pub(crate) fn kill_and_start(&mut self) -> anyhow::Result<()> {
        match &mut self.backend {
            Backend::Given(_) => refuse_faults(),
            Backend::Docker(server) => server.kill_and_start(),
            Backend::Local(server) => server.kill_and_start(),
        }
    }
}

fn refuse_faults() -> anyhow::Result<()> {
    bail!("a server given by --database-url is not ours to stop")
}

fn start(kind: ServerKind, cache: &Path) -> anyhow::Result<Backend> {
    Ok(match kind {
        ServerKind::Docker => Backend::Docker(ContainerServer::start(cache)?),
        ServerKind::Local => Backend::Local(LocalServer::start()?),
    })
}

fn start_any(cache: &Path) -> anyhow::Result<Backend> {
    let docker = match start(ServerKind::Docker, cache) {
        Ok(backend) => return Ok(backend),
        Err(error) => error,
    };
    eprintln!("server: not in Docker: {docker:#}");
    start(ServerKind::Local, cache).map_err(|local| {
        let ways = format!("in Docker: {docker:#}; from local binaries: {local:#}");
        anyhow::anyhow!("no PostgreSQL server can be had (give one by --database-url): {ways}")
    })
}

/// Checks that the server given answers, and returns its place without the password.
fn given(url: &str) -> anyhow::Result<String> {
    // The forms that are not read here are for the client library to judge.
    let Ok(address) = Address::parse(url) else { return Ok("at the place its URL says".to_owned()) };
    let place = format!("{}:{}", address.host, address.port);
    let answer = poll(SHORT, || probe::ask(&address).ok().filter(|reply| *reply != Reply::NotYet));
    answer.with_context(|| format!("no PostgreSQL server answers at {place}"))?;
    Ok(place)
}
