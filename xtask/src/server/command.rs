//! Other programs: found, and run with a deadline.

use anyhow::{Context, bail};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often something awaited is looked at, after a few quicker looks.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How long a program that was told to end may take to clean up.
const GRACE: Duration = Duration::from_secs(5);

/// For commands that answer at once unless something is broken.
pub(super) const SHORT: Duration = Duration::from_secs(15);

/// For starts and stops of servers.
pub(super) const LONG: Duration = Duration::from_secs(90);

/// For downloads and builds.
pub(super) const VERY_LONG: Duration = Duration::from_secs(15 * 60);

/// Looks until there is a value or the time is up.
pub(super) fn poll<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    let mut interval = Duration::from_millis(1);
    loop {
        let found = look();
        if found.is_some() || Instant::now() >= deadline {
            return found;
        }
        std::thread::sleep(interval);
        interval = POLL_INTERVAL.min(interval * 2);
    }
}

/// Runs a command and returns what it printed on its standard output.
pub(super) fn output(command: &mut Command, limit: Duration) -> anyhow::Result<String> {
    output_unless_silent(command, limit, limit)
}

/// Like [`output`], but gives up early on a command that has printed nothing when `silence` has passed.
///
/// What is printed goes through files: no pipe can fill up while nobody reads it.
pub(super) fn output_unless_silent(
    command: &mut Command,
    silence: Duration,
    limit: Duration,
) -> anyhow::Result<String> {
    let name = describe(command);
    let (mut printed, mut complaints) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(complaints.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("cannot run `{name}`"))?;
    let mut status = ended(&mut child, silence);
    if status.is_none() && length(&printed) > 0 {
        status = ended(&mut child, limit.saturating_sub(silence));
    }
    let Some(status) = status else {
        end(&mut child);
        bail!("`{name}` did not end in time");
    };
    if !status.success() {
        bail!("`{name}` failed ({status}): {}", last_lines(&content(&mut complaints)?));
    }
    content(&mut printed)
}

/// How a process ended, if it did so in time.
pub(super) fn ended(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    poll(limit, || child.try_wait().ok().flatten())
}

/// Asks a process to end, and then makes it.
fn end(child: &mut Child) {
    let _ = signal(&[child.id()], "TERM");
    if ended(child, GRACE).is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Sends a signal. The shell's own `kill` is used because the program of this name is not everywhere. It fails
/// if one of the processes is gone, after it has signalled the others.
pub(super) fn signal(processes: &[u32], name: &str) -> anyhow::Result<()> {
    let numbers: String = processes.iter().map(|process| format!(" {process}")).collect();
    output(Command::new("sh").args(["-c", &format!("kill -s {name}{numbers}")]), SHORT).map(drop)
}

/// The end of what a program printed, as one line.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join(" / ")
}

/// The first version number in what a program says of itself.
pub(super) fn version_in(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

/// Looks for a program in `$PATH` and where Debian puts the programs of administrators.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/bin".into()])
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
}

/// The program and its first argument: what follows may be long, or secret.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args().take(1));
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn length(file: &File) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

fn content(file: &mut File) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn versions_are_found() {
        for (text, expected) in [
            ("postgres (PostgreSQL) 17.6 (Debian 17.6-0+deb13u1)", Some("17.6")),
            ("PgBouncer 1.18.0\nlibevent 2.1.12-stable\n", Some("1.18.0")),
            ("postgres (PostgreSQL) 19beta1", Some("19beta1")),
            ("nothing", None),
        ] {
            assert_eq!(version_in(text), expected, "{text}");
        }
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let error = output(&mut shell("echo out; echo why >&2; exit 3"), SHORT).unwrap_err().to_string();
        assert!(error.ends_with("failed (exit status: 3): why"), "{error}");
    }

    #[test]
    fn a_silent_program_is_ended_early_and_one_that_talks_is_not() {
        let silence = Duration::from_millis(200);
        assert!(output_unless_silent(&mut shell("exec sleep 60"), silence, SHORT).is_err());
        let talking = output_unless_silent(&mut shell("echo on; sleep 0.4; echo off"), silence, SHORT);
        assert_eq!(talking.unwrap(), "on\noff\n");
    }
}
