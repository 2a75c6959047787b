//! One parser process, as its parent sees it.

use super::SandboxCommand;
use super::last_words::LastWords;
use super::pool::grace;
use super::protocol::{self, Answer, LENGTH_BYTES, Request, length_prefix};
use crate::{Input, Limit, ParseError};
use gdg_config::ParsingLimits;
use gdg_model::Format;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::Signal;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::time::{Duration, Instant};

/// How long a process may take to get ready.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// Bytes read at a time; what a pipe holds.
const CHUNK: usize = 64 * 1024;

/// The signals that end processes, with their names.
const SIGNALS: [(Signal, &str); 14] = [
    (Signal::ABORT, "SIGABRT"),
    (Signal::BUS, "SIGBUS"),
    (Signal::FPE, "SIGFPE"),
    (Signal::HUP, "SIGHUP"),
    (Signal::ILL, "SIGILL"),
    (Signal::INT, "SIGINT"),
    (Signal::KILL, "SIGKILL"),
    (Signal::PIPE, "SIGPIPE"),
    (Signal::SEGV, "SIGSEGV"),
    (Signal::SYS, "SIGSYS"),
    (Signal::TERM, "SIGTERM"),
    (Signal::TRAP, "SIGTRAP"),
    (Signal::XCPU, "SIGXCPU"),
    (Signal::XFSZ, "SIGXFSZ"),
];

/// Signals by which somebody outside ends a process; no document brings them about.
const FROM_OUTSIDE: [Signal; 3] = [Signal::HUP, Signal::INT, Signal::TERM];

/// A parser process. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    requests: ChildStdin,
    answers: ChildStdout,
    /// `None` once the process has closed it.
    errors: Option<ChildStderr>,
    last_words: LastWords,
    documents: u32,
}

/// Why a process gave no answer.
enum Broken {
    /// The time is over.
    TimedOut,
    /// It has ended, or closed its pipes.
    Ended,
    /// It sent something that is no answer, or the pipes failed.
    Failed(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::Ended } else { Self::Failed(error.to_string()) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end().ok();
    }
}

impl Process {
    /// Starts a process and waits until it is ready.
    pub(super) fn start(command: &SandboxCommand, limits: &ParsingLimits) -> Result<Self, ParseError> {
        let unavailable = |error: io::Error| ParseError::SandboxUnavailable { detail: error.to_string() };
        let mut process = Self::spawn(command).map_err(unavailable)?;
        let limits = serde_json::to_vec(limits).map_err(|error| unavailable(error.into()))?;
        let deadline = Instant::now().checked_add(START_DEADLINE);
        let detail = match process.exchange(&[&limits], deadline, protocol::READY.len()) {
            Ok(answer) if answer == protocol::READY => return Ok(process),
            Ok(_) => "it does not speak the protocol".to_owned(),
            Err(Broken::TimedOut) => "it did not get ready".to_owned(),
            Err(Broken::Failed(detail)) => detail,
            Err(Broken::Ended) => {
                let status = process.end().map_err(unavailable)?;
                process.describe_end(status)
            }
        };
        Err(ParseError::SandboxUnavailable { detail })
    }

