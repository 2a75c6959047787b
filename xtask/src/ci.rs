//! Everything that must pass before a change lands.

use crate::server::{Server, ServerOptions};
use crate::workspace::{self, cargo};
use crate::{e2e, test};
use std::time::Instant;

/// Where the tests' server comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
}

/// Runs the checks from the quickest to the slowest, and stops at the first that fails.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let started = Instant::now();
    workspace::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    workspace::run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))?;
    workspace::run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    let mut server = Server::obtain(&options.server, &workspace::test_images())?;
    test::run_on(&server, &[])?;
    for options in e2e::Options::of_ci() {
        eprintln!("\n==> end to end{}", if options.is_chaos() { ", with faults" } else { "" });
        e2e::run_on(&mut server, &options)?;
    }
    eprintln!("\nall checks passed in {} s", started.elapsed().as_secs());
    Ok(())
}
