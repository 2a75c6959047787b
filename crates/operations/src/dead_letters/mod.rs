//! Documents that were given up: found, understood, put back into the queue.
//!
//! # Putting back
//!
//! A document that is put back goes into its run's queue at a new position, as
//! a new one would, with all the retries of its class before it. The attempts
//! it has had go with it (`document_attempts`), and its next attempt gets the
//! number after the last: when it dies again, all of them are told; when it
//! ends well, they go with it.
//!
//! Its run may be over by then. Who puts documents back holds the run's row
//! while it enqueues and counts them and makes the run active again, in one
//! transaction of at most [`RETRY_BATCH`] documents. The leader holds the same
//! row when it moves a drained run on, and when it begins the next generation.
//! So a run never ends before a document that is put back, and none is put
//! back into a run that nobody works on any more: where a later generation has
//! begun, which tries every document anew, the letter stays where it is.

mod advice;
mod analysis;
mod error;
mod filter;
mod letter;
mod maintenance;
mod postgres;
mod retry;
mod sqlite;
mod store;
mod timestamp;
mod transfer;

pub use advice::{Advice, Outlook};
pub use analysis::{Analysis, Example, Group, Share};
pub use error::DeadLetterError;
pub use filter::Filter;
pub use gdg_storage::RunStatus;
pub use letter::{Attempt, Letter};
pub use maintenance::{Maintenance, Purged};
pub use retry::{RETRY_BATCH, Refusal, RetryReport, RunRetry};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use transfer::Imported;

use crate::Database;
use gdg_model::RunId;
use store::{LetterStore, Page};

/// The dead letter queue of a database.
#[derive(Debug)]
pub struct DeadLetters {
    store: Box<dyn LetterStore>,
}

/// Some letters, the latest first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Listing {
    /// The letters.
    pub dead_letters: Vec<Letter>,
    /// What to ask for to see those that follow (`after`); `None` when these are the last.
    pub next_after: Option<i64>,
}

impl DeadLetters {
    /// Those in `database`.
    pub fn new(database: Database) -> Self {
        let store: Box<dyn LetterStore> = match database {
            Database::Postgres(postgres) => Box::new(postgres::PostgresLetters::new(postgres)),
            Database::Sqlite(connection) => Box::new(sqlite::SqliteLetters::new(connection)),
        };
        Self { store }
    }

    /// The time, by the database's clock.
    pub async fn now(&self) -> Result<Timestamp, DeadLetterError> {
        self.store.now().await
    }

    /// The run that `name` means: its id, the beginning of it, or `latest`.
    ///
    /// Fails when there is none, or when several begin so.
    pub async fn find_run(&self, name: &str) -> Result<RunId, DeadLetterError> {
        if name == "latest" {
            let latest = self.store.latest_run().await?;
            return latest.ok_or_else(|| DeadLetterError::NoSuchRun(name.into()));
        }
        let mut runs = self.store.runs_named(name).await?;
        if let Some(exact) = runs.iter().position(|run| run.as_str() == name) {
            return Ok(runs.swap_remove(exact));
        }
        match runs.len() {
            1 => Ok(runs.swap_remove(0)),
            0 => Err(DeadLetterError::NoSuchRun(name.into())),
            _ => Err(DeadLetterError::AmbiguousRun {
                name: name.into(),
                runs: runs.iter().map(RunId::as_str).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// At most `limit` letters, the latest first; those behind `after`, when it is given.
    pub async fn list(
        &self,
        filter: &Filter,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Listing, DeadLetterError> {
        let page = Page::LatestFirst { after };
        // One more tells whether there are more.
        let mut letters = self.store.page(filter, page, limit.saturating_add(1)).await?;
        let has_more = letters.len() > limit as usize;
        letters.truncate(limit as usize);
        let next_after = letters.last().filter(|_| has_more).map(|letter| letter.dead_letter_id);
        Ok(Listing { dead_letters: letters, next_after })
    }

    /// One letter; `None` when there is no such.
    pub async fn show(&self, dead_letter_id: i64) -> Result<Option<Letter>, DeadLetterError> {
        let filter = Filter { ids: Some(vec![dead_letter_id]), ..Filter::default() };
        Ok(self.store.page(&filter, Page::LatestFirst { after: None }, 1).await?.pop())
    }
}
