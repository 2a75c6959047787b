//! What can go wrong with the database, in words that say what to do.

use crate::advice;
use gdg_model::ErrorClass;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use tokio_postgres::error::SqlState;

/// What can go wrong with the database.
#[derive(Debug, Error)]
pub enum PostgresError {
    /// The configuration of the connection cannot be used.
    #[error("{0}")]
    Configuration(String),
    /// A file of certificates or keys cannot be used.
    #[error("{key}: {}: {detail}", path.display())]
    Certificate {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Every connection of the pool was in use for too long.
    #[error("no connection to the database was free for {} s (storage.pool_timeout)", .0.as_secs_f32())]
    PoolTimeout(Duration),
    /// No connection could be made within the time.
    #[error("{server} did not answer within {} s", .timeout.as_secs_f32())]
    ConnectTimeout {
        /// Host and port.
        server: String,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// The server refused, or the connection failed.
    #[error("{}", Explained { server, error })]
    Server {
        /// Host and port.
        server: String,
        /// What was said.
        error: tokio_postgres::Error,
    },
    /// The pool was closed.
    #[error("the connections to the database are closed")]
    Closed,
}

impl PostgresError {
    /// What is worth doing about it: what a server that starts, is busy or
    /// fails over says is transient; what only a person can mend is permanent.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Configuration(_) | Self::Certificate { .. } | Self::Closed => ErrorClass::Permanent,
            Self::PoolTimeout(_) | Self::ConnectTimeout { .. } => ErrorClass::Transient,
            Self::Server { error, .. } => advice::class_of(error),
        }
    }

    /// Whether trying again makes sense.
    pub fn is_transient(&self) -> bool {
        self.class() == ErrorClass::Transient
    }

    /// Whether the server refuses the values it was given (data exceptions, and
    /// values beyond its limits), so that others may go through.
    pub fn is_about_the_data(&self) -> bool {
        matches!(self, Self::Server { error, .. } if advice::is_about_the_data(error))
    }

    /// Whether the server gave this code.
    pub fn has_code(&self, code: &SqlState) -> bool {
        matches!(self, Self::Server { error, .. } if error.code() == Some(code))
    }

    /// Whether a table of ours is not there: the schema was never migrated.
    pub fn is_missing_table(&self) -> bool {
        self.has_code(&SqlState::UNDEFINED_TABLE) || self.has_code(&SqlState::UNDEFINED_COLUMN)
    }
}

/// A server's error with what it means for whoever runs a worker.
struct Explained<'a> {
    server: &'a str,
    error: &'a tokio_postgres::Error,
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, error } = self;
        write!(f, "{server}: ")?;
        let Some(answer) = error.as_db_error() else {
            write!(f, "{error}")?;
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                write!(f, ": {cause}")?;
                source = cause.source();
            }
            return advice::advice(error).map_or(Ok(()), |advice| write!(f, "; {advice}"));
        };
        write!(f, "{}", answer.message())?;
        if let Some(detail) = answer.detail() {
            write!(f, " ({detail})")?;
        }
        match advice::advice(error) {
            Some(advice) => write!(f, "; {advice}"),
            None => write!(f, " [{}]", answer.code().code()),
        }
    }
}
