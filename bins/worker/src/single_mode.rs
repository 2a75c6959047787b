//! Single mode: a run, from start to summary.

use crate::session::Session;
use gdg_config::Config;
use gdg_pipeline::RunSummary;
use gdg_pipeline::single::{self, SingleOptions};

/// Works a run off.
pub(crate) async fn run(
    config: &Config,
    options: SingleOptions,
    session: &Session,
) -> anyhow::Result<RunSummary> {
    let (progress, shutdown) = (session.progress.clone(), session.shutdown.clone());
    Ok(single::run(config, options, progress, shutdown).await?)
}
