//! The main loop of a parser process.

use super::confinement::{Confinement, lift_memory_limit};
use super::protocol::{self, Answer, Request, read_frame, write_frame};
use crate::{Input, ParseError, parse_as};
use gdg_config::ParsingLimits;
use gdg_model::{Format, ParsedDocument};
use rustix::event::{PollFd, PollFlags, poll};
use std::fs::File;
use std::io;
use std::thread;

/// Parses the documents that come in on standard input until it is closed.
/// The hidden subcommand that a [`SandboxCommand`](crate::SandboxCommand) names does this and nothing else:
/// it must not have written to standard output before.
pub fn serve() -> io::Result<()> {
    serve_with(parse_as)
}

/// [`serve`] with a parse function of the caller's own, for tests of how a parent bears what children do.
pub fn serve_with(
    parse: impl Fn(Format, &Input<'_>, &ParsingLimits) -> Result<ParsedDocument, ParseError>,
) -> io::Result<()> {
    let mut requests = io::stdin().lock();
    let mut answers = take_standard_output()?;
    let Some(limits) = read_frame(&mut requests)? else { return Ok(()) };
    let limits: ParsingLimits = serde_json::from_slice(&limits)?;
    exit_with_parent()?;
    let confinement = Confinement::enter(&limits)?;
    write_frame(&mut answers, protocol::READY)?;
    while let Some((request, bytes)) = read_request(&mut requests)? {
        confinement.begin_document()?;
        let outcome = parse(request.format, &Input { name: &request.name, bytes: &bytes }, &limits);
        drop(bytes);
        let answer = serde_json::to_vec(&Answer { outcome, retires: confinement.has_grown()? })?;
        lift_memory_limit()?;
        write_frame(&mut answers, &answer)?;
    }
    Ok(())
}

fn read_request(requests: &mut impl io::Read) -> io::Result<Option<(Request, Vec<u8>)>> {
    let Some(request) = read_frame(requests)? else { return Ok(None) };
    let Some(bytes) = read_frame(requests)? else { return Ok(None) };
    Ok(Some((serde_json::from_slice(&request)?, bytes)))
}

/// Standard output, for answers alone: what a library prints goes to standard error.
fn take_standard_output() -> io::Result<File> {
    let answers = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(answers))
}

/// Ends this process when the parent has closed its end of standard input or has died, even while a document is
/// parsed. (The signal that Linux sends on a parent's death comes when the thread that started the child ends.)
fn exit_with_parent() -> io::Result<()> {
    const STACK: usize = 128 * 1024;
    thread::Builder::new().name("parent".into()).stack_size(STACK).spawn(|| {
        let stdin = io::stdin();
        // Waits for no event but the hang-up, which is always told.
        let mut hang_up = [PollFd::new(&stdin, PollFlags::empty())];
        while poll(&mut hang_up, None).is_err() {}
        std::process::exit(0);
    })?;
    Ok(())
}
