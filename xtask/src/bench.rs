//! Speed and memory, measured. Timings belong here, never in tests.

mod process;
mod single;
mod word_list;

/// What is measured.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Benchmark {
    /// Single mode, end to end: a folder of Markdown files into SQLite.
    Single(single::Options),
}

/// Measures, and prints the figures.
pub(crate) fn run(benchmark: &Benchmark) -> anyhow::Result<()> {
    match benchmark {
        Benchmark::Single(options) => single::run(options),
    }
}
