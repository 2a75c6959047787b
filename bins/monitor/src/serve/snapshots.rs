//! Looks at the database that many share.

use crate::viewer::{LookError, Viewer};
use axum::http::StatusCode;
use gdg_operations::Database;
use gdg_operations::alerts::AlertSettings;
use gdg_operations::overview::{Overview, RunSelector};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Runs that are remembered at a time.
const MAX_RUNS: usize = 16;

/// The latest look at each run that was asked for.
pub(crate) struct Snapshots {
    database: Database,
    worker_limit: u32,
    settings: AlertSettings,
    /// How old a look may be.
    lifetime: Duration,
    runs: Mutex<HashMap<RunSelector, Arc<Mutex<Cached>>>>,
}

struct Cached {
    viewer: Viewer,
    last: Option<(Instant, Seen)>,
}

/// What was seen, or why nothing was.
pub(crate) type Seen = Result<Arc<Overview>, Failure>;

/// Why nothing was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl From<LookError> for Failure {
    fn from(error: LookError) -> Self {
        let status = match error {
            LookError::NoSuchRun(_) | LookError::NoRuns => StatusCode::NOT_FOUND,
            LookError::Ambiguous { .. } => StatusCode::BAD_REQUEST,
            LookError::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: error.to_string() }
    }
}

impl Snapshots {
    pub(crate) fn new(
        database: Database,
        worker_limit: u32,
        settings: AlertSettings,
        lifetime: Duration,
    ) -> Self {
        Self { database, worker_limit, settings, lifetime, runs: Mutex::default() }
    }

    /// What is known of a run; of the latest, also where there is none yet. Those who ask at the same time wait for one
    /// look.
    pub(crate) async fn get(&self, selector: &RunSelector) -> Seen {
        let cached = self.cached(selector).await;
        let mut cached = cached.lock().await;
        if let Some((at, seen)) = &cached.last
            && at.elapsed() < self.lifetime
        {
            return seen.clone();
        }
        let seen = cached.viewer.look_for_any().await.map(Arc::new).map_err(Failure::from);
        cached.last = Some((Instant::now(), seen.clone()));
        seen
    }

    async fn cached(&self, selector: &RunSelector) -> Arc<Mutex<Cached>> {
        let mut runs = self.runs.lock().await;
        if runs.len() >= MAX_RUNS && !runs.contains_key(selector) {
            runs.clear();
        }
        let cached = runs.entry(selector.clone()).or_insert_with(|| {
            let (database, settings) = (self.database.clone(), self.settings.clone());
            let viewer = Viewer::new(database, selector.clone(), self.worker_limit, settings);
            Arc::new(Mutex::new(Cached { viewer, last: None }))
        });
        Arc::clone(cached)
    }
}
