//! How documents fare whose parser process crashes, hangs, or takes too much,
//! and what becomes of the processes. The program is its own child process,
//! with a parser that does what the document says.

#![allow(clippy::unwrap_used)]

use gdg_config::{ByteSize, ParsingLimits};
use gdg_model::{Attributes, Element, ElementType, ErrorClass, Format, Location, ParsedDocument};
use gdg_parsing::{DocumentParser, Input, Limit, ParseError, SandboxCommand, serve_with};
use libtest_mimic::{Arguments, Trial};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, kill_process, pidfd_open, waitid,
};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const CHILD: &str = "parse-sandboxed";
const PARENT: &str = "parent-of-a-sandbox";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(CHILD) => serve_with(|_, input, _| misbehave(input)).unwrap(),
        Some(PARENT) => be_a_parent(),
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

macro_rules! trials {
    ($($test:ident),* $(,)?) => {
        fn trials() -> Vec<Trial> {
            vec![$(Trial::test(stringify!($test), || { $test(); Ok(()) })),*]
        }
    };
}

trials![
    a_document_comes_back_as_it_was_parsed,
    a_large_tree_comes_back_whole,
    an_error_of_the_parser_is_handed_on,
    a_crash_is_that_document_s_failure,
    a_stack_overflow_is_a_crash_with_its_last_words,
    an_exit_without_an_answer_is_a_crash,
    a_signal_from_outside_blames_no_document,
    a_process_that_takes_too_much_memory_names_the_key,
    a_process_that_hangs_is_killed_at_the_deadline,
    what_a_library_prints_does_not_disturb_the_answer,
    a_process_has_no_environment_and_opens_no_file,
    a_process_is_used_again,
    a_process_that_died_idle_is_replaced,
    a_process_that_has_grown_is_replaced,
    no_more_processes_run_than_allowed,
    a_program_that_is_no_parser_is_unavailable,
    a_process_ends_when_its_parent_is_killed,
];

/// The child's parser: does what stands behind the header.
fn misbehave(input: &Input<'_>) -> Result<ParsedDocument, ParseError> {
    let text = String::from_utf8_lossy(input.bytes);
    let mut title = getpid().as_raw_nonzero().to_string();
    let mut elements = 1;
    match text.trim_start_matches("%PDF-").trim() {
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "terminate" => kill_process(getpid(), Signal::TERM).unwrap(),
        "overflow" => title = overflow(1).to_string(),
        "memory" => title = vec![1_u8; 4 << 30].len().to_string(),
        "hang" => loop {
            thread::park();
        },
        "noise" => {
            for _ in 0..100_000 {
                println!("a line that nobody reads");
                eprintln!("another such line");
            }
        }
        "environment" => title = std::env::vars().map(|(name, _)| name).collect::<Vec<_>>().join(" "),
        "file" => title = std::fs::File::open("/").unwrap_err().to_string(),
        "grow" => std::mem::forget(vec![1_u8; 24 << 20]),
        "malformed" => return Err(ParseError::malformed(Format::Pdf, "told to be")),
        "large" => elements = 50_000,
        "wait" => thread::park_timeout(Duration::from_millis(50)),
        _ => {}
    }
    Ok(tree(title, elements))
}

#[expect(unconditional_recursion)]
fn overflow(depth: u64) -> u64 {
    let ballast = std::hint::black_box([depth; 64]);
    overflow(depth + 1) + ballast[0]
}

fn tree(title: String, elements: u32) -> ParsedDocument {
    let root = Element::new(ElementType::Document, "", Location::Whole);
    let paragraph = |ordinal| {
        let location = Location::Page { page: ordinal / 40 + 1, block: Some(ordinal % 40) };
        let mut attributes = Attributes::new();
        attributes.set("size", f64::from(ordinal) / 4.0);
        let text = format!("paragraph {ordinal} with \u{1F4C4} \"text\" \\ and more words that a page has");
        Element {
            parent: Some(0),
            ordinal,
            attributes,
            ..Element::new(ElementType::Paragraph, text, location)
        }
    };
    ParsedDocument {
        format: Format::Pdf,
        title: Some(title),
        metadata: Attributes::new(),
        elements: std::iter::once(root)
            .chain((1..elements).map(|position| paragraph(position - 1)))
            .collect(),
        links: Vec::new(),
    }
}

fn limits() -> ParsingLimits {
    ParsingLimits { max_child_memory: ByteSize::mebibytes(64), ..ParsingLimits::default() }
}

fn parser_within(limits: ParsingLimits) -> DocumentParser {
    DocumentParser::new(limits, SandboxCommand::this_program([CHILD]).unwrap(), 1)
}

fn parser() -> DocumentParser {
    parser_within(limits())
}

fn parse(parser: &DocumentParser, behaviour: &str) -> Result<ParsedDocument, ParseError> {
    let bytes = format!("%PDF-{behaviour}");
    parser.parse(&Input { name: "test.pdf", bytes: bytes.as_bytes() }, None).map_err(|failure| failure.error)
}

