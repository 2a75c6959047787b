//! Speed and memory, measured. Timings belong here, never in tests.

mod process;
mod queue;
mod single;
mod word_list;

/// What is measured.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Benchmark {
    /// The queue on PostgreSQL: documents claimed and completed a second, against a pgbench script.
    Queue(queue::Options),
    /// Single mode, end to end: a folder of Markdown files into SQLite.
    Single(single::Options),
}

/// Measures, and prints the figures.
pub(crate) fn run(benchmark: &Benchmark) -> anyhow::Result<()> {
    match benchmark {
        Benchmark::Queue(options) => queue::run(options),
        Benchmark::Single(options) => single::run(options),
    }
}
