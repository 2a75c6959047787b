//! What surrounds the work: signals that ask to stop, and progress that is shown.

use crate::progress_display::{self, ProgressStyleChoice};
use crate::signals::StopSignals;
use anyhow::Context;
use gdg_pipeline::{Progress, Shutdown};
use indicatif::ProgressBar;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Listens to signals and shows progress, until it is dropped.
pub(crate) struct Session {
    pub(crate) progress: Arc<Progress>,
    pub(crate) shutdown: Shutdown,
    tasks: [JoinHandle<()>; 2],
    bar: ProgressBar,
}

impl Session {
    pub(crate) fn begin(style: ProgressStyleChoice, bar: ProgressBar) -> anyhow::Result<Self> {
        let (progress, shutdown) = (Arc::new(Progress::default()), Shutdown::new());
        let signals = StopSignals::catch().context("cannot listen to signals")?;
        let watching = tokio::spawn(signals.pass_on(shutdown.clone()));
        let showing = tokio::spawn(progress_display::show(Arc::clone(&progress), style, bar.clone()));
        Ok(Self { progress, shutdown, tasks: [watching, showing], bar })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.bar.finish_and_clear();
    }
}