/// The process that parses the next document of `parser`.
fn child_of(parser: &DocumentParser) -> Pid {
    let title = parse(parser, "").unwrap().title.unwrap();
    Pid::from_raw(title.parse().unwrap()).unwrap()
}

fn a_document_comes_back_as_it_was_parsed() {
    let document = parse(&parser(), "").unwrap();
    assert_eq!(document, tree(document.title.clone().unwrap(), 1));
}

fn a_large_tree_comes_back_whole() {
    let document = parse(&parser_within(ParsingLimits::default()), "large").unwrap();
    assert!(document == tree(document.title.clone().unwrap(), 50_000));
}

fn an_error_of_the_parser_is_handed_on() {
    let parser = parser();
    let child = child_of(&parser);
    assert_eq!(parse(&parser, "malformed").unwrap_err().to_string(), "malformed pdf: told to be");
    assert_eq!(child_of(&parser), child, "the process is not to blame");
}

fn a_crash_is_that_document_s_failure() {
    let parser = parser();
    let error = parse(&parser, "abort").unwrap_err();
    assert_eq!(error.to_string(), "the pdf parser crashed: killed by SIGABRT");
    assert_eq!(error.class(), ErrorClass::Poison);
    assert!(parse(&parser, "").is_ok());
}

fn a_stack_overflow_is_a_crash_with_its_last_words() {
    let error = parse(&parser(), "overflow").unwrap_err().to_string();
    assert!(error.contains("SIGABRT") && error.contains("stack overflow"), "{error}");
}

fn an_exit_without_an_answer_is_a_crash() {
    let error = parse(&parser(), "exit").unwrap_err().to_string();
    assert_eq!(error, "the pdf parser crashed: exited with status 3");
}

fn a_signal_from_outside_blames_no_document() {
    let error = parse(&parser(), "terminate").unwrap_err();
    assert_eq!(error.to_string(), "could not run the parser process: killed by SIGTERM");
    assert_eq!(error.class(), ErrorClass::Transient);
}

fn a_process_that_takes_too_much_memory_names_the_key() {
    let error = parse(&parser(), "memory").unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::ChildMemory, .. }), "{error}");
    assert!(error.to_string().contains("the allowed 64MiB"), "{error}");
}

fn a_process_that_hangs_is_killed_at_the_deadline() {
    let parser = parser_within(ParsingLimits { deadline: 0, ..limits() });
    let child = child_of(&parser);
    let error = parse(&parser, "hang").unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::Deadline, .. }), "{error}");
    assert_ne!(child_of(&parser), child);
}

fn what_a_library_prints_does_not_disturb_the_answer() {
    assert!(parse(&parser(), "noise").is_ok());
}

fn a_process_has_no_environment_and_opens_no_file() {
    let parser = parser();
    let environment = parse(&parser, "environment").unwrap().title;
    assert_eq!(environment.as_deref(), Some("MALLOC_ARENA_MAX"));
    let error = parse(&parser, "file").unwrap().title.unwrap();
    assert!(error.contains("Too many open files"), "{error}");
}

fn a_process_is_used_again() {
    let parser = parser();
    assert_eq!(child_of(&parser), child_of(&parser));
}

fn a_process_that_died_idle_is_replaced() {
    let parser = parser();
    let child = child_of(&parser);
    kill_process(child, Signal::KILL).unwrap();
    waitid(WaitId::Pid(child), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    assert_ne!(child_of(&parser), child);
}

fn a_process_that_has_grown_is_replaced() {
    let parser = parser();
    let child = child_of(&parser);
    assert!(parse(&parser, "grow").is_ok());
    assert_ne!(child_of(&parser), child);
}

fn no_more_processes_run_than_allowed() {
    let parser = DocumentParser::new(limits(), SandboxCommand::this_program([CHILD]).unwrap(), 2);
    let parse_one = || parse(&parser, "wait").unwrap().title.unwrap();
    let mut children = thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(parse_one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    children.sort();
    children.dedup();
    assert!(children.len() <= 2, "{children:?}");
}

fn a_program_that_is_no_parser_is_unavailable() {
    let command = SandboxCommand::this_program(["--no-such-option"]).unwrap();
    let error = parse(&DocumentParser::new(limits(), command, 1), "").unwrap_err();
    assert!(matches!(error, ParseError::SandboxUnavailable { .. }), "{error}");
    assert_eq!(error.class(), ErrorClass::Transient);
}

fn a_process_ends_when_its_parent_is_killed() {
    let program = std::env::current_exe().unwrap();
    let mut parent = Command::new(program).arg(PARENT).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let child = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
    let child = pidfd_open(child, PidfdFlags::empty()).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    let begun = Instant::now();
    let patience = rustix::event::Timespec { tv_sec: 30, tv_nsec: 0 };
    assert_eq!(poll(&mut [PollFd::new(&child, PollFlags::IN)], Some(&patience)).unwrap(), 1);
    assert!(begun.elapsed() < Duration::from_secs(20), "it ended by another cause");
}

/// A worker that is about to be killed: tells the process that parses its document, which hangs.
fn be_a_parent() {
    let parser = parser();
    println!("{}", child_of(&parser).as_raw_nonzero());
    parse(&parser, "hang").unwrap_err();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
