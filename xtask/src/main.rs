//! Tasks of the project: `cargo xtask <task>`.

mod bench;
mod ci;
mod e2e;
mod generate;
mod history;
mod migrate;
mod scratch;
mod server;
mod test;
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
    Ci(ci::Options),
    /// Run the tests, with a PostgreSQL that is found or started for them.
    Test(test::Options),
    /// Run real workers against a real server, undisturbed or not.
    E2e(e2e::Options),
    /// Bring the schema of a database up to date.
    Migrate(migrate::Options),
    /// Measure speed and memory.
    #[command(subcommand)]
    Bench(bench::Benchmark),
    /// Write the files that are made from the code: the JSON schema of the configuration and its reference.
    Generate,
}

fn main() -> std::process::ExitCode {
    match execute(Arguments::parse().task) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn execute(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Ci(options) => ci::run(&options),
        Task::Test(options) => test::run(&options),
        Task::E2e(options) => e2e::run(&options),
        Task::Migrate(options) => migrate::run(&options),
        Task::Bench(benchmark) => bench::run(&benchmark),
        Task::Generate => generate::run(),
    }
}
