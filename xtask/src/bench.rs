//! Speed and memory, measured. Timings belong here, never in tests.

mod process;
mod queue;
mod single;
mod sources;
mod word_list;

use crate::workspace;

/// What is measured.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Benchmark {
    /// The queue on PostgreSQL: documents claimed and completed a second, against a pgbench script.
    Queue(queue::Options),
    /// Single mode, end to end: a folder of Markdown files into SQLite.
    Single(single::Options),
    /// Sources: listing a million objects, fetching many at a time, a second run over unchanged files.
    Sources(sources::Options),
}

/// Measures, and prints the figures.
pub(crate) fn run(benchmark: &Benchmark) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        // What this program does itself is part of what it measures.
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let mut optimised = workspace::cargo(&["run", "--quiet", "--release", "--package", "xtask", "--"]);
        return workspace::run(optimised.args(arguments));
    }
    match benchmark {
        Benchmark::Queue(options) => queue::run(options),
        Benchmark::Single(options) => single::run(options),
        Benchmark::Sources(options) => sources::run(options),
    }
}
