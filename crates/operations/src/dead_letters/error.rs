//! What can go wrong with dead letters.

use crate::DatabaseError;
use gdg_postgres::PostgresError;
use gdg_storage::StorageError;
use thiserror::Error;

/// What can go wrong with dead letters.
#[derive(Debug, Error)]
pub enum DeadLetterError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A run could not be counted anew.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No run has that name.
    #[error("there is no run `{0}`")]
    NoSuchRun(String),
    /// Several runs begin so.
    #[error("several runs begin with `{name}`: {runs}")]
    AmbiguousRun {
        /// What was asked for.
        name: String,
        /// The runs.
        runs: String,
    },
    /// A row says what this program does not understand.
    #[error("dead letter {dead_letter_id} is damaged: {detail}")]
    Damaged {
        /// The row.
        dead_letter_id: i64,
        /// What is wrong.
        detail: String,
    },
    /// A line of an import is no dead letter.
    #[error("line {line} is no dead letter: {detail}")]
    Import {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<PostgresError> for DeadLetterError {
    fn from(error: PostgresError) -> Self {
        Self::Database(error.into())
    }
}

impl From<rusqlite::Error> for DeadLetterError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<tokio_rusqlite::Error<Self>> for DeadLetterError {
    fn from(error: tokio_rusqlite::Error<Self>) -> Self {
        match error {
            tokio_rusqlite::Error::Error(error) => error,
            tokio_rusqlite::Error::Close((_, error)) => error.into(),
            _ => DatabaseError::Closed.into(),
        }
    }
}
