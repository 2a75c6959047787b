//! Looks at the database, again and again.

use gdg_operations::alerts::{self, AlertSettings};
use gdg_operations::overview::{Found, Overview, RunSelector};
use gdg_operations::{Database, DatabaseError};
use std::collections::VecDeque;
use thiserror::Error;

/// How long earlier looks are remembered, in seconds: what alerts compare with.
const MEMORY_SECONDS: f64 = 330.0;

/// Why there is nothing to see.
#[derive(Debug, Error)]
pub(crate) enum LookError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// There is no such run.
    #[error("there is no run whose name begins with `{0}`")]
    NoSuchRun(String),
    /// There is no run at all.
    #[error("there are no runs yet: start a worker")]
    NoRuns,
    /// Several runs are meant.
    #[error("`{prefix}` is the beginning of several runs: {}", .runs.join(", "))]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// What begins with it.
        runs: Vec<String>,
    },
}

/// Looks at one run, and remembers what it saw.
pub(crate) struct Viewer {
    pub(crate) database: Database,
    pub(crate) selector: RunSelector,
    pub(crate) worker_limit: u32,
    pub(crate) settings: AlertSettings,
    /// The oldest first.
    earlier: VecDeque<Overview>,
    schema_is_known: bool,
}

impl Viewer {
    pub(crate) fn new(
        database: Database,
        selector: RunSelector,
        worker_limit: u32,
        settings: AlertSettings,
    ) -> Self {
        Self { database, selector, worker_limit, settings, earlier: VecDeque::new(), schema_is_known: false }
    }

    /// What is known now, with its alerts.
    pub(crate) async fn look(&mut self) -> Result<Overview, LookError> {
        self.check_schema().await?;
        let run = self.find().await?;
        self.look_at(Some(&run)).await
    }

    /// The same; where there are no runs yet, without one.
    pub(crate) async fn look_for_any(&mut self) -> Result<Overview, LookError> {
        self.check_schema().await?;
        match self.find().await {
            Ok(run) => self.look_at(Some(&run)).await,
            Err(LookError::NoRuns) => self.look_at(None).await,
            Err(error) => Err(error),
        }
    }

    async fn check_schema(&mut self) -> Result<(), LookError> {
        if !self.schema_is_known {
            self.database.check_schema().await?;
            self.schema_is_known = true;
        }
        Ok(())
    }

    async fn look_at(&mut self, run: Option<&str>) -> Result<Overview, LookError> {
        let mut overview = self.database.overview(run, self.worker_limit).await?;
        overview.alerts = alerts::find(&overview, self.earlier.front(), &self.settings);
        self.remember(&overview);
        Ok(overview)
    }

    async fn find(&self) -> Result<String, LookError> {
        match (self.database.find_run(&self.selector).await?, &self.selector) {
            (Found::One(run), _) => Ok(run),
            (Found::Nothing, RunSelector::Latest) => Err(LookError::NoRuns),
            (Found::Nothing, RunSelector::Named(name)) => Err(LookError::NoSuchRun(name.clone())),
            (Found::Several(runs), RunSelector::Named(prefix)) => {
                Err(LookError::Ambiguous { prefix: prefix.clone(), runs })
            }
            (Found::Several(runs), RunSelector::Latest) => {
                Err(LookError::Ambiguous { prefix: "latest".into(), runs })
            }
        }
    }

    /// Keeps what is needed to tell how it was five minutes ago, and no more than one look in ten seconds.
    fn remember(&mut self, overview: &Overview) {
        let run_of = |overview: &Overview| overview.run.as_ref().map(|run| run.summary.run_id.clone());
        if self.earlier.back().is_some_and(|last| run_of(last) != run_of(overview)) {
            self.earlier.clear();
        }
        let is_recent = |last: &Overview| overview.taken_at.seconds_since(last.taken_at) < 10.0;
        if !self.earlier.back().is_some_and(is_recent) {
            self.earlier.push_back(overview.clone());
        }
        let is_old = |first: &Overview| overview.taken_at.seconds_since(first.taken_at) > MEMORY_SECONDS;
        while self.earlier.len() > 1 && self.earlier.front().is_some_and(is_old) {
            self.earlier.pop_front();
        }
    }
}
