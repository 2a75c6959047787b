//! PostgreSQL from the binaries of this machine.

use super::address::Address;
use super::command::{LONG, SHORT, VERY_LONG, output, version_in};
use super::daemon::{Daemon, Workplace};
use super::packages;
use super::probe::wait_until_ready;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian puts the binaries: a directory for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A server in a fresh directory.
#[derive(Debug)]
pub(super) struct LocalServer {
    // Before the workplace: the server is stopped before its directory is removed.
    daemon: Daemon,
    workplace: Workplace,
    binaries: PathBuf,
    address: Address,
    version: String,
}

impl LocalServer {
    /// Installs PostgreSQL if need be, makes a cluster, and starts its server.
    pub(super) fn start() -> anyhow::Result<Self> {
        let binaries = packages::ensure("postgresql", find_binaries)?;
        let said = output(Command::new(binaries.join("postgres")).arg("--version"), SHORT)?;
        let address = Address::on_this_machine()?;
        let workplace = Workplace::new()?;
        make_cluster(&workplace, &binaries, &address)?;
        let daemon = start_daemon(&workplace, &binaries)?;
        let version = version_in(&said).unwrap_or("?").to_owned();
        let mut server = Self { daemon, workplace, binaries, address, version };
        server.wait()?;
        Ok(server)
    }

    /// Where it is.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// What it is.
    pub(super) fn describe(&self) -> String {
        format!("PostgreSQL {} from {}", self.version, self.binaries.display())
    }

    /// A fast shutdown, and a start.
    pub(super) fn restart(&mut self) -> anyhow::Result<()> {
        self.daemon.shut_down(LONG)?;
        self.start_again()
    }

    /// A crash, and a start.
    pub(super) fn kill_and_start(&mut self) -> anyhow::Result<()> {
        self.daemon.kill()?;
        self.start_again()
    }

    fn start_again(&mut self) -> anyhow::Result<()> {
        self.daemon = start_daemon(&self.workplace, &self.binaries)?;
        self.wait()
    }

    fn wait(&mut self) -> anyhow::Result<()> {
        wait_until_ready(&self.address, LONG, || self.daemon.check())
    }
}

fn start_daemon(workplace: &Workplace, binaries: &Path) -> anyhow::Result<Daemon> {
    let mut command = workplace.command(&binaries.join("postgres"));
    Daemon::start(workplace, command.arg("-D").arg(workplace.path().join("data")))
}

fn make_cluster(workplace: &Workplace, binaries: &Path, address: &Address) -> anyhow::Result<()> {
    let password = workplace.write("password", &address.password)?;
    let mut command = workplace.command(&binaries.join("initdb"));
    command.args(["--username", &address.user, "--auth=scram-sha-256"]);
    command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--pgdata"]).arg(workplace.path().join("data"));
    output(command.arg("--pwfile").arg(&password), VERY_LONG)?;
    fs::remove_file(password)?;
    let configuration = workplace.path().join("data/postgresql.conf");
    let defaults = fs::read_to_string(&configuration).context("initdb made no configuration")?;
    let place = format!(
        "listen_addresses = '{}'\nport = {}\nunix_socket_directories = '{}'\n",
        address.host,
        address.port,
        workplace.path().display()
    );
    workplace.write("data/postgresql.conf", &(defaults + super::SETTINGS + &place)).map(drop)
}

/// The directory of the binaries: in `$PATH`, or the newest of Debian's.
fn find_binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path());
    std::env::split_paths(&path)
        .chain(newest_first(versions.collect()).into_iter().map(|version| version.join("bin")))
        .find(|directory| ["initdb", "postgres"].iter().all(|program| directory.join(program).is_file()))
}

fn newest_first(mut directories: Vec<PathBuf>) -> Vec<PathBuf> {
    directories.sort_by_cached_key(|directory| std::cmp::Reverse(version_of(directory)));
    directories
}

/// `9.6` is older than `15`; what is no version is oldest.
fn version_of(directory: &Path) -> Vec<u32> {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').map(str::parse).collect::<Result<_, _>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let directories =
            ["9.6", "17", "bin", "15", "9.10"].map(|name| Path::new(DEBIAN).join(name)).to_vec();
        let sorted = newest_first(directories);
        let names: Vec<_> = sorted.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["17", "15", "9.10", "9.6", "bin"]);
    }
}
