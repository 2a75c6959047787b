//! What every parser must hold to, on every sample under `samples/<format>/`,
//! on the project's example documents, and on damaged forms of them. A sample
//! that is put there is tested; a format without one fails. The program is its
//! own child process, for the formats that are parsed in one.

#![allow(clippy::unwrap_used)]

use gdg_config::{ByteSize, ParsingLimits};
use gdg_model::{Format, Outline, ParsedDocument};
use gdg_parsing::{DocumentParser, Input, Limit, ParseError, SandboxCommand, detect, parse_as, serve};
use libtest_mimic::{Arguments, Failed, Trial};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

const CHILD: &str = "parse-sandboxed";

/// Damaged forms of each sample that are tried.
const CASES: u32 = 48;

/// Seconds that a damaged document may take, and beyond them what a busy machine and a killed process may add.
const DEADLINE: u64 = 2;
const SLACK: Duration = Duration::from_secs(8);

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(CHILD) {
        serve().unwrap();
        return ExitCode::SUCCESS;
    }
    let mut trials = vec![Trial::test("every_format_has_a_sample", every_format_has_a_sample)];
    for format in Format::ALL {
        trials.extend(samples(format).into_iter().flat_map(|path| trials_of(format, &path)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The samples of `format`, and the example documents that are found to be of it.
fn samples(format: Format) -> Vec<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = files_below(&project.join("tests/samples").join(format.as_str()));
    let examples = files_below(&project.join("../../examples/documents")).into_iter();
    paths.extend(examples.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        let bytes = fs::read(path).unwrap();
        detect(&Input { name: &name, bytes: &bytes }, None).is_ok_and(|detected| detected == format)
    }));
    paths.sort();
    paths
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

fn every_format_has_a_sample() -> Result<(), Failed> {
    let without: Vec<_> =
        Format::ALL.into_iter().filter(|format| samples(*format).is_empty()).map(Format::as_str).collect();
    if without.is_empty() { Ok(()) } else { Err(format!("no sample of {}", without.join(", ")).into()) }
}

fn trials_of(format: Format, path: &Path) -> Vec<Trial> {
    const PROPERTIES: [(&str, Property); 4] = [
        ("is_parsed_into_a_tree_that_keeps_the_rules", is_parsed_into_a_tree_that_keeps_the_rules),
        ("gives_the_same_tree_each_time", gives_the_same_tree_each_time),
        ("names_the_limit_that_it_goes_over", names_the_limit_that_it_goes_over),
        ("does_no_harm_when_damaged", does_no_harm_when_damaged),
    ];
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let trial = |(property, check): (&str, Property)| {
        let (path, name) = (path.to_owned(), name.clone());
        Trial::test(format!("{format}/{name}_{property}"), move || {
            let bytes = fs::read(path)?;
            check(&Sample { format, name, bytes });
            Ok(())
        })
    };
    PROPERTIES.into_iter().map(trial).collect()
}

/// Panics when a sample does not hold to it.
type Property = fn(&Sample);

struct Sample {
    format: Format,
    name: String,
    bytes: Vec<u8>,
}

impl Sample {
    fn parse(&self, limits: &ParsingLimits) -> Result<ParsedDocument, ParseError> {
        self.parse_bytes(&self.bytes, limits)
    }

    fn parse_bytes(&self, bytes: &[u8], limits: &ParsingLimits) -> Result<ParsedDocument, ParseError> {
        let input = Input { name: &self.name, bytes };
        if self.format != Format::Pdf {
            return parse_as(self.format, &input, limits);
        }
        let sandbox = SandboxCommand::this_program([CHILD]).unwrap();
        DocumentParser::new(limits.clone(), sandbox, 1).parse(&input, None).map_err(|failure| failure.error)
    }

    fn tree(&self) -> ParsedDocument {
        self.parse(&ParsingLimits::default()).unwrap()
    }
}

fn is_parsed_into_a_tree_that_keeps_the_rules(sample: &Sample) {
    let tree = sample.tree();
    assert_eq!(tree.format, sample.format);
    check_tree(&tree, &ParsingLimits::default()).unwrap();
}

fn gives_the_same_tree_each_time(sample: &Sample) {
    let (first, second) = (sample.tree(), sample.tree());
    assert_eq!(Outline(&first).to_string(), Outline(&second).to_string());
    assert!(first == second);
}

/// The depth of each element; the root's is 1.
fn depths(tree: &ParsedDocument) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(tree.elements.len());
    for element in &tree.elements {
        depths.push(element.parent.map_or(1, |parent| depths[parent as usize] + 1));
    }
    depths
}

fn text_size(tree: &ParsedDocument) -> u64 {
    tree.elements.iter().map(|element| element.text.len() as u64).sum()
}

/// The rules of a tree: the root first and alone without a parent, parents before their children, children numbered
/// from 0 in document order, links from elements that exist, and nothing over a limit.
fn check_tree(tree: &ParsedDocument, limits: &ParsingLimits) -> Result<(), TestCaseError> {
    let mut children = vec![0; tree.elements.len()];
    for (position, element) in tree.elements.iter().enumerate() {
        match element.parent {
            None => prop_assert_eq!(position, 0, "only the root has no parent"),
            Some(parent) => {
                prop_assert!((parent as usize) < position, "{}'s parent {} comes later", position, parent);
                prop_assert_eq!(element.ordinal, children[parent as usize], "the ordinal of {}", position);
                children[parent as usize] += 1;
            }
        }
    }
    prop_assert!(!tree.elements.is_empty(), "there is a root");
    prop_assert!(tree.links.iter().all(|link| (link.element as usize) < tree.elements.len()));
    prop_assert!(tree.elements.len() as u64 <= u64::from(limits.max_elements) + 1);
    prop_assert!(depths(tree).into_iter().all(|depth| depth <= limits.max_depth));
    prop_assert!(text_size(tree) <= limits.max_text_size.bytes());
    Ok(())
}

