//! Containers that are ours.

use super::command::{LONG, SHORT, last_lines, output};
use super::leftovers;
use super::processes::identity;
use anyhow::{anyhow, bail};
use std::path::Path;
use std::process::Command;

/// The distribution's own client: others in `$PATH` may lack the plugin that builds images.
const CLIENT: &str = "/usr/bin/docker";

/// The label of every container of ours.
const LABEL: &str = "go-doc-go-test";

/// The label that tells whose a container is.
const OWNER_LABEL: &str = "go-doc-go-test.owner";

/// A command of Docker.
pub(super) fn docker(arguments: &[&str]) -> Command {
    let client = if Path::new(CLIENT).exists() { CLIENT } else { "docker" };
    let mut command = Command::new(client);
    command.env("DOCKER_BUILDKIT", "1").args(arguments);
    command
}

/// Fails with the reason if there is no client, no running engine, or no right to use it.
pub(super) fn check() -> anyhow::Result<()> {
    output(&mut docker(&["version", "--format", "{{.Server.Version}}"]), SHORT)
        .map(drop)
        .map_err(|error| anyhow!("Docker cannot be used: {error:#}"))
}

/// Our containers, running or not, with their owners.
pub(super) fn containers_of_ours() -> anyhow::Result<Vec<(String, String)>> {
    let filter = format!("label={LABEL}=1");
    let format = format!("{{{{.Names}}}} {{{{.Label \"{OWNER_LABEL}\"}}}}");
    let listed = output(&mut docker(&["ps", "--all", "--filter", &filter, "--format", &format]), SHORT)?;
    let lines = listed.lines().filter_map(|line| line.split_once(' '));
    Ok(lines.map(|(name, owner)| (name.to_owned(), owner.to_owned())).collect())
}

/// Removes a container with its volumes. A failure is only reported: nobody can do more about it.
pub(super) fn remove(name: &str) {
    if let Err(error) = output(&mut docker(&["rm", "--force", "--volumes", name]), LONG) {
        eprintln!("server: cannot remove container {name}: {error:#}");
    }
}

/// A container, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Container {
    name: String,
}

impl Container {
    /// Makes a container without starting it. `arguments` are options of `docker create`, an image and a
    /// command; `secrets` are variables of the environment, which are kept out of the command line.
    pub(super) fn create(
        purpose: &str,
        arguments: &[&str],
        secrets: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let name = format!("{}{purpose}-{:08x}", leftovers::PREFIX, rand::random::<u32>());
        let owner = format!("{OWNER_LABEL}={}", identity());
        let mut command = docker(&["create", "--name", &name, "--label", &format!("{LABEL}=1")]);
        command.args(["--label", &owner]);
        for (variable, value) in secrets {
            command.env(variable, value).args(["--env", variable]);
        }
        output(command.args(arguments), LONG)?;
        Ok(Self { name })
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Starts it, for the first time or again.
    pub(super) fn start(&self) -> anyhow::Result<()> {
        output(&mut docker(&["start", &self.name]), LONG).map(drop)
    }

    /// Sends it the signal of its image, waits, and starts it again.
    pub(super) fn restart(&self) -> anyhow::Result<()> {
        output(&mut docker(&["restart", "--time", "60", &self.name]), LONG).map(drop)
    }

    /// Kills all of its processes at once.
    pub(super) fn kill(&self) -> anyhow::Result<()> {
        output(&mut docker(&["kill", "--signal", "KILL", &self.name]), LONG)?;
        // The kill is only sent: a start before the end would find the container running, and do nothing.
        output(&mut docker(&["wait", &self.name]), LONG).map(drop)
    }

    /// Copies what is in a directory into the container.
    pub(super) fn copy(&self, directory: &Path, target: &str) -> anyhow::Result<()> {
        let source = format!("{}/.", directory.display());
        output(&mut docker(&["cp", &source, &format!("{}:{target}", self.name)]), LONG).map(drop)
    }

    /// Runs a program in it and returns what that prints.
    pub(super) fn run(&self, program: &[&str]) -> anyhow::Result<String> {
        output(docker(&["exec", &self.name]).args(program), SHORT)
    }

    /// Fails with the end of the log if the container has stopped.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let state = output(&mut docker(&["inspect", "--format", "{{.State.Running}}", &self.name]), SHORT)?;
        if state.trim() == "true" {
            return Ok(());
        }
        // A container writes its log to both outputs; the shell brings them together.
        let mut logs = docker(&["logs", "--tail", "5", &self.name]);
        let logs = logs.output().map(|logs| [logs.stdout, logs.stderr].concat()).unwrap_or_default();
        bail!("container {} stopped: {}", self.name, last_lines(&String::from_utf8_lossy(&logs)));
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        remove(&self.name);
    }
}
