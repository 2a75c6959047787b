//! What can go wrong with the queue itself.

use gdg_model::ErrorClass;
use gdg_postgres::PostgresError;
use thiserror::Error;

/// What can go wrong with the queue itself.
#[derive(Debug, Error)]
pub enum QueueError {
    /// `SQLite` refused.
    #[error("queue: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// `PostgreSQL` refused, or could not be reached.
    #[error("queue: {0}")]
    Postgres(#[from] PostgresError),
    /// The connection was closed by another holder of it.
    #[error("queue: the database connection is closed")]
    Closed,
    /// A row holds what no version of this program wrote.
    #[error("queue: row {queue_id} of document_queue is damaged: {detail}")]
    Damaged {
        /// Which row.
        queue_id: i64,
        /// What is wrong with it.
        detail: String,
    },
}

impl QueueError {
    /// What is worth doing about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Sqlite(_) => ErrorClass::Transient,
            Self::Postgres(error) => error.class(),
            Self::Closed | Self::Damaged { .. } => ErrorClass::Permanent,
        }
    }
}

impl From<tokio_rusqlite::Error<QueueError>> for QueueError {
    fn from(error: tokio_rusqlite::Error<QueueError>) -> Self {
        match error {
            tokio_rusqlite::Error::Error(error) => error,
            tokio_rusqlite::Error::Close((_, error)) => Self::Sqlite(error),
            _ => Self::Closed,
        }
    }
}