fn names_the_limit_that_it_goes_over(sample: &Sample) {
    let tree = sample.tree();
    let defaults = ParsingLimits::default;
    let assert_over = |limit: Limit, limits: ParsingLimits| match sample.parse(&limits) {
        Err(error @ ParseError::LimitExceeded { .. }) => {
            assert!(error.to_string().contains(limit.key()), "{error}");
        }
        other => panic!("{limit:?} is not kept: {:?}", other.map(|tree| tree.elements.len())),
    };
    let size = ByteSize(sample.bytes.len() as u64 - 1);
    assert_over(Limit::Size, ParsingLimits { max_document_size: size, ..defaults() });
    if let Some(fewer) = (tree.elements.len() as u32).checked_sub(2) {
        assert_over(Limit::Elements, ParsingLimits { max_elements: fewer, ..defaults() });
    }
    let depth = depths(&tree).into_iter().max().unwrap();
    if depth > 1 {
        assert_over(Limit::Depth, ParsingLimits { max_depth: depth - 1, ..defaults() });
    }
    if let Some(less) = text_size(&tree).checked_sub(1) {
        assert_over(Limit::Text, ParsingLimits { max_text_size: ByteSize(less), ..defaults() });
    }
    if is_package(&sample.bytes) {
        assert_over(Limit::Inflated, ParsingLimits { max_inflated_size: ByteSize(16), ..defaults() });
    }
}

fn does_no_harm_when_damaged(sample: &Sample) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let damaged = (any::<Index>(), prop::collection::vec(damage(), 1..4))
        .prop_map(|(part, damages)| apply(&sample.bytes, part, &damages));
    TestRunner::new(config).run(&damaged, |bytes| stays_within_bounds(sample, &bytes)).unwrap();
}

fn stays_within_bounds(sample: &Sample, bytes: &[u8]) -> Result<(), TestCaseError> {
    let limits = ParsingLimits { deadline: DEADLINE, ..ParsingLimits::default() };
    let begun = Instant::now();
    let outcome = sample.parse_bytes(bytes, &limits);
    prop_assert!(begun.elapsed() < limits.deadline() + SLACK, "took {:?}", begun.elapsed());
    match outcome {
        Ok(tree) => check_tree(&tree, &limits),
        // The libraries that read PDF panic on some damaged files, which is why it is parsed in a child process:
        // there a panic is an outcome like others.
        Err(error @ ParseError::Panicked { .. }) if sample.format != Format::Pdf => {
            Err(TestCaseError::fail(error.to_string()))
        }
        Err(_) => Ok(()),
    }
}

/// A way to damage a document.
#[derive(Debug, Clone)]
enum Damage {
    Truncate(Index),
    Flip(Index, u8),
    Remove(Index, u8),
    /// Bytes from one place are inserted at another, one or many times.
    Duplicate(Index, Index, u8, u8),
    /// Bytes from one place overwrite those of another.
    Splice(Index, Index, u8),
    Insert(Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        index().prop_map(Damage::Truncate),
        (index(), 1_u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        (index(), any::<u8>()).prop_map(|(at, length)| Damage::Remove(at, length)),
        (index(), index(), any::<u8>(), any::<u8>())
            .prop_map(|(from, to, length, times)| Damage::Duplicate(from, to, length, times)),
        (index(), index(), any::<u8>()).prop_map(|(from, to, length)| Damage::Splice(from, to, length)),
        (index(), any::<Vec<u8>>()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        let piece = |at: &Index, wanted: u8| {
            let start = at.index(length);
            start..length.min(start + usize::from(wanted))
        };
        match self {
            Self::Truncate(at) => bytes.truncate(at.index(length)),
            Self::Flip(at, bits) => bytes[at.index(length)] ^= bits,
            Self::Remove(at, wanted) => drop(bytes.drain(piece(at, *wanted))),
            Self::Duplicate(from, to, wanted, times) => {
                let copied = bytes[piece(from, *wanted)].repeat(usize::from(*times));
                bytes.splice(to.index(length)..to.index(length), copied);
            }
            Self::Splice(from, to, wanted) => {
                let copied = bytes[piece(from, *wanted)].to_vec();
                bytes.splice(piece(to, *wanted), copied);
            }
            Self::Insert(at, inserted) => {
                let at = at.index(length);
                bytes.splice(at..at, inserted.iter().copied());
            }
        }
    }
}

/// The damaged document. Of a package mostly a part is damaged, since what is inside is seldom reached otherwise:
/// checksums fail first.
fn apply(bytes: &[u8], part: Index, damages: &[Damage]) -> Vec<u8> {
    let change = |content: &mut Vec<u8>| damages.iter().for_each(|damage| damage.apply(content));
    if is_package(bytes) && part.index(4) > 0 {
        return repack(bytes, part, change);
    }
    let mut damaged = bytes.to_vec();
    change(&mut damaged);
    damaged
}

fn is_package(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The package with one of its parts changed by `change`.
fn repack(bytes: &[u8], part: Index, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut package = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut repacked = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let changed = part.index(package.len());
    for position in 0..package.len() {
        let mut entry = package.by_index(position).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if position == changed {
            change(&mut content);
        }
        let name = entry.name().unwrap().into_owned();
        repacked.start_file(name, stored).unwrap();
        repacked.write_all(&content).unwrap();
    }
    repacked.finish().unwrap().into_inner()
}
