//! The tests, with a server for those that need one.

use crate::server::{Server, ServerOptions};
use crate::workspace::{self, cargo};

/// Which tests.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// What is passed on to `cargo test`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Finds or starts a server, and runs the tests.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let server = Server::obtain(&options.server, &workspace::test_images())?;
    run_on(&server, &options.arguments)
}

/// Runs the tests on a server that is there.
pub(crate) fn run_on(server: &Server, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--workspace", "--all-features"]);
    command.args(arguments).env(gdg_test_database::SERVER_VARIABLE, server.url());
    workspace::run(&mut command)
}
