//! A run in the hands of an operator: paused, and resumed.

use crate::DatabaseError;
use gdg_config::{Config, Environment, StorageBackend};
use gdg_model::RunId;
use gdg_postgres::{Postgres, PostgresError, Settings};
use gdg_queue::{QueueError, postgres as queue};

/// What is to become of a run's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Nothing more of it is claimed; what is in hand is ended.
    Pause,
    /// It goes on.
    Resume,
}

/// Pauses and resumes runs of distributed mode, by a connection of its own that may write.
#[derive(Debug, Clone)]
pub struct Controller {
    postgres: Postgres,
}

impl Controller {
    /// One for the database that `config` names; never for its replica. `None` in single mode, where no queue can be
    /// paused. Nothing is connected before it is used.
    pub fn new(config: &Config, environment: &Environment) -> Result<Option<Self>, DatabaseError> {
        if config.storage.backend != StorageBackend::Postgresql {
            return Ok(None);
        }
        let mut settings = Settings::from_config(&config.storage, environment, "monitor control")?;
        settings.max_connections = 1;
        Ok(Some(Self { postgres: Postgres::new(settings)? }))
    }

    /// Does `control` to the run `run`.
    pub async fn apply(&self, run: &RunId, control: Control) -> Result<(), DatabaseError> {
        let transaction = self.postgres.begin().await?;
        let outcome = match control {
            Control::Pause => queue::pause(&transaction, run).await,
            Control::Resume => queue::resume(&transaction, run).await,
        };
        Ok(transaction.end(outcome.map_err(database_error)).await?)
    }
}

/// What the queue says of `PostgreSQL` is all that can go wrong here.
fn database_error(error: QueueError) -> PostgresError {
    match error {
        QueueError::Postgres(error) => error,
        other => PostgresError::Configuration(other.to_string()),
    }
}
