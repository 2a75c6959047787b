//! What a run does, read into one document.
//!
//! Every query here stays cheap whatever the size of the tables: documents, the queue and the dead letters are never
//! counted. Numbers come from counters and sums that workers keep anyway, from samples that they leave every minute,
//! from the front of an index, or from the server's own statistics.

mod assembly;
mod document;
mod facts;
mod health;
mod postgres;
mod rates;
mod sqlite;
mod timestamp;

pub use document::{
    BoundedCount, DeadLetter, DeadLetters, DiscoveryProblem, DocumentCounts, FORMAT_VERSION, InFlight,
    Leader, Note, Overview, Progress, Queue, QueueState, RunOverview, RunSample, RunState, RunSummary, Share,
    SourceListing, Worker, WorkerState,
};
pub use health::{Backend, Connections, DatabaseHealth, LongTransaction, TableHealth};
pub use rates::Rates;
pub use timestamp::Timestamp;

use crate::{Database, DatabaseError, SCHEMA_VERSION};
use facts::{Asked, Reading};

/// Runs that an overview lists.
const LISTED_RUNS: u32 = 20;

/// Which run is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RunSelector {
    /// The one that began last.
    Latest,
    /// The one whose name this is, or begins with this. Where several runs of one work do, the latest of them.
    Named(String),
}

impl RunSelector {
    /// What a person wrote: `latest`, or the beginning of a name.
    pub fn parse(text: &str) -> Self {
        if text == "latest" { Self::Latest } else { Self::Named(text.to_owned()) }
    }
}

/// Which run is meant, found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This one.
    One(String),
    /// None.
    Nothing,
    /// Runs of different works: these, and maybe more.
    Several(Vec<String>),
}

impl Database {
    /// Finds the run that is meant.
    pub async fn find_run(&self, selector: &RunSelector) -> Result<Found, DatabaseError> {
        let matches = match selector {
            RunSelector::Latest => {
                let latest = self.runs(1).await?.into_iter().next();
                return Ok(latest.map_or(Found::Nothing, |run| Found::One(run.run_id)));
            }
            // Every name begins with nothing.
            RunSelector::Named(prefix) if prefix.is_empty() => return Ok(Found::Nothing),
            RunSelector::Named(prefix) => match self {
                Self::Postgres(database) => postgres::find_runs(database, prefix).await?,
                Self::Sqlite(database) => sqlite::find_runs(database, prefix).await?,
            },
        };
        Ok(match selector {
            // The whole name of a run may be the beginning of another's: `…-1` and `…-12`.
            RunSelector::Named(name) if self.has_run(name).await? => Found::One(name.clone()),
            _ => match <[String; 1]>::try_from(matches) {
                Ok([one]) => Found::One(one),
                Err(none) if none.is_empty() => Found::Nothing,
                Err(several) => Found::Several(several),
            },
        })
    }

    async fn has_run(&self, run: &str) -> Result<bool, DatabaseError> {
        let runs = match self {
            Self::Postgres(database) => postgres::runs(database, Some(run), 1).await?,
            Self::Sqlite(database) => sqlite::runs(database, Some(run), 1).await?,
        };
        Ok(!runs.is_empty())
    }

    /// The latest `limit` runs, the newest first.
    pub async fn runs(&self, limit: u32) -> Result<Vec<RunSummary>, DatabaseError> {
        match self {
            Self::Postgres(database) => postgres::runs(database, None, limit).await,
            Self::Sqlite(database) => sqlite::runs(database, None, limit).await,
        }
    }

    /// All that is known: of the database, of the latest runs and of the run `run`, with `worker_limit` workers at most.
    /// Its alerts are empty: [`alerts`](crate::alerts) finds them.
    pub async fn overview(&self, run: Option<&str>, worker_limit: u32) -> Result<Overview, DatabaseError> {
        let schema_version = self.schema_version().await?;
        let asked = Asked { run: run.map(str::to_owned), worker_limit, run_limit: LISTED_RUNS };
        let Reading { taken_at, runs, facts, health } = match self {
            Self::Postgres(database) => postgres::read(database, &asked).await?,
            Self::Sqlite(database) => sqlite::read(database, asked).await?,
        };
        Ok(Overview {
            format_version: FORMAT_VERSION,
            taken_at,
            database: DatabaseHealth { schema_version, schema_expected: SCHEMA_VERSION, ..health },
            run: facts.map(|facts| assembly::assemble(facts, taken_at)),
            runs,
            alerts: Vec::new(),
        })
    }
}
