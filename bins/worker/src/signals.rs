//! Signals that ask a worker to stop.

use gdg_pipeline::Shutdown;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask to stop: a first one ends what has begun, a second one gives it back.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// From now on these signals do not end the process.
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Passes signals on to `shutdown` until the future is dropped.
    pub(crate) async fn pass_on(mut self, shutdown: Shutdown) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
            if shutdown.stop.is_cancelled() {
                tracing::warn!("stopping at once: what is being parsed is given back");
            } else {
                tracing::info!(
                    "stopping: what is being parsed is ended first; a second signal gives it back"
                );
            }
            shutdown.request();
        }
    }
}
