//! Brings the schema of a database up to date.

use gdg_config::{Environment, LoadOptions, StorageBackend};
use gdg_pipeline::sqlite;
use std::path::PathBuf;

/// Which database.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The configuration; else the file that `GO_DOC_GO_CONFIG_PATH` names, else ./config.yaml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Applies the migrations that the configured database lacks.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let loaded =
        LoadOptions { path: options.config.clone(), environment: Environment::of_process() }.load()?;
    let storage = &loaded.config.storage;
    anyhow::ensure!(
        storage.backend == StorageBackend::Sqlite,
        "storage.backend is `{}`; migrations exist for sqlite",
        storage.backend
    );
    sqlite::open(&storage.path, "cargo xtask migrate")?;
    eprintln!("the schema of {} is up to date", storage.path.display());
    Ok(())
}
