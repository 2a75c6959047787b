//! How a parser process is started.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How a parser process is started: a program that runs [`serve`](crate::serve) when it is given these arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl SandboxCommand {
    /// The program that is running now, started with `arguments`, such as a hidden subcommand.
    /// Fails where the system does not tell which program that is.
    pub fn this_program<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> io::Result<Self> {
        let program = if cfg!(target_os = "linux") {
            // Stays the running program when its file is replaced, as an upgrade does.
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self { program, arguments: arguments.into_iter().map(Into::into).collect() })
    }

    /// The command, with pipes for its standard streams.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            // No secret is inherited. One arena keeps the allocator's reservations out of the memory limit.
            .env_clear()
            .env("MALLOC_ARENA_MAX", "1")
            // An interrupt from the terminal is for the worker, which finishes what is in hand.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}
