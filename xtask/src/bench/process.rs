//! A process that is measured.

use anyhow::Context;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often the memory of a process is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// What a process took.
#[derive(Debug)]
pub(crate) struct Measured {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// From its start to its end.
    pub(crate) elapsed: Duration,
    /// The most memory that was resident, in bytes, by the kernel's high-water mark.
    pub(crate) peak_resident: u64,
    /// Its standard output.
    pub(crate) output: String,
}

/// Runs a command to its end. Its standard output is expected to be short.
pub(crate) fn measure(command: &mut Command) -> anyhow::Result<Measured> {
    let started = Instant::now();
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("cannot start the worker")?;
    let mut peak_resident = 0;
    let status = loop {
        peak_resident = peak_resident.max(high_water_mark(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK_INTERVAL);
    };
    let elapsed = started.elapsed();
    let output = child.stdout.take().map(std::io::read_to_string).transpose()?.unwrap_or_default();
    Ok(Measured { status, elapsed, peak_resident, output })
}

/// `VmHWM` of proc(5), in bytes.
fn high_water_mark(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
