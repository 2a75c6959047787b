//! Brings the schema of a database up to date.

use gdg_config::{Environment, LoadOptions, StorageBackend};
use gdg_pipeline::{distributed, sqlite};
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
    let config = &loaded.config;
    match config.storage.backend {
        StorageBackend::Sqlite => {
            sqlite::open(&config.storage.path, "cargo xtask migrate")?;
            eprintln!("the schema of {} is up to date", config.storage.path.display());
        }
        StorageBackend::Postgresql => {
            let connections =
                distributed::connect(config, &Environment::of_process(), "cargo xtask migrate")?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let migrated = runtime.block_on(distributed::migrate(&connections.work))?;
            eprintln!("the schema of {} is at version {}", connections.work.server(), migrated.to);
        }
    }
    Ok(())
}
