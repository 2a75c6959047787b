//! Everything that must pass before a change lands.

use crate::workspace::{self, cargo};
use std::time::Instant;

/// Runs the checks from the quickest to the slowest, and stops at the first that fails.
pub(crate) fn run() -> anyhow::Result<()> {
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
    workspace::run(&mut cargo(&["test", "--workspace", "--all-features"]))?;
    eprintln!("\nall checks passed in {} s", started.elapsed().as_secs());
    Ok(())
}
