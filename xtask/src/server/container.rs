//! PostgreSQL in a container.

use super::address::Address;
use super::command::{LONG, version_in};
use super::docker::{self, Container};
use super::image;
use super::probe::wait_until_ready;
use std::path::Path;

/// A server in a container: its port and its data stay the same as long as the container lives.
#[derive(Debug)]
pub(super) struct ContainerServer {
    container: Container,
    address: Address,
    version: String,
}

impl ContainerServer {
    /// Builds the image if need be, and starts a server.
    pub(super) fn start(cache: &Path) -> anyhow::Result<Self> {
        docker::check()?;
        image::ensure(cache)?;
        let address = Address::on_this_machine()?;
        let publish = format!("{}:{}:5432", address.host, address.port);
        // Parallel queries share memory in /dev/shm, of which Docker gives 64 MB.
        let arguments = ["--publish", &publish, "--shm-size", "256m", image::IMAGE];
        let container =
            Container::create("postgres", &arguments, &[("POSTGRES_PASSWORD", &address.password)])?;
        let mut server = Self { container, address, version: String::new() };
        server.container.start()?;
        server.wait()?;
        let said = server.container.run(&["postgres", "--version"])?;
        version_in(&said).unwrap_or("?").clone_into(&mut server.version);
        Ok(server)
    }

    /// Where it is.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// What it is.
    pub(super) fn describe(&self) -> String {
        format!("PostgreSQL {} in container {}", self.version, self.container.name())
    }

    /// A fast shutdown, and a start.
    pub(super) fn restart(&self) -> anyhow::Result<()> {
        self.container.restart()?;
        self.wait()
    }

    /// A crash, and a start.
    pub(super) fn kill_and_start(&self) -> anyhow::Result<()> {
        self.container.kill()?;
        self.container.start()?;
        self.wait()
    }

    fn wait(&self) -> anyhow::Result<()> {
        wait_until_ready(&self.address, LONG, || self.container.check())
    }
}
