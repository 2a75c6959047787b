//! A server process of ours, and the directory that it works in.

use super::command::{ended, last_lines, signal};
use super::leftovers;
use super::processes::{identity, kill_all, stop_at_once};
use super::user::User;
use anyhow::{Context, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a server may take to stop at once.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The file of a workplace that has what its server says.
const LOG_FILE: &str = "log";

/// A fresh directory for a server, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Workplace {
    directory: tempfile::TempDir,
    user: Option<User>,
}

impl Workplace {
    /// Makes one that belongs to the user of servers, and notes that it is ours.
    pub(super) fn new() -> anyhow::Result<Self> {
        let user = User::for_servers()?;
        let directory = tempfile::Builder::new().prefix(leftovers::PREFIX).tempdir()?;
        let workplace = Self { directory, user };
        workplace.give(workplace.path())?;
        workplace.write(leftovers::OWNER_FILE, &identity())?;
        Ok(workplace)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file that the server can read.
    pub(super) fn write(&self, name: &str, content: &str) -> anyhow::Result<PathBuf> {
        let path = self.path().join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        self.give(&path)?;
        Ok(path)
    }

    /// A command that runs in this directory as the user of servers.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env("HOME", self.path());
        if let Some(user) = &self.user {
            user.runs(&mut command);
        }
        command
    }

    fn give(&self, path: &Path) -> anyhow::Result<()> {
        self.user.as_ref().map_or(Ok(()), |user| user.owns(path))
    }
}

/// A server process, which is stopped when this is dropped.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    directory: PathBuf,
}

impl Daemon {
    /// Starts a server by a command of the workplace.
    pub(super) fn start(workplace: &Workplace, command: &mut Command) -> anyhow::Result<Self> {
        let directory = workplace.path().to_owned();
        let log = File::options().create(true).append(true).open(directory.join(LOG_FILE))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let program = command.get_program().to_string_lossy().into_owned();
        let child =
            command.spawn().with_context(|| format!("cannot run {program} as the user of servers"))?;
        Ok(Self { child, directory })
    }

    /// Fails with the end of the log if the server has stopped.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let log = fs::read(self.directory.join(LOG_FILE)).unwrap_or_default();
            bail!("the server stopped ({status}): {}", last_lines(&String::from_utf8_lossy(&log)));
        }
        Ok(())
    }

    /// Stops a PostgreSQL in good order, without waiting for its clients.
    pub(super) fn shut_down(&mut self, limit: Duration) -> anyhow::Result<()> {
        signal(&[self.child.id()], "INT")?;
        ended(&mut self.child, limit)
            .map(drop)
            .with_context(|| format!("the server did not stop within {} s", limit.as_secs()))
    }

    /// Kills it, and its children with it, as the loss of a machine would.
    pub(super) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        kill_all(&self.directory, STOP_LIMIT);
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            stop_at_once(&[self.child.id()]);
            if ended(&mut self.child, STOP_LIMIT).is_none() {
                let _ = self.kill();
            }
        }
    }
}
