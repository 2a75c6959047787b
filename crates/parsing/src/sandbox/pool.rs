//! The pool of parser processes.

use super::SandboxCommand;
use super::process::Process;
use crate::{Input, ParseError};
use gdg_config::ParsingLimits;
use gdg_model::{Format, ParsedDocument};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Documents that one process parses before it is replaced.
const DOCUMENTS_PER_PROCESS: u32 = 500;

/// A pool of parser processes, which many threads use at once.
#[derive(Debug)]
pub(crate) struct Sandbox {
    command: SandboxCommand,
    limits: ParsingLimits,
    capacity: usize,
    state: Mutex<State>,
    slot_freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Processes that wait for a document, the last one used on top.
    idle: Vec<Process>,
    /// Documents in hand.
    in_use: usize,
}

/// The right to use one process; given back when dropped.
struct Slot<'a>(&'a Sandbox);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.state().in_use -= 1;
        self.0.slot_freed.notify_one();
    }
}

/// How long a process may take beyond the deadline, which it keeps itself as far as its parser looks at the clock.
pub(super) fn grace(limits: &ParsingLimits) -> Duration {
    limits.deadline() / 10 + Duration::from_secs(1)
}

impl Sandbox {
    /// A pool of at most `capacity` processes, at least one, none of which is started yet.
    pub(crate) fn new(command: SandboxCommand, limits: ParsingLimits, capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { command, limits, capacity, state: Mutex::default(), slot_freed: Condvar::new() }
    }

    /// Parses a document in a process of the pool. Waits while all are in use.
    pub(crate) fn parse(&self, format: Format, input: &Input<'_>) -> Result<ParsedDocument, ParseError> {
        let _slot = self.slot();
        let mut process = match self.idle_process() {
            Some(process) => process,
            None => Process::start(&self.command, &self.limits)?,
        };
        let answer = process.parse(format, input, &self.limits)?;
        if !answer.retires && process.documents() < DOCUMENTS_PER_PROCESS {
            self.state().idle.push(process);
        }
        answer.outcome
    }

    fn slot(&self) -> Slot<'_> {
        let full = |state: &mut State| state.in_use >= self.capacity;
        let mut state =
            self.slot_freed.wait_while(self.state(), full).unwrap_or_else(PoisonError::into_inner);
        state.in_use += 1;
        Slot(self)
    }

    /// A process that waits for a document. Those that died waiting are forgotten.
    fn idle_process(&self) -> Option<Process> {
        let mut state = self.state();
        std::iter::from_fn(|| state.idle.pop()).find_map(Process::if_alive)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
