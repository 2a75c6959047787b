//! Why a run could not go on.

use crate::sqlite::OpenError;
use gdg_model::{ErrorClass, WorkerId};
use gdg_postgres::PostgresError;
use gdg_queue::QueueError;
use gdg_sources::SourceError;
use gdg_storage::StorageError;
use thiserror::Error;

/// Why a run could not start or go on. A document's own failure is none of these.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The configuration asks for what is not there.
    #[error("{0}")]
    Configuration(String),
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A source could not be opened, or its listing failed as a whole.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The queue failed.
    #[error(transparent)]
    Queue(QueueError),
    /// The graph could not be read or written.
    #[error(transparent)]
    Storage(StorageError),
    /// The database failed.
    #[error("database: {0}")]
    Database(rusqlite::Error),
    /// There is no room for the database to grow.
    #[error(
        "the disk of the database is full: what was committed is safe; make room and run again, and it goes on where it was"
    )]
    DiskFull,
    /// The database has become read-only.
    #[error(
        "the database has become read-only: what was committed is safe; make it writable and run again, and it goes on where it was"
    )]
    ReadOnly,
    /// The database was removed or replaced by another file.
    #[error(
        "the database was removed or replaced while the worker used it: what it stored is lost; run again"
    )]
    Removed,
    /// `PostgreSQL` refused, or could not be reached.
    #[error(transparent)]
    Postgres(PostgresError),
    /// Another worker leads by now: a leader's write was refused.
    #[error("another worker leads by now")]
    NotLeading,
    /// Another worker has the name.
    #[error("the name {worker} is taken by {holder}: give this worker one of its own (--worker-id)")]
    NameTaken {
        /// The name.
        worker: WorkerId,
        /// Who has it.
        holder: String,
    },
    /// The database has no schema.
    #[error("the database has no schema yet: run `worker migrate` (its role needs to create tables)")]
    SchemaMissing,
    /// The schema is older than this program.
    #[error(
        "the schema of the database is at version {found}, this worker needs {needed}: run `worker migrate` of this version"
    )]
    SchemaTooOld {
        /// The version of the schema.
        found: u32,
        /// The version that is needed.
        needed: u32,
    },
    /// The schema is newer than this program.
    #[error(
        "the schema of the database is at version {found}, this worker knows {known}: run a newer worker"
    )]
    SchemaTooNew {
        /// The version of the schema.
        found: u32,
        /// The version that this program knows.
        known: u32,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the schema up to date: {0}")]
    Migration(String),
    /// What cannot be.
    #[error("bug: {0}")]
    Bug(String),
    /// The database's thread is gone.
    #[error("database: the connection is closed")]
    Closed,
}

impl PipelineError {
    /// Whether trying again makes sense: the database or a source may come back.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Postgres(error) => error.is_transient(),
            Self::Source(error) => error.class() == ErrorClass::Transient,
            _ => false,
        }
    }

    /// Whether the database refuses what is in a document, so that others may go through.
    pub fn is_about_the_data(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.is_about_the_data())
    }
}

impl From<PostgresError> for PipelineError {
    fn from(error: PostgresError) -> Self {
        Self::Postgres(error)
    }
}

impl From<rusqlite::Error> for PipelineError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            Some(rusqlite::ErrorCode::ReadOnly) => Self::ReadOnly,
            _ => Self::Database(error),
        }
    }
}

impl From<QueueError> for PipelineError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Sqlite(error) => error.into(),
            QueueError::Postgres(error) => error.into(),
            other => Self::Queue(other),
        }
    }
}

impl From<StorageError> for PipelineError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Sqlite(error) => error.into(),
            StorageError::Postgres(error) => error.into(),
            other @ StorageError::Damaged { .. } => Self::Storage(other),
        }
    }
}

impl From<tokio_rusqlite::Error<Self>> for PipelineError {
    fn from(error: tokio_rusqlite::Error<Self>) -> Self {
        match error {
            tokio_rusqlite::Error::Error(error) => error,
            tokio_rusqlite::Error::Close((_, error)) => error.into(),
            _ => Self::Closed,
        }
    }
}
