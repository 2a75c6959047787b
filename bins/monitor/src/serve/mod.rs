//! Metrics and a page for browsers, over HTTP. Nothing here writes.
//!
//! However many ask, the database is looked at no more than once an interval for each run that is asked for, and not at
//! all while nobody asks.

mod access;
mod page;
mod routes;
mod snapshots;
#[cfg(test)]
mod tests;

pub(crate) use access::TOKEN_VARIABLE;
pub(crate) use snapshots::Snapshots;

use access::Access;
use anyhow::Context;
use routes::Site;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// How long open answers have once the program is asked to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// Pages that are kept up to date at a time.
const MAX_STREAMS: usize = 200;

/// What is served.
pub(crate) struct Serve {
    pub(crate) address: SocketAddr,
    pub(crate) snapshots: Snapshots,
    pub(crate) token: Option<String>,
    pub(crate) refresh_interval: Duration,
}

impl Serve {
    /// Serves until SIGINT or SIGTERM.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let address = self.address;
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen at {address}"))?;
        let local = listener.local_addr()?;
        let is_open = !local.ip().is_loopback() && self.token.is_none();
        let mut stderr = io::stderr();
        // Nobody is left to be told that standard error is gone.
        drop(writeln!(stderr, "serving http://{local}/"));
        if is_open {
            drop(writeln!(
                stderr,
                "warning: whoever reaches {local} can read it; set {TOKEN_VARIABLE} to ask for a token"
            ));
        }
        let (stop, stopped) = watch::channel(false);
        let router = self.site(local, stopped.clone()).router();
        let mut ended = stopped.clone();
        let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _ = ended.wait_for(|is_over| *is_over).await;
        });
        let serving = tokio::spawn(serving.into_future());
        asked_to_end().await?;
        let _ = stop.send(true);
        match tokio::time::timeout(FAREWELL, serving).await {
            Ok(outcome) => Ok(outcome??),
            // Whoever reads slowly is left.
            Err(_) => Ok(()),
        }
    }

    fn site(self, local: SocketAddr, stopped: watch::Receiver<bool>) -> Site {
        Site {
            access: Arc::new(Access::new(self.token.as_deref(), local)),
            snapshots: Arc::new(self.snapshots),
            refresh_interval: self.refresh_interval,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            stopped,
        }
    }
}

/// Waits for SIGINT or SIGTERM.
async fn asked_to_end() -> io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
