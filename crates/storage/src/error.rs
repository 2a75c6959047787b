//! What can go wrong with the graph at rest.

use gdg_model::ErrorClass;
use gdg_postgres::PostgresError;
use thiserror::Error;

/// What can go wrong with the graph at rest.
#[derive(Debug, Error)]
pub enum StorageError {
    /// `SQLite` refused.
    #[error("storage: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// `PostgreSQL` refused, or could not be reached.
    #[error("storage: {0}")]
    Postgres(#[from] PostgresError),
    /// A row holds what no version of this program wrote.
    #[error("storage: table {table} is damaged: {detail}")]
    Damaged {
        /// Which table.
        table: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}

impl StorageError {
    /// What is worth doing about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Sqlite(_) => ErrorClass::Transient,
            Self::Postgres(error) => error.class(),
            Self::Damaged { .. } => ErrorClass::Permanent,
        }
    }
}
