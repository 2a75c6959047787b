//! Who runs the servers: PostgreSQL and `PgBouncer` refuse root.

use super::command::{SHORT, output};
use anyhow::Context;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// A user of this machine.
#[derive(Debug, Clone)]
pub(super) struct User {
    id: u32,
    group: u32,
}

impl User {
    /// The user that runs servers: nobody special, but for root.
    pub(super) fn for_servers() -> anyhow::Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let found = Self::named("postgres").or_else(|_| Self::named("nobody"));
        found.map(Some).context("root cannot run a server, and there is no user `postgres` or `nobody`")
    }

    fn named(name: &str) -> anyhow::Result<Self> {
        Ok(Self { id: id(&["-u", name])?, group: id(&["-g", name])? })
    }

    /// Makes a command run as this user, without the supplementary groups of root.
    pub(super) fn runs(&self, command: &mut Command) {
        command.uid(self.id).gid(self.group);
    }

    /// Gives a file or directory to this user.
    pub(super) fn owns(&self, path: &Path) -> anyhow::Result<()> {
        std::os::unix::fs::chown(path, Some(self.id), Some(self.group))
            .with_context(|| format!("cannot give {} to the user of the server", path.display()))
    }
}

/// Whether we may do everything.
pub(super) fn is_root() -> bool {
    id(&["-u"]).is_ok_and(|id| id == 0)
}

fn id(arguments: &[&str]) -> anyhow::Result<u32> {
    Ok(output(Command::new("id").args(arguments), SHORT)?.trim().parse()?)
}