    fn spawn(command: &SandboxCommand) -> io::Result<Self> {
        let mut child = command.command().spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(requests), Some(answers), Some(errors)) = pipes else {
            return Err(io::Error::other("a pipe is missing"));
        };
        fcntl_setfl(&requests, OFlags::NONBLOCK)?;
        fcntl_setfl(&answers, OFlags::NONBLOCK)?;
        fcntl_setfl(&errors, OFlags::NONBLOCK)?;
        let last_words = LastWords::default();
        Ok(Self { child, requests, answers, errors: Some(errors), last_words, documents: 0 })
    }

    /// The process itself, unless it has ended.
    pub(super) fn if_alive(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }

    /// How many documents it was given.
    pub(super) fn documents(&self) -> u32 {
        self.documents
    }

    /// Has a document parsed. After an error the process is of no more use.
    pub(super) fn parse(
        &mut self,
        format: Format,
        input: &Input<'_>,
        limits: &ParsingLimits,
    ) -> Result<Answer, ParseError> {
        self.documents += 1;
        self.last_words.clear();
        let deadline = Instant::now().checked_add(limits.deadline().saturating_add(grace(limits)));
        // An answer is made in the memory of the process as a whole, so that a longer one is none.
        let max_answer = usize::try_from(limits.max_child_memory.bytes()).unwrap_or(usize::MAX);
        let answer = serde_json::to_vec(&Request { format, name: input.name.to_owned() })
            .map_err(|error| Broken::Failed(error.to_string()))
            .and_then(|request| self.exchange(&[&request, input.bytes], deadline, max_answer))
            .and_then(|answer| {
                serde_json::from_slice(&answer).map_err(|error| Broken::Failed(format!("no answer: {error}")))
            });
        answer.map_err(|broken| self.parse_error(broken, format, limits))
    }

    /// What the document is told of a process that broke. Ends the process.
    fn parse_error(&mut self, broken: Broken, format: Format, limits: &ParsingLimits) -> ParseError {
        let status = match (broken, self.end()) {
            (Broken::TimedOut, _) => return ParseError::deadline(limits.deadline()),
            (Broken::Failed(detail), _) => return ParseError::Crashed { format, detail },
            (Broken::Ended, Err(error)) => return ParseError::Crashed { format, detail: error.to_string() },
            (Broken::Ended, Ok(status)) => status,
        };
        let signal = status.signal().and_then(Signal::from_named_raw);
        if self.last_words.tell_of_memory() {
            let allowed = limits.max_child_memory.to_string();
            return ParseError::LimitExceeded { limit: Limit::ChildMemory, allowed };
        }
        if signal == Some(Signal::XCPU) {
            return ParseError::deadline(limits.deadline());
        }
        let detail = self.describe_end(status);
        if signal.is_some_and(|signal| FROM_OUTSIDE.contains(&signal)) {
            return ParseError::SandboxUnavailable { detail };
        }
        ParseError::Crashed { format, detail }
    }

    /// Kills the process where it still runs, and says how it ended.
    fn end(&mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        let status = self.child.wait()?;
        self.drain_errors();
        Ok(status)
    }

    fn describe_end(&self, status: ExitStatus) -> String {
        let how = match status.signal() {
            Some(number) => {
                let known = SIGNALS.iter().find(|(signal, _)| signal.as_raw() == number);
                known.map_or_else(
                    || format!("killed by signal {number}"),
                    |(_, name)| format!("killed by {name}"),
                )
            }
            None => format!("exited with status {}", status.code().unwrap_or_default()),
        };
        self.last_words.line().map_or_else(|| how.clone(), |line| format!("{how}: {line}"))
    }

    /// Sends frames and receives one of at most `max_answer` bytes, until `deadline`, if there is one.
    fn exchange(
        &mut self,
        frames: &[&[u8]],
        deadline: Option<Instant>,
        max_answer: usize,
    ) -> Result<Vec<u8>, Broken> {
        for frame in frames {
            self.send(&length_prefix(frame), deadline)?;
            self.send(frame, deadline)?;
        }
        let length = self.receive(LENGTH_BYTES, deadline)?;
        let length = length.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        match usize::try_from(length) {
            Ok(length) if length <= max_answer => self.receive(length, deadline),
            _ => Err(Broken::Failed(format!("an answer of {length} bytes"))),
        }
    }

    fn send(&mut self, bytes: &[u8], deadline: Option<Instant>) -> Result<(), Broken> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.requests.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait(Pipe::Requests, deadline)?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Receives `length` bytes. The memory for them is taken as they come.
    fn receive(&mut self, length: usize, deadline: Option<Instant>) -> Result<Vec<u8>, Broken> {
        let mut received = Vec::new();
        let mut chunk = vec![0; length.min(CHUNK)];
        while received.len() < length {
            let wanted = (length - received.len()).min(CHUNK);
            match self.answers.read(&mut chunk[..wanted]) {
                Ok(0) => return Err(Broken::Ended),
                Ok(read) => received.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait(Pipe::Answers, deadline)?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(received)
    }

    /// Waits until `pipe` can be used or something was written to standard error, which is taken in.
    fn wait(&mut self, pipe: Pipe, deadline: Option<Instant>) -> Result<(), Broken> {
        let timeout = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => return Err(Broken::TimedOut),
            left => left.and_then(|left| Timespec::try_from(left).ok()),
        };
        let mut waited_for = vec![match pipe {
            Pipe::Requests => PollFd::new(&self.requests, PollFlags::OUT),
            Pipe::Answers => PollFd::new(&self.answers, PollFlags::IN),
        }];
        waited_for.extend(self.errors.as_ref().map(|errors| PollFd::new(errors, PollFlags::IN)));
        match poll(&mut waited_for, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
        self.drain_errors();
        Ok(())
    }

    /// Takes in what was written to standard error so far.
    fn drain_errors(&mut self) {
        let mut chunk = [0; 4096];
        while let Some(errors) = &mut self.errors {
            match errors.read(&mut chunk) {
                Ok(0) => self.errors = None,
                Ok(read) => self.last_words.add(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.errors = None,
            }
        }
    }
}

/// A pipe that is waited for.
#[derive(Clone, Copy)]
enum Pipe {
    Requests,
    Answers,
}
