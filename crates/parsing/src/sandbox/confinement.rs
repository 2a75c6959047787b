//! The limits that a parser process sets on itself.

use super::pool::grace;
use gdg_config::ParsingLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::time::Duration;

/// What this process may use. No files, no core dumps, no more privileges, for
/// good; memory and processor time anew for each document, on top of what is
/// in use when it begins.
#[derive(Debug)]
pub(super) struct Confinement {
    /// `/proc/self/statm`, opened while files still could be; `None` where the system has none.
    statm: Option<File>,
    memory: u64,
    time: Duration,
    address_space_at_start: u64,
}

/// A process whose address space has grown by this part of a document's memory retires.
const GROWN_BY_PART: u64 = 4;

impl Confinement {
    /// Confines this process.
    pub(super) fn enter(limits: &ParsingLimits) -> io::Result<Self> {
        let statm = File::open("/proc/self/statm").ok();
        let files = statm.as_ref().map_or(16, |statm| statm.as_raw_fd() as u64 + 1);
        for (resource, limit) in [(Resource::Nofile, files), (Resource::Fsize, 0), (Resource::Core, 0)] {
            setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
        }
        #[cfg(target_os = "linux")]
        rustix::thread::set_no_new_privs(true)?;
        let mut confinement = Self {
            statm,
            memory: limits.max_child_memory.bytes(),
            time: limits.deadline().saturating_add(grace(limits)),
            address_space_at_start: 0,
        };
        confinement.address_space_at_start = confinement.address_space()?.unwrap_or(0);
        Ok(confinement)
    }

    /// Limits memory and processor time to what one document may take.
    pub(super) fn begin_document(&self) -> io::Result<()> {
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec as u64;
        set_soft_limit(Resource::Cpu, Some(spent.saturating_add(self.time.as_secs() + 1)))?;
        match self.address_space()? {
            Some(in_use) => set_soft_limit(Resource::As, Some(in_use.saturating_add(self.memory))),
            None => Ok(()),
        }
    }

    /// Whether this process has grown so much that a fresh one should take its place.
    pub(super) fn has_grown(&self) -> io::Result<bool> {
        let in_use = self.address_space()?.unwrap_or(0);
        Ok(in_use > self.address_space_at_start.saturating_add(self.memory / GROWN_BY_PART))
    }

    /// The size of the address space in bytes, where the system tells it.
    fn address_space(&self) -> io::Result<Option<u64>> {
        let Some(statm) = &self.statm else { return Ok(None) };
        let mut buffer = [0; 128];
        let read = statm.read_at(&mut buffer, 0)?;
        let text = std::str::from_utf8(&buffer[..read]).unwrap_or_default();
        let pages: Option<u64> = text.split(' ').next().and_then(|pages| pages.parse().ok());
        Ok(pages.map(|pages| pages * rustix::param::page_size() as u64))
    }
}

/// Lifts the memory limit after a document, so that the next one's bytes can be received.
pub(super) fn lift_memory_limit() -> io::Result<()> {
    set_soft_limit(Resource::As, None)
}

/// Sets the soft limit, to the hard one where that is lower or `limit` is `None`.
fn set_soft_limit(resource: Resource, limit: Option<u64>) -> io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = match (limit, maximum) {
        (Some(limit), Some(maximum)) => Some(limit.min(maximum)),
        (limit, maximum) => limit.or(maximum),
    };
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}
