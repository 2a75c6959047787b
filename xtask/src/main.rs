//! Tasks of the project: `cargo xtask <task>`.

mod bench;
mod ci;
mod generate;
mod migrate;
mod workspace;

use clap::{Parser, Subcommand};

/// Tasks of the Go-Doc-Go project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run everything that must pass: formatting, lints, documentation, tests.
    Ci,
    /// Bring the schema of a database up to date.
    Migrate(migrate::Options),
    /// Measure speed and memory.
    #[command(subcommand)]
    Bench(bench::Benchmark),
    /// Write the files that are made from the code: the JSON schema of the configuration and its reference.
    Generate,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Ci => ci::run(),
        Task::Migrate(options) => migrate::run(&options),
        Task::Bench(benchmark) => bench::run(&benchmark),
        Task::Generate => generate::run(),
    }
}
