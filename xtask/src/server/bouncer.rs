//! `PgBouncer` in transaction mode, in front of a server.

use super::Server;
use super::address::{Address, free_port};
use super::command::{LONG, SHORT, find, output, version_in};
use super::daemon::{Daemon, Workplace};
use super::docker::{self, Container};
use super::probe::wait_until_ready;
use super::{image, packages};
use std::process::Command;

/// Where the container has its configuration.
const CONFIGURATION: &str = "/etc/pgbouncer";

/// A `PgBouncer`, which is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Bouncer {
    url: String,
    description: String,
    /// Only held, so that it stops with this.
    _process: Process,
}

/// What runs it.
#[derive(Debug)]
enum Process {
    /// The process stops before its directory is removed.
    Local {
        _daemon: Daemon,
        _workplace: Workplace,
    },
    Docker {
        _container: Container,
    },
}

impl Bouncer {
    /// Starts the `PgBouncer` of this machine, which is installed if it is missing. One older than 1.21 does
    /// not know prepared statements in transaction mode.
    pub(crate) fn start_local(server: &Server) -> anyhow::Result<Self> {
        let program = packages::ensure("pgbouncer", || find("pgbouncer"))?;
        let said = output(Command::new(&program).arg("--version"), SHORT)?;
        let (backend, address) = addresses(server)?;
        let workplace = Workplace::new()?;
        workplace.write("userlist.txt", &user_list(&backend))?;
        let directory = workplace.path().to_string_lossy().into_owned();
        let file = workplace.write("pgbouncer.ini", &configuration(&backend, &address, &directory, None))?;
        let mut daemon = Daemon::start(&workplace, workplace.command(&program).arg(file))?;
        wait_until_ready(&address, LONG, || daemon.check())?;
        let process = Process::Local { _daemon: daemon, _workplace: workplace };
        Ok(Self::new(&address, &said, "from this machine", process))
    }

    /// Starts the `PgBouncer` of the image, which keeps the prepared statements of its clients.
    pub(crate) fn start_docker(server: &Server) -> anyhow::Result<Self> {
        docker::check()?;
        image::ensure(&server.cache)?;
        let (backend, address) = addresses(server)?;
        // The host's network, because the server is published on the host's loopback interface.
        let file = format!("{CONFIGURATION}/pgbouncer.ini");
        let arguments = ["--network", "host", "--entrypoint", "pgbouncer", image::IMAGE, &file];
        let container = Container::create("pgbouncer", &arguments, &[])?;
        let files = tempfile::tempdir()?;
        std::fs::write(files.path().join("userlist.txt"), user_list(&backend))?;
        let text = configuration(&backend, &address, CONFIGURATION, Some(200));
        std::fs::write(files.path().join("pgbouncer.ini"), text)?;
        container.copy(files.path(), CONFIGURATION)?;
        container.start()?;
        wait_until_ready(&address, LONG, || container.check())?;
        let said = container.run(&["pgbouncer", "--version"])?;
        let place = format!("in container {}", container.name());
        Ok(Self::new(&address, &said, &place, Process::Docker { _container: container }))
    }

    /// URL of a superuser connection through it. Other databases of the server are reached likewise.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its version, and where it runs.
    pub(crate) fn describe(&self) -> String {
        self.description.clone()
    }

    fn new(address: &Address, said: &str, place: &str, process: Process) -> Self {
        let description = format!("PgBouncer {} {place}", version_in(said).unwrap_or("?"));
        eprintln!("server: {description}, port {}", address.port);
        Self { url: address.url(), description, _process: process }
    }
}

/// The address of the server, and that of a `PgBouncer` in front of it.
fn addresses(server: &Server) -> anyhow::Result<(Address, Address)> {
    let backend = Address::parse(server.url())?;
    let front = Address { host: "127.0.0.1".to_owned(), port: free_port()?, ..backend.clone() };
    Ok((backend, front))
}

/// One file serves both sides: clients are checked against the password, and servers are given it.
fn user_list(backend: &Address) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    format!("{} {}\n", quoted(&backend.user), quoted(&backend.password))
}

fn configuration(backend: &Address, front: &Address, directory: &str, prepared: Option<u32>) -> String {
    let prepared = prepared.map(|count| format!("max_prepared_statements = {count}\n")).unwrap_or_default();
    format!(
        "[databases]\n\
         * = host={} port={}\n\
         [pgbouncer]\n\
         listen_addr = {}\n\
         listen_port = {}\n\
         unix_socket_dir =\n\
         auth_type = scram-sha-256\n\
         auth_file = {directory}/userlist.txt\n\
         pool_mode = transaction\n\
         default_pool_size = 20\n\
         max_client_conn = 300\n\
         {prepared}",
        backend.host, backend.port, front.host, front.port
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_both_sides() {
        let backend = Address::parse("postgresql://me:pass\"word@db:5433/app").unwrap();
        let front = Address::parse("postgresql://me:x@127.0.0.1:6432/app").unwrap();
        let text = configuration(&backend, &front, "/here", Some(200));
        assert!(text.contains("\n* = host=db port=5433\n"), "{text}");
        assert!(text.contains("\nlisten_port = 6432\n"), "{text}");
        assert!(text.ends_with("\nmax_prepared_statements = 200\n"), "{text}");
        assert!(!configuration(&backend, &front, "/here", None).contains("prepared"));
        assert_eq!(user_list(&backend), "\"me\" \"pass\"\"word\"\n");
    }
}
